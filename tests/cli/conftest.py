"""The command line as a person uses it, inside this process: words in, exit code and texts out."""

from __future__ import annotations

import io
import logging
import sys
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.spoken import CREATE, Cli, Create, Said
from pendant.cli.program import execute, program
from pendosim import Pendo, running

NOON = 1_763_640_000_000
"""2025-11-20 12:00 UTC."""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation of its own, which may reach loopback."""
    monkeypatch.setenv("PENDANT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("PENDANT_KEY_DIR", str(tmp_path / "keys"))
    monkeypatch.setenv("PENDANT_ALLOW_NETWORKS", "127.0.0.0/8")
    return tmp_path


@pytest.fixture
def _hooks() -> Iterator[None]:
    """A command takes over the hooks for uncaught errors of its whole process, which here is pytest's."""
    before = sys.excepthook, threading.excepthook, sys.unraisablehook
    yield
    sys.excepthook, threading.excepthook, sys.unraisablehook = before
    logging.captureWarnings(capture=False)


@pytest.fixture
def cli(home: Path, _hooks: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    def say(*words: str, stdin: str = "") -> Said:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        code = execute(program("0.0.0"), words)
        out, err = capsys.readouterr()
        return Said(code, out, err)

    return say


@pytest.fixture(scope="session")
def pendo() -> Iterator[Pendo]:
    """A small subscription that is the same at every run."""
    with running(now=NOON, visitors=120, accounts=12, days=5, events_per_day=60, seed=7, timezone="UTC") as simulator:
        yield simulator


@pytest.fixture
def create(cli: Cli, pendo: Pendo) -> Create:
    """Save an Engage connection to the simulator without a test."""

    def save(name: str = "Production", *more: str) -> Said:
        return cli(*CREATE, "--name", name, "--base-uri", pendo.api, "--no-test", *more, stdin=pendo.key)

    return save


@pytest.fixture
def canary() -> str:
    return f"{uuid.uuid4()}.us"
