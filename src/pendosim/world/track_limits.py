"""What becomes of the properties of track events that are too many, too long or oddly named."""

import hashlib
import re
from typing import Any

from pendosim.values import Row, to_json

TRACK_TYPES_MAX = 5000
"""For each application."""
KEYS_MAX = 10_000
"""Different names of properties, for the subscription."""
JSON_BYTES_MAX = 512
VALUE_CHARACTERS_MAX = 1024
_NAME = re.compile(r"(?!__\w*__$)[A-Za-z_][A-Za-z0-9_]{0,31}")
TOO_LARGE: Row = {"error": "event properties JSON too large"}


class PropertyLimits:
    def __init__(self) -> None:
        self._keys: set[str] = set()

    def kept(self, properties: Row) -> Row:
        """Badly named and surplus ones are left out; long values and large wholes make place for a marker."""
        named = {name: _short(value) for name, value in properties.items() if self._takes(name)}
        return named if len(to_json(named)) <= JSON_BYTES_MAX else TOO_LARGE

    def _takes(self, name: str) -> bool:
        if name not in self._keys and _NAME.fullmatch(name) and len(self._keys) < KEYS_MAX:
            self._keys.add(name)
        return name in self._keys


def _short(value: Any) -> Any:
    if not isinstance(value, str) or len(value) <= VALUE_CHARACTERS_MAX:
        return value
    digest = hashlib.sha1(value.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()
    return f"property too big, sha1={digest}"
