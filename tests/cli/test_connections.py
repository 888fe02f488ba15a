from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.spoken import CREATE, Cli, Create
from pendosim import Pendo


def test_a_connection_is_created_listed_shown_and_deleted(cli: Cli, create: Create) -> None:
    made = create("Production")
    assert (made.code, made.err) == (0, "")
    assert "Created connection Production" in made.out
    listed = cli("connections", "list")
    assert "Production" in listed.out
    assert "untested" in listed.out
    shown = cli("connections", "show", "PRODUCTION")
    assert "never shown" in shown.out
    deleted = cli("connections", "delete", "production")
    assert deleted.code == 0
    assert "revokes" in deleted.out
    assert "no connections yet" in cli("connections", "list").err


def test_the_json_of_a_connection_has_what_the_docs_say(cli: Cli, create: Create, pendo: Pendo) -> None:
    made = create("Production", "--json").json
    assert set(made) == {
        *("id", "name", "application", "api_type", "region", "time_zone", "status", "access", "version", "created_at"),
        *("updated_at", "updated_by", "token_set_at", "used_by", "last_test", "http", "token_trimmed"),
    }
    assert made["http"]["base_uri"].rstrip("/") == pendo.api.rstrip("/")
    assert made["http"]["authentication"]["name"].lower() == "x-pendo-integration-key"
    assert made["token_trimmed"] is False
    shown = cli("connections", "show", made["id"], "--json").json
    assert shown == {name: value for name, value in made.items() if name != "token_trimmed"}
    assert cli("connections", "list", "--json").json == [shown]


def test_a_tested_connection_shows_every_stage(cli: Cli, pendo: Pendo) -> None:
    said = cli(*CREATE, "--name", "A", "--base-uri", pendo.api, stdin=pendo.key + "\n")
    assert said.code == 0
    assert "✓ Address allowed" in said.out
    assert "read-write" in said.out
    assert "White space" not in said.err


def test_a_saved_connection_is_tested_stage_by_stage(cli: Cli, create: Create) -> None:
    create("Production")
    said = cli("connections", "test", "Production")
    assert said.code == 0
    assert said.out.count("✓") >= 3
    report = cli("connections", "test", "Production", "--json").json
    assert report["ok"] is True
    assert report["access"] == "read-write"
    assert {"name", "title", "outcome", "detail", "hint", "code"} == set(report["stages"][0])


def test_a_wrong_key_is_refused_and_nothing_is_saved(cli: Cli, pendo: Pendo, canary: str) -> None:
    said = cli(*CREATE, "--name", "A", "--base-uri", pendo.api, stdin=canary)
    assert said.code == 1
    assert "Error: " in said.err
    assert "Nothing was saved." in said.err
    assert "[credentials_refused]" in said.err
    assert "✓ Address allowed" in said.out
    assert "✗ Token accepted" in said.out
    assert canary not in said.out + said.err
    assert cli("connections", "list", "--json").json == []


def test_a_failed_test_of_a_saved_connection_is_exit_code_1(cli: Cli, pendo: Pendo, canary: str) -> None:
    cli(*CREATE, "--name", "A", "--base-uri", pendo.api, "--no-test", stdin=canary)
    said = cli("connections", "test", "A")
    assert said.code == 1
    assert "✗" in said.out


def test_a_track_secret_used_for_engage_is_refused_with_the_reason(cli: Cli, pendo: Pendo) -> None:
    said = cli(*CREATE, "--name", "A", "--base-uri", pendo.api, stdin=pendo.track_secret)
    assert said.code == 1
    assert "Track" in said.err
    assert pendo.track_secret not in said.out + said.err


def test_a_region_where_nobody_answers_is_refused(cli: Cli, pendo: Pendo) -> None:
    said = cli(*CREATE, "--name", "A", "--base-uri", "http://127.0.0.1:1", stdin=pendo.key)
    assert said.code == 1
    assert "Error: " in said.err
    assert cli("connections", "list", "--json").json == []


def test_an_unknown_region_is_wrong_input(cli: Cli, pendo: Pendo) -> None:
    said = cli(
        "connections", "create", "--name", "A", "--api", "engage", "--region", "mars", "--token-stdin", stdin=pendo.key
    )
    assert said.code == 2
    assert "mars" in said.err


def test_a_private_address_outside_the_allowed_networks_is_refused(cli: Cli, pendo: Pendo) -> None:
    said = cli(*CREATE, "--name", "A", "--base-uri", "https://10.1.2.3", "--no-test", "--json", stdin=pendo.key)
    assert said.code == 1
    assert said.json["error"]["code"] == "address_refused"
    assert said.err == ""


@pytest.mark.parametrize(
    "spoilt", ["{0}\n{0}", "{0}\r\nX-Evil: 1", "{0}\0", "\u201c{0}\u201d", "{0}é", "****************", "short", ""]
)
def test_a_token_that_cannot_be_one_is_refused_and_not_repeated(
    cli: Cli, pendo: Pendo, canary: str, spoilt: str
) -> None:
    said = cli(*CREATE, "--name", "A", "--base-uri", pendo.api, "--json", stdin=spoilt.format(canary))
    assert said.code == 2
    error = said.json["error"]
    assert error["code"] in ("token_invalid", "token_required")
    assert error["field"] == "token"
    assert canary not in said.out
    assert cli("connections", "list", "--json").json == []


