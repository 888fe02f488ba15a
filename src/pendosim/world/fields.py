"""Metadata fields: which there are, of what type, and how they come and go."""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from pendosim.errors import Refused
from pendosim.values import Row, is_number, to_json
from pendosim.world.entities import Hidden
from pendosim.world.schema import metadata_schema, schema_entry

KINDS = ("visitor", "account", "parentAccount")
WRITABLE = ("agent", "custom")
_CREATED_AS = {
    "string": "string",
    "text": "string",
    "number": "float",
    "integer": "integer",
    "float": "float",
    "time": "time",
    "boolean": "boolean",
    "list": "list",
}
_KEY = re.compile(r"[a-z_][a-z0-9_]*")
_KEY_LENGTH_MAX = 250
_TIME_MAX = 2**53


class NewField(NamedTuple):
    key: str
    type: str
    display: str


class Fields:
    """Every schema of one subscription."""

    def __init__(self, app_ids: tuple[int, ...]) -> None:
        self._schemas = {kind: metadata_schema(kind, app_ids) for kind in KINDS}
        self._hidden: dict[str, set[tuple[str, str]]] = {kind: set() for kind in KINDS}

    def written(self) -> Row:
        return {"schemas": self._schemas, "deleted": {kind: sorted(names) for kind, names in self._hidden.items()}}

    def rewrite(self, written: Row) -> None:
        self._schemas |= written["schemas"]
        self._hidden |= {kind: {(group, name) for group, name in of} for kind, of in written["deleted"].items()}

    def schema(self, kind: str) -> Row:
        """Empty for a kind that does not exist: Pendo answers 200 there."""
        return self._schemas.get(kind, {})

    def key(self, kind: str, group: str, given: str) -> str:
        """Find the stored key of a name: in small letters, and without separators unless such a field is there."""
        lowered = given.lower()
        if lowered in self._schemas[kind].get(group, {}):
            return lowered
        bare = re.sub(r"[\W_]+", "", lowered)
        return f"_{bare}" if lowered.startswith("_") else bare

    def type_of(self, kind: str, group: str, key: str) -> str | None:
        """Empty while unknown; None where there is no such field, or it was deleted."""
        entry = self._schemas[kind].get(group, {}).get(key)
        return None if entry is None or entry["isDeleted"] else entry["Type"]

    def comes_back(self, kind: str, group: str, key: str) -> NewField | None:
        """Describe a field as it was when it was deleted; None where there was none."""
        entry = self._schemas[kind].get(group, {}).get(key)
        return NewField(key, entry["Type"], entry["DisplayName"]) if entry and entry["isDeleted"] else None

    def create(self, kind: str, group: str, fields: list[Row]) -> Row:
        """Make or revive all of them or none. Raises Refused."""
        must_be_writable(kind, group)
        wanted = [self._wanted(kind, group, one) for one in fields]
        made = {one.key: self.add(kind, group, one) for one in wanted}
        return {group: made}

    def _wanted(self, kind: str, group: str, given: object) -> NewField:
        if not isinstance(given, dict) or not isinstance(given.get("name"), str):
            raise Refused("a field is an object with name, displayname and type")
        if str(given.get("type")) not in _CREATED_AS:
            raise Refused(f"type {str(given.get('type'))[:40]!r} is unknown; wanted {', '.join(_CREATED_AS)}")
        display = given.get("displayname") or given["name"]
        if not isinstance(display, str):
            raise Refused("displayname is a string")
        key, of = self.key(kind, group, given["name"]), _CREATED_AS[given["type"]]
        must_be_key(given["name"], key)
        there = self.type_of(kind, group, key)
        if there not in (None, "", of):
            raise Refused(f"field {key[:60]!r} exists already, with type {there}")
        return NewField(key, of, display)

    def add(self, kind: str, group: str, wanted: NewField) -> Row:
        """One that is deleted comes back; one that is there stays."""
        fields = self._schemas[kind].setdefault(group, {})
        if self.type_of(kind, group, wanted.key) in (None, ""):
            fields[wanted.key] = schema_entry(group, wanted.type, wanted.display)
        self._hidden[kind].discard((group, wanted.key))
        found: Row = fields[wanted.key]
        return found

    def delete(self, kind: str, group: str, given: str) -> None:
        """Mark it; it stays in the schema. Raises Refused."""
        must_be_writable(kind, group)
        key = self.key(kind, group, given)
        if self.type_of(kind, group, key) is None:
            raise Refused("field not found", status=404)
        fields = self._schemas[kind][group]
        fields[key] = fields[key] | {"isDeleted": True}
        self._hidden[kind].add((group, key))

    def hidden(self, kind: str) -> Hidden:
        return frozenset(self._hidden[kind])


def must_be_kind(kind: str) -> None:
    if kind not in KINDS:
        raise Refused(f"kind {kind[:40]!r} is unknown; wanted {', '.join(KINDS)}", status=404)


def must_be_writable(kind: str, group: str) -> None:
    must_be_kind(kind)
    if group not in WRITABLE:
        raise Refused(f"group {group[:40]!r} cannot be written; wanted {' or '.join(WRITABLE)}")


def must_be_key(given: str, key: str) -> None:
    if not _KEY.fullmatch(key) or given[:1].isdigit() or len(key) > _KEY_LENGTH_MAX:
        raise Refused(f"field name {given[:60]!r} does not begin with a letter or an underscore")


def fitting(of: str, value: Any) -> Any:
    """Give the value as a field of this type keeps it; null empties any field. Raises Refused."""
    if value is None or of == "":
        return value
    if of == "string":
        return _text(value)
    if not _FITS[of](value):
        raise Refused(f"{to_json(value).decode()[:60]} is not a value of type {of}")
    return value


def _text(value: Any) -> str:
    """Numbers and booleans become text."""
    if isinstance(value, list | dict):
        raise Refused("a list or object is not a value of type string")
    return value if isinstance(value, str) else to_json(value).decode()


def _is_whole(value: Any) -> bool:
    return is_number(value) and abs(value) <= _TIME_MAX and float(value).is_integer()


_FITS: dict[str, Callable[[Any], bool]] = {
    "integer": _is_whole,
    "float": is_number,
    "time": _is_whole,
    "boolean": lambda value: isinstance(value, bool),
    "list": lambda value: isinstance(value, list) and not any(isinstance(one, list | dict) for one in value),
}
