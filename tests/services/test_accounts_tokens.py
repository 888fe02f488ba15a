"""API tokens: made once, kept as hashes, never wider than who made them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from pendant.access.passwords import Passwords
from pendant.app import App, open_app
from pendant.errors import Conflict, NotAllowed, NotFound, WrongInput
from pendant.model.access import Actor, Permission, local_actor
from pendant.model.clock import SettableClock
from pendant.services import accounts, tokens
from pendant.settings import Settings

DAY = 86_400


@pytest.fixture
def app(settings: Settings, clock: SettableClock) -> Iterator[App]:
    with open_app(settings, clock) as opened:
        yield replace(opened, passwords=Passwords(memory_kib=64, passes=1))


@pytest.fixture
def owner(app: App) -> Actor:
    code = accounts.setup_code(app)
    assert code
    actor = accounts.actor_of_session(app, accounts.set_up(app, code, "Olga", "tulip harbour seven kites"))
    assert actor
    return actor


def test_a_token_acts_for_its_user_with_its_own_permissions_only(app: App, owner: Actor) -> None:
    _, text = tokens.create(app, owner, "nightly", [Permission.RUNS_READ])
    actor = tokens.actor_of(app, text)
    assert actor
    assert (actor.id, actor.name, actor.door) == (owner.id, "Olga (nightly)", "api")
    assert actor.permissions == {Permission.RUNS_READ}


def test_e07_the_list_and_the_files_never_show_a_token_again(app: App, owner: Actor, settings: Settings) -> None:
    _, text = tokens.create(app, owner, "nightly", [Permission.RUNS_READ])
    assert text not in repr(tokens.find(app, owner))
    assert all(text.encode() not in file.read_bytes() for file in settings.data_dir.iterdir())


def test_e15_a_token_ends_after_ninety_days(app: App, owner: Actor, clock: SettableClock) -> None:
    _, text = tokens.create(app, owner, "nightly", [Permission.RUNS_READ])
    clock.advance(90 * DAY - 1)
    assert tokens.actor_of(app, text)
    clock.advance(1)
    assert tokens.actor_of(app, text) is None


def test_e15_a_revoked_token_fails_at_once(app: App, owner: Actor) -> None:
    token, text = tokens.create(app, owner, "nightly", [Permission.RUNS_READ])
    tokens.revoke(app, owner, token.id)
    tokens.revoke(app, owner, token.id)
    assert tokens.actor_of(app, text) is None
    assert tokens.find(app, owner)[0].revoked_at is not None


def test_e15_a_token_cannot_make_a_wider_one(app: App, owner: Actor) -> None:
    _, text = tokens.create(app, owner, "minter", [Permission.TOKENS_WRITE, Permission.RUNS_READ])
    minter = tokens.actor_of(app, text)
    assert minter
    with pytest.raises(NotAllowed) as caught:
        tokens.create(app, minter, "wider", [Permission.CONNECTIONS_WRITE])
    assert caught.value.code == "token_wider"
    tokens.create(app, minter, "narrower", [Permission.RUNS_READ])


def test_e15_a_token_without_the_permission_cannot_make_any(app: App, owner: Actor) -> None:
    _, text = tokens.create(app, owner, "reader", [Permission.RUNS_READ])
    reader = tokens.actor_of(app, text)
    assert reader
    with pytest.raises(NotAllowed):
        tokens.create(app, reader, "same", [Permission.RUNS_READ])


def test_a_token_of_somebody_else_is_unknown(app: App, owner: Actor) -> None:
    token, text = tokens.create(app, owner, "nightly", [Permission.RUNS_READ])
    with pytest.raises(NotFound):
        tokens.revoke(app, replace(owner, id="somebody-else"), token.id)
    assert tokens.actor_of(app, text)


def test_a_text_that_cannot_be_a_token_is_nobody(app: App) -> None:
    assert tokens.actor_of(app, "pcx_pat_" + "0" * 46) is None
    assert tokens.actor_of(app, "") is None


def test_the_command_line_has_no_user_to_make_a_token_for(app: App) -> None:
    with pytest.raises(Conflict):
        tokens.create(app, local_actor(), "nightly", [Permission.RUNS_READ])


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "a" * 101}, "name"),
        ({"permissions": []}, "permissions"),
        ({"days": 0}, "days"),
        ({"days": 367}, "days"),
    ],
)
def test_wrong_input_names_its_field(app: App, owner: Actor, wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(WrongInput) as caught:
        tokens.create(app, owner, **{"name": "fine", "permissions": [Permission.RUNS_READ]} | wrong)
    assert caught.value.field == field
