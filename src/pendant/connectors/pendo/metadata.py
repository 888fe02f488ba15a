"""The columns of visitors and accounts: the declared ones and those of the subscription's metadata schema."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from msgspec import Raw

from pendant.connectors.declaration import ColumnType, Connector, Resource
from pendant.connectors.pendo.cut import cut
from pendant.connectors.pendo.layout import Column, declared, is_plain, name_of
from pendant.connectors.pendo.query import TRIES_MAX, aggregation, listing, small_rows
from pendant.connectors.pendo.schemas import Groups, groups_of
from pendant.errors import BrokenAnswer, CredentialsRefused, RequestRefused
from pendant.model.http import Channel

# Groups in the order in which their columns stand; the others follow by name, those of single applications last.
_GROUP_ORDER = ("auto", "agent", "custom", "pendo")
_TYPES = {
    "string": ColumnType.TEXT,
    "time": ColumnType.TIME_OR_NEVER,
    "boolean": ColumnType.BOOLEAN,
    "integer": ColumnType.INTEGER,
    "float": ColumnType.NUMBER,
    "number": ColumnType.NUMBER,
}
_ELEMENTS = {"integer": ColumnType.INTEGERS, "float": ColumnType.NUMBERS, "number": ColumnType.NUMBERS}


class _Field(
    msgspec.Struct,
    rename={"type": "Type", "element_type": "ElementType", "per_app": "isPerApp", "deleted": "isDeleted"},
):
    type: str = ""
    element_type: str = ""
    per_app: bool = False
    deleted: bool = False


class _Tagged(msgspec.Struct, rename="camel"):
    app_id: int | None = None
    app_ids: list[int] | None = None


_REFUSALS = (CredentialsRefused, RequestRefused)

_field = msgspec.json.Decoder(_Field)
_tagged = msgspec.json.Decoder(list[_Tagged])


def columns(channel: Channel, connector: Connector, resource: Resource) -> list[Column]:
    """Return every column of an entity. Asks for the metadata schema and for the applications there are."""
    groups = groups_of(channel, resource.metadata)
    found = {column.path: column for column in declared(connector.columns_of(resource))}
    from_schema = dict(_schema_columns(groups))
    for path, type_ in from_schema.items():
        known = found.get(path)
        # What the subscription says about a field counts; where it says nothing, the declaration.
        found[path] = Column(name_of(path), path, type_ or (known.type if known else ColumnType.TEXT))
    per_app = {column.path[0]: column.type for column in declared(resource.per_app)}
    for app in known_apps(channel):
        for field, type_ in {**per_app, **_per_app(groups)}.items():
            path = ("metadata", app_group(app), field)
            found.setdefault(path, Column(name_of(path), path, type_))
    return sorted(found.values(), key=_place)


def app_group(app: int) -> str:
    """Return the name of an application's copy of the group auto: the default one's is auto__323232."""
    return f"auto_{str(app).replace('-', '_')}"


def known_apps(channel: Channel) -> list[int]:
    """Return the applications that can be found out about; there is no list of them.

    What the key may not look at is left out; whatever else goes wrong is raised.
    """
    apps: set[int] = set()
    with contextlib.suppress(*_REFUSALS):
        rows = small_rows(channel, aggregation("apps", [{"source": {"apps": None}}]))
        apps.update(_ints(row.get("id") for row in rows))
    for path in ("/api/v1/page", "/api/v1/tracktype"):
        with contextlib.suppress(*_REFUSALS, msgspec.ValidationError):
            for one in _tagged_at(channel, path):
                apps.update(_ints([one.app_id, *(one.app_ids or [])]))
    return sorted(apps)


def _tagged_at(channel: Channel, path: str) -> list[_Tagged]:
    """Return the objects of a list; one that breaks off is asked for again."""
    for _ in range(TRIES_MAX - 1):
        with contextlib.suppress(BrokenAnswer):
            return list(_listed(channel, path))
    return list(_listed(channel, path))


def _listed(channel: Channel, path: str) -> Iterator[_Tagged]:
    with channel.stream(listing(path, app=None, by_app=True)) as body:
        for records in cut(body.pieces(), bare=True):
            yield from _tagged.decode(b"".join((b"[", b",".join(records), b"]")))


def _ints(values: Iterable[Any]) -> Iterator[int]:
    return (value for value in values if isinstance(value, int))


def _schema_columns(groups: Groups) -> Iterator[tuple[tuple[str, ...], ColumnType | None]]:
    for group, fields in groups.items():
        for name, said in (fields or {}).items():
            field = _read(said)
            if not field.deleted and is_plain(group) and is_plain(name):
                yield ("metadata", group, name), _type_of(field)


def _per_app(groups: Groups) -> dict[str, ColumnType]:
    fields = {name: _read(said) for name, said in (groups.get("auto") or {}).items()}
    return {
        name: _type_of(field) or ColumnType.TEXT
        for name, field in fields.items()
        if field.per_app and not field.deleted
    }


def _read(said: Raw) -> _Field:
    try:
        return _field.decode(said)
    except msgspec.ValidationError:
        return _Field()


def _type_of(field: _Field) -> ColumnType | None:
    """Return the column type, or None where Pendo itself does not know yet."""
    if field.type == "list":
        return _ELEMENTS.get(field.element_type, ColumnType.TEXTS)
    return _TYPES.get(field.type)


def _place(column: Column) -> tuple[int, int, str]:
    """Put the id first, then groups in order. Sorting is stable: inside a group the order is that of the schema."""
    if len(column.path) < 3:  # noqa: PLR2004 - metadata, group, field
        return (0, 0, "")
    group = column.path[1]
    if group in _GROUP_ORDER:
        return (1, _GROUP_ORDER.index(group), "")
    # The minus of an application id is written as a second underscore; so negative ids, the default one, come first.
    return (3 if group.startswith("auto_") else 2, 0, group.replace("__", "_-"))
