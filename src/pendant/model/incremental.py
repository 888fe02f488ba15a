"""What an incremental run reads, and how far it has come afterwards. A pure function of what is known before.

Data comes late: events that a browser kept back, rows that are counted anew. So a run stops some hours before now
(the horizon), begins some days before where the last one ended (the look-back), and reads each day a last time when
nothing of it can be late any more (the final pass).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from pendant.model.export import Delays, Position
from pendant.model.run import Reading, Span

Window = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Due:
    """`spans` are disjoint and in order; `position` is where the export stands once they are published."""

    spans: tuple[Span, ...]
    position: Position

    @property
    def windows(self) -> list[Window]:
        """Return what is read, spans that touch joined."""
        joined: list[Window] = []
        for span in self.spans:
            if joined and joined[-1][1] == span.since:
                joined[-1] = (joined[-1][0], span.until)
            else:
                joined.append((span.since, span.until))
        return joined


def due(
    before: Position | None, now: datetime, start: datetime, delays: Delays, *, bucket: timedelta = timedelta()
) -> Due:
    """Return what to read at `now`. `start` is where a first run begins.

    `bucket` is how long after its time a row may still count what happens. A clock that went back moves nothing.
    """
    if before is None:
        before = Position(start, start, start)
    end = max(before.position, _hour(now - timedelta(hours=delays.horizon_hours)))
    again = (_look_back(before, delays), end)
    final = (before.final, _final(before, now - bucket, end, delays))
    return Due(_spans(before, again, final), Position(before.began, end, final[1]))


def _look_back(before: Position, delays: Delays) -> datetime:
    if not delays.lookback_days:
        return before.position
    return max(before.began, _day(before.position - timedelta(days=delays.lookback_days)))


def _final(before: Position, now: datetime, end: datetime, delays: Delays) -> datetime:
    """Return up to where everything is final after this run. What is read first when it is that old is final too."""
    if not delays.final_days:
        return before.final
    return max(before.final, min(_day(now - timedelta(days=delays.final_days)), end))


def _spans(before: Position, again: Window, final: Window) -> tuple[Span, ...]:
    edges = sorted({*again, *final, before.position})
    found: list[Span] = []
    for since, until in pairwise(edges):
        if not _holds(again, since) and not _holds(final, since):
            continue
        before_that = Reading.FINAL if _holds(final, since) else Reading.AGAIN
        _add(found, Span(since, until, Reading.NEW if since >= before.position else before_that))
    return tuple(found)


def _add(found: list[Span], span: Span) -> None:
    last = found[-1] if found else None
    if last and last.until == span.since and last.reading is span.reading:
        found[-1] = Span(last.since, span.until, span.reading)
    else:
        found.append(span)


def _holds(window: Window, moment: datetime) -> bool:
    return window[0] <= moment < window[1]


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def _day(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def read_again(spans: Sequence[Span]) -> list[Span]:
    """Return the spans that earlier runs had read."""
    return [span for span in spans if span.reading is not Reading.NEW]
