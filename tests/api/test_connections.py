"""Connections over the API, and the places where a token must never appear."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable, Iterator
from typing import Any, get_args

import pytest

from pendant.api.connections import Sort
from pendant.app import App
from pendant.model.access import Permission
from pendosim.running import Pendo, running
from server.rig import Answer, Client

NOON = 1_763_640_000_000
"""2025-11-20 12:00 UTC."""


@pytest.fixture(scope="session")
def pendo() -> Iterator[Pendo]:
    with running(now=NOON, visitors=20, accounts=4, days=2, events_per_day=10, seed=7, timezone="UTC") as simulator:
        yield simulator


@pytest.fixture
def sent(pendo: Pendo) -> dict[str, Any]:
    """What creates a connection that works."""
    return {
        "name": "Production",
        "application": "pendo",
        "api_type": "engage",
        "region": "custom",
        "base_uri": pendo.api,
        "token": pendo.key,
    }


@pytest.fixture
def canary() -> str:
    """A well-formed token that no system knows; never saved by a test that searches for it."""
    return f"canary{uuid.uuid4().hex}"


def test_a_connection_is_created_tested_and_shown_by_id_and_name(olga: Client, sent: dict[str, Any]) -> None:
    answer = olga.post("/api/v1/connections", sent)
    assert answer.status == 201
    saved = answer.json()
    assert saved["report"]["ok"] is True
    assert saved["connection"]["status"] == "online"
    for reference in (saved["connection"]["id"], "production"):
        shown = olga.get(f"/api/v1/connections/{reference}")
        assert shown.status == 200
        assert shown.json()["name"] == "Production"


def test_the_list_is_searched_and_sorted(olga: Client, sent: dict[str, Any]) -> None:
    for name in ("Beta", "alpha", "gamma"):
        assert olga.post("/api/v1/connections", sent | {"name": name, "test": False}).status == 201
    assert _names(olga.get("/api/v1/connections")) == ["alpha", "Beta", "gamma"]
    assert _names(olga.get("/api/v1/connections?sort=-name&search=A")) == ["gamma", "Beta", "alpha"]
    assert _names(olga.get("/api/v1/connections?search=et")) == ["Beta"]


@pytest.mark.parametrize("sort", get_args(Sort))
def test_every_order_that_the_api_offers_is_one_that_there_is(olga: Client, sort: str) -> None:
    assert olga.get(f"/api/v1/connections?sort={sort}").status == 200


def test_a_connection_is_replaced_whole_with_its_version_and_token(olga: Client, sent: dict[str, Any]) -> None:
    saved = olga.post("/api/v1/connections", sent).json()["connection"]
    path = f"/api/v1/connections/{saved['id']}"

    answer = olga.send("PUT", path, sent | {"name": "Renamed", "version": 1})
    assert answer.status == 200
    assert (answer.json()["connection"]["version"], answer.json()["connection"]["name"]) == (2, "Renamed")

    stale = olga.send("PUT", path, sent | {"version": 1})
    assert (stale.status, stale.code) == (409, "version_changed")


def test_what_get_shows_as_http_can_be_sent_back(olga: Client, sent: dict[str, Any]) -> None:
    shown = olga.post("/api/v1/connections", sent).json()["connection"]
    whole = {"name": "Production", "application": "pendo", "api_type": "engage", "http": shown["http"]}
    answer = olga.send("PUT", f"/api/v1/connections/{shown['id']}", whole | {"token": sent["token"], "version": 1})
    assert answer.status == 200
    assert answer.json()["connection"]["http"] == shown["http"]


@pytest.mark.parametrize("token", [None, "", "   ", "****************", "••••••••••••••••", "__unchanged__"])
def test_an_edit_without_the_token_changes_nothing(olga: Client, sent: dict[str, Any], token: str | None) -> None:
    saved = olga.post("/api/v1/connections", sent).json()["connection"]
    path = f"/api/v1/connections/{saved['id']}"
    answer = olga.send("PUT", path, sent | {"name": "Other", "version": 1, "token": token})
    assert (answer.status, answer.code, answer.json()["error"]["field"]) == (422, "token_required", "token")
    assert olga.get(path).json() == saved


def test_a_clone_needs_a_token_of_its_own(olga: Client, sent: dict[str, Any]) -> None:
    saved = olga.post("/api/v1/connections", sent).json()["connection"]
    path = f"/api/v1/connections/{saved['id']}/clone"
    assert olga.post(path, {"name": "Copy"}).code == "token_required"
    assert olga.post(path, {"name": "Copy", "token": sent["token"]}).json()["connection"]["name"] == "Copy"


def test_a_connection_is_tested_and_deleted(olga: Client, sent: dict[str, Any]) -> None:
    saved = olga.post("/api/v1/connections", sent | {"test": False}).json()["connection"]
    path = f"/api/v1/connections/{saved['id']}"
    assert olga.get(f"{path}/used-by").json() == {"used_by": []}
    assert olga.post(f"{path}/test").json()["ok"] is True
    assert olga.get(path).json()["last_test"]["ok"] is True
    assert olga.send("DELETE", path).status == 204
    assert olga.get(path).status == 404


def test_a_draft_is_tested_and_not_stored(olga: Client, sent: dict[str, Any]) -> None:
    report = olga.post("/api/v1/connections/test", sent).json()
    assert report["ok"] is True
    assert [stage["name"] for stage in report["stages"]][:1] == ["address"]
    assert olga.get("/api/v1/connections").json() == {"connections": []}


def test_d20_connections_are_tested_ten_times_a_minute_at_most(olga: Client, sent: dict[str, Any], canary: str) -> None:
    draft = sent | {"token": canary}
    statuses = [olga.post("/api/v1/connections/test", draft).status for _ in range(11)]
    assert statuses == [200] * 10 + [429]


def test_c01_no_answer_holds_the_stored_token(app: App, olga: Client, sent: dict[str, Any]) -> None:
    saved = olga.post("/api/v1/connections", sent)
    path = f"/api/v1/connections/{saved.json()['connection']['id']}"
    answers = [
        saved,
        olga.get("/api/v1/connections"),
        olga.get(path),
        olga.post(f"{path}/test"),
        olga.get(f"{path}/used-by"),
        olga.get("/api/v1/connections?fields=token"),
        olga.get(f"{path}?include_secrets=true"),
        olga.get(f"{path}/token"),
        olga.send("PATCH", path, {"token": sent["token"]}),
        olga.send("PUT", path, sent | {"version": 1}),
        olga.send("PUT", path, sent | {"version": 1}),
        olga.get("/api/v1/openapi.json"),
        olga.send("DELETE", path),
    ]
    assert [answer.status for answer in answers] == [201, 200, 200, 200, 200, 422, 422, 404, 405, 200, 409, 200, 204]
    for answer in answers:
        for spelling in _spellings(sent["token"]):
            assert spelling not in answer.everything


def test_c01_the_shapes_of_answers_have_no_field_for_a_token(olga: Client) -> None:
    described = olga.get("/api/v1/openapi.json").json()
    answered = {
        name: set(shape.get("properties", ()))
        for name, shape in described["components"]["schemas"].items()
        if name.endswith("Shape")
    }
    assert len(answered) > 15
    holders = {
        name for name, fields in answered.items() if fields & {"token", "text", "secret", "password", "token_hash"}
    }
    # A connector describes how its token is found; a new API token is shown once.
    assert holders == {"ApiTypeShape", "CreatedTokenShape"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"token": ["CANARY"]},
        {"token": {"CANARY": "CANARY"}},
        {"tokn": "CANARY"},
        {"CANARY": 1},
        {"name": "x" * 600},
        {"http": {"CANARY": {"base_uri": 1}}},
        {"region": "", "base_uri": "", "http": {"base_uri": "https://CANARY:x@example.com/"}},
        {"test": "CANARY"},
        {"token": "CANARY with spaces inside"},
        {"token": "CANARYé"},
        {"token": "CANARY" * 100},
    ],
)
def test_c02_a_refusal_never_repeats_what_was_sent(
    olga: Client, sent: dict[str, Any], canary: str, wrong: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    body = _with_canary(sent | {"token": canary} | wrong, canary)
    for method, path in (
        ("POST", "/api/v1/connections"),
        ("POST", "/api/v1/connections/test"),
        ("PUT", "/api/v1/connections/x"),
        ("POST", "/api/v1/connections/x/clone"),
    ):
        answer = olga.send(method, path, body)
        assert answer.status in (404, 422)
        for spelling in _spellings(canary):
            assert spelling not in answer.everything
            assert spelling not in caplog.text


def test_c02_broken_json_is_not_repeated(olga: Client, canary: str) -> None:
    for body in (f'{{"token": "{canary}"', f'"{canary}"', f'["{canary}"]', f'{{"token": {canary}}}'):
        answer = olga.send("POST", "/api/v1/connections", body=body.encode(), Content_Type="application/json")
        assert answer.status == 422
        assert canary not in answer.everything


def test_c24_a_refusal_tells_no_length_and_no_part_of_a_token(olga: Client, sent: dict[str, Any]) -> None:
    short, long = (olga.post("/api/v1/connections", sent | {"token": "k" * size}) for size in (15, 513))
    assert (short.code, long.code) == ("token_invalid", "token_invalid")
    assert "15" not in short.json()["error"]["message"].replace("16 to 512", "")
    assert "513" not in long.text


def test_e22_an_address_given_twice_is_refused(olga: Client, sent: dict[str, Any]) -> None:
    answer = olga.post("/api/v1/connections", sent | {"http": {"base_uri": "https://app.eu.pendo.io"}})
    assert (answer.status, answer.code) == (422, "address_twice")


@pytest.mark.parametrize("name", ["id", "version", "kek_id", "secret_version", "owner", "role", "status", "used_by"])
def test_e17_fields_that_are_not_for_callers_are_refused(olga: Client, sent: dict[str, Any], name: str) -> None:
    answer = olga.post("/api/v1/connections", sent | {name: 1})
    assert (answer.status, answer.code) == (422, "request_invalid")
    assert olga.get("/api/v1/connections").json() == {"connections": []}


def test_e16_who_only_looks_cannot_test_or_change(vera: Client, olga: Client, sent: dict[str, Any]) -> None:
    path = f"/api/v1/connections/{olga.post('/api/v1/connections', sent).json()['connection']['id']}"
    assert vera.get(path).status == 200
    for method, place in (("POST", f"{path}/test"), ("DELETE", path), ("PUT", path), ("POST", f"{path}/clone")):
        assert vera.send(method, place).status == 403


def test_e15_a_program_does_what_its_token_allows(
    program: Callable[..., Client], olga: Client, sent: dict[str, Any]
) -> None:
    writer = program(Permission.CONNECTIONS_WRITE)
    assert writer.post("/api/v1/connections", sent | {"test": False}).status == 201
    assert writer.get("/api/v1/connections").status == 403
    assert writer.post("/api/v1/connections", sent | {"name": "Other"}).status == 403


def _names(answer: Answer) -> list[str]:
    return [connection["name"] for connection in answer.json()["connections"]]


def _spellings(secret: str) -> list[str]:
    raw = secret.encode()
    return [secret, raw.hex(), base64.b64encode(raw).decode().rstrip("="), base64.b64encode(b"x" + raw).decode()[4:20]]


def _with_canary(value: Any, canary: str) -> Any:
    if isinstance(value, dict):
        return {_with_canary(key, canary): _with_canary(inner, canary) for key, inner in value.items()}
    if isinstance(value, list):
        return [_with_canary(inner, canary) for inner in value]
    return value.replace("CANARY", canary) if isinstance(value, str) else value
