"""How far a run is: a bar on a terminal, now and then a line anywhere else, or JSON lines for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Annotated

from cyclopts import Parameter
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from pendant.cli.output import Output, console
from pendant.cli.shapes import progress_shape
from pendant.model.run import Progress as RunProgress


class ProgressAs(StrEnum):
    AUTO = "auto"
    """A bar on a terminal, else lines for people; with --json nothing."""
    LINES = "lines"
    JSON = "json"
    """One object a line on standard error, each second and at the end of every slice."""
    NONE = "none"


ProgressOption = Annotated[
    ProgressAs,
    Parameter(
        name="--progress",
        name_transform=str.lower,
        help="On standard error: auto (a bar on a terminal, else lines), lines, json (one object a line), or none.",
    ),
]

Listener = Callable[[RunProgress], None]

_SECONDS_BETWEEN_LINES = 10.0
_SECONDS_BETWEEN_OBJECTS = 1.0


@contextmanager
def shown_progress(output: Output, label: str, how: ProgressAs = ProgressAs.AUTO) -> Iterator[Listener]:
    """Give a listener that shows on standard error what it is told."""
    if how is ProgressAs.JSON:
        yield _Objects()
    elif how is ProgressAs.NONE or (how is ProgressAs.AUTO and output.as_json):
        yield lambda _: None
    elif how is ProgressAs.AUTO and sys.stderr.isatty():
        with _bar() as bar:
            yield _on_bar(bar, label)
    else:
        yield _Lines(output, label)


def _bar() -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=16),
        TextColumn("{task.fields[figures]}"),
        TimeElapsedColumn(),
        console=console(sys.stderr),
        transient=True,
    )


def _on_bar(bar: Progress, label: str) -> Listener:
    task = bar.add_task(label, total=None, figures="")

    def listen(now: RunProgress) -> None:
        if now.rows_total:
            bar.update(task, completed=min(now.rows_read, now.rows_total), total=now.rows_total)
        elif now.slices_total:
            bar.update(task, completed=now.slices_done, total=now.slices_total)
        bar.update(task, figures=figures(now))

    return listen


class _Lines:
    def __init__(self, output: Output, label: str) -> None:
        self._output = output
        self._label = label
        self._said_at = 0.0

    def __call__(self, now: RunProgress) -> None:
        if now.seconds - self._said_at >= _SECONDS_BETWEEN_LINES:
            self._said_at = now.seconds
            self._output.remark(f"{self._label}: {figures(now)}")


class _Objects:
    def __init__(self) -> None:
        self._said_at = -_SECONDS_BETWEEN_OBJECTS
        self._slices_done = 0

    def __call__(self, now: RunProgress) -> None:
        if now.slices_done == self._slices_done and now.seconds - self._said_at < _SECONDS_BETWEEN_OBJECTS:
            return
        self._said_at, self._slices_done = now.seconds, now.slices_done
        sys.stderr.write(json.dumps(progress_shape(now), ensure_ascii=False) + "\n")
        sys.stderr.flush()


def figures(now: RunProgress) -> str:
    if not now.slices_total:
        return "starting"
    rate = round(now.rows_read / now.seconds) if now.seconds else 0
    left = now.seconds_left
    parts = [
        f"{now.rows_read:,} rows",
        f"{rate:,}/s",
        f"{now.bytes_read / 1_000_000:,.1f} MB",
        f"slice {now.slices_done}/{now.slices_total}",
    ]
    if left is not None:
        parts.append(f"about {_duration(left)} left")
    if now.waiting_for:
        parts.append(f"waiting for {now.waiting_for}")
    return ", ".join(parts)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
