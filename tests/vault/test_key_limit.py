"""A key-encryption key is replaced before it is worn out."""

from typing import Any

import pytest

from pendant.model.secret import Secret
from pendant.model.vault import VaultState

TOKEN = "a-token-of-some-length"


def keks(installation: Any) -> list[tuple[str, int]]:
    return installation.sql("SELECT state, wraps FROM keks ORDER BY rowid")


def test_b16_at_the_limit_a_new_key_takes_over_and_everything_stays_readable(new_installation: Any) -> None:
    installation = new_installation("home", kek_wraps_max=3)
    saved = [installation.save(f"c{number}", f"{TOKEN}-{number}") for number in range(7)]
    assert keks(installation) == [("retiring", 3), ("retiring", 3), ("active", 1)]
    assert [installation.vault.open(one).reveal() for one in saved] == [f"{TOKEN}-{number}" for number in range(7)]
    status = installation.vault.verify()
    assert (status.state, status.keks, status.secrets) == (VaultState.OK, 3, 7)


def test_b16_a_save_that_fails_at_the_limit_leaves_the_old_key_active(new_installation: Any) -> None:
    installation = new_installation("home", kek_wraps_max=1)
    first = installation.save("a", TOKEN)
    before = installation.sql("SELECT * FROM keks")

    def seal_and_fail() -> None:
        with installation.database.begin() as tx:
            installation.vault.seal(tx, first, Secret(TOKEN))
            raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError, match="on purpose"):
        seal_and_fail()
    assert installation.sql("SELECT * FROM keks") == before
    assert installation.vault.open(first) == Secret(TOKEN)


def test_a_key_that_is_a_year_old_is_replaced_too(installation: Any) -> None:
    installation.save("a", TOKEN)
    installation.clock.advance(364 * 86_400)
    installation.save("b", TOKEN)
    assert keks(installation) == [("active", 2)]
    installation.clock.advance(86_400)
    installation.save("c", TOKEN)
    assert keks(installation) == [("retiring", 2), ("active", 1)]
    assert installation.vault.status().state is VaultState.OK


def test_another_process_seals_with_the_new_key_at_once(new_installation: Any) -> None:
    installation = new_installation("home", kek_wraps_max=1)
    other = installation.restarted()
    other.start()
    installation.save("a", TOKEN)
    second = installation.save("b", TOKEN)
    with installation.database.begin() as tx:
        other.seal(tx, second, Secret(TOKEN))
    assert keks(installation) == [("retiring", 1), ("active", 2)]
    assert installation.vault.open(second) == Secret(TOKEN)
