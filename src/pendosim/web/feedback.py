"""Feedback items: the vocabulary, create, update, delete."""

from collections.abc import Callable
from typing import Any

from pendosim.errors import Refused
from pendosim.values import Row
from pendosim.web.call import Call, Reply, Route, json_reply, route, text_reply
from pendosim.web.fields import fields_of, texts, texts_of
from pendosim.world.feedback import IMPORTANCE, feedback_options

_TIME_MAX = 2**53
_BOTH = ("title", "description", "labels", "importance", "createdAt")
_CREATE = (*_BOTH, "accountId", "visitorId", "createdById", "appIds", "productAreas", "linksData")
_UPDATE = (*_BOTH, "createdBy")


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_time(value: Any) -> bool:
    return type(value) is int and 0 <= value <= _TIME_MAX


def _is_importance(value: Any) -> bool:
    return type(value) is int and value in IMPORTANCE


def _are_ints(value: Any) -> bool:
    return isinstance(value, list) and all(type(one) is int for one in value)


def _are_texts(value: Any) -> bool:
    return texts(value) is not None


def _are_objects(must: str, may: str) -> Callable[[Any], bool]:
    """Tell lists of objects that hold one text, and perhaps another one."""

    def is_one(one: Any) -> bool:
        return isinstance(one, dict) and must in one and set(one) <= {must, may} and all(map(_is_text, one.values()))

    return lambda value: isinstance(value, list) and all(map(is_one, value))


_WANTED: dict[str, tuple[Callable[[Any], bool], str]] = {
    "createdAt": (_is_time, "a time in milliseconds"),
    "importance": (_is_importance, f"one of {', '.join(map(str, IMPORTANCE))}"),
    "appIds": (_are_ints, "a list of numbers"),
    "productAreas": (_are_texts, "a list of ids"),
    "labels": (_are_objects("name", "category"), "a list of objects with name and perhaps category"),
    "linksData": (_are_objects("linkUrl", "title"), "a list of objects with linkUrl and perhaps title"),
}


def _checked(fields: Row) -> Row:
    for name, value in fields.items():
        good, wanted = _WANTED.get(name, (_is_text, "a text"))
        if not good(value):
            raise Refused(f"{name} is {wanted}")
    if "title" in fields and not fields["title"].strip():
        raise Refused("title is not empty")
    return fields


def _options(call: Call) -> Reply:
    return json_reply(feedback_options(call.world.apps, call.world.definitions.groups()))


def _create(call: Call) -> Reply:
    fields = _checked(fields_of(call, *_CREATE))
    if "title" not in fields:
        raise Refused("title is missing")
    unknown = set(fields.get("appIds", ())) - {app.id for app in call.world.apps}
    if unknown:
        raise Refused(f"appIds names no application {min(unknown)}")
    return json_reply(call.world.feedback.create(fields))


def _update(call: Call) -> Reply:
    return json_reply(call.world.feedback.update(call.entity_id("id"), _checked(fields_of(call, *_UPDATE))))


def _delete(call: Call) -> Reply:
    ids = texts_of(fields_of(call, "ids"), "ids")
    if not ids:
        raise Refused("ids holds at least one id")
    call.world.feedback.delete(ids)
    return text_reply(200, "")


ROUTES: tuple[Route, ...] = (
    route("GET", "/api/v1/feedback/options", _options),
    route("POST", "/api/v1/feedback", _create, write=True),
    route("PATCH", "/api/v1/feedback/{id}", _update, write=True),
    route("DELETE", "/api/v1/feedback", _delete, write=True),
)
