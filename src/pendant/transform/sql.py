"""SQL over a table called `input`: the way into this room."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pyarrow as pa

from pendant.model.pipeline import Transformation
from pendant.model.vault import Hasher, no_hasher


def transformation(
    schema: pa.Schema,
    *,
    hasher: Callable[[], Hasher] = no_hasher,
    select: str = "",
    filter: str = "",  # noqa: A002 - the word users write
) -> Transformation:
    """Return what `select` and `filter` ask for; without them rows pass as they are, and no DuckDB is loaded.

    `hasher` is asked for the keyed hash where one of them calls hashed().

    Raises WrongInput `unknown_column`, `sql_invalid` or `sql_refused`, with the place.
    """
    if select.strip() in {"", "*"} and not filter.strip():
        return Identity(schema)
    from pendant.transform.query import Sql  # noqa: PLC0415 - DuckDB takes 40 MB, and most exports need none

    return Sql(schema, select=select, filter=filter, hasher=hasher)


class Identity:
    def __init__(self, schema: pa.Schema) -> None:
        self.schema = schema

    def apply(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        return batches
