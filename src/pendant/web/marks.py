"""Status pills: the words and the tone for every state a connection or a run can be in."""

from __future__ import annotations

from dataclasses import dataclass

from pendant.model.connection import Access, ConnectionStatus
from pendant.model.run import RunState


@dataclass(frozen=True, slots=True)
class Mark:
    """`tone` is good, warn, bad, info or calm; "busy" beside it moves."""

    text: str
    tone: str


OF_CONNECTION = {
    ConnectionStatus.UNTESTED: Mark("Untested", "calm"),
    ConnectionStatus.ONLINE: Mark("Online", "good"),
    ConnectionStatus.REACHABLE: Mark("Reachable", "info"),
    ConnectionStatus.FAILING: Mark("Failing", "bad"),
    ConnectionStatus.TOKEN_NEEDED: Mark("Token needed", "warn"),
}

BEING_TESTED = Mark("Testing", "info pill-busy")

OF_RUN = {
    RunState.QUEUED: Mark("Queued", "calm"),
    RunState.RUNNING: Mark("Running", "info pill-busy"),
    RunState.WAITING: Mark("Waiting", "warn pill-busy"),
    RunState.FINISHED: Mark("Finished", "good"),
    RunState.FINISHED_WITH_ERRORS: Mark("Finished with errors", "warn"),
    RunState.FAILED: Mark("Failed", "bad"),
    RunState.CANCELLED: Mark("Cancelled", "calm"),
}

OF_ACCESS = {
    Access.READ_ONLY: "Read-only",
    Access.READ_WRITE: "Read-write",
    Access.WRITE_ONLY: "Write-only",
    Access.UNKNOWN: "Unknown",
}
