"""What a run counts, in all and for each slice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from pendant.ahead import read_ahead
from pendant.engine.meter import Attempt, Tally
from pendant.model.clock import SettableClock
from pendant.model.run import Slice, SliceState


def test_bytes_belong_to_the_slice_for_which_they_were_read_on_whatever_thread() -> None:
    tally = Tally(SettableClock(datetime(2026, 1, 1, tzinfo=UTC)))
    found: dict[str, int] = {}

    def reading() -> Iterator[int]:
        # Two threads deep, as a source reads.
        for count in read_ahead(lambda: iter((3, 4)), name="inner"):
            tally.bytes_received(count)
            yield count

    for name in ("a", "b"):
        with Attempt(tally, Slice(name, 0, 1)) as attempt:
            attempt.rows_read(5)
            assert list(read_ahead(reading, name="outer")) == [3, 4]
            (live,) = tally.slices
            assert (live.slice.key, live.state, live.rows_read) == (name, SliceState.RUNNING, 5)
            found[name] = attempt.bytes_read
    tally.bytes_received(100)
    assert found == {"a": 7, "b": 7}
    assert (tally.counted.bytes_read, tally.slices) == (114, ())
