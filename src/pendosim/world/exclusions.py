"""What is left out of analytics, and the servers that sent anything.

Nothing excluded occurs in the made-up data, so that a count is the same whether exclusion is applied or not.
"""

from pendosim.values import Row
from pendosim.world.definitions import App
from pendosim.world.ids import object_id

_EXCLUDED = (
    ("visitor", "robot@qa.example.com"),
    ("visitor", "load-test@qa.example.com"),
    ("account", "internal-testing"),
    ("ip", "10.1.2.0/24"),
    ("server", "staging.example.com"),
)
EXCLUDED_TYPES = ("visitor", "account", "ip", "server")


def exclude_list(seed: int) -> list[Row]:
    return [{"id": object_id("Excluded", seed, *of), "name": of[1], "type": of[0]} for of in _EXCLUDED]


def servers(apps: tuple[App, ...], seed: int) -> list[Row]:
    """Each application's own, and one that is excluded."""
    found = [_server(app.server, "production", seed) for app in apps]
    staging = next(name for of, name in _EXCLUDED if of == "server")
    excluded = _server(staging, "blacklisted", seed)
    return [*found, excluded]


def _server(name: str, flag: str, seed: int) -> Row:
    return {"id": object_id("Server", seed, name), "name": name, "flags": [flag]}
