from __future__ import annotations

import pytest

from pendant.cli.program import execute, program


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = execute(program("0.0.0"), words)
    out, err = capsys.readouterr()
    return code, out, err


def test_an_unknown_command_is_wrong_usage_and_the_near_one_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = said(capsys, "conections")
    assert (code, out) == (2, "")
    assert "There is no command conections" in err
    assert "Did you mean connections?" in err


def test_an_unknown_verb_is_wrong_usage_and_the_near_one_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = said(capsys, "connections", "lst")
    assert code == 2
    assert "Did you mean list?" in err


def test_an_unknown_option_is_wrong_usage_and_the_near_one_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = said(capsys, "connections", "list", "--serach", "x")
    assert code == 2
    assert "Did you mean --search?" in err


@pytest.mark.parametrize("option", ["--token", "--key", "--secret", "--password"])
@pytest.mark.parametrize("form", ["joined", "apart"])
def test_a_token_as_an_argument_is_refused_and_not_repeated(
    capsys: pytest.CaptureFixture[str], canary: str, option: str, form: str
) -> None:
    words = [f"{option}={canary}"] if form == "joined" else [option, canary]
    code, out, err = said(capsys, "connections", "create", "--name", "A", *words)
    assert code == 2
    assert "--token-stdin" in err
    assert canary not in out + err


def test_a_token_as_a_stray_word_is_not_repeated(capsys: pytest.CaptureFixture[str], canary: str) -> None:
    code, out, err = said(capsys, "connections", "create", "--name", "A", canary)
    assert code == 2
    assert canary not in out + err


def test_wrong_usage_with_json_is_one_document_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = said(capsys, "connections", "create", "--json")
    assert (code, err) == (2, "")
    assert out.startswith('{"error": {"code": "usage"')
    assert "--name" in out


def test_a_missing_argument_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = said(capsys, "connections", "show")
    assert code == 2
    assert "`pendant connections show --help`" in err


def test_help_and_version_end_well(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "--version") == (0, "0.0.0\n", "")
    code, out, _ = said(capsys, "--help")
    assert code == 0
    assert "connections" in out
