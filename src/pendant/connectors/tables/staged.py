"""Rows that wait for their table: one Arrow file for each slice, read again in order when everything is there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from pendant.connectors.files.columns import check_columns
from pendant.connectors.files.disk import SteadyFile
from pendant.connectors.files.parts import PartWriter


def staged_batches(paths: Sequence[Path]) -> Iterator[pa.RecordBatch]:
    for path in paths:
        with pa.OSFile(str(path), "rb") as file, pa.ipc.open_stream(file) as batches:
            yield from batches


class ArrowFormat:
    """Arrow's stream format with lz4: four times as fast to write and read as Parquet, at twice its size."""

    def check(self, schema: pa.Schema) -> None:
        check_columns(schema)

    def writer(self, file: SteadyFile, schema: pa.Schema) -> PartWriter:
        return _ArrowWriter(file, schema)


class _ArrowWriter:
    def __init__(self, file: SteadyFile, schema: pa.Schema) -> None:
        options = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False)
        self._stream = pa.ipc.new_stream(file, schema, options=options)

    def write(self, batch: pa.RecordBatch) -> None:
        self._stream.write_batch(batch)

    def close(self) -> None:
        self._stream.close()

    def abandon(self) -> None:
        """Leave the stream without its end: every reader refuses it."""
