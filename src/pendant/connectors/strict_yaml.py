"""YAML as declarations use it: safe values only, each key once, no anchors, aliases or merge keys."""

from __future__ import annotations

from typing import Any

import yaml


class DeclarationProblem(Exception):
    """A connector.yaml that is not what its schema asks for. A mistake in the program, never in a person's input."""


class _StrictLoader(yaml.SafeLoader):
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - the library's signature
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise DeclarationProblem(f"line {key.start_mark.line + 1}: the key {key.value} stands twice")
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def read_yaml(text: str) -> Any:
    """Return the value of one document, or raise DeclarationProblem with the line at fault."""
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                raise DeclarationProblem(f"anchors and aliases are not allowed: {event.start_mark}")
        return yaml.load(text, Loader=_StrictLoader)  # noqa: S506 - _StrictLoader is a SafeLoader
    except yaml.YAMLError as problem:
        raise DeclarationProblem(str(problem)) from None
