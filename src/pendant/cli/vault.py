"""The commands of `pendant vault`."""

from __future__ import annotations

from collections.abc import Iterator

from cyclopts import App as Program

from pendant.cli.output import Output
from pendant.cli.session import Json, installation
from pendant.cli.shapes import vault_shape
from pendant.model.access import local_actor
from pendant.model.vault import VaultState, VaultStatus
from pendant.services import vault as verbs

vault = Program(name="vault", help="Where the tokens lie, sealed. No command shows a token.")


@vault.command
def status(*, json: Json = False) -> int:
    """Show the state of the vault: empty, ok, locked or partial."""
    with installation() as app:
        return _show(Output(json), verbs.status(app, local_actor()))


@vault.command
def verify(*, json: Json = False) -> int:
    """Open every stored token once and count those that open; exit code 1 if one does not."""
    with installation() as app:
        return _show(Output(json), verbs.verify(app, local_actor()))


def _show(output: Output, found: VaultStatus) -> int:
    if output.as_json:
        output.result(vault_shape(found))
    else:
        output.facts(_facts(found))
    return 0 if found.state in (VaultState.EMPTY, VaultState.OK) else 1


def _facts(found: VaultStatus) -> Iterator[tuple[str, object]]:
    yield "State", found.state.value
    yield "Root key", f"{found.root_kid or 'none'} ({found.provider})"
    yield "Keys", found.keks
    yield "Tokens", found.secrets
    yield "Installation", found.instance_id
    for connection in found.unreadable:
        yield "Unreadable", connection
    if found.problem:
        yield "Problem", found.problem
