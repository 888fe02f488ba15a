"""YAML as declarations use it: safe values only, each key once, no anchors, aliases or merge keys."""

from __future__ import annotations

from typing import Any

import yaml


class DeclarationProblem(Exception):
    """A connector.yaml that is not what its schema asks for. A mistake in the program, never in a person's input."""


class _StrictLoader(yaml.SafeLoader):
    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.events.AliasEvent):
            raise DeclarationProblem(f"line {self.peek_event().start_mark.line + 1}: aliases are not allowed")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - the library's signature
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise DeclarationProblem(f"line {key.start_mark.line + 1}: the key {key.value} stands twice")
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def read_yaml(text: str) -> Any:
    """Return the value of one document, or raise DeclarationProblem with the line at fault."""
    loader = _StrictLoader(text)
    try:
        return loader.get_single_data()
    except yaml.YAMLError as problem:
        raise DeclarationProblem(str(problem)) from None
    finally:
        loader.dispose()
