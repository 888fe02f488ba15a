"""Passwords: what is accepted, how they are kept, and that an unknown user costs the same time."""

import threading
import time
from statistics import median

import pytest

from pendant.access.passwords import MEMORY_KIB, PASSES, Passwords, accepted_password
from pendant.errors import WrongInput

GOOD = "tulip harbour seven kites"


@pytest.fixture
def quick() -> Passwords:
    return Passwords(memory_kib=64, passes=1)


def test_the_shipped_parameters_are_64_mib_three_passes_one_lane() -> None:
    stored = Passwords().hash(GOOD)
    assert (MEMORY_KIB, PASSES) == (65536, 3)
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=1$")


def test_a_password_matches_its_hash_and_no_other(quick: Passwords) -> None:
    stored = quick.hash(GOOD)
    assert quick.matches(stored, GOOD)
    assert not quick.matches(stored, GOOD + " ")
    assert not quick.matches(stored, "")


def test_two_spellings_of_one_text_are_one_password(quick: Passwords) -> None:
    assert quick.matches(quick.hash("ﬁne café harbour kites"), "fine cafe\u0301 harbour kites")


def test_no_password_matches_a_user_who_does_not_exist(quick: Passwords) -> None:
    assert not quick.matches(None, GOOD)


def test_a_hash_with_older_parameters_is_outdated(quick: Passwords) -> None:
    stored = quick.hash(GOOD)
    assert not quick.outdated(stored)
    assert Passwords(memory_kib=128, passes=1).outdated(stored)


def test_e02_an_unknown_user_takes_as_long_as_a_wrong_password() -> None:
    passwords = Passwords(memory_kib=4096, passes=2, at_once=1)
    stored = passwords.hash(GOOD)
    passwords.matches(None, GOOD)  # the dummy hash is made once

    known, unknown = (median(_seconds(passwords, against) for _ in range(15)) for against in (stored, None))

    assert 0.4 < unknown / known < 2.5


def test_e04_no_more_than_the_agreed_number_are_hashed_at_once() -> None:
    passwords = Passwords(memory_kib=8192, passes=1, at_once=1)
    began = time.perf_counter()
    passwords.hash(GOOD)
    alone = time.perf_counter() - began

    threads = [threading.Thread(target=passwords.hash, args=(GOOD,)) for _ in range(6)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert time.perf_counter() - began > 2 * alone


@pytest.mark.parametrize("length", [0, 11, 129])
def test_too_short_and_too_long_are_refused_with_the_bounds(length: int) -> None:
    with pytest.raises(WrongInput, match="12 to 128") as caught:
        accepted_password("xq7" * 50 if length > 128 else "k" * length)
    assert (caught.value.code, caught.value.field) == ("password_length", "password")


@pytest.mark.parametrize(
    "text",
    [
        "password1234",
        "Pendant-Pendo-2026",
        "aaaaaaaaaaaaaaaa",
        "abcabcabcabcabc",
        "olga.olga.olga.1",
        "12345678901234567",
    ],
)
def test_what_is_tried_first_is_refused(text: str) -> None:
    with pytest.raises(WrongInput) as caught:
        accepted_password(text, context=("Olga",))
    assert caught.value.code == "password_guessable"
    assert text not in str(caught.value)


@pytest.mark.parametrize("text", [GOOD, "korrekte Pferde Batterie", "x7!kQp9#vL2m", "пароль из пяти слов"])
def test_others_are_accepted_without_rules_of_composition(text: str) -> None:
    assert accepted_password(text, context=("Olga",)) == text


def _seconds(passwords: Passwords, stored: str | None) -> float:
    began = time.perf_counter()
    passwords.matches(stored, "not the password at all")
    return time.perf_counter() - began
