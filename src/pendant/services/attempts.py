"""Counts tries in the database, so that several processes share the count, and makes the next one wait."""

from __future__ import annotations

from datetime import timedelta

from pendant.access.limits import CONNECTION_TEST_BY_USER, LOGIN_BY_ACCOUNT, LOGIN_BY_NETWORK, Limit, network_of
from pendant.access.names import counted_name
from pendant.access.tokens import token_hash
from pendant.app import App
from pendant.errors import TooManyTries
from pendant.model.access import Actor
from pendant.store import accounts as stored
from pendant.store.transaction import Transaction

_MEMORY = timedelta(hours=1)


def count_login(app: App, name: str, address: str) -> None:
    """Count one try to sign in before the password is looked at, so that parallel tries cannot slip through."""
    _count(app, {login_key(name): LOGIN_BY_ACCOUNT, _network_key(address): LOGIN_BY_NETWORK})


def count_setup(app: App, address: str) -> None:
    _count(app, {_network_key(address): LOGIN_BY_NETWORK})


def count_connection_test(app: App, *, by: Actor) -> None:
    """Count one test of a connection, so that nobody scans a network with it.

    The command line is not counted: whoever runs it can reach the network without us.
    """
    if by.door == "cli":
        return
    _count(app, {f"connection-test:{by.id}": CONNECTION_TEST_BY_USER})


def forget_login(app: App, tx: Transaction, name: str) -> None:
    stored.prune_attempts(tx, app.clock.now() + timedelta(microseconds=1), login_key(name))


def login_key(name: str) -> str:
    """Return the key of all spellings of a name; hashed, because people type passwords into the wrong field."""
    return f"login-name:{token_hash(counted_name(name))}"


def _network_key(address: str) -> str:
    return f"login-network:{network_of(address)}"


def _count(app: App, limits: dict[str, Limit]) -> None:
    now = app.clock.now()
    with app.database.begin() as tx:
        stored.prune_attempts(tx, before=now - _MEMORY)
        waits = [
            limit.wait_seconds(stored.attempts_since(tx, key, now - _MEMORY), now) for key, limit in limits.items()
        ]
        if not any(waits):
            for key in limits:
                stored.add_attempt(tx, key, now)
            return
    wait = max(waits)
    raise TooManyTries(
        "too_many_tries",
        f"That was tried too often; the next try is possible in {wait:.0f} seconds.",
        retry_after_seconds=wait,
        hint="Wait, then try once more.",
    )
