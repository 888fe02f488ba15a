"""The cast of the journeys: a simulated Pendo, and an installation used as a person would, through its commands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import pendosim

SOURCE = Path(__file__).resolve().parents[2] / "src"


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Installation:
    home: Path
    allow_networks: str = "127.0.0.0/8"

    @property
    def environ(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "PYTHONPATH": str(SOURCE),
            "PENDANT_DATA_DIR": str(self.home / "data"),
            "PENDANT_KEY_DIR": str(self.home / "keys"),
            "PENDANT_ALLOW_NETWORKS": self.allow_networks,
        }

    def start(self, *words: str, **environ: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "pendant", *words],
            env=self.environ | environ,
            cwd=self.home,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def pendant(self, *words: str, stdin: str = "", **environ: str) -> Outcome:
        with self.start(*words, **environ) as process:
            out, err = process.communicate(stdin, timeout=100)
        return Outcome(process.returncode, out, err)

    def connect(self, pendo: pendosim.Running, name: str = "Production") -> None:
        words = ("connections", "create", "--name", name, "--application", "pendo", "--api", "engage")
        made = self.pendant(*words, "--region", "custom", "--base-uri", pendo.api, "--token-stdin", stdin=pendo.key)
        assert made.code == 0, made.err

    def export(self, resource: str, target: str, *words: str, connection: str = "Production") -> Outcome:
        return self.pendant("export", resource, "--connection", connection, "--to", target, *words)


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return Installation(tmp_path)


@pytest.fixture
def pendo() -> Iterator[pendosim.Running]:
    with pendosim.running(visitors=300, accounts=20, days=12, events_per_day=60, apps=2, seed=7) as running:
        yield running


@pytest.fixture
def connected(installation: Installation, pendo: pendosim.Running) -> Installation:
    installation.connect(pendo)
    return installation
