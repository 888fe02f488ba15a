from server.fixtures import (
    app,
    clock,
    olga,
    owner,
    port,
    program,
    sessions,
    settings,
    stranger,
    table,
    vera,
    worker,
)

__all__ = [
    "app",
    "clock",
    "olga",
    "owner",
    "port",
    "program",
    "sessions",
    "settings",
    "stranger",
    "table",
    "vera",
    "worker",
]
