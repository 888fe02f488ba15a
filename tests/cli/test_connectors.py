"""What there are connectors for."""

from __future__ import annotations

from cli.spoken import Cli


def test_connectors_are_listed_with_what_can_be_chosen(cli: Cli) -> None:
    listed = {each["name"]: each for each in cli("connectors", "list", "--json").json}
    assert [each["name"] for each in listed["pendo"]["regions"]] == ["us", "us1", "eu", "jp", "au"]
    assert cli("connectors", "show", "pendo", "--json").json == listed["pendo"]


def test_one_connector_says_where_its_token_is_found(cli: Cli) -> None:
    assert "Integration keys" in cli("connectors", "show", "pendo").out


def test_an_unknown_connector_is_answered_with_those_there_are(cli: Cli) -> None:
    said = cli("connectors", "show", "pendoo")
    assert said.code == 1
    assert "pendo" in said.err
    assert "[connector_unknown]" in said.err
