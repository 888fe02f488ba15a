"""Finds the connectors: every folder beside this file that holds a connector.yaml."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from importlib import resources

from pydantic import ValidationError

from pendant.connectors.declaration import ApiType, Connector, Resource
from pendant.connectors.strict_yaml import DeclarationProblem, read_yaml
from pendant.errors import WrongInput


class Catalogue:
    def __init__(self, connectors: Sequence[Connector]) -> None:
        self._connectors = {connector.name: connector for connector in connectors}

    def all(self) -> list[Connector]:
        return [self._connectors[name] for name in sorted(self._connectors)]

    def connector(self, name: str) -> Connector:
        if name in self._connectors:
            return self._connectors[name]
        raise WrongInput(
            "unknown_application",
            f"There is no application {name!r}." if name else "The application is missing.",
            hint=f"Choose one of {', '.join(sorted(self._connectors))}.",
            field="application",
        )


def load() -> Catalogue:
    """Read every declaration; raise DeclarationProblem for one that is wrong."""
    room = resources.files("pendant.connectors")
    found = []
    for folder in sorted(room.iterdir(), key=lambda entry: entry.name):
        file = folder / "connector.yaml"
        if folder.is_dir() and file.is_file():
            connector = parse(file.read_text(encoding="utf-8"), where=f"{folder.name}/connector.yaml")
            if connector.name != folder.name:
                raise DeclarationProblem(f"{folder.name}/connector.yaml: its name is {connector.name}")
            found.append(connector)
    return Catalogue(found)


def parse(text: str, *, where: str) -> Connector:
    try:
        # Through JSON's rules a list may stand for a tuple; everything else stays strict.
        return Connector.model_validate(_tuples(read_yaml(text)))
    except (ValidationError, DeclarationProblem) as problem:
        raise DeclarationProblem(f"{where}: {problem}") from None


def _tuples(value: object) -> object:
    if isinstance(value, dict):
        return {key: _tuples(inner) for key, inner in value.items()}
    return tuple(_tuples(inner) for inner in value) if isinstance(value, list) else value


def api_type_of(connector: Connector, name: str) -> ApiType:
    """Return the API type; an empty name is enough where there is only one."""
    for api_type in connector.api_types:
        if name == api_type.name or (not name and len(connector.api_types) == 1):
            return api_type
    choices = ", ".join(api_type.name for api_type in connector.api_types)
    raise WrongInput(
        "unknown_api_type" if name else "api_type_required",
        f"{connector.title} has no API type {name!r}." if name else "The API type is missing.",
        hint=f"Choose one of {choices}.",
        field="api_type",
    )


def resource_of(connector: Connector, name: str) -> Resource:
    names = {resource.name: resource for resource in connector.resources}
    if name in names:
        return names[name]
    by_lower = {known.lower(): known for known in names}
    near = [by_lower[match] for match in difflib.get_close_matches(name.lower(), by_lower, n=3)]
    wanted = f"Did you mean {' or '.join(near)}?" if near else f"Choose one of {', '.join(names)}."
    raise WrongInput(
        "unknown_resource",
        f"{connector.title} has no resource {name!r}.",
        hint=wanted if names else f"{connector.title} connections cannot be exported from yet.",
        field="resource",
    )
