"""The key file and its folder: private, complete or absent, and never made twice."""

import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pendant.errors import SetupProblem
from pendant.vault.files import create_private, read_private, refuse_shared
from pendant.vault.keyring import KeyringFile

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def file(folder: Path) -> Path:
    KeyringFile(folder).create("instance", NOW)
    return folder / "root-key.json"


def refusal(folder: Path) -> SetupProblem:
    with pytest.raises(SetupProblem) as problem:
        KeyringFile(folder).load()
    return problem.value


def status(*, mode: int = stat.S_IFREG | 0o600, owner: int = 1000) -> os.stat_result:
    return os.stat_result((mode, 1, 1, 1, owner, 1000, 64, 0, 0, 0))


def test_before_there_is_a_key_there_is_none(folder: Path) -> None:
    assert KeyringFile(folder).load() is None
    assert not folder.exists()


def test_a_key_that_was_made_can_be_loaded(folder: Path) -> None:
    made = KeyringFile(folder).create("instance", NOW)
    loaded = KeyringFile(folder).load()
    assert loaded.current.id == made.current.id
    assert loaded.instance_id == "instance"
    assert (loaded.next, loaded.previous) == (None, None)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o377])
def test_g03_file_and_folder_are_for_the_owner_alone_whatever_the_umask(folder: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        KeyringFile(folder).create("instance", NOW)
    finally:
        os.umask(before)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {"root-key.json": 0o600}


def test_the_key_is_in_the_file_and_nowhere_in_what_the_objects_say(folder: Path, file: Path) -> None:
    key = json.loads(file.read_text())["keys"]["current"]["key"]
    keys = KeyringFile(folder).load()
    assert key not in f"{keys!r} {keys} {keys.current!r} {keys.current} {KeyringFile(folder)!r}"
    assert keys.current.id in repr(keys)


def test_a_second_creation_returns_the_first_key(folder: Path, file: Path) -> None:
    content = file.read_bytes()
    again = KeyringFile(folder).create("another", NOW)
    assert again.instance_id == "instance"
    assert file.read_bytes() == content


def test_b09_of_many_that_create_at_once_all_get_the_same_key(folder: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: KeyringFile(folder).create("instance", NOW).current.id, range(8)))
    assert len(set(made)) == 1
    assert [path.name for path in folder.iterdir()] == ["root-key.json"]


def test_creating_never_replaces_a_file(folder: Path) -> None:
    folder.mkdir()
    (folder / "key").write_bytes(b"first")
    assert not create_private(folder / "key", b"second")
    assert (folder / "key").read_bytes() == b"first"
    (folder / "link").symlink_to(folder / "nothing")
    assert not create_private(folder / "link", b"second")
    assert not (folder / "nothing").exists()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o602, 0o601])
def test_b08_a_key_file_that_others_can_use_is_refused(folder: Path, file: Path, mode: int) -> None:
    file.chmod(mode)
    problem = refusal(folder)
    assert problem.code == "key_file_unsafe"
    assert "other users" in str(problem)
    assert f"chmod 600 {file}" in problem.hint


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_b08_a_private_key_file_is_accepted(folder: Path, file: Path, mode: int) -> None:
    file.chmod(mode)
    assert KeyringFile(folder).load() is not None


def test_b08_a_symbolic_link_is_refused(folder: Path, file: Path) -> None:
    file.rename(folder / "elsewhere")
    file.symlink_to(folder / "elsewhere")
    problem = refusal(folder)
    assert problem.code == "key_file_unsafe"
    assert "symbolic link" in str(problem)


def test_b08_a_pipe_is_refused_and_does_not_hang(folder: Path, file: Path) -> None:
    file.unlink()
    os.mkfifo(file, 0o600)
    assert "not a regular file" in str(refusal(folder))


def test_b08_a_file_of_another_user_is_refused() -> None:
    refuse_shared(Path("key"), status(owner=1000), owner=1000)
    with pytest.raises(SetupProblem, match="another user"):
        refuse_shared(Path("key"), status(owner=1001), owner=1000)
    with pytest.raises(SetupProblem, match="another user"):
        refuse_shared(Path("key"), status(owner=1001), owner=0)


@pytest.mark.parametrize("mode", [0o720, 0o702, 0o777])
def test_b08_a_folder_in_which_others_can_swap_the_file_is_refused(folder: Path, file: Path, mode: int) -> None:
    folder.chmod(mode)
    problem = refusal(folder)
    assert problem.code == "key_file_unsafe"
    assert f"chmod 700 {folder}" in problem.hint
    with pytest.raises(SetupProblem, match="other users"):
        KeyringFile(folder).create("instance", NOW)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "null",
        '{"format": 2, "instance_id": "i", "keys": {}}',
        '{"format": 1, "keys": {}}',
        '{"format": 1, "instance_id": "i", "keys": {}}',
        '{"format": 1, "instance_id": "i", "keys": {"current": null}}',
        '{"format": 1, "instance_id": "i", "keys": {"current": {"id": "0", "key": "c2hvcnQ="}}}',
        '{"format": 1, "instance_id": "i", "keys": {"current": {"id": "0", "key": 5}}}',
    ],
)
def test_a_damaged_key_file_is_one_sentence(folder: Path, file: Path, content: str) -> None:
    file.write_text(content)
    problem = refusal(folder)
    assert problem.code == "key_file_damaged"
    assert "backup" in problem.hint


def test_a_key_that_is_not_the_one_it_says_it_is_is_damaged_and_not_repeated(folder: Path, file: Path) -> None:
    document = json.loads(file.read_text())
    key = document["keys"]["current"]["key"]
    document["keys"]["current"]["id"] = "0" * 16
    file.write_text(json.dumps(document))
    problem = refusal(folder)
    assert problem.code == "key_file_damaged"
    assert key not in str(problem)
    assert problem.__suppress_context__


def test_a_next_and_a_previous_key_are_loaded(folder: Path, file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    KeyringFile(other).create("instance", NOW)
    document = json.loads(file.read_text())
    document["keys"]["next"] = json.loads((other / "root-key.json").read_text())["keys"]["current"]
    document["keys"]["previous"] = document["keys"]["current"]
    file.write_text(json.dumps(document))
    keys = KeyringFile(folder).load()
    assert keys.by_id(document["keys"]["next"]["id"]) is keys.next
    assert keys.by_id(document["keys"]["current"]["id"]) is keys.current
    assert keys.by_id("0" * 16) is None


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SetupProblem) as problem:
        create_private(tmp_path / "file" / "keys" / "key", b"")
    assert problem.value.code == "key_dir_unwritable"


def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SetupProblem) as problem:
        read_private(tmp_path / "file" / "key")
    assert problem.value.code == "key_file_unreadable"