def test_white_space_around_the_token_is_dropped_and_said(cli: Cli, pendo: Pendo) -> None:
    said = cli(*CREATE, "--name", "A", "--base-uri", pendo.api, "--no-test", stdin=f"  {pendo.key} \n")
    assert said.code == 0
    assert "White space around the token was dropped" in said.err


def test_the_token_may_come_from_a_file(cli: Cli, pendo: Pendo, home: Path) -> None:
    file = home / "key"
    file.write_text(pendo.key + "\n")
    words = [word for word in CREATE if word != "--token-stdin"]
    said = cli(*words, "--name", "A", "--base-uri", pendo.api, "--token-file", str(file))
    assert said.code == 0


def test_a_missing_token_file_is_wrong_input(cli: Cli, home: Path) -> None:
    said = cli("connections", "create", "--name", "A", "--api", "engage", "--token-file", str(home / "none"))
    assert said.code == 2
    assert "[token_file_unreadable]" in said.err


def test_two_places_for_one_token_are_wrong_input(cli: Cli, home: Path, pendo: Pendo) -> None:
    said = cli(*CREATE, "--name", "A", "--base-uri", pendo.api, "--token-file", str(home / "key"), stdin=pendo.key)
    assert said.code == 2
    assert "[token_twice]" in said.err


def test_without_a_terminal_a_token_has_to_be_given(cli: Cli, pendo: Pendo) -> None:
    words = [word for word in CREATE if word != "--token-stdin"]
    said = cli(*words, "--name", "A", "--base-uri", pendo.api)
    assert said.code == 2
    assert "[token_required]" in said.err


def test_a_name_is_taken_whatever_its_case(create: Create) -> None:
    create("Production")
    said = create("PRODUCTION", "--json")
    assert said.code == 1
    assert said.json["error"]["code"] == "name_taken"
    assert said.json["error"]["field"] == "name"


def test_an_edit_keeps_what_is_not_given_and_needs_the_token(cli: Cli, create: Create, pendo: Pendo) -> None:
    create("Production")
    said = cli("connections", "edit", "Production", "--name", "Renamed")
    assert said.code == 2
    assert "[token_required]" in said.err
    edit = (
        "connections",
        "edit",
        "Production",
        "--concurrency",
        "2",
        "--header",
        "X-Team=data",
        "--token-stdin",
        "--json",
    )
    after = cli(*edit, stdin=pendo.key).json
    assert (after["version"], after["name"], after["status"]) == (2, "Production", "online")
    assert after["http"]["concurrency_level"] == 2
    assert after["http"]["headers"] == [{"name": "X-Team", "value": "data"}]
    again = cli(
        "connections", "edit", "Production", "--name", "Renamed", "--token-stdin", "--json", stdin=pendo.key
    ).json
    assert again["name"] == "Renamed"
    assert again["http"] == after["http"]


def test_a_moved_connection_keeps_its_own_headers(cli: Cli, create: Create, pendo: Pendo) -> None:
    create("Production", "--header", "X-Team=data")
    edit = ("connections", "edit", "Production", "--region", "eu", "--token-stdin", "--no-test", "--json")
    after = cli(*edit, stdin=pendo.key).json
    assert after["region"] == "eu"
    assert after["http"]["base_uri"].startswith("https://app.eu.pendo.io")
    assert after["http"]["network"] == "public"
    assert after["http"]["headers"] == [{"name": "X-Team", "value": "data"}]


def test_an_edit_of_an_older_version_is_refused(cli: Cli, create: Create, pendo: Pendo) -> None:
    create("Production")
    edit = ("connections", "edit", "Production", "--token-stdin", "--no-test", "--if-version", "1", "--json")
    assert cli(*edit, stdin=pendo.key).code == 0
    said = cli(*edit, stdin=pendo.key)
    assert (said.code, said.json["error"]["code"]) == (1, "version_changed")


def test_a_dry_run_tests_and_saves_nothing(cli: Cli, pendo: Pendo, canary: str) -> None:
    words = (*CREATE, "--name", "A", "--base-uri", pendo.api, "--dry-run", "--json")
    assert cli(*words, stdin=pendo.key).json["ok"] is True
    refused = cli(*words, stdin=canary)
    assert (refused.code, refused.json["ok"]) == (1, False)
    assert cli("connections", "list", "--json").json == []


def test_a_clone_takes_everything_but_the_token(cli: Cli, create: Create, pendo: Pendo) -> None:
    model = create("Production", "--concurrency", "3", "--json").json
    clone = ("connections", "clone", "Production", "--name", "Copy")
    assert cli(*clone).code == 2
    copy = cli(*clone, "--token-stdin", "--json", stdin=pendo.key).json
    assert copy["http"] == model["http"]
    assert copy["id"] != model["id"]


