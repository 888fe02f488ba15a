"""What single visitors did, item by item: one request for each visitor and day, so for chosen visitors only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from msgspec import Raw

from pendant.connectors.declaration import Resource
from pendant.connectors.pendo.cut import cut
from pendant.connectors.pendo.nested import joined
from pendant.connectors.pendo.parents import Parent, halves_of, parents_of, slices_of
from pendant.connectors.pendo.query import Stage, aggregation, all_of, of_object, small_rows
from pendant.connectors.pendo.windows import DAY_MS
from pendant.errors import BrokenAnswer, RequestRefused, WrongInput
from pendant.model.http import Channel
from pendant.model.pipeline import RunMeter
from pendant.model.run import Note, Slice

REQUESTS_PER_SLICE = 200
REQUESTS_MAX = 20_000
_NOT_FOUND = 404


class _At(msgspec.Struct):
    ts: int


_at = msgspec.json.Decoder(_At)


class History:
    """Implements Records. Without ids: of every visitor whose last visit is not before `since`."""

    def __init__(
        self, channel: Channel, resource: Resource, *, since: int, until: int, now: int, ids: Sequence[str]
    ) -> None:
        if since < now - resource.days_back_max * DAY_MS:
            raise WrongInput(
                "since_too_early",
                f"Pendo keeps {resource.title.lower()} for {resource.days_back_max} days; a later beginning is wanted.",
                hint=f"Begin at most {resource.days_back_max} days ago.",
                field="since",
            )
        self._channel = channel
        self._resource = resource
        self._since = since
        self._until = until
        self._ids = ids
        self._days = -(-(until - since) // DAY_MS)

    def plan(self) -> Sequence[Slice]:
        visitors = list(dict.fromkeys(self._ids)) or self._active()
        if len(visitors) * self._days > REQUESTS_MAX:
            raise WrongInput(
                "too_many_visitors",
                f"Pendo is asked once for each visitor and day; {len(visitors):,} or more visitors and "
                f"{self._days} days are more than {REQUESTS_MAX:,} requests.",
                hint="Name the visitors, or choose fewer days.",
                field="ids",
            )
        return slices_of([Parent(one, {}) for one in visitors], each=max(1, REQUESTS_PER_SLICE // self._days))

    def split(self, part: Slice) -> tuple[Slice, Slice] | None:
        return halves_of(part)

    def count(self, _part: Slice) -> int | None:
        return None

    def read(self, part: Slice, meter: RunMeter) -> Iterator[list[Raw]]:
        for visitor in parents_of(part):
            try:
                yield from self._of(visitor.id)
            except RequestRefused as problem:
                if problem.status != _NOT_FOUND:
                    raise
                meter.note(Note("left_out", f"Pendo does not know the visitor {visitor.id[:100]!r}."))

    def _of(self, visitor: str) -> Iterator[list[Raw]]:
        for start in range(self._since, self._until, DAY_MS):
            end = min(start + DAY_MS, self._until)
            request = of_object(self._resource.path, visitor, (("starttime", str(start)),))
            with self._channel.stream(request) as body:
                for records in cut(body.pieces(), bare=True):
                    # An item that began before midnight, or after the end that was asked for, belongs elsewhere.
                    inside = [record for record in records if start <= _time_of(record) < end]
                    if inside:
                        yield [joined({"visitorId": visitor}, record) for record in inside]

    def _active(self) -> list[str]:
        """Return the visitors of the span, in order; one more than can be read where there are too many."""
        seen = [f"metadata.auto.lastvisit >= {self._since}"]
        limit = REQUESTS_MAX // self._days + 1
        pipeline: list[Stage] = [{"source": {"visitors": None}}, *all_of(seen), {"sort": ["visitorId"]}]
        pipeline += [{"limit": limit}, {"select": {"visitorId": "visitorId"}}]
        rows: list[dict[str, Any]] = small_rows(self._channel, aggregation("active visitors", pipeline))
        return [row["visitorId"] for row in rows if isinstance(row.get("visitorId"), str)]


def _time_of(record: Raw) -> int:
    try:
        return _at.decode(record).ts
    except msgspec.ValidationError:
        raise BrokenAnswer("answer_unexpected", "An item of a visitor's history has no time in ts.") from None
