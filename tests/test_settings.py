from __future__ import annotations

from pathlib import Path

import pytest

from pendant.errors import SetupProblem
from pendant.settings import NAMES, PORT_DEFAULT, Settings


def read(tmp_path: Path, **environ: str) -> Settings:
    folders = {"PENDANT_DATA_DIR": str(tmp_path / "data"), "PENDANT_KEY_DIR": str(tmp_path / "keys")}
    return Settings.from_environment(folders | environ)


def refused(tmp_path: Path, **environ: str) -> SetupProblem:
    with pytest.raises(SetupProblem) as caught:
        read(tmp_path, **environ)
    return caught.value


def test_without_settings_everything_is_private_and_local(tmp_path: Path) -> None:
    settings = read(tmp_path)
    assert settings.host == "127.0.0.1"
    assert settings.port == PORT_DEFAULT
    assert settings.allow_networks == ()
    assert settings.database_url == f"sqlite:///{tmp_path}/data/pendant.db"


def test_an_unknown_setting_stops_the_start_and_names_the_near_one(tmp_path: Path) -> None:
    problem = refused(tmp_path, PENDANT_DATA_DIRR="x")
    assert problem.code == "unknown_setting"
    assert "PENDANT_DATA_DIRR" in str(problem)
    assert "PENDANT_DATA_DIR?" in str(problem)
    assert refused(tmp_path, PENDANT_TYPO="1").code == "unknown_setting"


def test_the_key_folder_may_not_lie_inside_the_data_folder(tmp_path: Path) -> None:
    assert refused(tmp_path, PENDANT_KEY_DIR=str(tmp_path / "data" / "keys")).code == "key_dir_inside_data_dir"
    assert refused(tmp_path, PENDANT_KEY_DIR=str(tmp_path / "data")).code == "key_dir_inside_data_dir"


def test_a_key_folder_linked_into_the_data_folder_is_seen_through(tmp_path: Path) -> None:
    (tmp_path / "data" / "inner").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "data" / "inner")
    assert refused(tmp_path, PENDANT_KEY_DIR=str(tmp_path / "link")).code == "key_dir_inside_data_dir"


def test_a_value_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("sqlite:////elsewhere/state.db\n")
    assert read(tmp_path, PENDANT_DATABASE_URL_FILE=str(tmp_path / "url")).database_url.endswith("state.db")


def test_a_value_given_twice_or_from_a_missing_file_is_refused(tmp_path: Path) -> None:
    missing = str(tmp_path / "nothing")
    assert refused(tmp_path, PENDANT_DATABASE_URL_FILE=missing).code == "setting_file_unreadable"
    twice = refused(tmp_path, PENDANT_DATABASE_URL="sqlite://", PENDANT_DATABASE_URL_FILE=missing)
    assert twice.code == "setting_twice"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PENDANT_ALLOW_NETWORKS", "10.0.0.1/8"),
        ("PENDANT_ALLOW_NETWORKS", "everything"),
        ("PENDANT_PORT", "70000"),
        ("PENDANT_PORT", "-1"),
        ("PENDANT_PORT", "eighty"),
        ("PENDANT_LOG_LEVEL", "loud"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused_by_name(tmp_path: Path, name: str, value: str) -> None:
    problem = refused(tmp_path, **{name: value})
    assert problem.code == "setting_invalid"
    assert problem.field == name


def test_networks_are_read_as_a_list(tmp_path: Path) -> None:
    settings = read(tmp_path, PENDANT_ALLOW_NETWORKS="127.0.0.0/8, 10.20.0.0/16,,fd00::/8")
    assert [str(network) for network in settings.allow_networks] == ["127.0.0.0/8", "10.20.0.0/16", "fd00::/8"]


def test_no_setting_that_can_hold_a_secret_is_printed(tmp_path: Path) -> None:
    settings = read(tmp_path, PENDANT_ROOT_KEY="k" * 44, PENDANT_DATABASE_URL="postgresql://u:pw-canary@h/db")
    assert "kkkk" not in repr(settings)
    assert "pw-canary" not in repr(settings)


def test_every_setting_is_described() -> None:
    assert all(NAMES.values())
