from dataclasses import replace
from datetime import timedelta

import pytest

from pendant.errors import Conflict
from pendant.model.access import Permission, Role
from pendant.model.account import ApiToken, Session, User
from pendant.model.clock import SettableClock
from pendant.store import accounts
from pendant.store.database import Database

HOUR = timedelta(hours=1)


@pytest.fixture
def alice(clock: SettableClock) -> User:
    return User("u1", "Alice", Role.OWNER, "$argon2id$…", clock.now())


@pytest.fixture
def session(clock: SettableClock) -> Session:
    return Session("hash-of-cookie", "u1", clock.now(), clock.now(), clock.now() + 12 * HOUR)


@pytest.fixture
def token(clock: SettableClock) -> ApiToken:
    permissions = frozenset({Permission.RUNS_READ, Permission.EXPORTS_RUN})
    return ApiToken("t1", "CI", "hash-of-token", "u1", permissions, clock.now(), clock.now() + 24 * HOUR)


def test_a_user_is_found_by_id_and_by_name_in_any_case(database: Database, alice: User) -> None:
    with database.begin() as tx:
        assert accounts.user_count(tx) == 0
        accounts.insert_user(tx, alice)
        assert accounts.user_count(tx) == 1
        assert accounts.user(tx, "u1") == alice
        assert accounts.user_by_name(tx, " ALICE") == alice
        assert accounts.user_by_name(tx, "bob") is None
        assert accounts.user(tx, "u2") is None


def test_a_user_name_is_unique_without_regard_to_case(database: Database, alice: User) -> None:
    with database.begin() as tx:
        accounts.insert_user(tx, alice)
    with pytest.raises(Conflict) as problem, database.begin() as tx:
        accounts.insert_user(tx, replace(alice, id="u2", name="aLICE"))
    assert problem.value.code == "name_taken"


def test_a_password_can_be_hashed_anew(database: Database, alice: User) -> None:
    with database.begin() as tx:
        accounts.insert_user(tx, alice)
        accounts.set_password_hash(tx, "u1", "$argon2id$new")
        assert accounts.user(tx, "u1").password_hash == "$argon2id$new"


def test_no_hash_is_in_a_repr(alice: User, session: Session, token: ApiToken) -> None:
    shown = repr((alice, session, token))
    assert "argon2id" not in shown
    assert "hash-of" not in shown


def test_a_session_lives_until_it_is_deleted(
    database: Database, alice: User, session: Session, clock: SettableClock
) -> None:
    with database.begin() as tx:
        accounts.insert_user(tx, alice)
        accounts.insert_session(tx, session)
        accounts.touch_session(tx, session.token_hash, clock.now() + HOUR)
        assert accounts.session_by_hash(tx, session.token_hash) == replace(session, last_seen_at=clock.now() + HOUR)
        assert accounts.delete_session(tx, session.token_hash)
        assert not accounts.delete_session(tx, session.token_hash)
        assert accounts.session_by_hash(tx, session.token_hash) is None


def test_all_sessions_of_a_user_end_together_and_expired_ones_can_be_cleared(
    database: Database, alice: User, session: Session, clock: SettableClock
) -> None:
    with database.begin() as tx:
        accounts.insert_user(tx, alice)
        accounts.insert_user(tx, replace(alice, id="u2", name="Bob"))
        accounts.insert_session(tx, session)
        accounts.insert_session(tx, replace(session, token_hash="b", expires_at=clock.now()))
        accounts.insert_session(tx, replace(session, token_hash="c", user_id="u2"))
        assert accounts.delete_expired_sessions(tx, clock.now()) == 1
        assert accounts.delete_sessions_of(tx, "u1") == 1
        assert accounts.session_by_hash(tx, "c") is not None


def test_an_api_token_is_found_by_its_hash_and_can_be_revoked_once(
    database: Database, alice: User, token: ApiToken, clock: SettableClock
) -> None:
    with database.begin() as tx:
        accounts.insert_user(tx, alice)
        accounts.insert_api_token(tx, token)
        assert accounts.api_token_by_hash(tx, "hash-of-token") == token
        assert accounts.api_token_by_hash(tx, "another") is None
        accounts.touch_api_token(tx, "t1", clock.now() + HOUR)
        assert accounts.revoke_api_token(tx, "t1", clock.now() + 2 * HOUR)
        assert not accounts.revoke_api_token(tx, "t1", clock.now() + 3 * HOUR)
        assert not accounts.revoke_api_token(tx, "nothing", clock.now())
        found = accounts.api_token_by_hash(tx, "hash-of-token")
    assert (found.last_used_at, found.revoked_at) == (clock.now() + HOUR, clock.now() + 2 * HOUR)


def test_api_tokens_are_listed_newest_first_of_one_user_or_all(
    database: Database, alice: User, token: ApiToken, clock: SettableClock
) -> None:
    newer = replace(token, id="t2", token_hash="b", user_id="u2", created_at=clock.now() + HOUR)
    with database.begin() as tx:
        accounts.insert_user(tx, alice)
        accounts.insert_user(tx, replace(alice, id="u2", name="Bob"))
        accounts.insert_api_token(tx, token)
        accounts.insert_api_token(tx, newer)
        assert accounts.list_api_tokens(tx) == [newer, token]
        assert accounts.list_api_tokens(tx, "u1") == [token]


def test_a_set_up_code_works_once_in_time_and_only_the_newest(database: Database, clock: SettableClock) -> None:
    now = clock.now()
    with database.begin() as tx:
        accounts.put_setup_code(tx, "first", now + HOUR)
        accounts.put_setup_code(tx, "second", now + HOUR)
        assert not accounts.use_setup_code(tx, "first", now)
        assert not accounts.use_setup_code(tx, "second", now + HOUR)
        assert accounts.use_setup_code(tx, "second", now)
        assert not accounts.use_setup_code(tx, "second", now)


def test_attempts_are_counted_by_key_and_forgotten_with_time(database: Database, clock: SettableClock) -> None:
    start = clock.now()
    with database.begin() as tx:
        for minute in range(5):
            accounts.add_attempt(tx, "login:alice", start + timedelta(minutes=minute))
        accounts.add_attempt(tx, "login:bob", start)
        since = start + timedelta(minutes=3)
        assert accounts.attempts_since(tx, "login:alice", since) == [since, start + timedelta(minutes=4)]
        assert accounts.prune_attempts(tx, since, key="login:alice") == 3
        assert accounts.attempts_since(tx, "login:bob", start) == [start]
        assert accounts.prune_attempts(tx, start + HOUR) == 3
