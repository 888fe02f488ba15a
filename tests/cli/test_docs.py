"""The docs say what there is, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from cyclopts import App as Program

from pendant import settings
from pendant.cli.program import program

DOCS = Path(__file__).parents[2] / "docs"
BUILT_IN = {"--help", "-h", "--version"}


def commands(node: Program, words: tuple[str, ...] = ("pendant",)) -> Iterator[tuple[str, Program]]:
    for name in node:
        if name not in BUILT_IN:
            yield " ".join((*words, name)), node[name]
            yield from commands(node[name], (*words, name))


def options(command: Program) -> set[str]:
    if command.default_command is None:
        return set()
    return {
        name for argument in command.assemble_argument_collection() for name in argument.names if name.startswith("--")
    }


def sections() -> dict[str, str]:
    """From a command's heading to its text; a command without verbs has a heading of level two."""
    text = (DOCS / "cli.md").read_text(encoding="utf-8")
    parts = re.split(r"^#{2,3} (pendant [a-z -]+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_command_has_a_section_and_every_section_a_command() -> None:
    served_elsewhere = {"pendant serve"}
    assert set(sections()) == {words for words, _ in commands(program("0"))} | served_elsewhere


def test_every_option_is_documented_in_its_command_and_every_documented_option_exists() -> None:
    documented = sections()
    for words, command in commands(program("0")):
        if command.default_command is None:
            continue
        found = set(re.findall(r"`(--[a-z-]+)`", documented[words]))
        assert found == options(command), words


def test_every_command_and_every_option_explains_itself() -> None:
    for words, command in commands(program("0")):
        assert command.help, words
        if command.default_command is None:
            continue
        for argument in command.assemble_argument_collection():
            if argument.names and argument.show:
                assert argument.parameter.help, f"{words} {argument.names}"


def test_no_option_takes_a_token() -> None:
    for words, command in commands(program("0")):
        assert not {"--token", "--key", "--secret", "--password"} & options(command), words


def test_the_settings_page_lists_every_setting_and_no_other() -> None:
    text = (DOCS / "settings.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(PENDANT_[A-Z_]+)` \|", text, flags=re.MULTILINE)) == set(settings.NAMES)
