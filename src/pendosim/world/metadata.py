"""Metadata as it is written: single values, many at once, and the two flags of the group `pendo`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pendosim.errors import Refused
from pendosim.values import Row
from pendosim.world.agenda import Agenda
from pendosim.world.entities import Change, Entities
from pendosim.world.fields import Fields, NewField, fitting, must_be_key, must_be_kind, must_be_writable
from pendosim.world.ids import id_hash

FLAGS = ("donotprocess", "blacklistguides")
_FLAGGED = ("visitor", "account")
_ERRORS_MAX = 1000


@dataclass(frozen=True)
class Metadata:
    entities: Mapping[str, Entities]
    """By kind."""
    fields: Fields
    agenda: Agenda
    now: Callable[[], int]
    due: Callable[[str], int]
    """When something written now shows, by the name of a lag."""
    skipped: Mapping[str, set[str]]
    """Ids that are never processed, by kind."""

    def value(self, kind: str, group: str, name: str, field: str) -> Any:
        """Read one. Raises Refused."""
        must_be_kind(kind)
        row = self._row(kind, name)
        key = self.fields.key(kind, group, field)
        values = row["metadata"].get(group, {})
        if key not in values and self.fields.type_of(kind, group, key) is None:
            raise Refused("field not found", status=404)
        return values.get(key)

    def put(self, kind: str, group: str, name: str, field: str, value: Any) -> None:
        """Write one. Raises Refused."""
        must_be_kind(kind)
        if group == "pendo":
            self.flag(kind, name, field, value)
            return
        must_be_writable(kind, group)
        self._row(kind, name)
        self._write(kind, group, name, self._fitted(kind, group, {field: value}))

    def never_process(self, kind: str, names: Sequence[str]) -> None:
        """Flag them, known or not."""
        self.skipped[kind].update(names)
        for name in names:
            if self.entities[kind].row(name) is not None:
                self._write(kind, "pendo", name, {"donotprocess": True})

    def flag(self, kind: str, name: str, field: str, value: Any) -> None:
        if kind not in _FLAGGED or field.lower() not in FLAGS:
            raise Refused(f"of group pendo only {' and '.join(FLAGS)} of {' and '.join(_FLAGGED)} can be written")
        self._row(kind, name)
        if not isinstance(value, bool):
            raise Refused(f"{field.lower()} is true or false")
        if field.lower() == "donotprocess":
            (self.skipped[kind].add if value else self.skipped[kind].discard)(name)
        self._write(kind, "pendo", name, {field.lower(): value})

    def write_many(self, kind: str, group: str, rows: object, *, create: bool) -> Row:
        """Write rows one after the other; a row with anything wrong in it is not written at all.

        Raises Refused where the whole body is not what it should be.
        """
        must_be_writable(kind, group)
        wanted = _rows_of(kind, rows)
        missing, errors, updated = [], [], 0
        for name, values in wanted:
            if not create and self.entities[kind].row(name) is None:
                missing.append(name)
                continue
            try:
                self._write(kind, group, name, self._fitted(kind, group, values))
                updated += 1
            except Refused as refused:
                errors.append(f"{name[:100]}: {refused.sentence}")
        answer: Row = {"total": len(wanted), "updated": updated, "failed": len(wanted) - updated, "kind": kind}
        lists = {"missing": missing, "errors": errors[:_ERRORS_MAX]}
        return answer | {name: found for name, found in lists.items() if found}

    def _row(self, kind: str, name: str) -> Row:
        row = self.entities[kind].row(name)
        if row is None:
            raise Refused("not found", status=404)
        return row

    def _fitted(self, kind: str, group: str, values: Row) -> Row:
        """Keys and values as they are kept. New fields of `custom` are made, as text, when all the rest fits.

        One that was deleted comes back as it was.
        """
        fitted, made = {}, []
        for given, value in values.items():
            key = self.fields.key(kind, group, given)
            of = self.fields.type_of(kind, group, key)
            if of is None and group != "custom":
                raise Refused(f"group {group} has no field {given[:60]!r}")
            if of is None:
                must_be_key(given, key)
                made.append(self.fields.comes_back(kind, group, key) or NewField(key, "string", given))
                of = made[-1].type
            fitted[key] = _named(given, of, value)
        for one in made:
            self.fields.add(kind, group, one)
        if made:
            self.entities[kind].hide(self.fields.hidden(kind))
        return fitted

    def _write(self, kind: str, group: str, name: str, values: Row) -> None:
        """At once for single reads, after a while for aggregation."""
        entities = self.entities[kind]
        change = _change(kind, group, name, values, self.now(), is_skipped=name in self.skipped.get(kind, ()))
        entities.change(entities.now, name, change)
        self.agenda.add(self.due("metadata_lag"), entities.later(name, change))


def _named(given: str, of: str, value: Any) -> Any:
    try:
        return fitting(of, value)
    except Refused as refused:
        raise Refused(f"field {given[:60]!r}: {refused.sentence}") from refused


def _rows_of(kind: str, rows: object) -> list[tuple[str, Row]]:
    id_field = "visitorId" if kind == "visitor" else "accountId"
    if not isinstance(rows, list):
        raise Refused(f'the body is a list of {{"{id_field}": ..., "values": {{...}}}}')
    found = []
    for place, row in enumerate(rows):
        if not isinstance(row, dict) or not isinstance(row.get("values"), dict):
            raise Refused(f"item {place} is not an object with {id_field} and values")
        name = row.get(id_field)
        if not isinstance(name, str) or not name:
            raise Refused(f"{id_field} of item {place} is not a string with something in it")
        found.append((name, row["values"]))
    return found


def _change(kind: str, group: str, name: str, values: Row, now: int, *, is_skipped: bool) -> Change:
    def change(metadata: Row) -> None:
        if not metadata:
            metadata["auto"] = new_auto(kind, name, now)
            if is_skipped:
                metadata["pendo"] = {"donotprocess": True}
        fields = metadata.setdefault(group, {})
        fields |= values
        for empty in [key for key, value in values.items() if value is None]:
            del fields[empty]
        if "auto" in metadata:
            metadata["auto"]["lastupdated"] = now

    return change


def new_auto(kind: str, name: str, now: int) -> Row:
    """Make the group `auto` of somebody who has not come yet."""
    auto: Row = {"id": name, "idhash": id_hash(name), "nid": 0}
    if kind == "visitor":
        auto |= {"accountid": "", "accountids": [], "createdat": now}
    return auto | {"firstvisit": 0, "lastvisit": 0, "lastupdated": now}
