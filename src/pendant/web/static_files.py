"""Style sheets, scripts and icons. Their address holds their version, so browsers may keep them."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from pendant.access.gate import PUBLIC
from pendant.errors import NotFound
from pendant.web.assets import Assets


def router(assets: Assets) -> APIRouter:
    routes = APIRouter()

    @routes.get("/static/{version}/{name:path}", dependencies=[PUBLIC])
    def static(version: str, name: str) -> Response:
        asset = assets.get(name)
        if asset is None or asset.version != version:
            raise NotFound("file_unknown", "There is no such file.", hint="Load the page again.")
        keep = {"Cache-Control": "public, max-age=31536000, immutable"}
        return Response(asset.content, media_type=asset.media_type, headers=keep)

    return routes
