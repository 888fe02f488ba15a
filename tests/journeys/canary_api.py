"""The token's way through the API."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

from journeys.canary_stage import Stage, Visitor

CONNECTIONS = "/api/v1/connections"


def walk_api(stage: Stage, program: Visitor) -> dict[str, str]:
    """Create, edit, clone, test, delete; then exports. Returns what stands in the places of paths."""
    draft = _draft(stage, "Api")
    made = program.ask("POST", CONNECTIONS, draft, wants=201).json()["connection"]
    place = f"{CONNECTIONS}/{made['id']}"
    changed = draft | {"name": "Api again", "version": made["version"], "test": False}
    program.ask("PUT", place, changed, wants=200)
    program.refused("version_changed", "PUT", place, changed, wants=409)
    copy = {"name": "Api copy", "token": stage.token, "test": False}
    cloned = program.ask("POST", f"{place}/clone", copy, wants=201).json()["connection"]
    assert program.ask("POST", f"{place}/test", wants=200).json()["ok"]
    assert program.ask("POST", f"{CONNECTIONS}/test", _without(draft, "name"), wants=200).json()["ok"]
    for mirrored in _mirrored(stage):
        assert not program.ask("POST", f"{CONNECTIONS}/test", mirrored, wants=200).json()["ok"]
    program.ask("DELETE", f"{CONNECTIONS}/{cloned['id']}", wants=204)
    program.ask("POST", "/api/v1/vault/verify", wants=200)
    run = _exports(stage, program)
    return {"connection": made["id"], "connector": "pendo", "run": run, "export": _stored_export(program)}


def walk_wrong_requests(stage: Stage, program: Visitor, stranger: Visitor) -> None:
    """Requests that carry the token and are wrong, each in another way: the answer never repeats it."""
    draft, token = _draft(stage, "Wrong"), stage.token
    for wrong in (
        _without(draft, "application"),
        _without(draft, "token") | {"tokn": token},
        _without(draft, "token") | {"Token": token},
        draft | {"token": [token]},
        draft | {"token": {"value": token}},
        draft | {"token": token * 12},
        draft | {"token": f"{token}\n{token}"},
        draft | {"test": token},
        draft | {"name": "x" * 600},
        draft | {"region": "atlantis"},
        draft | {"http": {"base_uri": stage.pendo.api, "network": token}},
        draft | {token: "token"},
    ):
        program.ask("POST", CONNECTIONS, wrong, wants=422)
    whole = json.dumps(draft)
    twice = f'{whole[:-1]}, "token": {json.dumps(token)}}}'.encode()
    for body in (twice, whole[:-1].encode(), json.dumps(token).encode(), b"[" * 2000 + whole.encode()):
        program.ask("POST", CONNECTIONS, wants=422, body=body, Content_Type="application/json")
    program.ask("POST", CONNECTIONS, wants=415, body=whole.encode(), Content_Type="text/plain")
    program.ask("GET", f"{CONNECTIONS}?token={stage.canary.core}", wants=422)
    program.ask("GET", f"{CONNECTIONS}?sort={stage.canary.core}", wants=422)
    program.refused("name_taken", "POST", CONNECTIONS, draft | {"name": "omega"}, wants=409)
    stranger.ask("POST", CONNECTIONS, draft, wants=401)
    stranger.ask("GET", CONNECTIONS, wants=401, Authorization=f"Bearer {token}")
    stranger.ask("POST", CONNECTIONS, draft, wants=403, Origin="https://evil.example")


def walk_api_reading(program: Visitor, places: dict[str, str]) -> int:
    """Get everything the API describes; return how much that was."""
    described = program.get("/api/v1/openapi.json").json()["paths"]
    readable = [path for path, methods in described.items() if "get" in methods]
    for path in readable:
        program.get(path.format(**places, token=""))
    return len(readable)


def _exports(stage: Stage, program: Visitor) -> str:
    """Export through every kind of trouble there is; return the id of the run that failed."""
    for target in ("mirror.duckdb", "mirror.jsonl.zst"):
        assert _ended(program, {"resource": "pages", "connection": "Mirror", "target": target})["state"] == "finished"
    pages = {"resource": "pages", "connection": "Api again", "target": "api.jsonl"}
    for fault in (
        {"kind": "rate_limited", "retry_after": 0},
        {"kind": "server_error", "retry_after": 0},
        {"kind": "timeout", "retry_after": 0},
        {"kind": "truncate", "after_bytes": 700},
    ):
        stage.pendo.faults.add(**{"path": "/api/v1/page", **fault})
        assert _ended(program, pages)["state"] == "finished", fault
    stage.pendo.faults.add("forbidden", path="/api/v1/page", times=None)
    failed = _ended(program, pages)
    assert failed["error_code"] == "credentials_refused"
    stage.pendo.faults.clear()
    return str(failed["id"])


def _ended(program: Visitor, asked: dict[str, str]) -> Any:
    run = program.ask("POST", "/api/v1/runs", asked, wants=202).json()["id"]
    program.get(f"/api/v1/runs/{run}/events")
    deadline = time.monotonic() + 30
    while (now := program.get(f"/api/v1/runs/{run}").json()["run"])["finished_at"] is None:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return now


def _stored_export(program: Visitor) -> str:
    """Store an export, run it, and return its id."""
    asked = {"name": "Stored", "resource": "pages", "connection": "Api again", "target": "stored.jsonl"}
    export = program.ask("POST", "/api/v1/exports", asked, wants=201).json()["export"]["id"]
    program.ask("POST", f"/api/v1/exports/{export}/runs", wants=202)
    return str(export)


def _draft(stage: Stage, name: str) -> dict[str, Any]:
    where = {"application": "pendo", "api_type": "engage", "region": "custom", "base_uri": stage.pendo.api}
    return where | {"name": name, "token": stage.token}


def _mirrored(stage: Stage) -> Iterator[dict[str, Any]]:
    """Yield drafts that send the token to the mirror in every place a request has, and have it said back."""
    explained = {"success_path": "ok", "success_values": ["true"]}
    for ping, authentication in (
        ({"relative_uri": "/echo", **explained, "error_path": "base64"}, {"location": "url", "name": "key"}),
        (
            {"method": "POST", "relative_uri": "/echo", "body": "{}", **explained, "error_path": "why"},
            {"location": "body", "name": "key"},
        ),
        ({"relative_uri": "/refuse/403"}, {"scheme": "Bearer"}),
        ({"relative_uri": "/refuse/500"}, {"name": "X-Key"}),
        ({"relative_uri": "/cut"}, {}),
    ):
        http = {"base_uri": stage.mirror.uri, "ping": ping, "authentication": authentication}
        yield {"application": "http", "http": http, "token": stage.token}


def _without(draft: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in draft.items() if key != name}
