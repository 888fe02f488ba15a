"""A failed test as an error: which stage failed decides who must act, and the code is that of the stage."""

from __future__ import annotations

from pendant.errors import AddressRefused, CredentialsRefused, RemoteProblem, Unreachable
from pendant.model.connection import TestReport

_PROBLEM_OF_STAGE: dict[str, type[RemoteProblem]] = {
    "address": AddressRefused,
    "name": Unreachable,
    "tls": Unreachable,
    "key": CredentialsRefused,
    "access": CredentialsRefused,
    "format": CredentialsRefused,
}


def refuse_failed(report: TestReport) -> None:
    """Raise for the first stage that failed. Nothing was saved, and the message says so."""
    for stage in report.stages:
        if stage.outcome == "failed":
            kind = _PROBLEM_OF_STAGE.get(stage.name, RemoteProblem)
            raise kind(stage.code, stage.detail, hint=f"{stage.hint} Nothing was saved.".strip())
