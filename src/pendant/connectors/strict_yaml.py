"""YAML as declarations use it: safe values only, each key once, no anchors, aliases or merge keys."""

from __future__ import annotations

from typing import Any

import yaml

# The parser written in C reads a declaration ten times as fast; both build the same safe values.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MERGE = "tag:yaml.org,2002:merge"


class DeclarationProblem(Exception):
    """A connector.yaml that is not what its schema asks for. A mistake in the program, never in a person's input."""


def read_yaml(text: str) -> Any:
    """Return the value of one document, or raise DeclarationProblem with the line at fault."""
    loader = _LOADER(text)
    try:
        _refuse_references(text)
        node = loader.get_single_node()
        if node is None:
            return None
        _refuse_unclear_keys(node)
        return loader.construct_document(node)
    except yaml.YAMLError as problem:
        raise DeclarationProblem(str(problem)) from None
    finally:
        loader.dispose()


def _refuse_references(text: str) -> None:
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise DeclarationProblem(f"anchors and aliases are not allowed: {event.start_mark}")


def _refuse_unclear_keys(node: yaml.Node) -> None:
    """Walk a document without aliases, which therefore is a tree."""
    if isinstance(node, yaml.MappingNode):
        seen: set[Any] = set()
        for key, value in node.value:
            line = key.start_mark.line + 1
            if key.tag == _MERGE:
                raise DeclarationProblem(f"line {line}: merge keys are not allowed")
            if not isinstance(key, yaml.ScalarNode):
                raise DeclarationProblem(f"line {line}: a key must be a word")
            if key.value in seen:
                raise DeclarationProblem(f"line {line}: the key {key.value} stands twice")
            seen.add(key.value)
            _refuse_unclear_keys(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            _refuse_unclear_keys(value)
