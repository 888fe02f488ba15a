"""The useragent operator: what a browser says of itself."""

import re
from typing import Any

from pendosim.values import Row

_NAMES = (("Edge", "Edg"), ("Chrome", "Chrome"), ("Firefox", "Firefox"), ("Safari", "Version"))
_SYSTEMS = (
    ("Windows", "Windows NT"),
    ("iOS", "iPhone"),
    ("Android", "Android"),
    ("Mac OS X", "Mac OS X"),
    ("Linux", "Linux"),
)
_MOBILE = ("iOS", "Android")


def parsed_user_agent(text: Any) -> Row:
    """Name, version, os and deviceType; empty where it is not known."""
    agent = text if isinstance(text, str) else ""
    system = next((name for name, sign in _SYSTEMS if sign in agent), "")
    for name, sign in _NAMES:
        found = re.search(rf"{sign}/([\d.]+)", agent)
        if found:
            return _of(name, found[1], system)
    return _of("", "", system)


def _of(name: str, version: str, system: str) -> Row:
    device = "mobile" if system in _MOBILE else "desktop" if system else ""
    return {"name": name, "version": version, "os": system, "deviceType": device}
