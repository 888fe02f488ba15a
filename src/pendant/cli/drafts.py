"""From options to a draft of a connection."""

from __future__ import annotations

from dataclasses import replace

from pendant.app import App
from pendant.cli.http_options import HttpOptions, with_options
from pendant.model.connection import Connection, Draft
from pendant.services.drafts import http_of


def new_draft(app: App, draft: Draft, http: HttpOptions) -> Draft:
    """Lay the given HTTP settings over what the connector fills in."""
    if not http.given:
        return draft
    return replace(draft, http=with_options(http_of(app, draft), http))


def edited_draft(app: App, before: Connection, asked: Draft, http: HttpOptions) -> Draft:
    """Change what was asked and keep the rest, custom HTTP settings included.

    A new API type or region brings its own addresses, authentication and ping, but headers, rate limit and
    concurrency stay those of the connection.
    """
    kept = before.http
    if asked.api_type or asked.region or asked.base_uri:
        moved = replace(
            asked, api_type=asked.api_type or before.api_type, region=asked.region or _region(before, asked)
        )
        fresh = http_of(app, moved)
        kept = replace(
            fresh, headers=kept.headers, rate_limit=kept.rate_limit, concurrency_level=kept.concurrency_level
        )
    return Draft(asked.name, before.application, asked.api_type or before.api_type, http=with_options(kept, http))


def _region(before: Connection, asked: Draft) -> str:
    return "custom" if asked.base_uri else before.region
