"""Root keys that are given: what is taken for a key, and what is said otherwise."""

import base64
from dataclasses import replace
from pathlib import Path

import pytest

from pendant.errors import SetupProblem
from pendant.settings import Settings
from pendant.vault import provider_from
from pendant.vault.keyring import KeyringFile
from pendant.vault.providers import EnvironmentKey, KeyFile
from pendant.vault.roots import RootKey, decoded_key

KEY = bytes(range(200, 232))
FORMS = {
    "raw": KEY,
    "hex": KEY.hex().encode(),
    "upper hex": KEY.hex().upper().encode(),
    "base64": base64.b64encode(KEY),
    "url-safe base64": base64.urlsafe_b64encode(KEY),
    "unpadded base64": base64.b64encode(KEY).rstrip(b"="),
    "with a line end": base64.b64encode(KEY) + b"\n",
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", key_dir=tmp_path / "keys", database_url="sqlite:///unused")


def private(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    path.chmod(0o600)
    return path


@pytest.mark.parametrize("form", FORMS)
def test_a_key_is_read_in_any_of_its_forms(tmp_path: Path, form: str) -> None:
    expected = RootKey(KEY).id
    assert KeyFile(private(tmp_path / "key", FORMS[form])).load().current.id == expected
    if form != "raw":
        assert EnvironmentKey(FORMS[form].decode()).load().current.id == expected


@pytest.mark.parametrize(
    "content",
    [
        b"",
        KEY[:31],
        KEY + b"\xff",
        KEY.hex().encode()[:-1],
        base64.b64encode(KEY[:24]),
        b"a pass phrase of 32 characters!!",
        KEY[:16].hex().encode(),
        bytes(32),
        b"\xff" * 32,
        b"z" * 64,
        "é".encode() * 20,
    ],
)
def test_anything_else_is_refused_and_not_repeated(tmp_path: Path, content: bytes) -> None:
    assert decoded_key(content) is None
    with pytest.raises(SetupProblem) as problem:
        KeyFile(private(tmp_path / "key", content)).load()
    assert problem.value.code == "root_key_invalid"
    assert problem.value.field == "PENDANT_ROOT_KEY_FILE"
    if content:
        assert content.decode("latin-1") not in str(problem.value)


def test_a_key_file_that_others_can_read_is_refused_unless_the_platform_mounted_it(tmp_path: Path) -> None:
    path = private(tmp_path / "key", FORMS["base64"])
    path.chmod(0o444)
    with pytest.raises(SetupProblem) as problem:
        KeyFile(path).load()
    assert problem.value.code == "key_file_unsafe"
    link = tmp_path / "secrets" / "key"
    link.parent.mkdir()
    link.symlink_to(path)
    assert KeyFile(link, mounted=(link.parent,)).load().current.id == RootKey(KEY).id


def test_a_key_file_that_does_not_exist_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SetupProblem, match="does not exist") as problem:
        KeyFile(tmp_path / "key").load()
    assert problem.value.code == "root_key_missing"
    with pytest.raises(SetupProblem, match="does not exist"):
        KeyFile(tmp_path / "key", mounted=(tmp_path,)).load()


def test_the_settings_choose_the_provider(settings: Settings, tmp_path: Path) -> None:
    assert isinstance(provider_from(settings), KeyringFile)
    assert isinstance(provider_from(replace(settings, root_key=KEY.hex())), EnvironmentKey)
    chosen = provider_from(replace(settings, root_key_file=tmp_path / "key"))
    assert isinstance(chosen, KeyFile)
    assert str(tmp_path / "key") in chosen.place


def test_two_providers_at_once_are_refused(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(SetupProblem) as problem:
        provider_from(replace(settings, root_key=KEY.hex(), root_key_file=tmp_path / "key"))
    assert problem.value.code == "setting_twice"


def test_the_key_from_the_environment_is_in_no_repr() -> None:
    provider = EnvironmentKey(KEY.hex())
    assert KEY.hex() not in f"{provider!r} {provider} {provider.load()!r}"


def test_a_root_key_of_another_length_cannot_be() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        RootKey(b"short")