def test_a_connection_nothing_uses_is_said_to_be_free(cli: Cli, create: Create) -> None:
    create("Production")
    assert cli("connections", "used-by", "Production", "--json").json == []
    assert "Nothing uses" in cli("connections", "used-by", "Production").err


def test_an_unknown_connection_is_exit_code_1_with_the_near_name(cli: Cli, create: Create) -> None:
    create("Production")
    said = cli("connections", "show", "Prodction")
    assert said.code == 1
    assert "Did you mean Production?" in said.err
    assert "[connection_unknown]" in said.err


def test_an_http_connection_takes_every_setting_of_the_http_view(cli: Cli, pendo: Pendo) -> None:
    said = cli(
        *("connections", "create", "--name", "Bare", "--application", "http", "--base-uri", pendo.api),
        *("--auth-location", "header", "--auth-name", "X-Pendo-Integration-Key", "--auth-scheme", ""),
        *("--header", "X-Team=data", "--media-type", "json", "--ping-method", "GET"),
        *("--ping-uri", "/api/v1/token/verify", "--ping-success-path", "valid", "--ping-success-value", "true"),
        *("--concurrency", "2", "--token-stdin", "--json"),
        stdin=pendo.key,
    )
    assert said.code == 0, said.out
    assert said.json["status"] == "online"
    assert said.json["http"]["ping"]["success_values"] == ["true"]


def test_a_header_without_a_value_is_wrong_input(cli: Cli, pendo: Pendo) -> None:
    said = cli(*CREATE, "--name", "A", "--base-uri", pendo.api, "--header", "X-Team", stdin=pendo.key)
    assert said.code == 2
    assert "[header_invalid]" in said.err


def test_a_misspelled_setting_stops_the_command(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENDANT_DATADIR", "x")
    said = cli("connections", "list")
    assert said.code == 1
    assert "[unknown_setting]" in said.err
    assert "PENDANT_DATA_DIR" in said.err


def test_no_answer_or_file_of_a_whole_life_holds_the_token(cli: Cli, pendo: Pendo, canary: str, home: Path) -> None:
    create = (*CREATE, "--name", "A", "--base-uri", pendo.api)
    heard = [
        cli(*create, stdin=canary),
        cli(*create, "--no-test", stdin=canary),
        cli(*create, "--no-test", "--json", stdin=canary),
        cli("connections", "show", "A"),
        cli("connections", "show", "A", "--json"),
        cli("connections", "list", "--json"),
        cli("connections", "test", "A"),
        cli("connections", "test", "A", "--json"),
        cli("connections", "edit", "A", "--no-test", "--token-stdin", stdin=canary),
        cli("connections", "clone", "A", "--name", "B", "--no-test", "--token-stdin", stdin=canary),
        cli("vault", "verify", "--json"),
        cli("export", "visitors", "--connection", "A", "--to", str(home / "v.parquet")),
        cli("runs", "list", "--json"),
        cli("connections", "delete", "A"),
    ]
    assert any(said.code == 0 for said in heard)
    for form in (canary, canary.encode().hex(), json.dumps(canary)[1:-1]):
        assert all(form not in said.out + said.err for said in heard)
        for file in home.rglob("*"):
            assert not file.is_file() or form.encode() not in file.read_bytes()


def test_a_token_in_the_url_needs_no_word_about_the_scheme_of_a_header(cli: Cli, pendo: Pendo) -> None:
    said = cli(
        *("connections", "create", "--application", "http", "--name", "Url", "--base-uri", pendo.api),
        *("--auth-location", "url", "--auth-name", "api_key", "--no-test", "--token-stdin", "--json"),
        stdin=pendo.key,
    )
    assert said.json["http"]["authentication"] == {"location": "url", "name": "api_key", "scheme": ""}


def test_everything_about_a_connection_is_shown_except_its_token(cli: Cli, pendo: Pendo) -> None:
    cli(
        *("connections", "create", "--application", "http", "--name", "All", "--base-uri", pendo.api),
        *("--auth-name", "X-Key", "--header", "X-Team=data", "--media-type", "xml", "--ping-method", "POST"),
        *("--ping-uri", "/ping", "--ping-body", "<ask/>", "--ping-success-path", "state.ok"),
        *("--ping-success-value", "yes", "--ping-success-value", "1", "--ping-error-path", "state.why"),
        *("--fail-status", "430", "--retry-header", "X-Wait", "--minimum-wait-ms", "75", "--concurrency", "9"),
        *("--no-test", "--token-stdin"),
        stdin=pendo.key,
    )
    shown = cli("connections", "show", "all").out
    for text in (
        *("X-Key Bearer", "X-Team: data", "xml", "POST /ping", "<ask/>", "state.ok is yes or 1", "state.why"),
        *("status 430", "X-Wait", "75 ms", "9 requests"),
    ):
        assert text in shown
    assert pendo.key not in shown
