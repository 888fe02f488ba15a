"""The keyed hash: one for an installation, and of no use without its keys."""

from __future__ import annotations

import hashlib
import pickle

import pytest

from pendant.errors import SetupProblem
from pendant.model.vault import VaultState
from vault.conftest import Installation, some_token


def test_a_value_has_one_hash_after_a_restart_and_on_another_machine(installation: Installation) -> None:
    hasher = installation.vault.hasher()
    assert hasher(b"ann@example.com") == installation.restarted().hasher()(b"ann@example.com")
    assert hasher(b"ann@example.com") != hasher(b"bob@example.com")
    assert len(hasher(b"")) == 64


def test_who_knows_the_value_but_not_the_key_does_not_find_it(installation: Installation) -> None:
    assert installation.vault.hasher()(b"ann@example.com") != hashlib.sha256(b"ann@example.com").hexdigest()


def test_the_hash_is_told_by_nothing_that_prints_or_copies_it(installation: Installation) -> None:
    hasher = installation.vault.hasher()
    assert repr(hasher) == str(hasher) == "KeyedHash(…)"
    with pytest.raises(TypeError):
        pickle.dumps(hasher)


def test_its_key_is_sealed_in_the_database_and_counted_there(installation: Installation) -> None:
    installation.vault.hasher()
    status = installation.vault.status()
    assert (status.state, status.secrets) == (VaultState.OK, 1)


def test_a_key_that_was_tampered_with_is_an_error_and_never_made_anew(installation: Installation) -> None:
    installation.save("c1", some_token())
    installation.vault.hasher()
    installation.sql("UPDATE installation_secrets SET ct = zeroblob(length(ct))")
    with pytest.raises(SetupProblem) as refused:
        installation.vault.hasher()
    assert refused.value.code == "hash_key_unreadable"


def test_the_key_of_another_installation_does_not_open(installation: Installation) -> None:
    installation.vault.hasher()
    installation.sql("UPDATE instance SET instance_id = 'another'")
    with pytest.raises(SetupProblem):
        installation.restarted().hasher()
