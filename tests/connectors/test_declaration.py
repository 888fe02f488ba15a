"""Connector declarations: what they hold, what is refused, and what is derived from them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pendant.connectors.catalogue import api_type_of, parse, resource_of
from pendant.connectors.document import RESOURCES_FILE, SCHEMA_FILE, resources_text, schema_text
from pendant.connectors.strict_yaml import DeclarationProblem
from pendant.errors import WrongInput

REPOSITORY = Path(__file__).parents[2]
ROOM = REPOSITORY / "src/pendant/connectors"
SMALL = """
name: example
title: Example
summary: An example.
api_types:
  - {name: rest, title: REST, summary: Reads., token: {summary: A token.}}
"""


def test_every_folder_with_a_declaration_is_in_the_catalogue(catalogue):
    folders = sorted(file.parent.name for file in ROOM.glob("*/connector.yaml"))
    assert [connector.name for connector in catalogue.all()] == folders
    assert {"http", "pendo"} <= set(folders)


def test_pendo_has_two_api_types_and_five_regions(catalogue):
    pendo = catalogue.connector("pendo")
    assert [api_type.name for api_type in pendo.api_types] == ["engage", "track"]
    assert {region.name: (region.api, region.data) for region in pendo.regions} == {
        "us": ("https://app.pendo.io", "https://data.pendo.io"),
        "us1": ("https://us1.app.pendo.io", "https://us1.data.pendo.io"),
        "eu": ("https://app.eu.pendo.io", "https://data.eu.pendo.io"),
        "jp": ("https://app.jpn.pendo.io", "https://data.jpn.pendo.io"),
        "au": ("https://app.au.pendo.io", "https://data.au.pendo.io"),
    }


@pytest.mark.parametrize("name", ["engage", "track"])
def test_each_pendo_token_has_its_retrieval_steps(catalogue, name):
    token = api_type_of(catalogue.connector("pendo"), name).token
    assert token.help is not None
    assert token.help.title == f"How to retrieve the {name} API token"
    assert token.help.steps[0].startswith("Sign in to Pendo")
    assert token.help.steps[-1].startswith("Copy the")


def test_both_pendo_api_types_send_the_token_in_the_same_header_without_a_scheme(catalogue):
    for api_type in catalogue.connector("pendo").api_types:
        http = api_type.settings("https://example.com")
        assert http.authentication.name == "x-pendo-integration-key"
        assert http.authentication.scheme == ""


def test_the_small_declaration_is_enough():
    assert parse(SMALL, where="example").api_types[0].name == "rest"


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (SMALL + "colour: red\n", "colour"),
        (SMALL + "title: Again\n", "stands twice"),
        (SMALL.replace("title: Example", "title: 5"), "title"),
        (SMALL.replace("title: Example", "<<: {title: Example}"), "merge keys"),
        (SMALL + "[a, b]: c\n", "a key must be a word"),
        (SMALL.replace("Reads.", "&reads Reads.").replace("A token.", "*reads"), "aliases"),
        (SMALL.replace("title: Example", "title: &anchor Example"), "anchors"),
        (SMALL.replace("title: Example", "title: !!python/name:os.system x"), "could not determine a constructor"),
        (SMALL + "resources:\n  - {name: a, title: A, summary: A., kind: list, key: [id]}\n", "lacks"),
        (SMALL + "regions: [{name: us, title: US, api: 'http://a.example', data: 'https://b.example'}]\n", "api"),
        (SMALL.replace("summary: An example.", "summary: ["), "expected"),
    ],
)
def test_a_declaration_with_a_mistake_is_refused(broken, why):
    with pytest.raises(DeclarationProblem, match=why):
        parse(broken, where="example")


def test_an_unknown_resource_is_answered_with_near_names(catalogue):
    with pytest.raises(WrongInput) as problem:
        resource_of(catalogue.connector("pendo"), "visitor")
    assert problem.value.code == "unknown_resource"
    assert "visitors" in problem.value.hint


@pytest.mark.parametrize("name", ["", "salesforce"])
def test_an_unknown_application_is_answered_with_those_there_are(catalogue, name):
    with pytest.raises(WrongInput) as problem:
        catalogue.connector(name)
    assert (problem.value.code, problem.value.field) == ("unknown_application", "application")
    assert "pendo" in problem.value.hint


@pytest.mark.parametrize(("name", "code"), [("", "api_type_required"), ("Engage", "unknown_api_type")])
def test_an_api_type_must_be_chosen_where_there_are_several(catalogue, name, code):
    with pytest.raises(WrongInput) as problem:
        api_type_of(catalogue.connector("pendo"), name)
    assert (problem.value.code, problem.value.field) == (code, "api_type")


def test_the_only_api_type_need_not_be_named(catalogue):
    assert api_type_of(catalogue.connector("http"), "").name == "http"


def test_every_declaration_points_editors_at_the_schema():
    for file in ROOM.glob("*/connector.yaml"):
        first = file.read_text(encoding="utf-8").partition("\n")[0]
        assert first == "# yaml-language-server: $schema=../connector.schema.json", file


def test_the_published_schema_is_that_of_the_model():
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text(), "run python -m pendant.connectors.document"
    json.loads(schema_text())


def test_the_list_of_resources_is_made_from_the_declarations(catalogue):
    written = (REPOSITORY / RESOURCES_FILE).read_text(encoding="utf-8")
    assert written == resources_text(catalogue), "run python -m pendant.connectors.document"
