"""The commands of `pendant resources`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from cyclopts import App as Program
from cyclopts import Parameter

from pendant.cli.output import Output
from pendant.cli.session import Json, installation
from pendant.model.access import local_actor
from pendant.services import catalogue as verbs

resources = Program(name="resources", help="What can be exported.")


@resources.command(name="list")
def list_(
    *,
    connector: Annotated[str, Parameter(name="--connector", help="Only the resources of this connector.")] = "",
    json: Json = False,
) -> int:
    """List what can be exported, and from which connector."""
    output = Output(json)
    with installation() as app:
        found = verbs.resources(app, local_actor(), connector=connector)
    if json:
        output.result([asdict(each) for each in found])
    else:
        output.table(
            ("Connector", "API type", "Resource", "What"),
            ((each.connector, each.api_type, each.name, each.summary) for each in found),
        )
    return 0
