"""Every command that docs/exports.md prints works as printed, from top to bottom."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from cli.spoken import Cli, Create

DOCS = Path(__file__).parents[2] / "docs"


def printed(page: str) -> list[list[str]]:
    blocks = re.findall(r"```sh\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL)
    return [shlex.split(line) for block in blocks for line in block.splitlines() if line.strip()]


@pytest.mark.parametrize("page", ["exports.md", "destinations.md"])
def test_the_commands_of_a_page_work_as_printed(
    page: str, cli: Cli, create: Create, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create("Production")
    monkeypatch.chdir(home)
    commands = printed(page)
    assert commands
    for program, *words in commands:
        assert program == "pendant"
        said = cli(*words)
        assert said.code == 0, (words, said.err)
