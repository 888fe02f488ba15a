from __future__ import annotations

from pathlib import Path

from cli.spoken import Cli, Create


def test_a_new_vault_is_fine_and_holds_nothing(cli: Cli) -> None:
    said = cli("vault", "status", "--json")
    assert said.code == 0
    assert (said.json["state"], said.json["secrets"], said.json["unreadable"]) == ("ok", 0, [])


def test_verify_opens_every_token(cli: Cli, create: Create) -> None:
    create("A")
    create("B")
    said = cli("vault", "verify", "--json")
    assert (said.code, said.json["state"], said.json["secrets"]) == (0, "ok", 2)


def test_a_lost_root_key_locks_the_vault_and_leaves_the_list_readable(cli: Cli, create: Create, home: Path) -> None:
    create("A")
    for file in (home / "keys").iterdir():
        file.unlink()
    said = cli("vault", "status")
    assert said.code == 1
    assert "locked" in said.out
    listed = cli("connections", "list", "--json")
    assert [each["status"] for each in listed.json] == ["token-needed"]
    assert cli("connections", "test", "A").code == 1
    assert list((home / "keys").iterdir()) == []
