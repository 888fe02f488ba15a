"""What one aggregation may cost: time, bytes of its answer, rows made out of rows."""

import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from pendosim.errors import Refused

SECONDS_MAX = 300
BYTES_MAX = 4_000_000_000
# Twenty forks in a row would make a million rows of one; Pendo says nothing of such a limit.
ROWS_MADE_MAX = 2_000_000
_LOOK_EVERY = 64
_TIMEOUT, _TOO_LARGE = 408, 413

One = TypeVar("One")


class Effort:
    """Counts for one request. Raises Refused: 408 (empty) when time is up, 413 for size, 400 for rows."""

    def __init__(
        self, seconds: float = SECONDS_MAX, bytes_max: int = BYTES_MAX, rows_made_max: int = ROWS_MADE_MAX
    ) -> None:
        self._end = time.monotonic() + seconds
        self._bytes_left = bytes_max
        self._rows_made_max = rows_made_max
        self._rows_made = 0

    def look(self) -> None:
        if time.monotonic() > self._end:
            raise Refused("", status=_TIMEOUT)

    def watched(self, rows: Iterable[One]) -> Iterator[One]:
        """Pass the rows on, with a look at the clock now and then."""
        for number, row in enumerate(rows):
            if not number % _LOOK_EVERY:
                self.look()
            yield row

    def made(self, rows: int = 1) -> None:
        """Count rows that an operator adds to those it was given."""
        self._rows_made += rows
        if self._rows_made > self._rows_made_max:
            raise Refused(f"the pipeline multiplies rows: more than {self._rows_made_max} were made out of others")

    def sent(self, size: int) -> None:
        self.look()
        self._bytes_left -= size
        if self._bytes_left < 0:
            raise Refused("the answer is too large", status=_TOO_LARGE)
