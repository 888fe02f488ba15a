"""A planted token is in no file of the installation, in no form; a deleted one leaves not even its ciphertext."""

import base64
import gc
import secrets
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from pendant.model.secret import Secret
from pendant.store import connections


def forms(token: str) -> dict[str, bytes]:
    raw = token.encode()
    return {
        "plain": raw,
        "upper case": raw.upper(),
        "hex": raw.hex().encode(),
        "base64": base64.b64encode(raw).rstrip(b"=")[:-1],
        "base64, one byte later": base64.b64encode(b"x" + raw)[4:-4],
        "base64, two bytes later": base64.b64encode(b"xx" + raw)[4:-4],
        "url-safe base64": base64.urlsafe_b64encode(raw).rstrip(b"=")[:-1],
        "url": quote(token, safe="").encode(),
        "utf-16-le": token.encode("utf-16-le"),
        "utf-16-be": token.encode("utf-16-be"),
        "reversed": raw[::-1],
        "first half": raw[: len(raw) // 2],
        "second half": raw[len(raw) // 2 :],
    }


def found(folder: Path, token: str) -> set[str]:
    files = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert any(files.values())
    return {form for form, needle in forms(token).items() for content in files.values() if needle in content}


@pytest.fixture
def canary() -> str:
    return f"canary+/{uuid.uuid4()}"


def test_a01_the_token_is_in_no_file_after_create_edit_run_and_delete(installation: Any, canary: str) -> None:
    connection = installation.save("a", canary)
    assert found(installation.folder, canary) == set()
    connection = installation.save_again(connection, canary)
    assert installation.vault.open(connection) == Secret(canary)
    installation.save("b", canary)
    assert found(installation.folder, canary) == set()
    with installation.database.begin() as tx:
        connections.delete(tx, "a")
    assert found(installation.folder, canary) == set()
    installation.database.close()
    assert found(installation.folder, canary) == set()


@pytest.mark.parametrize("form", forms("x" * 36))
def test_a01_the_search_would_find_it_in_each_form(tmp_path: Path, canary: str, form: str) -> None:
    content = {
        "base64": base64.b64encode(canary.encode()),
        "base64, one byte later": base64.b64encode(b":" + canary.encode() + b":"),
        "base64, two bytes later": base64.b64encode(b"::" + canary.encode() + b":"),
        "url-safe base64": base64.urlsafe_b64encode(canary.encode()),
    }.get(form, forms(canary)[form])
    (tmp_path / "file").write_bytes(secrets.token_bytes(100) + content + secrets.token_bytes(100))
    assert form in found(tmp_path, canary)


def test_a_deleted_connection_leaves_not_even_ciphertext_in_the_files(installation: Any, canary: str) -> None:
    installation.save("a", canary)
    [(dek, ciphertext)] = installation.sql("SELECT dek, ct FROM secrets")

    def present() -> bool:
        contents = [path.read_bytes() for path in (installation.folder / "data").iterdir()]
        return any(blob in content for blob in (dek, ciphertext) for content in contents)

    assert present()
    with installation.database.begin() as tx:
        connections.delete(tx, "a")
    assert not present()


def test_the_ciphertext_of_a_replaced_token_leaves_the_files_too(installation: Any, canary: str) -> None:
    connection = installation.save("a", canary)
    [(old,)] = installation.sql("SELECT ct FROM secrets")
    installation.save_again(connection, canary)
    assert not any(old in path.read_bytes() for path in (installation.folder / "data").iterdir())


def test_c23_the_vault_keeps_no_token_after_a_call(installation: Any, canary: str) -> None:
    connection = installation.save("a", canary)
    before = sum(isinstance(found, Secret) for found in gc.get_objects())
    opened = [installation.vault.open(connection) for _ in range(3)]
    assert len(opened) == 3
    del opened
    assert sum(isinstance(found, Secret) for found in gc.get_objects()) == before


def test_c24_what_the_vault_tells_is_the_same_for_any_token(installation: Any) -> None:
    connection = installation.save("a", "a-token-of-some-length")
    before = installation.vault.status()
    told = []
    for token in ("a-token-of-some-length", "another-token-of-length"):
        connection = installation.save_again(connection, token)
        told.append(installation.vault.status())
    assert told == [before, before]
