"""Each mistake gets one sentence that says what was found, what was wanted and what to do, a stable code and a
non-zero exit; nothing half-written stays behind.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

import pendosim
from journeys.installation import Installation, Outcome, left_behind

CREATE = ("connections", "create", "--name", "Production", "--application", "pendo", "--api", "engage")


def assert_refused(outcome: Outcome, code: str) -> None:
    assert outcome.code != 0
    assert code in outcome.err + outcome.out
    assert "Traceback" not in outcome.err + outcome.out


def assert_nothing_is_there(folder: Path, *expected: str) -> None:
    assert left_behind(folder) == []
    left = sorted(path.name for path in folder.iterdir() if path.name not in ("data", "keys", *expected))
    assert left == []


def create(installation: Installation, base_uri: str, token: str) -> Outcome:
    return installation.pendant(*CREATE, "--region", "custom", "--base-uri", base_uri, "--token-stdin", stdin=token)


def test_a_wrong_key_is_not_saved(installation: Installation, pendo: pendosim.Pendo) -> None:
    outcome = create(installation, pendo.api, str(uuid.uuid4()))
    assert_refused(outcome, "credentials_refused")
    assert installation.pendant("connections", "list", "--json").json == []


def test_a_track_secret_used_for_engage_is_not_saved(installation: Installation, pendo: pendosim.Pendo) -> None:
    assert_refused(create(installation, pendo.api, pendo.track_secret), "credentials_refused")


def test_a_region_that_does_not_know_the_key_is_told_apart_by_the_hint(
    installation: Installation, pendo: pendosim.Pendo
) -> None:
    with pendosim.running(visitors=1, accounts=1, days=1, events_per_day=1, seed=1) as elsewhere:
        outcome = create(installation, elsewhere.api, pendo.key)
    assert_refused(outcome, "credentials_refused")
    assert "region" in outcome.err


@pytest.mark.parametrize("token", ["", "••••••••••••••••••••"])
def test_d02_no_token_and_a_mask_are_the_same_mistake(
    installation: Installation, pendo: pendosim.Pendo, token: str
) -> None:
    assert_refused(create(installation, pendo.api, token), "token_required")


def test_c25_a_token_with_an_inner_newline_is_refused_without_showing_it(
    installation: Installation, pendo: pendosim.Pendo
) -> None:
    token = f"{pendo.key[:18]}\n{pendo.key[18:]}"
    outcome = create(installation, pendo.api, token)
    assert_refused(outcome, "token_invalid")
    assert pendo.key[:18] not in outcome.err + outcome.out


def test_an_unknown_resource_names_the_near_one(connected: Installation) -> None:
    outcome = connected.export("visitor", "out.parquet")
    assert_refused(outcome, "unknown_resource")
    assert "visitors" in outcome.err
    assert_nothing_is_there(connected.home)


def test_an_unknown_connection_names_the_near_one(connected: Installation) -> None:
    outcome = connected.export("visitors", "out.parquet", connection="Productoin")
    assert_refused(outcome, "connection_unknown")
    assert "Production" in outcome.err


@pytest.mark.parametrize("option", ["--select", "--filter"])
def test_an_unknown_column_is_named_before_anything_is_read(
    connected: Installation, pendo: pendosim.Pendo, option: str
) -> None:
    outcome = connected.export("pages", "out.parquet", option, "no_such_column" if option == "--select" else "nope = 1")
    assert_refused(outcome, "unknown_column")
    assert_nothing_is_there(connected.home)


def test_a_target_that_exists_is_left_alone(connected: Installation) -> None:
    target = connected.home / "mine.parquet"
    target.write_text("precious")
    assert_refused(connected.export("pages", str(target)), "target_exists")
    assert target.read_text() == "precious"
    assert_nothing_is_there(connected.home, "mine.parquet")


def test_a_target_of_an_unknown_kind_lists_the_known_ones(connected: Installation) -> None:
    outcome = connected.export("pages", "out.xyz")
    assert_refused(outcome, "unknown_target")
    assert ".parquet" in outcome.err


def test_a_missing_folder_is_named(connected: Installation) -> None:
    assert_refused(connected.export("pages", str(connected.home / "nowhere" / "out.csv")), "folder_missing")


def test_an_unwritable_folder_is_named(connected: Installation) -> None:
    folder = connected.home / "closed"
    folder.mkdir(mode=0o500)
    words = (sys.executable, "-m", "pendant", "export", "pages", "--connection", "Production", "--to", "closed/out.csv")
    ended = subprocess.run(
        [*without_the_powers_of_root(), *words],
        env=connected.environ,
        cwd=connected.home,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert_refused(Outcome(ended.returncode, ended.stdout, ended.stderr), "folder_unwritable")
    assert str(folder) in ended.stderr


def without_the_powers_of_root() -> list[str]:
    """Return what to put before a command so that the modes of files count for it, whoever runs this test."""
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("root may write everywhere, and setpriv is not there to give that up")
    return [setpriv, "--bounding-set", "-dac_override", "--"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(folder)], capture_output=True, text=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("name", ["out.csv", "out.parquet", "out.duckdb"])
def test_a_full_disk_leaves_nothing_half_written(connected: Installation, small_disk: Path, name: str) -> None:
    outcome = connected.export("visitors", str(small_disk / name))
    assert_refused(outcome, "disk_full")
    assert str(small_disk) in outcome.err
    assert list(small_disk.iterdir()) == []


def test_an_unknown_setting_stops_everything(installation: Installation) -> None:
    assert_refused(installation.pendant("connections", "list", PENDANT_TYPO="1"), "unknown_setting")


def test_an_unwritable_data_folder_is_named(installation: Installation) -> None:
    outcome = installation.pendant("connections", "list", PENDANT_DATA_DIR="/proc/pendant")
    assert_refused(outcome, "data_dir_unwritable")


def test_an_unknown_option_is_wrong_usage(installation: Installation) -> None:
    assert installation.pendant("connections", "list", "--jsno").code == 2
    assert installation.pendant("conections", "list").code == 2


def test_there_is_no_way_to_give_a_token_as_an_argument(installation: Installation, pendo: pendosim.Pendo) -> None:
    outcome = installation.pendant(*CREATE, "--region", "custom", "--base-uri", pendo.api, "--token", pendo.key)
    assert outcome.code == 2
    assert pendo.key not in outcome.err + outcome.out


def test_a_private_address_is_refused_unless_the_installation_allows_it(
    installation: Installation, pendo: pendosim.Pendo
) -> None:
    words = (*CREATE, "--region", "custom", "--base-uri", pendo.api, "--token-stdin")
    outcome = installation.pendant(*words, stdin=pendo.key, PENDANT_ALLOW_NETWORKS="10.99.0.0/16")
    assert outcome.code != 0
    assert "PENDANT_ALLOW_NETWORKS" in outcome.err
