from __future__ import annotations

import json
from dataclasses import replace

import pytest

from pendant.cli.output import Output
from pendant.cli.progress import ProgressAs, figures, shown_progress
from pendant.model.run import Progress, RunState, Slice, SliceRecord, SliceState

NOW = Progress(
    run_id="r",
    state=RunState.RUNNING,
    slices_done=2,
    slices_total=5,
    rows_read=12_000,
    rows_written=11_000,
    rows_total=None,
    bytes_read=1,
    requests=3,
    retries=0,
    seconds=4.0,
)


def test_rows_rate_and_slices_are_shown() -> None:
    now = replace(NOW, bytes_read=1_250_000)
    assert figures(now) == "12,000 rows, 3,000/s, 1.2 MB, slice 2/5, about 6 s left"


def test_the_time_left_goes_by_rows_where_their_number_is_known() -> None:
    assert replace(NOW, rows_total=36_000).seconds_left == 8.0
    assert figures(replace(NOW, rows_total=1_200_000)).endswith("about 6 min 36 s left")
    assert replace(NOW, slices_done=0).seconds_left is None


def test_what_a_run_waits_for_is_shown() -> None:
    assert figures(replace(NOW, waiting_for="a rate limit")).endswith(", waiting for a rate limit")


def test_before_there_are_slices_it_is_starting() -> None:
    assert figures(replace(NOW, slices_total=0)) == "starting"


def test_the_first_moment_has_no_rate() -> None:
    assert figures(replace(NOW, seconds=0.0)).startswith("12,000 rows, 0/s")


def test_without_a_terminal_there_is_a_line_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    with shown_progress(Output(), "visitors") as listener:
        for second in range(25):
            listener(replace(NOW, seconds=float(second)))
    out, err = capsys.readouterr()
    assert out == ""
    assert [line.split(":")[0] for line in err.splitlines()] == ["visitors", "visitors"]


def test_a_program_is_told_nothing_between(capsys: pytest.CaptureFixture[str]) -> None:
    with shown_progress(Output(as_json=True), "visitors") as listener:
        listener(replace(NOW, seconds=100.0))
    assert capsys.readouterr() == ("", "")


def test_json_lines_say_every_second_and_at_every_slice_how_far_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    part = SliceRecord(Slice("s", 0, 1, "one day"), SliceState.RUNNING, rows_read=7, bytes_read=70)
    with shown_progress(Output(as_json=True), "visitors", ProgressAs.JSON) as listener:
        for seconds, done in ((0.0, 0), (0.1, 0), (0.2, 1), (0.3, 1), (1.5, 1)):
            listener(replace(NOW, seconds=seconds, slices_done=done, slices=(part,)))
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["event"], line["seconds"]) for line in lines] == [("progress", s) for s in (0.0, 0.2, 1.5)]
    (shown,) = lines[0]["slices"]
    assert (shown["key"], shown["state"], shown["rows_read"], shown["bytes_read"]) == ("s", "running", 7, 70)


def test_no_progress_is_shown_where_none_is_wanted(capsys: pytest.CaptureFixture[str]) -> None:
    with shown_progress(Output(), "visitors", ProgressAs.NONE) as listener:
        listener(replace(NOW, seconds=60.0))
    assert capsys.readouterr().err == ""
