"""The command `pendant serve`."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Annotated

from cyclopts import Parameter

from pendant.server.running import serve
from pendant.settings import Settings


def serve_command(
    *,
    host: Annotated[str | None, Parameter(name="--host", help="Address to bind to; without it PENDANT_HOST.")] = None,
    port: Annotated[int | None, Parameter(name="--port", help="Port; without it PENDANT_PORT.")] = None,
) -> None:
    """Serve the web app and the API until stopped. At the first start it prints a one-time setup code."""
    settings = Settings.from_environment(os.environ)
    serve(
        replace(
            settings,
            host=settings.host if host is None else host,
            port=settings.port if port is None else port,
        )
    )
