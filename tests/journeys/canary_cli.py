"""The token's way through the command line."""

from __future__ import annotations

from journeys.canary_stage import Stage

ENGAGE = ("--application", "pendo", "--api", "engage", "--region", "custom")
HTTP = ("connections", "create", "--application", "http", "--name", "M", "--dry-run", "--token-stdin")


def walk_connections(stage: Stage) -> None:
    """Create, edit, clone, test, list, search, show, used-by and delete."""
    pendo, token = ("--base-uri", stage.pendo.api), stage.token
    create = ("connections", "create", *ENGAGE)
    made = stage.say(*create, *pendo, "--name", "Alpha", "--token-stdin", "--json", stdin=f" {token}\n").json
    assert (made["status"], made["token_trimmed"]) == ("online", True)
    stage.say(*create, "--base-uri", stage.mirror.uri, "--name", "Mirror", "--token-file", str(stage.token_file))
    stage.say("connections", "edit", "Alpha", "--name", "Omega", "--token-file", str(stage.token_file))
    stage.say("connections", "clone", "Omega", "--name", "Copy", "--token-stdin", "--no-test", stdin=token)
    stage.say("connections", "test", "Omega", "--json")
    assert len(stage.say("connections", "list", "--search", "omeg", "--json").json) == 1
    stage.say("connections", "show", "Omega")
    stage.say("connections", "used-by", "Omega")
    stage.say("connections", "delete", "Copy", "--yes")


def walk_refusals(stage: Stage) -> None:
    """What is wrong with the token, with its surroundings, or with the answer to it."""
    token, create = stage.token, ("connections", "create", *ENGAGE, "--token-stdin", "--name")
    pendo = ("--base-uri", stage.pendo.api)
    stage.refused("credentials_refused", *create, "New", "--base-uri", stage.stranger.api, stdin=token)
    stage.refused("token_invalid", *create, "New", *pendo, "--json", stdin=token * 12)
    stage.pendo.faults.add("rate_limited", times=2, retry_after=0)
    stage.refused("429", *create, "New", *pendo, stdin=token)
    stage.pendo.faults.add("delay", times=None, seconds=20)
    stage.cut_short(*create, "New", *pendo, stdin=token, when=2.5)
    stage.pendo.faults.clear()


def walk_mirror(stage: Stage) -> None:
    """A server that says the token back, as a good answer and as a bad one."""
    mirror = (*HTTP, "--base-uri", stage.mirror.uri, "--ping-uri")
    said_back = ("--ping-success-path", "ok", "--ping-success-value", "true", "--ping-error-path", "why")
    stage.refused("redacted", *mirror, "/echo", *said_back, stdin=stage.token)
    stage.refused("points elsewhere", *mirror, "/redirect", "--json", stdin=stage.token)


def walk_exports(stage: Stage) -> None:
    """Exports that succeed, of rows in which the other system says the token back, and one that fails."""
    for target in ("pages.parquet", "pages.csv.gz"):
        stage.say("export", "pages", "--connection", "Mirror", "--to", target)
    stage.pendo.faults.add("forbidden", path="/api/v1/aggregation", times=None)
    run = stage.say("export", "pageEvents", "--connection", "Omega", "--to", "e.csv", "--json", code=1).json
    assert run["error_code"] == "credentials_refused"
    stage.pendo.faults.clear()
    stage.say("runs", "show", run["id"])
