"""The commands of `pendant tokens`."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App as Program
from cyclopts import Parameter

from pendant.cli.output import Output
from pendant.cli.session import Json, installation
from pendant.cli.shapes import moment, token_shape
from pendant.cli.users import UserName
from pendant.model.access import Permission
from pendant.model.account import ApiToken
from pendant.services import tokens as verbs
from pendant.services.users import local_user

tokens = Program(
    name="tokens", help="API tokens, for programs. Each belongs to a user and may do at most what that user may."
)


@tokens.command
def create(
    *,
    name: Annotated[str, Parameter(name="--name", help="Name it after the program that will use it.")],
    permission: Annotated[
        tuple[str, ...],
        Parameter(
            name="--permission",
            negative="",
            help=f"What the token may do; may be given several times: {', '.join(Permission)}.",
        ),
    ],
    days: Annotated[int, Parameter(name="--days", help="How many days it lives, 1 to 366; 90 by default.")] = (
        verbs.DAYS_DEFAULT
    ),
    user: UserName = "",
    json: Json = False,
) -> int:
    """Create an API token and print it, this once: only its hash is kept."""
    output = Output(json)
    wanted = [verbs.permission_of(each) for each in permission]
    with installation() as app:
        token, text = verbs.create(app, local_user(app, user), name, wanted, days)
    if json:
        output.result(token_shape(token) | {"text": text})
    else:
        output.say(text)
        output.remark(f"Keep this token now; it is not shown again. It ends at {moment(token.expires_at)}.")
    return 0


@tokens.command(name="list")
def list_(*, user: UserName = "", json: Json = False) -> int:
    """List a user's API tokens, revoked and expired ones too, without their texts."""
    output = Output(json)
    with installation() as app:
        found = verbs.find(app, local_user(app, user))
        now = app.clock.now()
    if json:
        output.result([token_shape(each) for each in found])
    elif found:
        output.table(_COLUMNS, (_row(each, _state(each, live=each.expires_at > now)) for each in found))
    else:
        output.remark("There are no API tokens yet.")
    return 0


@tokens.command
def revoke(
    token: Annotated[str, Parameter(help="Id of the API token, as the list shows it.")],
    /,
    *,
    user: UserName = "",
    json: Json = False,
) -> int:
    """End an API token at once."""
    output = Output(json)
    with installation() as app:
        verbs.revoke(app, local_user(app, user), token)
    if json:
        output.result({"revoked": {"id": token}})
    else:
        output.say("The API token has ended.")
    return 0


_COLUMNS = ("Id", "Name", "State", "Permissions", "Last used", "Expires")


def _row(token: ApiToken, state: str) -> tuple[object, ...]:
    return (
        token.id,
        token.name,
        state,
        " ".join(sorted(token.permissions)),
        moment(token.last_used_at) or "never",
        moment(token.expires_at),
    )


def _state(token: ApiToken, *, live: bool) -> str:
    if token.revoked_at:
        return "revoked"
    return "active" if live else "expired"
