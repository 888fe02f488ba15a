"""Users and API tokens from the command line: for a named user, and secrets never as arguments."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cli.spoken import Cli
from pendant.app import open_app
from pendant.model.access import Permission
from pendant.services import accounts, tokens
from pendant.settings import Settings

PASSWORD = "tulip harbour seven kites"
OTHER = "copper ladder quiet moss"


@pytest.fixture
def owner(home: Path) -> str:
    with open_app(Settings.from_environment(os.environ)) as app:
        code = accounts.setup_code(app)
        assert code
        accounts.set_up(app, code, "Olga", PASSWORD)
    return "Olga"


def test_before_the_first_start_there_is_nobody_a_token_could_belong_to(cli: Cli) -> None:
    said = cli("tokens", "create", "--name", "nightly", "--permission", "runs:read")
    assert said.code == 1
    assert "[no_users]" in said.err
    assert cli("users", "list", "--json").json == []


def test_a_token_belongs_to_the_only_owner_and_works(cli: Cli, owner: str) -> None:
    said = cli("tokens", "create", "--name", "nightly", "--permission", "runs:read", "--permission", "exports:run")
    assert said.code == 0
    with open_app(Settings.from_environment(os.environ)) as app:
        actor = tokens.actor_of(app, said.out.strip())
    assert actor
    assert actor.name == "Olga (nightly)"
    assert actor.permissions == {Permission.RUNS_READ, Permission.EXPORTS_RUN}


def test_a_token_is_listed_without_its_text_and_revoked(cli: Cli, owner: str) -> None:
    made = cli("tokens", "create", "--name", "nightly", "--permission", "runs:read", "--days", "7", "--json").json
    (listed,) = cli("tokens", "list", "--user", "olga", "--json").json
    assert listed == {name: value for name, value in made.items() if name != "text"}
    assert cli("tokens", "revoke", made["id"]).code == 0
    assert "revoked" in cli("tokens", "list").out


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("tokens", "list", "--user", "Ogla"), "user_unknown"),
        (("tokens", "create", "--name", "x", "--permission", "runs:read", "--days", "0"), "days_invalid"),
        (("tokens", "create", "--name", "x"), "usage"),
        (("tokens", "create", "--name", "x", "--permission", "run:read"), "permission_unknown"),
        (("tokens", "revoke", "nothing"), "api_token_unknown"),
        (("users", "set-password"), "password_required"),
    ],
)
def test_what_is_wrong_has_its_code(cli: Cli, owner: str, words: tuple[str, ...], code: str) -> None:
    said = cli(*words)
    assert said.code in (1, 2)
    assert f"[{code}]" in said.err


def test_users_are_listed_with_their_roles(cli: Cli, owner: str) -> None:
    (user,) = cli("users", "list", "--json").json
    assert (user["name"], user["role"]) == ("Olga", "owner")


def test_a_forgotten_password_is_set_anew_and_ends_what_was_made_with_the_old_one(cli: Cli, owner: str) -> None:
    text = cli("tokens", "create", "--name", "nightly", "--permission", "runs:read").out.strip()
    said = cli("users", "set-password", "--password-stdin", stdin=OTHER)
    assert said.code == 0
    assert OTHER not in said.out + said.err
    with open_app(Settings.from_environment(os.environ)) as app:
        assert tokens.actor_of(app, text) is None
        assert accounts.sign_in(app, "Olga", OTHER, "192.0.2.1")


def test_a_weak_password_is_refused_and_not_repeated(cli: Cli, owner: str) -> None:
    said = cli("users", "set-password", "--password-stdin", stdin="seven")
    assert (said.code, "[password_length]" in said.err) == (2, True)
    assert "seven" not in said.err
