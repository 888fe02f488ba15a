"""From the name of a target to the destination that writes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from pendant.connectors.files.destination import FileDestination, FileFormat
from pendant.connectors.files.folder import MODES as FOLDER_MODES
from pendant.connectors.files.folder import FolderDestination
from pendant.connectors.files.local_shelf import LocalShelf
from pendant.connectors.files.parquet_format import ParquetFormat
from pendant.connectors.files.staging import Staging
from pendant.connectors.files.text_formats import Compression, Csv, JsonLines, TextFormat
from pendant.connectors.loading import ONLY_REPLACE, refuse_mode
from pendant.connectors.s3.destination import ObjectDestination, folder_destination
from pendant.connectors.systems import Place, System, place_of
from pendant.connectors.tables.table_file import FileEngine, TableFileDestination, TableInFile
from pendant.errors import WrongInput
from pendant.model.export import Export
from pendant.model.pipeline import REPLACE, Destination, Load
from pendant.model.run import Note

DELTA = "delta:"
COMPRESSIONS: dict[str, Compression] = {".gz": "gzip", ".zst": "zstd"}
JSON_LINES = frozenset({".jsonl", ".ndjson"})
ENDINGS = (
    ".parquet, .csv, .jsonl and .ndjson (these three also with .gz or .zst), "
    ".duckdb, .sqlite, .sqlite3 and .db (these four also with #TABLE), a folder, with a / at its end, or delta:FOLDER/"
)


def _unheard(_note: Note) -> None:
    """Stand where nobody keeps notes: a rehearsal writes nothing."""


def open_destination(
    export: Export,
    *,
    run_id: str,
    may_replace: bool,
    load: Load = REPLACE,
    note: Callable[[Note], None] = _unheard,
    system: System | None = None,
) -> Destination:
    """Return the destination of `export.target`; nothing is looked at or written yet.

    `may_replace` allows writing to a target that exists already, in every mode. `note` hears what a person should
    know about the load. `system` leads to a target in another system, one that `place_of` recognises.
    Raises WrongInput (`unknown_target`, `load_unsupported`, `connection_cannot_load`); SetupProblem (`extra_missing`).
    """
    if place := place_of(export.target):
        return _elsewhere(place, export, system, run_id=run_id, may_replace=may_replace, load=load, note=note)
    if export.target.startswith(DELTA):
        from pendant.connectors.delta.destination import DeltaDestination  # noqa: PLC0415 - an extra

        folder = _path(export.target.removeprefix(DELTA))
        return DeltaDestination(folder, run_id=run_id, may_replace=may_replace, load=load, note=note)
    path, mark, table = export.target.partition("#")
    if engine := _engine(path):
        target = TableInFile(_path(path), table if mark else export.resource, may_replace)
        return TableFileDestination(engine, target, run_id=run_id, load=load, note=note)
    if export.target.endswith("/"):
        refuse_mode(load, FOLDER_MODES, "A folder of days")
        folder = _path(export.target)
        shelf = LocalShelf(folder, may_replace=may_replace)
        return FolderDestination(shelf, Staging(folder, run_id), load=load, note=note)
    refuse_mode(load, ONLY_REPLACE, "A single file")
    return FileDestination(_path(export.target), _format(export.target), run_id=run_id, may_replace=may_replace)


def takes_records(target: str) -> bool:
    """Say whether the target can hold records as they came, next to rows of columns."""
    return _kind(target)[0] in JSON_LINES


def _elsewhere(
    place: Place,
    export: Export,
    system: System | None,
    *,
    run_id: str,
    may_replace: bool,
    load: Load,
    note: Callable[[Note], None],
) -> Destination:
    if system is None or system.connection.application != place.application:
        raise WrongInput(
            "connection_cannot_load",
            f"The target {export.target} needs a connection of the application {place.application}.",
            hint="Name such a connection in the target.",
            field="target",
        )
    if place.application == "s3":
        return _objects(place, system, run_id=run_id, may_replace=may_replace, load=load, note=note)
    from pendant.connectors.postgresql.destination import PostgreSqlDestination  # noqa: PLC0415 - takes 20 MB

    named = replace(place, name=place.name or export.resource)
    return PostgreSqlDestination(named, system, run_id=run_id, may_replace=may_replace, load=load, note=note)


def _objects(
    place: Place, system: System, *, run_id: str, may_replace: bool, load: Load, note: Callable[[Note], None]
) -> Destination:
    if place.name.endswith("/"):
        refuse_mode(load, FOLDER_MODES, "A folder of days")
        return folder_destination(place, system, run_id=run_id, may_replace=may_replace, load=load, note=note)
    refuse_mode(load, ONLY_REPLACE, "A single file")
    return ObjectDestination(place, system, _format(place.name), run_id=run_id, may_replace=may_replace)


def _engine(path: str) -> FileEngine | None:
    """Return what writes the tables of a database file; each takes 20 to 40 MB, and is loaded when it is needed."""
    match Path(path).suffix.lower():
        case ".duckdb":
            from pendant.connectors.duckdb.engine import DuckDbEngine  # noqa: PLC0415 - see above

            return DuckDbEngine()
        case ".sqlite" | ".sqlite3" | ".db":
            from pendant.connectors.sqlite.engine import SqliteEngine  # noqa: PLC0415 - see above

            return SqliteEngine()
        case _:
            return None


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
