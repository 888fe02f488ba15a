"""An installation used as a person would: through its commands and through its server, each a process of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pendosim
from server.rig import Client

SOURCE = Path(__file__).resolve().parents[2] / "src"
SECONDS_MAX = 100
PASSWORD = "tulip harbour seven kites"


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def said(self) -> str:
        return self.out + self.err


@dataclass(frozen=True)
class SignedIn:
    """What signs an owner in: the session of a browser, and the API token of a program."""

    session: str = field(default="", repr=False)
    bearer: str = field(default="", repr=False)


@dataclass(frozen=True)
class Installation:
    home: Path
    allow_networks: str = "127.0.0.0/8"
    signed_in: SignedIn = SignedIn()
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def environ(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "PYTHONPATH": str(SOURCE),
            "PENDANT_DATA_DIR": str(self.home / "data"),
            "PENDANT_KEY_DIR": str(self.home / "keys"),
            "PENDANT_EXPORT_DIR": str(self.home / "exports"),
            "PENDANT_ALLOW_NETWORKS": self.allow_networks,
            **self.settings,
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
            out, err = process.communicate(stdin, timeout=SECONDS_MAX)
        return Outcome(process.returncode, out, err)

    def connect(self, pendo: pendosim.Pendo, name: str = "Production") -> None:
        words = ("connections", "create", "--name", name, "--application", "pendo", "--api", "engage")
        made = self.pendant(*words, "--region", "custom", "--base-uri", pendo.api, "--token-stdin", stdin=pendo.key)
        assert made.code == 0, made.err

    def export(self, resource: str, target: str, *words: str, connection: str = "Production") -> Outcome:
        return self.pendant("export", resource, "--connection", connection, "--to", target, *words)

    @contextmanager
    def serving(self) -> Iterator[Server]:
        """Serve until the block ends, then stop as a service manager would. Its output goes to two files."""
        said = self.home / "served.out"
        with (
            said.open("w") as out,
            (self.home / "served.err").open("w") as err,
            subprocess.Popen(
                [sys.executable, "-m", "pendant", "serve", "--port", "0"],
                env=self.environ,
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            ) as process,
        ):
            try:
                server = Server(process, _announced(process, said), self.signed_in)
                yield server
                server.stop()
            finally:
                process.kill()


@dataclass(frozen=True)
class Server:
    """A server that answers, and the two who talk to it."""

    process: subprocess.Popen[bytes]
    said: str
    signed_in: SignedIn

    @property
    def port(self) -> int:
        return int(_part(r"http://127\.0\.0\.1:(\d+)", self.said))

    @property
    def setup_code(self) -> str:
        return _part(r"setup code (\S+)", self.said)

    @property
    def browser(self) -> Client:
        return Client(self.port, session=self.signed_in.session)

    @property
    def program(self) -> Client:
        return Client(self.port, bearer=self.signed_in.bearer)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(timeout=30) in (0, -signal.SIGTERM, 143)


@dataclass(frozen=True)
class Standing:
    installation: Installation
    server: Server

    @property
    def exports(self) -> Path:
        return self.installation.home / "exports"

    def export(self, resource: str, target: str, **asked: Any) -> Any:
        """Export by the API and return the run when it has ended."""
        program = self.server.program
        return ended(program, started(program, resource, target, **asked))


def signed_in(server: Server) -> SignedIn:
    """Enter the setup code as the first page asks for it, and make an API token."""
    stranger = Client(server.port, Sec_Fetch_Site="same-origin")
    form = f"code={server.setup_code}&name=Olga&password={PASSWORD.replace(' ', '+')}"
    entered = stranger.send("POST", "/set-up", body=form.encode(), Content_Type="application/x-www-form-urlencoded")
    assert entered.status == 303, entered.text
    session = _part(r"__Host-pendant=([^;]+)", entered.headers["Set-Cookie"])
    browser = Client(server.port, session=session)
    permissions = browser.get("/api/v1/me").json()["permissions"]
    made = browser.post("/api/v1/tokens", {"name": "stories", "permissions": permissions})
    assert made.status == 201, made.text
    return SignedIn(session, made.json()["text"])


def ended(program: Client, run_id: str, *, seconds: float = 60) -> Any:
    """Wait for the end of a run and return it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        run = program.get(f"/api/v1/runs/{run_id}").json()["run"]
        if run["finished_at"]:
            return run
        time.sleep(0.05)
    raise AssertionError(f"the run still goes on: {run}")


def started(program: Client, resource: str, target: str, **asked: Any) -> str:
    """Start an export by the API and return the id of its run."""
    sent = {"resource": resource, "connection": "Production", "target": target} | asked
    answer = program.post("/api/v1/runs", sent)
    assert answer.status == 202, answer.text
    return str(answer.json()["id"])


def left_behind(folder: Path) -> list[str]:
    """Return what a run leaves beside its target when it does not clean up."""
    return sorted(path.name for path in folder.iterdir() if ".pendant-" in path.name)


def _announced(process: subprocess.Popen[bytes], said: Path) -> str:
    deadline = time.monotonic() + 30
    while "Stop it with" not in said.read_text():
        assert process.poll() is None, said.with_suffix(".err").read_text()
        assert time.monotonic() < deadline, "the server did not start"
        time.sleep(0.05)
    return said.read_text()


def _part(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match, f"{pattern} is not in {text}"
    return match[1]
