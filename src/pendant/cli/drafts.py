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

    A new API type brings its own address, authentication and ping, but headers, rate limit and concurrency stay
    those of the connection.
    """
    if asked.api_type in ("", before.api_type):
        return replace(asked, api_type=before.api_type, http=with_options(before.http, http))
    moved = replace(asked, region=asked.region or before.region)
    kept = replace(
        http_of(app, moved),
        headers=before.http.headers,
        rate_limit=before.http.rate_limit,
        concurrency_level=before.http.concurrency_level,
    )
    return replace(moved, http=with_options(kept, http))
