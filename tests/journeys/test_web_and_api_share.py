"""What is done through one door is seen through the others, and nobody loses what somebody else saved."""

from __future__ import annotations

import html
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import pendosim
from journeys.installation import Installation, Server, Standing, ended, left_behind, started
from web.browsing import send

API = "/api/v1/connections"


def draft(pendo: pendosim.Pendo, name: str) -> dict[str, Any]:
    where = {"application": "pendo", "api_type": "engage", "region": "custom", "base_uri": pendo.api}
    return where | {"name": name, "token": pendo.key, "test": False}


def form(pendo: pendosim.Pendo, name: str, **more: str) -> dict[str, str]:
    """Return what the Simple view of the panel sends."""
    given = {name: value for name, value in draft(pendo, name).items() if name != "test"}
    return given | {"view": "simple", "shown_view": "simple", "shown_api_type": "engage", "then": "close"} | more


def cli_names(installation: Installation) -> set[str]:
    return {one["name"] for one in installation.pendant("connections", "list", "--json").json}


def api_names(server: Server) -> set[str]:
    return {one["name"] for one in server.program.get(API).json()["connections"]}


def test_each_door_sees_what_the_others_created(standing: Standing, pendo: pendosim.Pendo) -> None:
    installation, server = standing.installation, standing.server
    installation.connect(pendo, "Spoken")
    assert server.program.post(API, draft(pendo, "Programmed")).status == 201
    assert send(server.browser, "/connections", form(pendo, "Clicked")).status == 303
    everyone = {"Production", "Spoken", "Programmed", "Clicked"}
    assert cli_names(installation) == everyone
    assert api_names(server) == everyone
    page = html.unescape(server.browser.get("/connections").text)
    assert all(name in page for name in everyone)

    shown = installation.pendant("connections", "show", "clicked", "--json").json
    told = server.program.get(f"{API}/Clicked").json()
    assert {name: shown[name] for name in ("id", "version", "region", "updated_by")} == {
        name: told[name] for name in ("id", "version", "region", "updated_by")
    }
    refused = server.program.post(API, draft(pendo, "SPOKEN"))
    assert (refused.status, refused.code) == (409, "name_taken")
    assert installation.pendant("connections", "delete", "Programmed", "--yes").code == 0
    assert server.program.get(f"{API}/Programmed").status == 404


def test_a_test_and_a_run_of_one_door_are_seen_in_the_others(standing: Standing, pendo: pendosim.Pendo) -> None:
    """A saved token works in every door, though none of them can read it."""
    installation, server = standing.installation, standing.server
    assert server.program.post(API, draft(pendo, "Shared")).status == 201
    assert installation.pendant("connections", "test", "Shared", "--json").json["ok"]
    assert server.program.get(f"{API}/Shared").json()["status"] == "online"
    run = standing.export("pages", "shared.parquet", connection="Shared")
    shown = installation.pendant("runs", "show", run["id"][:8], "--json").json
    assert {name: shown[name] for name in ("state", "rows_written", "actor")} == {
        name: run[name] for name in ("state", "rows_written", "actor")
    }
    assert shown["rows_written"] == pendo.expected("pages").rows
    assert "shared.parquet" in html.unescape(server.browser.get(f"/runs/{run['id']}").text)


def test_the_slower_of_two_who_edit_is_told_and_nothing_is_lost(standing: Standing, pendo: pendosim.Pendo) -> None:
    installation, server = standing.installation, standing.server
    made = server.program.post(API, draft(pendo, "Edited")).json()["connection"]
    begun = str(made["version"])
    said = installation.pendant("connections", "edit", "Edited", "--name", "First", "--token-stdin", stdin=pendo.key)
    assert said.code == 0, said.err
    late = form(pendo, "Second", replaces=made["id"], version=begun)
    page = send(server.browser, f"/connections/{made['id']}", late)
    assert page.status == 409
    assert "was saved" in html.unescape(page.text)
    told = server.program.send("PUT", f"{API}/{made['id']}", draft(pendo, "Third") | {"version": made["version"]})
    assert (told.status, told.code) == (409, "version_changed")
    now = server.program.get(f"{API}/{made['id']}").json()
    assert (now["name"], now["version"]) == ("First", made["version"] + 1)
    again = draft(pendo, "Third") | {"version": now["version"]}
    assert server.program.send("PUT", f"{API}/{made['id']}", again).status == 200
    assert "Third" in cli_names(installation)


@contextmanager
def slow_run(standing: Standing, pendo: pendosim.Pendo, connection: str) -> Iterator[str]:
    """Start an export that waits for an answer, and end it with the block."""
    pendo.faults.add("delay", path="/api/v1/guide", seconds=60, times=None)
    run = started(standing.server.program, "guides", f"{connection}.csv", connection=connection)
    try:
        yield run
    finally:
        standing.server.program.post(f"/api/v1/runs/{run}/cancel")
        pendo.faults.clear()


def test_no_door_deletes_a_connection_while_a_run_uses_it(standing: Standing, pendo: pendosim.Pendo) -> None:
    installation, server = standing.installation, standing.server
    made = server.program.post(API, draft(pendo, "Busy")).json()["connection"]
    with slow_run(standing, pendo, "Busy") as run:
        by_command = installation.pendant("connections", "delete", "Busy", "--yes", "--json")
        assert (by_command.code, by_command.json["error"]["code"]) == (1, "connection_in_use")
        assert run[:8] in by_command.json["error"]["message"]
        by_program = server.program.send("DELETE", f"{API}/{made['id']}")
        assert (by_program.status, by_program.code) == (409, "connection_in_use")
        by_click = send(server.browser, f"/connections/{made['id']}/delete")
        assert by_click.status == 409
        assert run[:8] in html.unescape(by_click.text)
        (use,) = server.program.get(f"{API}/Busy/used-by").json()["used_by"]
        assert (use["kind"], use["id"]) == ("run", run)
    assert ended(server.program, run)["state"] == "cancelled"
    assert left_behind(standing.exports) == []
    assert server.program.send("DELETE", f"{API}/{made['id']}").status == 204
    assert "Busy" not in api_names(server)


@pytest.mark.parametrize("door", ["program", "browser"])
def test_a_run_that_one_process_executes_is_not_stopped_by_another(
    connected: Installation, server: Server, pendo: pendosim.Pendo, door: str
) -> None:
    """The command line's run goes on to its end, whoever else asks it to stop."""
    pendo.faults.add("delay", path="/api/v1/guide", seconds=3)
    with connected.start("export", "guides", "--connection", "Production", "--to", "guides.csv") as process:
        run = running(server)
        if door == "program":
            answer = server.program.post(f"/api/v1/runs/{run}/cancel")
            assert (answer.status, answer.code) == (409, "run_elsewhere")
        else:
            page = send(server.browser, f"/runs/{run}/cancel")
            assert page.status == 409
            assert run[:8] in page.text
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert f"{pendo.expected('guides').rows} rows of guides" in out


def running(server: Server) -> str:
    for _ in range(600):
        runs = server.program.get("/api/v1/runs?state=running").json()["runs"]
        if runs:
            return str(runs[0]["id"])
    raise AssertionError("no run began")
