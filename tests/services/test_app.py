from __future__ import annotations

from dataclasses import replace

import pytest

from pendant.app import App, open_app
from pendant.errors import SetupProblem
from pendant.model.vault import VaultState
from pendant.settings import Settings
from pendant.store.sqlite_version import refuse_old_sqlite


@pytest.mark.parametrize(
    ("python", "sqlite", "refused"),
    [
        ((3, 12), (3, 40, 1), True),
        ((3, 13), (3, 41, 9), True),
        ((3, 12), (3, 42, 0), False),
        ((3, 14), (3, 50, 0), False),
        ((3, 11), (3, 40, 1), False),
    ],
)
def test_a_new_python_with_an_old_sqlite_is_refused_in_one_sentence(
    python: tuple[int, ...], sqlite: tuple[int, ...], *, refused: bool
) -> None:
    if not refused:
        refuse_old_sqlite(python, sqlite)
        return
    with pytest.raises(SetupProblem) as problem:
        refuse_old_sqlite(python, sqlite)
    assert problem.value.code == "sqlite_too_old"
    assert "3.42" in problem.value.message
    assert "3.11" in problem.value.hint


def test_an_installation_opens_with_its_vault_ready(app: App) -> None:
    assert app.vault.status().state is VaultState.OK
    assert {connector.name for connector in app.catalogue.all()} >= {"pendo", "http"}


def test_opening_twice_finds_the_same_installation(settings: Settings) -> None:
    with open_app(settings) as first:
        instance = first.vault.status().instance_id
    with open_app(settings) as second:
        assert second.vault.status().instance_id == instance


def test_a_key_folder_that_cannot_be_used_leaves_nothing_open(settings: Settings) -> None:
    settings.data_dir.parent.mkdir(exist_ok=True)
    blocked = settings.data_dir.parent / "a file"
    blocked.write_text("")
    with pytest.raises(SetupProblem):
        open_app(replace(settings, database_url=f"sqlite:///{blocked / 'pendant.db'}"))
