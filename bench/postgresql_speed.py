"""PostgreSQL as a target, next to ADBC alone with the same batches: a child of against_dlt.py.

    python bench/postgresql_speed.py ROWS.parquet

Starts a server of its own. Prints one line of JSON: rows, and the medians of seconds of both, measured in turns.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

sys.path.append(str(Path(__file__).parent.parent / "tests"))

from loading_places import PostgreSqlPlace
from pendant.connectors.postgresql.dialect import convert, stored_type
from pendant.connectors.tables.adbc import converted
from pendant.model.run import Slice
from postgresql_server import running

ROUNDS = 3
SLICES = 4


def main() -> None:
    file = pq.ParquetFile(sys.argv[1])
    batches = list(file.iter_batches(50_000))
    with running() as server, tempfile.TemporaryDirectory() as scratch:
        place = PostgreSqlPlace.emptied(server, Path(scratch))
        taken: dict[str, list[float]] = {"adbc": [], "pendant": []}
        for _ in range(ROUNDS):
            for name, load in (("adbc", alone), ("pendant", exported)):
                with place.asked("DROP TABLE IF EXISTS people, pendant_loads"):
                    pass
                taken[name].append(seconds(lambda load=load: load(place, file.schema_arrow, batches)))
    rows = sum(batch.num_rows for batch in batches)
    print(json.dumps({"rows": rows, **{name: statistics.median(each) for name, each in taken.items()}}))


def seconds(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def alone(place: PostgreSqlPlace, schema: pa.Schema, batches: list[pa.RecordBatch]) -> None:
    """Load what ADBC takes: it has no place for lists of texts with nulls, so it gets the types that we give it."""
    stored = pa.schema([pa.field(field.name, stored_type(field)) for field in schema])
    reader = converted(pa.RecordBatchReader.from_batches(schema, iter(batches)), stored, convert)
    system = place.options["system"]
    with system.way_out.postgresql(system.connection) as connection, connection.cursor() as cursor:
        cursor.adbc_ingest("people", reader, mode="create")


def exported(place: PostgreSqlPlace, schema: pa.Schema, batches: list[pa.RecordBatch]) -> None:
    destination: Any = place.open()
    destination.ensure_schema(schema)
    size = -(-len(batches) // SLICES)
    parts = [Slice(str(number), None, None) for number in range(SLICES)]
    try:
        for number, part in enumerate(parts):
            destination.replace_slice(part, of_slice(batches[number * size : (number + 1) * size]))
        destination.publish(parts)
    finally:
        destination.discard()


def of_slice(batches: list[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    yield from batches


if __name__ == "__main__":
    main()
