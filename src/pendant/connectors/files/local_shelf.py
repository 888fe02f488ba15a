"""The files of days in a folder of this machine."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from pendant.connectors.files.disk import sync_file, sync_folder
from pendant.connectors.files.staging import target_exists
from pendant.errors import WrongInput

NAME = "part-0.parquet"


class LocalShelf:
    """Implements folder.Shelf."""

    def __init__(self, folder: Path, *, may_replace: bool) -> None:
        self._folder = folder
        self._may_replace = may_replace

    def check(self) -> None:
        if self._folder.exists() and not self._folder.is_dir():
            raise WrongInput(
                "target_not_a_folder",
                f"{self._folder} is not a folder, and the / at its end says that it should be one.",
                hint="Leave the / out, or choose another target.",
                field="target",
            )
        if self._folder.is_dir() and any(self._folder.iterdir()) and not self._may_replace:
            raise target_exists(self._folder)

    def days(self) -> list[str]:
        return sorted(file.parent.name.removeprefix("date=") for file in self._folder.glob(f"date=*/{NAME}"))

    def fetch(self, day: str, scratch: Path) -> Path:  # noqa: ARG002 - it is here already
        return self._file(day)

    def show(self, day: str, finished: Path) -> None:
        file = self._file(day)
        file.parent.mkdir(parents=True, exist_ok=True)
        sync_file(finished)
        finished.replace(file)
        for folder in (file.parent, self._folder, self._folder.parent):
            sync_folder(folder)

    def remove(self, day: str) -> None:
        """Remove the file of a day; a folder in which something else lies stays."""
        self._file(day).unlink(missing_ok=True)
        with suppress(OSError):
            self._file(day).parent.rmdir()

    def _file(self, day: str) -> Path:
        return self._folder / f"date={day}" / NAME
