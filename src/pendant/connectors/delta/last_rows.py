"""One row for each key, where a target cannot tell by itself which of several came last."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pyarrow as pa

from pendant.connectors.loading import compute

NUMBER = "row number"


def last_rows(
    batches: Callable[[], Iterator[pa.RecordBatch]], key: Sequence[str]
) -> tuple[Iterator[pa.RecordBatch], int]:
    """Return the batches without rows whose key comes again later, and how many those are.

    The batches are read twice; the keys of all rows are in memory at once.
    """
    keys = [pa.table([batch.column(name) for name in key], names=list(key)) for batch in batches()]
    if not keys:
        return batches(), 0
    whole: Any = pa.concat_tables(keys)
    numbered = whole.append_column(NUMBER, pa.array(range(whole.num_rows), pa.int64()))
    last = numbered.group_by(list(key)).aggregate([(NUMBER, "max")])[f"{NUMBER}_max"]
    twice = whole.num_rows - len(last)
    return (_kept(batches(), last) if twice else batches()), twice


def _kept(batches: Iterator[pa.RecordBatch], last: Any) -> Iterator[pa.RecordBatch]:
    start = 0
    for batch in batches:
        numbers = pa.array(range(start, start + batch.num_rows), pa.int64())
        yield batch.filter(compute.is_in(numbers, value_set=last.combine_chunks()))
        start += batch.num_rows
