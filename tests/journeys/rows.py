"""What an exported file holds, read by libraries that know nothing of the product."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

KINDS = (".parquet", ".csv", ".csv.gz", ".jsonl", ".jsonl.zst", ".duckdb")


def rows_in(path: Path, table: str = "") -> list[dict[str, Any]]:
    """Return all rows; of a DuckDB file those of `table`."""
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pylist()
    if path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as database:
            return database.sql(f'SELECT * FROM "{table}"').to_arrow_table().to_pylist()
    if ".csv" in path.suffixes:
        return list(csv.DictReader(io.StringIO(text_in(path), newline="")))
    return [json.loads(line) for line in text_in(path).splitlines()]


def text_in(path: Path) -> str:
    content = path.read_bytes()
    if path.suffix == ".gz":
        content = gzip.decompress(content)
    if path.suffix == ".zst":
        with pa.CompressedInputStream(pa.BufferReader(content), "zstd") as stream:
            content = stream.read()
    return content.decode()


def columns_in(path: Path, table: str, *names: str) -> Counter[tuple[Any, ...]]:
    """Return how often each combination of values stands in these columns."""
    return counted(rows_in(path, table), *names)


def counted(rows: Sequence[dict[str, Any]], *names: str) -> Counter[tuple[Any, ...]]:
    return Counter(tuple(row[name] for name in names) for row in rows)
