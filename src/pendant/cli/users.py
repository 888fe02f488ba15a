"""The commands of `pendant users`."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App as Program
from cyclopts import Parameter

from pendant.cli.output import Output
from pendant.cli.session import Json, installation
from pendant.cli.shapes import moment, user_shape
from pendant.cli.token_input import PasswordOptions, read_password
from pendant.model.access import local_actor
from pendant.services import accounts
from pendant.services import users as verbs

users = Program(name="users", help="Who may sign in. The first user is made in the web app, with the setup code.")

UserName = Annotated[str, Parameter(name="--user", help="Name of the user; without it, the only owner.")]
_NO_PASSWORD = PasswordOptions()


@users.command(name="list")
def list_(*, json: Json = False) -> int:
    """List the users and their roles."""
    output = Output(json)
    with installation() as app:
        found = verbs.find(app, local_actor())
    if json:
        output.result([user_shape(each) for each in found])
    elif found:
        output.table(("Name", "Role", "Created"), ((u.name, u.role.value, moment(u.created_at)) for u in found))
    else:
        output.remark("There is no user yet; `pendant serve` prints the code that makes the owner.")
    return 0


@users.command(name="set-password")
def set_password(*, user: UserName = "", password: PasswordOptions = _NO_PASSWORD, json: Json = False) -> int:
    """Set a user's password, also a forgotten one. All sessions and API tokens of that user end."""
    output = Output(json)
    with installation() as app:
        actor = verbs.local_user(app, user)
        accounts.change_password(app, actor, read_password(password))
    if json:
        output.result({"user": actor.name, "password": "changed"})
    else:
        output.say(f"{actor.name} has a new password. All earlier sessions and API tokens of {actor.name} have ended.")
    return 0
