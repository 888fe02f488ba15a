"""The commands of `pendant connectors`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from cyclopts import App as Program
from cyclopts import Parameter

from pendant.cli.output import Output
from pendant.cli.session import Json, installation
from pendant.cli.shapes import connector_shape
from pendant.connectors.declaration import Connector
from pendant.model.access import local_actor
from pendant.services import catalogue as verbs

connectors = Program(name="connectors", help="What kinds of systems there are connections to.")


@connectors.command(name="list")
def list_(*, json: Json = False) -> int:
    """List the connectors with their API types and regions."""
    output = Output(json)
    with installation() as app:
        found = verbs.find(app, local_actor())
    if json:
        output.result([connector_shape(each) for each in found])
    else:
        output.table(("Connector", "API types", "Regions", "What"), (_row(each) for each in found))
    return 0


@connectors.command
def show(name: Annotated[str, Parameter(help="Name of the connector.")], /, *, json: Json = False) -> int:
    """Show one connector: its API types, where their tokens are found, its regions and resources."""
    output = Output(json)
    with installation() as app:
        found = verbs.get(app, local_actor(), name)
    if json:
        output.result(connector_shape(found))
    else:
        output.facts(_facts(found))
    return 0


def _row(connector: Connector) -> tuple[object, ...]:
    return (
        connector.name,
        ", ".join(each.name for each in connector.api_types),
        ", ".join(each.name for each in connector.regions),
        connector.summary,
    )


def _facts(connector: Connector) -> Iterator[tuple[str, object]]:
    yield "Name", connector.name
    yield "Title", connector.title
    yield "What", connector.summary
    for region in connector.regions:
        yield "Region", f"{region.name}: {region.title}"
    for api_type in connector.api_types:
        yield "API type", f"{api_type.name}: {api_type.title}"
        if api_type.token.help:
            for number, step in enumerate(api_type.token.help.steps, start=1):
                yield f"{api_type.token.label} {number}", step
    yield "Resources", ", ".join(each.name for each in connector.resources) or "none"
