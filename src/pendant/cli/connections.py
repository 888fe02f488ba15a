"""The commands of `pendant connections`."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal

from cyclopts import App as Program
from cyclopts import Parameter

from pendant.app import App
from pendant.cli.confirm import Yes, confirmed
from pendant.cli.connection_texts import COLUMNS, facts, row
from pendant.cli.drafts import edited_draft, new_draft
from pendant.cli.http_options import HttpOptions
from pendant.cli.output import Output
from pendant.cli.session import Json, installation
from pendant.cli.shapes import connection_shape, report_shape, stage_shape
from pendant.cli.stages import show_stage, shown_stages
from pendant.cli.token_input import TokenOptions, read_token
from pendant.model.access import local_actor
from pendant.model.connection import Access, Draft
from pendant.services import connections as verbs

connections = Program(
    name="connections",
    help="Systems that Pendant reads from and writes to. Every connection has a name and a token of its own; a "
    "token is stored sealed, is never shown again, and must be entered at every save.",
)

Reference = Annotated[str, Parameter(help="Name or id of the connection.")]
NewName = Annotated[str, Parameter(name="--name", help="Name your connection; unique, at most 100 characters.")]
Api = Annotated[str, Parameter(name="--api", help="API type: engage or track for Pendo.")]
Region = Annotated[
    str, Parameter(name="--region", help="Where the Pendo subscription lives: us, us1, eu, jp, au or custom.")
]
BaseUri = Annotated[
    str, Parameter(name="--base-uri", help="Address the connection stays below; with region custom, or for http.")
]
Test = Annotated[
    bool,
    Parameter(
        name="--test", negative="--no-test", help="Save only if a test with the new token succeeds, or save untested."
    ),
]
DryRun = Annotated[
    bool, Parameter(name="--dry-run", negative="", help="Test what was entered, stage by stage, and save nothing.")
]
SendEvent = Annotated[
    bool,
    Parameter(name="--send-event", negative="", help="Track only: send one real event; it stays in the subscription."),
]
_NO_TOKEN = TokenOptions()
_NO_HTTP = HttpOptions()


@connections.command
def create(
    *,
    name: NewName,
    application: Annotated[
        str, Parameter(name="--application", help="Connector: pendo, http, postgresql or s3.")
    ] = "pendo",
    api: Api = "",
    region: Region = "",
    base_uri: BaseUri = "",
    token: TokenOptions = _NO_TOKEN,
    http: HttpOptions = _NO_HTTP,
    test: Test = True,
    dry_run: DryRun = False,
    json: Json = False,
) -> int:
    """Create a connection. It is tested first, and saved only if the test succeeds."""
    output = Output(json)
    watch = partial(show_stage, output)
    with installation() as app:
        draft = new_draft(app, Draft(name, application, api, region, base_uri), http)
        if dry_run:
            return _dry_run(app, output, draft, token)
        saved = verbs.create(app, local_actor(), draft, read_token(token), test=test, watch=watch)
        _show_saved(output, saved, "Created")
    return 0


@connections.command(name="list")
def list_(
    *,
    search: Annotated[
        str,
        Parameter(name="--search", help="Only connections in whose name, application, API type or region this occurs."),
    ] = "",
    sort: Annotated[
        Literal["name", "application", "status", "tested", "updated"],
        Parameter(name="--sort", help="Order of the list."),
    ] = "name",
    json: Json = False,
) -> int:
    """List the connections."""
    output = Output(json)
    with installation() as app:
        found = verbs.find(app, local_actor(), search=search, sort=sort)
    if json:
        output.result([connection_shape(each) for each in found])
    elif found:
        output.table(COLUMNS, (row(each) for each in found))
    else:
        output.remark("There are no connections yet." if not search else f"{search} occurs in no connection.")
    return 0


@connections.command
def show(reference: Reference, /, *, json: Json = False) -> int:
    """Show everything about a connection except its token."""
    output = Output(json)
    with installation() as app:
        connection = verbs.get(app, local_actor(), reference)
    if json:
        output.result(connection_shape(connection))
    else:
        output.facts(facts(connection))
    return 0


@connections.command
def edit(
    reference: Reference,
    /,
    *,
    name: Annotated[str | None, Parameter(name="--name", help="New name; without it the name stays.")] = None,
    api: Api = "",
    region: Region = "",
    base_uri: BaseUri = "",
    token: TokenOptions = _NO_TOKEN,
    http: HttpOptions = _NO_HTTP,
    if_version: Annotated[
        int | None, Parameter(name="--if-version", help="Save only if the connection still has this version.")
    ] = None,
    test: Test = True,
    dry_run: DryRun = False,
    json: Json = False,
) -> int:
    """Save a connection anew. What is not given stays as it is, except the token: it is needed every time."""
    output = Output(json)
    actor, watch = local_actor(), partial(show_stage, output)
    with installation() as app:
        before = verbs.get(app, actor, reference)
        draft = edited_draft(app, before, Draft(name or before.name, before.application, api, region, base_uri), http)
        if dry_run:
            return _dry_run(app, output, draft, token, replaces=before.id)
        version = before.version if if_version is None else if_version
        saved = verbs.replace(app, actor, before.id, draft, read_token(token), version=version, test=test, watch=watch)
        _show_saved(output, saved, "Saved")
    return 0


@connections.command(name="test")
def prove(reference: Reference, /, *, send_event: SendEvent = False, json: Json = False) -> int:
    """Test a connection with its stored token, stage by stage."""
    output = Output(json)
    actor = local_actor()
    with installation() as app:
        for _ in shown_stages(output, verbs.test_saved(app, actor, reference, send_event=send_event)):
            pass
        connection = verbs.get(app, actor, reference)
    if json and connection.last_test:
        output.result(report_shape(connection.last_test))
    return 0 if connection.last_test and connection.last_test.ok else 1


@connections.command
def clone(
    reference: Reference,
    /,
    *,
    name: NewName,
    token: TokenOptions = _NO_TOKEN,
    test: Test = True,
    json: Json = False,
) -> int:
    """Copy a connection under a new name. The token is never copied; enter the one that the copy is to use."""
    output = Output(json)
    watch = partial(show_stage, output)
    with installation() as app:
        saved = verbs.clone(app, local_actor(), reference, name, read_token(token), test=test, watch=watch)
        _show_saved(output, saved, "Created")
    return 0


@connections.command
def delete(
    reference: Reference,
    /,
    *,
    yes: Yes = False,
    json: Json = False,
) -> int:
    """Delete a connection and its sealed token, unless something uses it."""
    output = Output(json)
    with installation() as app:
        if not yes and not confirmed("connection", verbs.get(app, local_actor(), reference).name):
            output.remark("Nothing was deleted.")
            return 1
        gone = verbs.delete(app, local_actor(), reference)
    if json:
        output.result({"deleted": {"id": gone.id, "name": gone.name}, "reminder": verbs.REVOKE_REMINDER})
    else:
        output.say(f"Deleted connection {gone.name}. {verbs.REVOKE_REMINDER}")
    return 0


@connections.command(name="used-by")
def used_by(reference: Reference, /, *, json: Json = False) -> int:
    """List what uses a connection and therefore keeps it from being deleted."""
    output = Output(json)
    with installation() as app:
        uses = verbs.used_by(app, local_actor(), reference)
    if json:
        output.result([{"kind": use.kind, "id": use.id, "label": use.label} for use in uses])
    elif uses:
        output.table(("Kind", "Id", "What"), ((use.kind, use.id, use.label) for use in uses))
    else:
        output.remark("Nothing uses this connection.")
    return 0


def _dry_run(app: App, output: Output, draft: Draft, token: TokenOptions, *, replaces: str | None = None) -> int:
    stages = verbs.test_draft(app, local_actor(), draft, read_token(token), replaces=replaces)
    seen = list(shown_stages(output, stages))
    good = all(stage.outcome != "failed" for stage in seen)
    if output.as_json:
        output.result({"ok": good, "stages": [stage_shape(stage) for stage in seen]})
    else:
        output.remark("Nothing was saved: this was a dry run.")
    return 0 if good else 1


def _show_saved(output: Output, saved: verbs.Saved, verb: str) -> None:
    if output.as_json:
        output.result(connection_shape(saved.connection) | {"token_trimmed": saved.trimmed})
        return
    if saved.trimmed:
        output.remark("White space around the token was dropped.")
    tested = "" if saved.report else " It was not tested."
    known = saved.connection.access is not Access.UNKNOWN
    access = f" ({saved.connection.access.value})" if known else ""
    output.say(f"{verb} connection {saved.connection.name}{access}.{tested}")
