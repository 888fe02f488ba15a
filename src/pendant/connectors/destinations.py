"""From the name of a target to the destination that writes it."""

from __future__ import annotations

from pathlib import Path

from pendant.connectors.files.destination import FileDestination, FileFormat
from pendant.connectors.files.parquet_format import ParquetFormat
from pendant.connectors.files.text_formats import Compression, Csv, JsonLines, TextFormat
from pendant.errors import WrongInput
from pendant.model.export import Export
from pendant.model.pipeline import Destination

COMPRESSIONS: dict[str, Compression] = {".gz": "gzip", ".zst": "zstd"}
JSON_LINES = frozenset({".jsonl", ".ndjson"})
ENDINGS = ".parquet, .csv, .jsonl and .ndjson (these three also with .gz or .zst), .duckdb and .duckdb#TABLE"


def open_destination(export: Export, *, run_id: str, may_replace: bool) -> Destination:
    """Return the destination of `export.target`; nothing is looked at or written yet.

    `may_replace` allows taking the place of a target that exists already.
    """
    path, mark, table = export.target.partition("#")
    if path.lower().endswith(".duckdb"):
        from pendant.connectors.duckdb.destination import DuckDbDestination  # noqa: PLC0415 - takes 40 MB

        return DuckDbDestination(
            _path(path), table if mark else export.resource, run_id=run_id, may_replace=may_replace
        )
    return FileDestination(_path(export.target), _format(export.target), run_id=run_id, may_replace=may_replace)


def takes_records(target: str) -> bool:
    """Say whether the target can hold records as they came, next to rows of columns."""
    return _kind(target)[0] in JSON_LINES


def _path(text: str) -> Path:
    return Path(text).expanduser().absolute()


def _kind(target: str) -> tuple[str, Compression | None]:
    """Return the ending that says what a file is, and how it is compressed."""
    suffixes = [suffix.lower() for suffix in Path(target).suffixes]
    compression = COMPRESSIONS.get(suffixes[-1]) if suffixes else None
    return "".join(suffixes[-2:-1] if compression else suffixes[-1:]), compression


def _format(target: str) -> FileFormat:
    kind, compression = _kind(target)
    if kind == ".parquet" and compression is None:
        return ParquetFormat()
    if kind == ".csv":
        return TextFormat(Csv(), compression)
    if kind in JSON_LINES:
        return TextFormat(JsonLines(), compression)
    raise WrongInput(
        "unknown_target",
        f"The ending of {target} names no kind of file.",
        hint=f"Use one of {ENDINGS}.",
        field="target",
    )
