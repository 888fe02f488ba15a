"""Who am I, the vault, tokens, connectors, and the description of the API."""

from collections.abc import Callable

from fastapi import FastAPI

from pendant.model.access import Permission, Role
from server.fixtures import PASSWORD
from server.rig import Client


def test_me_says_who_asks_and_what_they_may(olga: Client, vera: Client) -> None:
    assert olga.get("/api/v1/me").json()["permissions"] == sorted(Permission)
    assert vera.get("/api/v1/me").json()["permissions"] == ["connections:read", "exports:read", "runs:read"]


def test_the_state_of_the_vault_is_shown_to_whoever_may_see_it(olga: Client, vera: Client) -> None:
    assert olga.get("/api/v1/vault").json()["state"] in ("empty", "ok")
    assert olga.post("/api/v1/vault/verify").json()["secrets"] == 0
    assert vera.get("/api/v1/vault").status == 403


def test_connectors_say_what_can_be_chosen_and_exported(olga: Client) -> None:
    connectors = {each["name"]: each for each in olga.get("/api/v1/connectors").json()["connectors"]}
    pendo = connectors["pendo"]
    assert [each["name"] for each in pendo["api_types"]] == ["engage", "track"]
    assert {each["name"] for each in pendo["regions"]} == {"us", "us1", "eu", "jp", "au"}
    assert "visitors" in {each["name"] for each in pendo["resources"]}
    assert olga.get("/api/v1/connectors/pendo").json() == pendo


def test_a_token_is_made_used_listed_and_revoked(olga: Client, port: int) -> None:
    made = olga.post("/api/v1/tokens", {"name": "nightly", "permissions": ["runs:read"], "days": 7})
    assert made.status == 201
    text, token = made.json()["text"], made.json()["token"]
    program = Client(port, bearer=text)
    assert program.get("/api/v1/runs").json() == {"runs": []}

    listed = olga.get("/api/v1/tokens")
    assert [each["name"] for each in listed.json()["tokens"]] == ["nightly"]
    assert text not in listed.text

    assert olga.send("DELETE", f"/api/v1/tokens/{token['id']}").status == 204
    assert program.get("/api/v1/runs").status == 401


def test_e15_a_program_cannot_make_itself_a_wider_token(program: Callable[..., Client]) -> None:
    minter = program(Permission.TOKENS_WRITE)
    assert minter.post("/api/v1/tokens", {"name": "x", "permissions": ["tokens:write"]}).status == 201
    assert minter.post("/api/v1/tokens", {"name": "x", "permissions": ["vault:read"]}).code == "token_wider"


def test_the_description_holds_every_route_of_the_api_with_its_permission(olga: Client, table: FastAPI) -> None:
    described = olga.get("/api/v1/openapi.json").json()
    assert all(path.startswith("/api/v1/") for path in described["paths"])
    operations = [operation for methods in described["paths"].values() for operation in methods.values()]
    assert len(operations) == 38
    assert {operation["x-permission"] for operation in operations} <= {*Permission, "signed in"}


def test_c20_the_description_is_for_whoever_is_signed_in(stranger: Client, vera: Client) -> None:
    assert stranger.get("/api/v1/openapi.json").status == 401
    assert vera.get("/api/v1/openapi.json").status == 200
    assert [stranger.get(path).status for path in ("/docs", "/redoc", "/openapi.json", "/metrics", "/debug")] == [
        404
    ] * 5


def test_c20_the_health_check_says_nothing_but_that_it_answers(stranger: Client) -> None:
    assert stranger.get("/healthz").json() == {"status": "ok"}


def test_a_password_is_changed_in_a_session_and_by_nothing_else(
    olga: Client, stranger: Client, program: Callable[..., Client], sessions: dict[Role, str]
) -> None:
    asked = {"old_password": PASSWORD, "new_password": "copper ladder quiet moss"}
    assert stranger.post("/api/v1/me/password", asked).status == 401
    by_token = program().post("/api/v1/me/password", asked)
    assert (by_token.status, by_token.code) == (403, "session_needed")
    assert olga.post("/api/v1/me/password", asked | {"old_password": "nope"}).code == "password_wrong"
    assert olga.post("/api/v1/me/password", asked).status == 204
    assert olga.get("/api/v1/me").status == 401


def test_users_are_listed_to_whoever_may_manage_them(olga: Client, vera: Client) -> None:
    listed = olga.get("/api/v1/users").json()["users"]
    assert [(each["name"], each["role"]) for each in listed] == [
        ("Olga", "owner"),
        ("Otto", "operator"),
        ("Vera", "viewer"),
    ]
    assert vera.get("/api/v1/users").status == 403


def test_resources_say_what_can_be_exported_and_how(olga: Client) -> None:
    found = {each["name"]: each for each in olga.get("/api/v1/resources?connector=pendo").json()["resources"]}
    assert (found["pageEvents"]["takes_times"], found["visitors"]["takes_times"]) == (True, False)
    assert olga.get("/api/v1/resources?connector=nothing").code == "connector_unknown"
