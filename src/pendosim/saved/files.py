"""Lines of JSON, read with the place of whatever is wrong in them, and files put in place when they are whole."""

import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import TypeVar

import msgspec

Read = TypeVar("Read")


class BadFile(ValueError):
    def __init__(self, path: Path, reason: str, line: int | None = None) -> None:
        place = f"{path}, line {line}" if line else str(path)
        super().__init__(f"{place}: {reason}")


def read_lines(path: Path, wanted: type[Read]) -> Iterator[tuple[int, bytes, Read]]:
    """Each line that is not blank, with its number, as it stands and as it reads. Raises BadFile."""
    decode = msgspec.json.Decoder(wanted).decode
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if not line.isspace():
                    yield number, line, _read(path, number, line, decode)
    except OSError as bad:
        raise BadFile(path, bad.strerror or "cannot be read") from bad


def _read(path: Path, number: int, line: bytes, decode: Callable[[bytes], Read]) -> Read:
    try:
        return decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as bad:
        raise BadFile(path, str(bad), number) from bad
    except RecursionError as deep:
        raise BadFile(path, "nested too deeply", number) from deep


def read_whole(path: Path, wanted: type[Read]) -> Read:
    """One JSON value. Raises BadFile, with the line where the text is no JSON."""
    try:
        text = path.read_bytes()
        return msgspec.json.decode(text, type=wanted)
    except OSError as bad:
        raise BadFile(path, bad.strerror or "cannot be read") from bad
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as bad:
        raise BadFile(path, str(bad), _line_of_error(text)) from bad


def _line_of_error(text: bytes) -> int | None:
    """Find the line where the text stops being JSON; None where it is JSON of another shape."""
    try:
        json.loads(text)
    except json.JSONDecodeError as malformed:
        return malformed.lineno
    except (UnicodeDecodeError, RecursionError):
        return None
    return None


@contextmanager
def put_in_place(directory: Path) -> Iterator[Path]:
    """Give a place to write to; its files move into the directory once all of them are written."""
    directory.mkdir(parents=True, exist_ok=True)
    draft = Path(mkdtemp(prefix=".saving-", dir=directory))
    try:
        yield draft
        for file in sorted(draft.iterdir()):
            file.replace(directory / file.name)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def write_lines(path: Path, lines: Iterable[bytes]) -> None:
    with path.open("wb") as file:
        file.writelines(line + b"\n" for line in lines)
