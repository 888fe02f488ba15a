"""Metadata: schemas and their fields, single values, many values, flags, and who uses which field."""

from typing import Any

from pendosim.errors import Refused
from pendosim.values import Row, to_json
from pendosim.web.call import Call, Reply, Route, json_reply, route, text_reply
from pendosim.world.fields import KINDS, must_be_kind
from pendosim.world.novelties import with_new_types


def _schema(call: Call) -> Reply:
    with call.world.present() as state:
        return json_reply(with_new_types(state.fields.schema(call.names["kind"]), call.world.options))


def _create_fields(call: Call) -> Reply:
    fields = call.json()
    if not isinstance(fields, list):
        raise Refused("the body is a list of fields, each with name, displayname and type")
    with call.world.present() as state:
        return json_reply(state.create_fields(call.names["kind"], call.names["group"], fields))


def _delete_field(call: Call) -> Reply:
    with call.world.present() as state:
        state.delete_field(call.names["kind"], call.names["group"], call.names["field"])
    return text_reply(200, "")


def _value(call: Call) -> Reply:
    with call.world.present() as state:
        return json_reply(state.metadata.value(*_place(call)))


def _put_value(call: Call) -> Reply:
    value = call.json()  # bare, without an envelope
    with call.world.present() as state:
        state.metadata.put(*_place(call), value)
    return text_reply(200, "")


def _place(call: Call) -> tuple[str, str, str, str]:
    return call.names["kind"], call.names["group"], call.entity_id("id"), call.names["field"]


def _write_many(call: Call) -> Reply:
    rows, create = call.json(), call.query.get("create") == "true"
    with call.world.present() as state:
        return json_reply(state.metadata.write_many(call.names["kind"], call.names["group"], rows, create=create))


def _dependencies(call: Call) -> Reply:
    with call.world.present() as state:
        places = [
            (kind, group, field)
            for kind in KINDS
            for group, fields in state.fields.schema(kind).items()
            for field in fields
        ]
    using = [_used(call, *place) for place in places]
    return json_reply([one for one in using if one["guides"] or one["segments"] or one["reports"]])


def _dependencies_of_one(call: Call) -> Reply:
    kind, group, field = (call.names[name] for name in ("kind", "group", "field"))
    must_be_kind(kind)
    with call.world.present() as state:
        key = state.fields.key(kind, group, field)
        if state.fields.type_of(kind, group, key) is None:
            raise Refused("field not found", status=404)
    return json_reply(_used(call, kind, group, key))


def _used(call: Call, kind: str, group: str, field: str) -> Row:
    """Find what names the field in its definition, as `metadata.group.field`."""
    wanted = f"metadata.{group}.{field}"
    world = call.world
    found = {"guides": world.guides, "segments": _shared(world.segments), "reports": _shared(world.reports)}
    using: dict[str, Any] = {
        name: [{"id": one["id"], "name": one["name"]} for one in objects if _names(one, wanted)]
        for name, objects in found.items()
    }
    return {"kind": kind, "group": group, "field": field} | using


def _shared(objects: list[Row]) -> list[Row]:
    return [one for one in objects if one["shared"]]


def _names(definition: Row, wanted: str) -> bool:
    _, found, rest = to_json(definition).decode().partition(wanted)
    return bool(found) and not (rest[:1].isalnum() or rest[:1] == "_")


_VALUES = "/api/v1/metadata/{kind}/{group}/value"
_VALUE = _VALUES + "/{id}/{field}"
ROUTES: tuple[Route, ...] = (
    route("GET", "/api/v1/metadata/schema/{kind}", _schema),
    route("POST", "/api/v1/metadata/schema/{kind}/{group}", _create_fields, write=True),
    route("DELETE", "/api/v1/metadata/schema/{kind}/{group}/{field}", _delete_field, write=True),
    route("GET", "/api/v1/metadata/dependencies", _dependencies),
    route("GET", "/api/v1/metadata/dependencies/{kind}/{group}/{field}", _dependencies_of_one),
    route("GET", _VALUE, _value),
    route("PUT", _VALUE, _put_value, write=True),
    route("POST", _VALUES, _write_many, write=True),
    route("PATCH", _VALUES, _write_many, write=True),
)
