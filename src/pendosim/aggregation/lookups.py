"""The operators that bring in rows of elsewhere: expand, bulkExpand, merge."""

from collections.abc import Callable, Iterator
from typing import Any

from pendosim.aggregation.selection import whole
from pendosim.aggregation.shape import Step, put
from pendosim.aggregation.sources import Rows
from pendosim.errors import NotBuilt, Refused
from pendosim.tables import Table
from pendosim.values import Row, at_path, to_json
from pendosim.world.world import World


def expand_step(argument: object, world: World) -> Step:
    """Attach metadata of a visitor or account, or a tagged object: `{"out": {"visitor": "visitorId"}}`."""
    if not isinstance(argument, dict):
        raise Refused("expand is an object of the form {out: {kind: field}}")
    wanted = [_wanted(out, of, world) for out, of in argument.items()]

    def run(rows: Rows) -> Iterator[Row]:
        found = [(out, path, lookup()) for out, path, lookup in wanted]
        for row in rows:
            for out, path, known in found:
                name = at_path(row, path)
                put(row, out, known.get(name) if isinstance(name, str) else None)
            yield row

    return run


_Lookup = Callable[[], dict[str, Any]]


def _wanted(out: str, of: object, world: World) -> tuple[tuple[str, ...], tuple[str, ...], _Lookup]:
    if not isinstance(of, dict) or len(of) != 1 or not all(isinstance(field, str) for field in of.values()):
        raise Refused("expand takes one kind and one field for each result")
    ((kind, field),) = of.items()
    lookups: dict[str, _Lookup] = {
        "visitor": lambda: _metadata(world.visitors(), "visitorId"),
        "account": lambda: _metadata(world.accounts(), "accountId"),
        "page": lambda: _by_id(world.definitions.pages),
        "feature": lambda: _by_id(world.definitions.features),
        "trackType": lambda: _by_id(world.definitions.track_types),
        "guide": lambda: _by_id(world.guides),
    }
    if kind not in lookups:
        raise NotBuilt("expand of", kind[:60])
    return tuple(out.split(".")), tuple(field.split(".")), lookups[kind]


def _metadata(table: Table, name: str) -> dict[str, Any]:
    return {row[name]: row["metadata"] for row in whole(table)}


def _by_id(objects: list[Row]) -> dict[str, Any]:
    return {one["id"]: one for one in objects}


def merged(fields: list[Any], mappings: dict[str, Any] | None, inner: Callable[[], Rows]) -> Step:
    """Join from the left: the first inner row with equal fields lends its values."""
    if not fields or not all(isinstance(name, str) for name in fields):
        raise Refused("merge fields are a list of names")
    if mappings is not None and not all(isinstance(of, str) for of in mappings.values()):
        raise Refused("merge mappings name fields of the inner pipeline")
    paths = [tuple(name.split(".")) for name in fields]

    def key(row: Row) -> bytes:
        return to_json([at_path(row, path) for path in paths])

    def run(rows: Rows) -> Iterator[Row]:
        known: dict[bytes, Row] = {}
        for row in inner():
            known.setdefault(key(row), row)
        for row in rows:
            lent = known.get(key(row))
            if lent is not None:
                named = {name: name for name in lent} if mappings is None else mappings
                for out, of in named.items():
                    put(row, tuple(out.split(".")), at_path(lent, tuple(of.split("."))))
            yield row

    return run
