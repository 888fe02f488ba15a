"""The API and data listeners: faults, then credentials, then the route, then the body."""

import asyncio
from collections.abc import Iterable

from aiohttp import web

from pendosim.errors import Refused
from pendosim.throttle import AGGREGATION_PATH
from pendosim.web import (
    aggregate,
    data_sync,
    erasure,
    exclusions,
    feedback,
    guides,
    lists,
    metadata,
    reports,
    segments,
    tagged,
)
from pendosim.web.aggregate import source_of
from pendosim.web.bodies import received_body
from pendosim.web.call import Call, Reply, Route, json_reply, text_reply
from pendosim.web.delivery import Struck, deliver
from pendosim.web.requests_seen import PATH_KEPT_MAX, Seen
from pendosim.web.subscription import KEY_HEADER, Subscription
from pendosim.web.track import INGEST
from pendosim.world.definitions import DAY_MS

FORBIDDEN = 403
RESTATED_DAYS = 8
TOO_FAST = text_reply(429, "Too Many Requests")
API_ROUTES: tuple[Route, ...] = (
    *lists.ROUTES,
    *tagged.ROUTES,
    *metadata.ROUTES,
    *erasure.ROUTES,
    *segments.ROUTES,
    *reports.ROUTES,
    *guides.ROUTES,
    *exclusions.ROUTES,
    *data_sync.ROUTES,
    *feedback.ROUTES,
    *aggregate.ROUTES,
)


class Listener:
    def __init__(self, subscription: Subscription, routes: Iterable[Route], *, takes_secrets: bool = False) -> None:
        """Serve the data host where `takes_secrets`: no integration key is good there."""
        self._takes_secrets = takes_secrets
        self._of = subscription
        self._routes = tuple(routes)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await received_body(request)
        path = _path_of(request)
        given = request.headers.get(KEY_HEADER, "")
        source = source_of(body) if path == AGGREGATION_PATH and isinstance(body, bytes) else ""
        seen = Seen(
            at=self._of.world.clock.now(),
            method=request.method,
            path=request.rel_url.raw_path_qs[:PATH_KEPT_MAX],
            header_names=tuple(name.decode("latin-1") for name, _ in request.raw_headers),
            key=self._of.keys.label_of(given),
            source=source,
        )
        self._of.log.add(seen)
        struck = Struck(self._of.faults.strike(path, source))
        seconds = struck.seconds() + self._of.world.options.think_ms / 1000
        if seconds:
            await asyncio.sleep(seconds)
        with self._of.throttle.admitted(self._of.keys.find(given), path) as admitted:
            reply = struck.answer()
            self._restate(struck)
            if reply is None:
                reply = await self._reply(request, body, given, struck) if admitted else TOO_FAST
            return await deliver(request, reply, struck, seen)

    def _restate(self, struck: Struck) -> None:
        """Change what happened, not only this answer: the truth is what it says."""
        restated = struck.get("restated")
        if restated is not None:
            now = self._of.world.clock.now()
            self._of.world.restate(now - RESTATED_DAYS * DAY_MS, now, restated.events)

    async def _reply(self, request: web.BaseRequest, body: bytes | Refused, given: str, struck: Struck) -> Reply:
        if isinstance(body, Refused):
            return text_reply(body.status, body.sentence)
        call = Call(
            world=self._of.world,
            # Whatever can be fetched can be asked for without its body.
            method="GET" if request.method == "HEAD" else request.method,
            raw_path=_path_of(request),
            query=request.query,
            headers=request.headers,
            body=body,
            without_auto=struck.get("no_auto") is not None,
        )
        try:
            ingest = INGEST.get(call.raw_path)
            if ingest is not None:
                return ingest(call, self._of.keys, given)
            threads = None if call.raw_path == AGGREGATION_PATH else self._of.quick
            reply = await asyncio.get_running_loop().run_in_executor(threads, self._checked, call, given)
            return json_reply({"results": None}) if struck.get("null_results") else reply
        except Refused as refused:
            return text_reply(refused.status, refused.sentence)

    def _checked(self, call: Call, given: str) -> Reply:
        """Missing or bad key, refused endpoint and missing write access are 403 with an empty body."""
        if self._takes_secrets:
            known = self._of.keys.app_of(given) is not None
            return text_reply(404, "not found") if known else text_reply(FORBIDDEN, "")
        call.key = self._of.keys.find(given)
        if call.key is None:
            return self._unknown_key(given)
        found, names = self._route(call)
        may_use = call.key.may_use(call.method, "/" + "/".join(call.segments()))
        if not may_use or (found is not None and found.write and not call.key.write):
            return text_reply(FORBIDDEN, "")
        if found is None:
            return text_reply(404, "not found")
        call.names = names
        return _begun(found.handler(call))

    def _unknown_key(self, given: str) -> Reply:
        if self._of.keys.is_of_another_region(given):
            status = self._of.keys.foreign_region_status
            return text_reply(status, "" if status == FORBIDDEN else "wrong region")
        return text_reply(FORBIDDEN, "")

    def _route(self, call: Call) -> tuple[Route | None, dict[str, str]]:
        segments = call.segments()
        for candidate in self._routes:
            names = candidate.match(call.method, segments)
            if names is not None:
                return candidate, names
        return None, {}


def _path_of(request: web.BaseRequest) -> str:
    """Without a slash at the end: it changes nothing, also for faults and rates."""
    return request.rel_url.raw_path.rstrip("/")


def _begun(reply: Reply) -> Reply:
    """Compute the first pieces before the status line goes out: what they refuse is still a 400."""
    if reply.pieces is None:
        return reply
    first = [piece for _, piece in zip(range(2), reply.pieces, strict=False)]
    rest = reply.pieces
    reply.pieces = (piece for part in (first, rest) for piece in part)
    return reply
