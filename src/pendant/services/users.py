"""Users: who there is, and for whom the command line acts."""

from __future__ import annotations

from pendant.app import App
from pendant.errors import Conflict, NotFound, WrongInput
from pendant.model.access import PERMISSIONS_OF_ROLE, Actor, Permission, Role
from pendant.model.account import User
from pendant.services.nearest import did_you_mean
from pendant.services.permission import require
from pendant.store import accounts as stored


def find(app: App, actor: Actor) -> list[User]:
    """Return the users by name."""
    require(actor, Permission.USERS_WRITE)
    with app.database.read() as tx:
        return stored.list_users(tx)


def local_user(app: App, name: str = "") -> Actor:
    """Return the named user, or the only owner, as whoever sits at the machine of the installation.

    API tokens and passwords belong to a user, and the command line is none.
    """
    with app.database.read() as tx:
        users = stored.list_users(tx)
        user = stored.user_by_name(tx, " ".join(name.split())) if name else _only_owner(users)
    if user is None:
        raise NotFound(
            "user_unknown",
            f"There is no user {name!r}.",
            hint=did_you_mean(name, [each.name for each in users], "`pendant users list` shows those there are."),
            field="user",
        )
    return Actor(id=user.id, name=user.name, door="cli", permissions=PERMISSIONS_OF_ROLE[user.role])


def _only_owner(users: list[User]) -> User:
    owners = [each for each in users if each.role is Role.OWNER]
    if not users:
        raise Conflict(
            "no_users",
            "This installation has no user yet.",
            hint="Start `pendant serve` and set up the owner with the code that it prints.",
            field="user",
        )
    if len(owners) != 1:
        raise WrongInput(
            "user_required",
            f"There are {len(owners)} owners, and none is named.",
            hint=f"Say which user is meant with --user: {', '.join(each.name for each in users)}.",
            field="user",
        )
    return owners[0]
