"""Where the token walks: an installation, a Pendo that takes it, one that does not, a mirror, and all evidence."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pendosim
from journeys.canary_mirror import Mirror
from journeys.installation import Installation, Outcome
from server.rig import Answer, Client

Evidence = list[tuple[str, bytes]]


@dataclass(frozen=True)
class Canary:
    """`core` is the part of the token that every escaping leaves alone."""

    core: str
    token: str = field(repr=False)


@dataclass(frozen=True)
class Stage:
    canary: Canary
    installation: Installation
    pendo: pendosim.Pendo
    stranger: pendosim.Pendo
    mirror: Mirror
    token_file: Path
    evidence: Evidence = field(default_factory=list)

    @property
    def token(self) -> str:
        return self.canary.token

    def say(self, *words: str, stdin: str = "", code: int = 0) -> Outcome:
        """Speak a command, keep what it says, and insist on how it ends."""
        outcome = self.installation.pendant(*words, stdin=stdin)
        self.kept(words, outcome)
        assert outcome.code == code, (words, outcome)
        return outcome

    def refused(self, wanted: str, *words: str, stdin: str = "") -> None:
        """Speak a command that has to fail with the code `wanted`."""
        outcome = self.installation.pendant(*words, stdin=stdin)
        self.kept(words, outcome)
        assert outcome.code in (1, 2), (words, outcome)
        assert wanted in outcome.said, (wanted, words, outcome)

    def kept(self, words: tuple[str, ...], outcome: Outcome) -> None:
        self.evidence.append((f"output of {' '.join(words[:2])}", outcome.out.encode()))
        self.evidence.append((f"errors of {' '.join(words[:2])}", outcome.err.encode()))

    def cut_short(self, *words: str, stdin: str, when: float) -> None:
        """Speak a command and terminate it while it waits for an answer."""
        with self.installation.start(*words) as process:
            assert process.stdin
            process.stdin.write(stdin)
            process.stdin.close()
            process.stdin = None
            try:
                process.wait(timeout=when)
            except subprocess.TimeoutExpired:
                process.terminate()
            out, err = process.communicate(timeout=30)
        self.kept(words, Outcome(process.returncode, out, err))


@dataclass(frozen=True)
class Visitor:
    """Somebody at the web app or the API, who keeps every answer whole."""

    client: Client
    evidence: Evidence

    def ask(self, method: str, path: str, sent: Any = None, *, wants: int, **more: Any) -> Answer:
        answer = self.client.send(method, path, sent, **more)
        self.evidence.append((f"answer to {method} {path.partition('?')[0]}", _whole(answer)))
        assert answer.status == wants, (method, path, answer.status, answer.text)
        return answer

    def get(self, path: str, *, wants: int = 200, **headers: str) -> Answer:
        return self.ask("GET", path, wants=wants, **headers)

    def fill_in(self, path: str, fields: Mapping[str, str], *, wants: int, **headers: str) -> Answer:
        """Send a form as a browser does; `HX_Request` makes it one with script."""
        body = urlencode(fields).encode()
        return self.ask(
            "POST", path, wants=wants, body=body, Content_Type="application/x-www-form-urlencoded", **headers
        )

    def refused(self, code: str, method: str, path: str, sent: Any, *, wants: int, **more: Any) -> None:
        answer = self.ask(method, path, sent, wants=wants, **more)
        assert answer.json()["error"]["code"] == code, answer.text


def _whole(answer: Answer) -> bytes:
    return json.dumps([answer.status, *answer.headers.items()]).encode() + b"\n" + answer.body
