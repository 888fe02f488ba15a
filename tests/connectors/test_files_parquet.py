"""Parquet parts are joined without being encoded again, and the result is as good as a file written in one go."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given
from hypothesis import strategies as st

from pendant.connectors.files import thrift
from pendant.connectors.files.destination import FileDestination
from pendant.connectors.files.parquet_format import SMALL_PART_ROWS, ParquetFormat, repeating_columns
from pendant.model.run import Slice

SCHEMA = pa.schema(
    [
        pa.field("id", pa.int64(), metadata={b"kept": b"yes"}),
        pa.field("word", pa.string()),
        pa.field("at", pa.timestamp("ms", "UTC")),
        pa.field("tags", pa.list_(pa.field("element", pa.string()))),
        pa.field("inner", pa.struct([("a", pa.int32()), ("b", pa.list_(pa.field("element", pa.float64())))])),
        pa.field("none", pa.null()),
    ]
)


def table(first: int, rows: int) -> pa.Table:
    ids = np.arange(first, first + rows)
    return pa.table(
        {
            "id": ids,
            "word": pa.array([f"word {number % 50}" if number % 7 else None for number in ids]),
            "at": pa.array(ids + 1_710_000_000_000).cast(pa.timestamp("ms", "UTC")),
            "tags": pa.array([[f"t{number}"] * (number % 3) for number in ids]),
            "inner": pa.array(
                [{"a": number % 9, "b": [0.5] * (number % 2)} for number in ids], SCHEMA.field("inner").type
            ),
            "none": pa.nulls(rows),
        },
        schema=SCHEMA,
    )


def exported(target: Path, sizes: list[int]) -> pq.FileMetaData:
    destination = FileDestination(target, ParquetFormat(), run_id="r", may_replace=True)
    destination.ensure_schema(SCHEMA)
    parts, first = [], 0
    for number, rows in enumerate(sizes):
        parts.append(Slice(f"s{number}", 0, 0))
        destination.replace_slice(parts[-1], batches(first, rows))
        first += rows
    destination.publish(parts)
    return pq.read_metadata(target)


def batches(first: int, rows: int) -> Iterator[pa.RecordBatch]:
    yield from table(first, rows).to_batches(max_chunksize=3_000)


def test_large_parts_keep_their_row_groups_and_nothing_is_lost(tmp_path: Path) -> None:
    sizes = [SMALL_PART_ROWS, SMALL_PART_ROWS + 5_000, SMALL_PART_ROWS]
    metadata = exported(tmp_path / "out.parquet", sizes)
    assert [metadata.row_group(place).num_rows for place in range(metadata.num_row_groups)] == sizes
    back = pq.read_table(tmp_path / "out.parquet")
    assert back.equals(table(0, sum(sizes)))
    assert back.schema.equals(SCHEMA, check_metadata=True)


def test_statistics_and_offsets_of_every_column_chunk_are_right(tmp_path: Path) -> None:
    metadata = exported(tmp_path / "out.parquet", [SMALL_PART_ROWS] * 3)
    for group in range(3):
        statistics = metadata.row_group(group).column(0).statistics
        assert (statistics.min, statistics.max) == (group * SMALL_PART_ROWS, (group + 1) * SMALL_PART_ROWS - 1)
    with duckdb.connect() as database:
        found = database.execute(
            'SELECT count(*), sum(id), count(word), max(epoch_ms("at")) FROM read_parquet(?) WHERE id >= ?',
            [str(tmp_path / "out.parquet"), 2 * SMALL_PART_ROWS],
        ).fetchall()
    ids = range(2 * SMALL_PART_ROWS, 3 * SMALL_PART_ROWS)
    words = sum(1 for number in ids if number % 7)
    assert found == [(SMALL_PART_ROWS, sum(ids), words, 1_710_000_000_000 + ids[-1])]


def test_small_parts_are_put_together_into_one_row_group(tmp_path: Path) -> None:
    sizes = [100] * 20 + [SMALL_PART_ROWS] + [7, 0, 5]
    metadata = exported(tmp_path / "out.parquet", sizes)
    assert [metadata.row_group(place).num_rows for place in range(metadata.num_row_groups)] == [2_000, 10_000, 12]
    assert pq.read_table(tmp_path / "out.parquet").equals(table(0, sum(sizes)))


def test_a_row_group_can_be_read_alone(tmp_path: Path) -> None:
    exported(tmp_path / "out.parquet", [SMALL_PART_ROWS, SMALL_PART_ROWS])
    with pq.ParquetFile(tmp_path / "out.parquet") as file:
        assert file.read_row_group(1).equals(table(SMALL_PART_ROWS, SMALL_PART_ROWS))


def test_only_columns_that_repeat_get_a_dictionary() -> None:
    assert repeating_columns(table(0, 5_000)) == ["word", "inner.a", "inner.b.list.element", "none"]
    assert repeating_columns(table(0, 0)) == []


FIELDS = st.deferred(
    lambda: st.dictionaries(
        st.integers(1, 200),
        st.one_of(
            st.tuples(st.just(thrift.TRUE), st.booleans()),
            st.tuples(st.just(thrift.I16), st.integers(-(2**15), 2**15 - 1)),
            st.tuples(st.just(thrift.I64), st.integers(-(2**63), 2**63 - 1)),
            st.tuples(st.just(thrift.DOUBLE), st.floats(allow_nan=False)),
            st.tuples(st.just(thrift.BINARY), st.binary(max_size=200)),
            st.tuples(st.just(thrift.LIST), st.tuples(st.just(thrift.I32), st.lists(st.integers(0, 9), max_size=20))),
            st.tuples(st.just(thrift.LIST), st.tuples(st.just(thrift.STRUCT), st.lists(FIELDS, max_size=3))),
            st.tuples(st.just(thrift.STRUCT), FIELDS),
        ),
        max_size=4,
    )
)


@given(FIELDS)
def test_a_thrift_struct_written_and_read_is_the_same(fields: thrift.Struct) -> None:
    writer = thrift.Writer()
    writer.struct(fields)
    back = thrift.Reader(bytes(writer.data)).struct()
    # A truth value carries itself in its type.
    assert shown(back) == shown(fields)


def shown(fields: thrift.Struct) -> list[object]:
    return [
        (
            number,
            "bool" if kind in (thrift.TRUE, thrift.FALSE) else kind,
            shown(value) if kind == thrift.STRUCT else value,
        )
        if not (kind == thrift.LIST and value[0] == thrift.STRUCT)
        else (number, kind, [shown(item) for item in value[1]])
        for number, (kind, value) in sorted(fields.items())
    ]


def test_a_footer_of_another_writer_passes_unharmed(tmp_path: Path) -> None:
    path = tmp_path / "one.parquet"
    pq.write_table(table(0, 100), path, write_page_index=True, bloom_filter_options={"id": True})
    data = path.read_bytes()
    length = int.from_bytes(data[-8:-4], "little")
    writer = thrift.Writer()
    writer.struct(thrift.Reader(data[-8 - length : -8]).struct())
    assert bytes(writer.data) == data[-8 - length : -8]
