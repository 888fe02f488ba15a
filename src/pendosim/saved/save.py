"""Writing a subscription to a directory, as it stands at this moment."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np

from pendosim.saved.events import event_lines
from pendosim.saved.files import BadFile, put_in_place, write_lines
from pendosim.saved.shapes import FORMAT, AppLine, Subscription
from pendosim.tables import Indices, Table
from pendosim.values import to_json
from pendosim.world.world import World

MANIFEST = "subscription.json"
_NEWLINE = ord("\n")


def check_place(directory: Path) -> None:
    """Raise BadFile where saving would mix with something else, before anything has been lost by it."""
    if directory.exists() and not directory.is_dir():
        raise BadFile(directory, "is not a directory")
    if directory.is_dir() and any(directory.iterdir()) and not (directory / MANIFEST).exists():
        raise BadFile(directory, f"holds other files; wanted an empty directory or one with a {MANIFEST}")


def save(world: World, directory: Path) -> None:
    """Raise BadFile or OSError; what stood there before stays until all is written."""
    check_place(directory)
    activity, pools = world.events()
    of = world.definitions
    with put_in_place(directory) as draft:
        write_lines(draft / "apps.jsonl", map(_json, (AppLine(*app) for app in _apps(world))))
        for name, objects in (
            ("pages", of.pages),
            ("features", of.features),
            ("track_types", of.track_types),
            ("guides", world.guides),
            ("segments", world.segments),
            ("reports", world.reports),
        ):
            write_lines(draft / f"{name}.jsonl", map(to_json, objects))
        _write_rows(draft / "visitors.jsonl", world.visitors(), "visitorId", world.people.visitor_ids)
        _write_rows(draft / "accounts.jsonl", world.accounts(), "accountId", world.people.account_ids)
        _write_table(draft / "guide_events.jsonl", world.guide_events())
        _write_table(draft / "poll_events.jsonl", world.poll_events())
        write_lines(draft / "events.jsonl", event_lines(activity, pools))
        manifest = Subscription(
            format=FORMAT,
            made_at=world.made_at,
            timezone=world.options.timezone,
            seed=world.options.seed,
            ips=list(pools.ips),
        )
        (draft / MANIFEST).write_bytes(msgspec.json.format(_json(manifest), indent=1) + b"\n")


_json = msgspec.json.Encoder().encode


def _apps(world: World) -> Iterator[tuple[int, str, str, str]]:
    return ((app.id, app.name, app.platform, app.server) for app in world.apps)


def _write_rows(path: Path, table: Table, name: str, ids: Sequence[str]) -> None:
    """In the order of `ids`, which is that of making; served rows stand in another. Others follow."""
    column = table.column((name,))
    rows = {} if column is None or column.words is None else _rows_by_id(column.words, column.numbers)
    known = [rows.pop(one) for one in ids if one in rows]
    _write(path, table, np.array([*known, *rows.values()], dtype=np.int64))


def _rows_by_id(words: Sequence[str], places: Indices) -> dict[str, int]:
    return {words[place]: row for row, place in enumerate(places.tolist())}


def _write_table(path: Path, table: Table) -> None:
    _write(path, table, np.arange(len(table), dtype=np.int64))


def _write(path: Path, table: Table, rows: Indices) -> None:
    with path.open("wb") as file:
        file.writelines(_lines(table, rows))


def _lines(table: Table, rows: Indices) -> Iterable[bytes]:
    """Blocks of rows, with the comma behind each row turned into the end of a line."""
    for block in table.blocks(rows):
        text = np.frombuffer(block.data, dtype=np.uint8).copy()
        text[np.asarray(block.ends)] = _NEWLINE
        yield text.tobytes()
