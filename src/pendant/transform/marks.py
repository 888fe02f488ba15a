"""Marks rows for imprints: which day a row belongs to, its bucket, and a hash of all of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Self

import pyarrow as pa

from pendant.model.imprint import BUCKETS

DAY_MS = 86_400_000

Marked = tuple[int, bool, int, int, int]
"""Day (ms), whether the row's time lies before the edge, bucket, mark, rows."""


class Marker:
    """One for each reader; not shared between threads. `key` and `time` are columns of what is marked."""

    def __init__(self, key: Sequence[str], time: str, *, edge: int) -> None:
        named = ", ".join(_quoted(name) for name in key)
        at = f"epoch_ms({_quoted(time)})"
        self._query = (
            f"SELECT {at} // {DAY_MS} * {DAY_MS}, {at} < {edge:d}, hash({named}) % {BUCKETS}, bit_xor(hash(input)),"
            " count(*) FROM input GROUP BY ALL"
        )
        from pendant.transform.locked import locked_database  # noqa: PLC0415 - DuckDB takes 40 MB; few runs mark rows

        self._database = locked_database()

    def marked(self, batch: pa.RecordBatch) -> Iterator[Marked]:
        """Yield what the rows of a batch come to; rows without a time are left out."""
        self._database.register("input", pa.Table.from_batches([batch]))
        for day, *rest in self._database.execute(self._query).fetchall():
            if day is not None:
                yield (int(day), *rest)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, place: TracebackType | None
    ) -> None:
        self._database.close()


def _quoted(name: str) -> str:
    return '"{}"'.format(name.replace('"', '""'))
