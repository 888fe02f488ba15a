"""The useragent operator: what a browser says of itself."""

import re
from typing import Any

from pendosim.values import Row

# The first that is found counts: most browsers also claim to be others.
_NAMES = (
    ("Edge", re.compile(r"(?:Edge|Edg|EdgA|EdgiOS)/([\d.]+)")),
    ("Opera", re.compile(r"OPR/([\d.]+)")),
    ("Chrome", re.compile(r"(?:Chrome|CriOS)/([\d.]+)")),
    ("Firefox", re.compile(r"(?:Firefox|FxiOS)/([\d.]+)")),
    ("Safari", re.compile(r"Version/([\d.]+).* Safari/")),
)
_SYSTEMS = (
    ("Windows", "Windows NT"),
    ("iOS", "iPhone"),
    ("iOS", "iPad"),
    ("Android", "Android"),
    ("Mac OS X", "Mac OS X"),
    ("Chrome OS", "CrOS"),
    ("Linux", "Linux"),
)
_MOBILE = ("iOS", "Android")


def parsed_user_agent(text: Any) -> Row:
    """Name, version, os and deviceType; empty where it is not known."""
    agent = text if isinstance(text, str) else ""
    system = next((name for name, sign in _SYSTEMS if sign in agent), "")
    for name, pattern in _NAMES:
        found = pattern.search(agent)
        if found:
            return _of(name, found[1], system)
    return _of("", "", system)


def _of(name: str, version: str, system: str) -> Row:
    device = "mobile" if system in _MOBILE else "desktop" if system else ""
    return {"name": name, "version": version, "os": system, "deviceType": device}
