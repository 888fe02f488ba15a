from __future__ import annotations

import json

import pytest

from pendant.cli.output import Output, printable
from pendant.errors import WrongInput

PROBLEM = WrongInput("name_required", "The connection has no name.", hint="Enter one.", field="name")


def test_an_error_is_a_sentence_a_hint_and_a_code_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    Output().error(PROBLEM)
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "Error: The connection has no name.\n  Enter one.\n  [name_required]\n"


def test_an_error_for_a_program_is_one_json_document_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    Output(as_json=True).error(PROBLEM)
    out, err = capsys.readouterr()
    assert err == ""
    assert json.loads(out) == {
        "error": {
            "code": "name_required",
            "message": "The connection has no name.",
            "hint": "Enter one.",
            "field": "name",
        }
    }


def test_what_another_system_said_cannot_move_the_cursor_or_add_a_line() -> None:
    assert printable("ok\x1b[2J\r\nError: fine\x9b1m") == "ok�[2J��Error: fine�1m"


def test_a_table_keeps_markup_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    Output().table(("Name", "Rows"), [("[bold]x[/bold]", 5), (None, 12)], numbers=("Rows",))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["Name", "Rows"]
    assert "[bold]x[/bold]" in lines[1]
    assert lines[2].strip() == "12"
