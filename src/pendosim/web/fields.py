"""What the object in a request's body must hold: whatever else is in it is refused by name."""

from typing import Any

from pendosim.errors import Refused, known_only
from pendosim.values import Row
from pendosim.web.call import Call


def fields_of(call: Call, *known: str) -> Row:
    body = call.json()
    if not isinstance(body, dict):
        raise Refused(f"the body is an object with {', '.join(known)}")
    known_only(body, "the body", known)
    return body


def text_of(fields: Row, name: str) -> str:
    """Read a text that must be there and hold something."""
    value = fields.get(name)
    if not isinstance(value, str) or not value.strip():
        raise Refused(f"{name} is a text that is not empty")
    return value


def texts_of(fields: Row, name: str) -> list[str]:
    found = texts(fields.get(name))
    if found is None:
        raise Refused(f"{name} is a list of texts")
    return found


def texts(value: Any) -> list[str] | None:
    """None where it is anything but a list of texts that hold something."""
    good = isinstance(value, list) and all(isinstance(one, str) and one for one in value)
    return value if good else None
