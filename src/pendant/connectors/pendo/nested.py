"""Records that are made of others: the parts of an object, and what belongs to one object, with its name beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Raw

from pendant.connectors.declaration import Connector, Resource
from pendant.connectors.pendo.layout import declared

PARENT = "parent"

_fields = msgspec.json.Decoder(dict[str, Raw])
_items = msgspec.json.Decoder(list[Raw] | None)


def parent_fields(connector: Connector, resource: Resource) -> list[str]:
    """Return the fields of the object above that the columns of `resource` name."""
    return [column.path[1] for column in declared(connector.columns_of(resource)) if column.path[0] == PARENT]


def fields_of(record: Raw) -> dict[str, Raw]:
    """Return the members of an object; none of what is no object."""
    try:
        return _fields.decode(record)
    except msgspec.ValidationError:
        return {}


def parts_of(record: Raw, field: str, names: Iterable[str]) -> Iterator[Raw]:
    """Yield the elements of one list of an object, each with `parent`, the object's named fields, and `position`."""
    whole = fields_of(record)
    try:
        items = _items.decode(whole.get(field, b"null")) or []
    except msgspec.ValidationError:
        items = [whole[field]]
    above = {name: whole[name] for name in names if name in whole}
    for position, item in enumerate(items):
        yield joined({PARENT: above, "position": position}, item)


def joined(also: Mapping[str, Any], record: Raw, *, under: str = "") -> Raw:
    """Put fields in front of those of a record. With `under`, or where it is no object, it becomes a field itself."""
    text = bytes(record).strip()
    head = msgspec.json.encode(also)[:-1]
    if under or not text.startswith(b"{"):
        return Raw(head + b"," + msgspec.json.encode(under or "value") + b":" + text + b"}")
    rest = text[1:].lstrip()
    return Raw(head + (b"" if rest.startswith(b"}") else b",") + rest)
