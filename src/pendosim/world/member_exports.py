"""Exports of a segment's members: jobs that take as long as a segment's update does."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from pendosim.clock import Clock
from pendosim.errors import Refused
from pendosim.world.ids import object_id

KEPT_MAX = 100


@dataclass(frozen=True)
class _Job:
    segment_id: str
    members: list[str]
    due: int


class MemberExports:
    """The last jobs that were begun; older ones are forgotten."""

    def __init__(self, clock: Clock, seed: int, due: Callable[[], int]) -> None:
        self._clock = clock
        self._seed = seed
        self._due = due
        self._jobs: dict[str, _Job] = {}
        self._begun = 0
        self._lock = threading.Lock()

    def begin(self, segment_id: str, members: list[str]) -> str:
        """Keep the members as they are now."""
        with self._lock:
            self._begun += 1
            name = object_id("member export", self._seed, self._begun)
            self._jobs[name] = _Job(segment_id, members, self._due())
            while len(self._jobs) > KEPT_MAX:
                self._jobs.pop(next(iter(self._jobs)))
            return name

    def members(self, segment_id: str, job_id: str) -> list[str] | None:
        """None while the job is under way. Raises Refused (404) where there is no such job of this segment."""
        with self._lock:
            job = self._jobs.get(job_id)
        if job is None or job.segment_id != segment_id:
            raise Refused("export not found", status=404)
        return job.members if self._clock.now() >= job.due else None
