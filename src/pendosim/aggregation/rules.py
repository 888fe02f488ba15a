"""The operators that try rules of tagged objects on rows: pages, features, matchRules."""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from pendosim.aggregation.query import Rows
from pendosim.aggregation.shape import Step, path_of, put
from pendosim.errors import NotBuilt, Refused, known_only
from pendosim.values import Row, at_path
from pendosim.world.world import World

_ENTITIES = ("Page", "Feature")
_RULES_MAX = 100
_RULE_LENGTH_MAX = 2000
_URLS_KEPT = 4096
_SCHEME = re.compile(r"https?:")
_BETWEEN_ELEMENTS = " > "

Test = Callable[[Row], bool]


def pages_step(argument: object, world: World) -> Step:
    """Ids of the tagged pages whose rules fit an address: `{"out": "url"}`."""
    patterns = [
        (page["id"], page["appId"], re.compile(rule["parsedRule"]))
        for page in world.definitions.pages
        for rule in page["rules"]
    ]

    def fitting(url: str) -> list[tuple[str, int]]:
        return [(name, app) for name, app, pattern in patterns if pattern.match(url)]

    return _ids_step(argument, "pages", fitting)


def features_step(argument: object, world: World) -> Step:
    """Ids of the tagged features whose rules fit an element: `{"out": "elementPath"}`."""
    rules = [
        (feature["id"], feature["appId"], rule)
        for feature in world.definitions.features
        for rule in feature["elementPathRules"]
    ]

    def fitting(path: str) -> list[tuple[str, int]]:
        elements = frozenset(path.split(_BETWEEN_ELEMENTS))
        return list(dict.fromkeys((name, app) for name, app, rule in rules if rule in elements))

    return _ids_step(argument, "features", fitting)


def _ids_step(argument: object, of: str, fitting: Callable[[str], list[tuple[str, int]]]) -> Step:
    if not isinstance(argument, dict) or not all(isinstance(name, str) for name in argument.values()):
        raise Refused(f"{of} is an object of the form {{name: field}}")
    fields = [(path_of(out), path_of(name)) for out, name in argument.items()]
    known = lru_cache(_URLS_KEPT)(fitting)

    def run(rows: Rows) -> Iterator[Row]:
        for row in rows:
            for out, path in fields:
                text, app = at_path(row, path), row.get("appId")
                found = known(text) if isinstance(text, str) else []
                put(row, out, [name for name, of_app in found if app in (None, of_app)])
            yield row

    return run


def match_rules_step(argument: object) -> Step:
    """Say in a field whether a row fits rules of its own, or keep only the rows that do."""
    if not isinstance(argument, dict) or argument.get("entity") not in _ENTITIES:
        raise Refused("matchRules is an object with entity: Page or Feature, rules, and field or filter")
    known_only(argument, "matchRules", ("entity", "rules", "rulesType", "field", "filter"))
    if argument.get("rulesType", "web") != "web":
        raise NotBuilt("rulesType of matchRules", str(argument["rulesType"])[:40])
    test = _test(argument["entity"], argument.get("rules"))
    if argument.get("filter") is True:
        return lambda rows: (row for row in rows if test(row))
    if not isinstance(argument.get("field"), str):
        raise Refused("matchRules wants field (a name) or filter: true")
    out = path_of(argument["field"])

    def run(rows: Rows) -> Iterator[Row]:
        for row in rows:
            put(row, out, test(row))
            yield row

    return run


def _test(entity: str, rules: object) -> Test:
    if not isinstance(rules, list) or len(rules) > _RULES_MAX:
        raise Refused(f"matchRules rules are a list of at most {_RULES_MAX}")
    if not all(isinstance(rule, str) and len(rule) <= _RULE_LENGTH_MAX for rule in rules):
        raise Refused("matchRules rules are texts")
    if entity == "Feature":
        wanted = frozenset(rules)
        return lambda row: not wanted.isdisjoint(_text(row, "elementPath").split(_BETWEEN_ELEMENTS))
    patterns = [_parts(rule) for rule in rules]
    return lambda row: _fits_any(_text(row, "url"), patterns)


def _fits_any(url: str, patterns: list[list[str]]) -> bool:
    parts = _parts(url.partition("#")[0].partition("?")[0])
    return any(_fits(parts, pattern) for pattern in patterns)


def _text(row: Row, name: str) -> str:
    value: Any = row.get(name)
    return value if isinstance(value, str) else ""


def _parts(address: str) -> list[str]:
    """Host and path, part by part; `//*/invoices/` and `https://x/invoices` have two each."""
    return _SCHEME.sub("", address, count=1).removeprefix("//").rstrip("/").split("/")


def _fits(parts: list[str], pattern: list[str]) -> bool:
    """`*` in a pattern is any text within one part; no regular expression, which a client could make run for hours."""
    return len(parts) == len(pattern) and all(map(_fits_part, parts, pattern))


def _fits_part(text: str, pattern: str) -> bool:
    first, *rest = pattern.split("*")
    if not rest:
        return text == pattern
    if not text.startswith(first):
        return False
    place = len(first)
    for middle in rest[:-1]:
        found = text.find(middle, place)
        if found < 0:
            return False
        place = found + len(middle)
    return text.endswith(rest[-1]) and len(text) - len(rest[-1]) >= place
