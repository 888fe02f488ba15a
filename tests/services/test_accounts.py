"""Accounts: the first start, signing in, sessions, passwords."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from pendant.access.passwords import Passwords
from pendant.app import App, open_app
from pendant.errors import Conflict, NotSignedIn, PendantError, TooManyTries, WrongInput
from pendant.model.access import Permission
from pendant.model.account import AuditEntry
from pendant.model.clock import SettableClock
from pendant.services import accounts, tokens
from pendant.settings import Settings
from pendant.store import accounts as stored
from pendant.store import audit

PASSWORD = "tulip harbour seven kites"
OTHER = "marble lantern forty owls"
HOME = "192.0.2.10"


@pytest.fixture
def app(settings: Settings, clock: SettableClock) -> Iterator[App]:
    with open_app(settings, clock) as opened:
        yield replace(opened, passwords=Passwords(memory_kib=64, passes=1))


@pytest.fixture
def session(app: App) -> str:
    code = accounts.setup_code(app)
    assert code
    return accounts.set_up(app, code, "Olga", PASSWORD, HOME)


def test_e01_there_is_no_account_before_the_setup_code_is_used(app: App) -> None:
    assert accounts.needs_set_up(app)
    for name in ("admin", "owner", "local", ""):
        with pytest.raises(NotSignedIn):
            accounts.sign_in(app, name, "admin", HOME)


def test_e01_the_setup_code_makes_one_owner_once(app: App) -> None:
    code = accounts.setup_code(app)
    assert code
    session = accounts.set_up(app, code.lower(), "Olga", PASSWORD)

    actor = accounts.actor_of_session(app, session)
    assert actor
    assert actor.permissions == frozenset(Permission)
    assert accounts.setup_code(app) is None
    with pytest.raises(Conflict):
        accounts.set_up(app, code, "Mallory", PASSWORD)


def test_e01_a_setup_code_ends_after_a_day_and_with_the_next_one(app: App, clock: SettableClock) -> None:
    first, second = accounts.setup_code(app), accounts.setup_code(app)
    assert first
    assert second
    with pytest.raises(WrongInput, match="setup code is wrong"):
        accounts.set_up(app, first, "Olga", PASSWORD)
    clock.advance(timedelta(hours=24).total_seconds())
    with pytest.raises(WrongInput, match="older than 24 hours"):
        accounts.set_up(app, second, "Olga", PASSWORD)
    assert accounts.needs_set_up(app)


def test_a_refused_password_does_not_cost_the_setup_code(app: App) -> None:
    code = accounts.setup_code(app)
    assert code
    with pytest.raises(WrongInput):
        accounts.set_up(app, code, "Olga", "short")
    accounts.set_up(app, code, "Olga", PASSWORD)


def test_setup_codes_cannot_be_tried_without_end(app: App) -> None:
    answers = [_refused(lambda: accounts.set_up(app, "AAAAA-BBBBB", "Olga", PASSWORD, HOME)) for _ in range(21)]
    assert [type(answer) for answer in answers] == [WrongInput] * 20 + [TooManyTries]


@pytest.mark.parametrize("spelling", ["Olga", " olga ", "OLGA", "\uff2f\uff4c\uff47\uff41"])
def test_e26_every_spelling_of_the_name_signs_in(app: App, session: str, spelling: str) -> None:
    assert accounts.actor_of_session(app, accounts.sign_in(app, spelling, PASSWORD, HOME))


def test_a_wrong_name_and_a_wrong_password_are_answered_alike(app: App, session: str) -> None:
    answers = {str(_refused(lambda name=name: accounts.sign_in(app, name, OTHER, HOME))) for name in ("Olga", "Nobody")}
    assert len(answers) == 1


def test_e03_spellings_of_one_name_share_one_limit(app: App, session: str) -> None:
    for spelling in ("Olga", "OLGA", " olga ", "\uff2f\uff4c\uff47\uff41", "olGa"):
        assert isinstance(_refused(lambda name=spelling: accounts.sign_in(app, name, OTHER, HOME)), NotSignedIn)
    with pytest.raises(TooManyTries) as caught:
        accounts.sign_in(app, "oLga", PASSWORD, "198.51.100.1")
    assert caught.value.retry_after_seconds == 60


def test_e03_a_network_is_limited_over_all_names(app: App, session: str) -> None:
    for number in range(20):
        _refused(lambda number=number: accounts.sign_in(app, f"name{number}", OTHER, f"192.0.2.{number}"))
    with pytest.raises(TooManyTries):
        accounts.sign_in(app, "Olga", PASSWORD, "192.0.2.99")
    assert accounts.sign_in(app, "Olga", PASSWORD, "198.51.100.1")


def test_e03_parallel_tries_cannot_slip_past_the_limit(app: App, session: str) -> None:
    answers: list[PendantError] = []

    def attempt() -> None:
        answers.append(_refused(lambda: accounts.sign_in(app, "Olga", OTHER, HOME)))

    threads = [threading.Thread(target=attempt) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(isinstance(answer, NotSignedIn) for answer in answers) == 5
    assert sum(isinstance(answer, TooManyTries) for answer in answers) == 7


def test_e04_waiting_is_enough_to_get_in_again(app: App, session: str, clock: SettableClock) -> None:
    for _ in range(40):
        _refused(lambda: accounts.sign_in(app, "Olga", OTHER, HOME))
    clock.advance(300)
    assert accounts.sign_in(app, "Olga", PASSWORD, HOME)


def test_signing_in_forgets_the_failures_before_it(app: App, session: str) -> None:
    for _ in range(4):
        _refused(lambda: accounts.sign_in(app, "Olga", OTHER, HOME))
    accounts.sign_in(app, "Olga", PASSWORD, HOME)
    for _ in range(4):
        assert isinstance(_refused(lambda: accounts.sign_in(app, "Olga", OTHER, HOME)), NotSignedIn)


def test_e05_every_sign_in_gives_a_new_session_and_ends_the_one_it_replaces(app: App, session: str) -> None:
    fresh = accounts.sign_in(app, "Olga", PASSWORD, HOME, replaces=session)
    assert fresh != session
    assert accounts.actor_of_session(app, session) is None
    assert accounts.actor_of_session(app, fresh)


def test_e05_a_session_planted_before_signing_in_is_useless(app: App, session: str) -> None:
    fresh = accounts.sign_in(app, "Olga", PASSWORD, HOME, replaces="planted")
    assert fresh != "planted"
    assert accounts.actor_of_session(app, "planted") is None


def test_e06_signing_out_ends_the_session_and_no_other(app: App, session: str) -> None:
    other = accounts.sign_in(app, "Olga", PASSWORD, HOME)
    accounts.sign_out(app, session)
    accounts.sign_out(app, session)
    assert accounts.actor_of_session(app, session) is None
    assert accounts.actor_of_session(app, other)


def test_e06_a_new_password_ends_every_session_and_api_token(app: App, session: str) -> None:
    actor = accounts.actor_of_session(app, session)
    assert actor
    _, text = tokens.create(app, actor, "nightly", [Permission.RUNS_READ])
    other = accounts.sign_in(app, "Olga", PASSWORD, HOME)

    accounts.change_password(app, actor, OTHER, old=PASSWORD)

    assert [accounts.actor_of_session(app, each) for each in (session, other)] == [None, None]
    assert tokens.actor_of(app, text) is None
    _refused(lambda: accounts.sign_in(app, "Olga", PASSWORD, HOME))
    assert accounts.sign_in(app, "Olga", OTHER, HOME)


def test_a_password_is_not_changed_without_the_present_one(app: App, session: str) -> None:
    actor = accounts.actor_of_session(app, session)
    assert actor
    with pytest.raises(WrongInput) as caught:
        accounts.change_password(app, actor, OTHER, old=OTHER)
    assert caught.value.field == "old_password"
    assert accounts.sign_in(app, "Olga", PASSWORD, HOME)


def test_e07_a_copy_of_the_database_holds_no_session_and_no_password(
    app: App, session: str, settings: Settings
) -> None:
    with app.database.read() as tx:
        kept = stored.session_by_hash(tx, session)
    assert kept is None
    for file in settings.data_dir.iterdir():
        content = file.read_bytes()
        assert session.encode() not in content
        assert PASSWORD.encode() not in content


def test_e08_a_session_ends_when_it_is_idle(app: App, session: str, clock: SettableClock) -> None:
    for _ in range(3):
        clock.advance(29 * 60)
        assert accounts.actor_of_session(app, session)
    clock.advance(30 * 60)
    assert accounts.actor_of_session(app, session) is None


def test_e08_a_session_ends_after_half_a_day_however_busy(app: App, session: str, clock: SettableClock) -> None:
    for _ in range(12 * 3 - 1):
        clock.advance(20 * 60)
        assert accounts.actor_of_session(app, session)
    clock.advance(20 * 60)
    assert accounts.actor_of_session(app, session) is None


def test_a_hash_with_older_parameters_is_made_anew_at_sign_in(app: App, session: str) -> None:
    stronger = replace(app, passwords=Passwords(memory_kib=128, passes=1))
    accounts.sign_in(stronger, "Olga", PASSWORD, HOME)
    with app.database.read() as tx:
        user = stored.user_by_name(tx, "Olga")
    assert user
    assert "m=128," in user.password_hash


def test_what_happens_is_audited_without_what_was_typed(app: App, session: str) -> None:
    _refused(lambda: accounts.sign_in(app, "my " + PASSWORD, OTHER, HOME))
    _refused(lambda: accounts.sign_in(app, "Olga", OTHER, HOME))
    accounts.sign_out(app, session)
    entries = _audit(app)
    assert [(entry.action, entry.outcome, entry.actor_name) for entry in entries] == [
        ("user.set_up", "done", "Olga"),
        ("user.sign_in", "refused", ""),
        ("user.sign_in", "refused", "Olga"),
        ("user.sign_out", "done", "Olga"),
    ]
    assert PASSWORD not in repr(entries)


def _audit(app: App) -> list[AuditEntry]:
    with app.database.read() as tx:
        return audit.recent(tx)[::-1]


def _refused(verb: object) -> PendantError:
    assert callable(verb)
    with pytest.raises(PendantError) as caught:
        verb()
    return caught.value
