"""How many rows that a run reads again are not as they were when they were read before."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from pendant.model.imprint import Imprint
from pendant.model.incremental import read_again
from pendant.model.pipeline import RunMeter, Source
from pendant.model.run import Slice, Span
from pendant.transform.marks import DAY_MS, Marker

Days = dict[int, Imprint]


@dataclass(slots=True)
class Seen:
    """The rows of one slice by day (ms): those before the edge, where the last run ended, and the others."""

    before: Days = field(default_factory=dict)
    after: Days = field(default_factory=dict)


class WatchedSource:
    """Implements model.pipeline.Source: passes everything on, and keeps imprints of the slices that were read whole."""

    def __init__(self, source: Source, *, key: Sequence[str], time: str, edge: int) -> None:
        self._source = source
        self._key = key
        self._time = time
        self._edge = edge
        self._lock = threading.Lock()
        self._seen: dict[str, Seen] = {}

    @property
    def schema(self) -> pa.Schema:
        return self._source.schema

    def plan(self) -> Sequence[Slice]:
        return self._source.plan()

    def split(self, part: Slice) -> tuple[Slice, Slice] | None:
        with self._lock:
            self._seen.pop(part.key, None)
        return self._source.split(part)

    def count(self, part: Slice) -> int | None:
        return self._source.count(part)

    def read(self, part: Slice, meter: RunMeter) -> Iterator[pa.RecordBatch]:
        seen = Seen()
        with Marker(self._key, self._time, edge=self._edge) as marker:
            for batch in self._source.read(part, meter):
                for day, early, bucket, mark, rows in marker.marked(batch):
                    days = seen.before if early else seen.after
                    days.setdefault(day, Imprint()).add(rows, [(bucket, mark)])
                yield batch
        # A slice that is read again counts as it was read last.
        with self._lock:
            self._seen[part.key] = seen

    def seen(self) -> Seen:
        """Return the rows of all slices together."""
        whole = Seen()
        for one in self._seen.values():
            _merge(whole.before, one.before)
            _merge(whole.after, one.after)
        return whole


def restated(known: Mapping[int, Imprint], seen: Seen, spans: Sequence[Span]) -> int:
    """Return how many rows of the days that were read again are new, gone or changed."""
    return sum(known.get(day, Imprint()).differs_by(seen.before.get(day, Imprint())) for day in _days(spans))


def days_after(known: Mapping[int, Imprint], seen: Seen, spans: Sequence[Span]) -> Days:
    """Return what is known of each day once the run is over."""
    again = _days(spans)
    days = {day: imprint for day, imprint in known.items() if day not in again}
    for found in (seen.before, seen.after):
        _merge(days, found)
    return days


def _days(spans: Sequence[Span]) -> set[int]:
    found: set[int] = set()
    for span in read_again(spans):
        first = int(span.since.timestamp() * 1000) // DAY_MS * DAY_MS
        found.update(range(first, int(span.until.timestamp() * 1000), DAY_MS))
    return found


def _merge(days: Days, more: Mapping[int, Imprint]) -> None:
    for day, imprint in more.items():
        whole = days[day] = Imprint.from_bytes(days[day].rows, days[day].as_bytes()) if day in days else Imprint()
        whole.merge(imprint)
