"""A failed test as an error: which stage failed decides which one."""

from __future__ import annotations

from pendant.errors import AddressRefused, CredentialsRefused, RemoteProblem, Unreachable
from pendant.model.connection import TestReport

_PROBLEM_OF_STAGE: dict[str, tuple[type[RemoteProblem], str]] = {
    "address": (AddressRefused, "address_refused"),
    "name": (Unreachable, "name_not_resolved"),
    "tls": (Unreachable, "tls_failed"),
    "answer": (RemoteProblem, "test_failed"),
    "key": (CredentialsRefused, "credentials_refused"),
    "access": (CredentialsRefused, "access_missing"),
    "format": (CredentialsRefused, "token_format"),
    "event": (RemoteProblem, "test_failed"),
}


def refuse_failed(report: TestReport) -> None:
    """Raise for the first stage that failed. Nothing was saved, and the message says so."""
    for stage in report.stages:
        if stage.outcome == "failed":
            kind, code = _PROBLEM_OF_STAGE.get(stage.name, (RemoteProblem, "test_failed"))
            said = stage.detail or f"{stage.title}: failed."
            raise kind(code, said, hint=f"{stage.hint} Nothing was saved.".strip())
