from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pendant.app import App, open_app
from pendant.errors import (
    AddressRefused,
    Conflict,
    CredentialsRefused,
    NotFound,
    PendantError,
    SecretUnreadable,
    WrongInput,
)
from pendant.model.access import Actor, local_actor
from pendant.model.clock import SettableClock
from pendant.model.connection import Access, Connection, ConnectionStatus, Draft
from pendant.model.run import Run, RunState
from pendant.model.secret import Secret
from pendant.model.vault import VaultState
from pendant.services import connections
from pendant.settings import Settings
from pendant.store import audit, runs
from pendant.store.tables import secrets
from pendosim import Pendo

MASKS = [None, "", "   ", "****************", "••••••••••••••••", "__unchanged__", "[redacted]"]


def made(app: App, actor: Actor, draft: Draft, token: str) -> Connection:
    return connections.create(app, actor, draft, token, test=False).connection


def audited(app: App) -> list[tuple[str, str]]:
    with app.database.read() as tx:
        return [(entry.action, entry.outcome) for entry in reversed(audit.recent(tx, limit=50))]


def unchanged(app: App, actor: Actor, before: Connection, token: str) -> bool:
    return connections.get(app, actor, before.id) == before and app.vault.open(before) == Secret(token)


def test_a_tested_connection_is_saved_online_with_its_report(app: App, olga: Actor, draft: Draft, pendo: Pendo) -> None:
    saved = connections.create(app, olga, draft, pendo.key, test=True)
    assert saved.connection.status is ConnectionStatus.ONLINE
    assert saved.connection.access is Access.READ_WRITE
    assert saved.connection.version == 1
    assert saved.connection.region == "custom"
    assert saved.connection.updated_by == "Olga"
    assert saved.report == saved.connection.last_test
    assert connections.get(app, olga, "production") == saved.connection
    assert app.vault.open(saved.connection) == Secret(pendo.key)
    assert audited(app) == [("connection.create", "done")]


def test_a_track_connection_is_only_reachable_until_an_event_was_accepted(
    app: App, olga: Actor, draft: Draft, pendo: Pendo
) -> None:
    sender = replace(draft, api_type="track", base_uri=pendo.data)
    saved = connections.create(app, olga, sender, pendo.track_secret, test=True).connection
    assert saved.status is ConnectionStatus.REACHABLE
    list(connections.test_saved(app, olga, saved.id, send_event=True))
    assert connections.get(app, olga, saved.id).status is ConnectionStatus.ONLINE


def test_a_read_only_key_is_shown_as_such(app: App, olga: Actor, draft: Draft, pendo: Pendo) -> None:
    saved = connections.create(app, olga, draft, pendo.read_only_key, test=True)
    assert saved.connection.access is Access.READ_ONLY


def test_a_wrong_key_is_not_saved(app: App, olga: Actor, draft: Draft, token: str) -> None:
    with pytest.raises(CredentialsRefused) as refused:
        connections.create(app, olga, draft, token, test=True)
    assert "Nothing was saved." in refused.value.hint
    assert token not in str(refused.value)
    assert connections.find(app, olga) == []
    assert app.vault.verify().secrets == 0


def test_a_track_secret_used_for_engage_is_not_saved(app: App, olga: Actor, draft: Draft, pendo: Pendo) -> None:
    with pytest.raises(CredentialsRefused) as refused:
        connections.create(app, olga, draft, pendo.track_secret, test=True)
    assert "Track" in str(refused.value)
    assert connections.find(app, olga) == []


def test_a_private_address_that_is_not_allowed_is_refused_whether_tested_or_not(
    app: App, olga: Actor, draft: Draft, token: str
) -> None:
    for test in (True, False):
        with pytest.raises(AddressRefused):
            connections.create(app, olga, replace(draft, base_uri="https://10.1.2.3"), token, test=test)
    assert connections.find(app, olga) == []


@pytest.mark.parametrize("mask", MASKS)
def test_create_without_a_token_saves_nothing(app: App, olga: Actor, draft: Draft, mask: str | None) -> None:
    with pytest.raises(WrongInput) as refused:
        connections.create(app, olga, draft, mask, test=False)
    assert (refused.value.code, refused.value.field) == ("token_required", "token")
    assert connections.find(app, olga) == []


@pytest.mark.parametrize("mask", MASKS)
def test_an_edit_or_clone_without_the_token_changes_nothing(
    *, app: App, olga: Actor, draft: Draft, token: str, mask: str | None
) -> None:
    before = made(app, olga, draft, token)
    elsewhere = replace(draft, base_uri="http://127.0.0.1:9")
    with pytest.raises(WrongInput, match="token"):
        connections.replace(app, olga, before.id, elsewhere, mask, version=1, test=False)
    with pytest.raises(WrongInput, match="token"):
        connections.clone(app, olga, before.id, "Copy", mask, test=False)
    assert unchanged(app, olga, before, token)
    assert len(connections.find(app, olga)) == 1


def test_the_token_is_judged_before_any_other_field(app: App, olga: Actor) -> None:
    with pytest.raises(WrongInput) as refused:
        connections.create(app, olga, Draft("", "nonsense"), "with a\nline break", test=True)
    assert refused.value.code == "token_invalid"


def test_white_space_around_a_token_is_dropped_and_said(app: App, olga: Actor, draft: Draft, token: str) -> None:
    saved = connections.create(app, olga, draft, f" {token}\n", test=False)
    assert saved.trimmed
    assert app.vault.open(saved.connection) == Secret(token)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "name_required"),
        ("  \t ", "name_required"),
        ("x" * 101, "name_too_long"),
        ("two\nlines", "name_invalid"),
        ("nul\0", "name_invalid"),
        ("left\u202eright", "name_invalid"),
    ],
)
def test_a_name_that_is_none_is_refused(
    *, app: App, olga: Actor, draft: Draft, token: str, name: str, code: str
) -> None:
    with pytest.raises(WrongInput) as refused:
        made(app, olga, replace(draft, name=name), token)
    assert (refused.value.code, refused.value.field) == (code, "name")


def test_a_name_of_a_hundred_characters_in_any_script_is_possible(
    app: App, olga: Actor, draft: Draft, token: str
) -> None:
    name = "Ü" * 99 + "本"
    assert made(app, olga, replace(draft, name=f" {name} "), token).name == name


@pytest.mark.parametrize("taken", ["Production", "PRODUCTION", " production "])
def test_a_name_is_taken_without_regard_to_case(app: App, olga: Actor, draft: Draft, token: str, taken: str) -> None:
    first = made(app, olga, draft, token)
    with pytest.raises(Conflict) as refused:
        made(app, olga, replace(draft, name=taken), token)
    assert (refused.value.code, refused.value.field) == ("name_taken", "name")
    with pytest.raises(Conflict):
        connections.clone(app, olga, first.id, taken, token, test=False)


def test_an_edit_keeps_its_own_name_and_may_change_its_case(app: App, olga: Actor, draft: Draft, token: str) -> None:
    before = made(app, olga, draft, token)
    saved = connections.replace(app, olga, before.id, replace(draft, name="PRODUCTION"), token, version=1, test=False)
    assert saved.connection.name == "PRODUCTION"


def test_an_edit_is_a_new_version_with_the_new_token_alone(
    *, app: App, olga: Actor, draft: Draft, token: str, pendo: Pendo, clock: SettableClock
) -> None:
    before = made(app, olga, draft, token)
    clock.advance(60)
    saved = connections.replace(app, olga, "Production", draft, pendo.key, version=1, test=True)
    after = saved.connection
    assert (after.id, after.version) == (before.id, 2)
    assert after.created_at == before.created_at
    assert after.updated_at == after.token_set_at == clock.now()
    assert after.status is ConnectionStatus.ONLINE
    assert app.vault.open(after) == Secret(pendo.key)
    assert app.vault.verify().secrets == 1
    with pytest.raises(SecretUnreadable):
        app.vault.open(before)


def test_an_edit_whose_test_fails_changes_nothing(
    app: App, olga: Actor, draft: Draft, token: str, pendo: Pendo
) -> None:
    before = made(app, olga, draft, pendo.key)
    with pytest.raises(CredentialsRefused):
        connections.replace(app, olga, before.id, draft, token, version=1, test=True)
    assert unchanged(app, olga, before, pendo.key)


def test_two_who_edit_the_same_version_do_not_overwrite_each_other(
    *, app: App, olga: Actor, draft: Draft, token: str, pendo: Pendo
) -> None:
    before = made(app, olga, draft, token)
    first = connections.replace(app, olga, before.id, draft, token, version=1, test=False).connection
    with pytest.raises(Conflict) as refused:
        connections.replace(app, olga, before.id, replace(draft, name="Mine"), pendo.key, version=1, test=False)
    assert refused.value.code == "version_changed"
    assert "Olga" in refused.value.message
    assert unchanged(app, olga, first, token)


def test_an_edit_of_where_the_token_goes_leaves_the_old_token_unopenable(
    app: App, olga: Actor, draft: Draft, token: str
) -> None:
    before = made(app, olga, draft, token)
    with pytest.raises(SecretUnreadable):
        app.vault.open(replace(before, http=replace(before.http, base_uri="http://127.0.0.1:9")))


def test_a_clone_has_the_settings_and_not_the_token(
    app: App, olga: Actor, draft: Draft, token: str, pendo: Pendo
) -> None:
    model = made(app, olga, draft, token)
    copy = connections.clone(app, olga, "Production", "Copy", pendo.key, test=True).connection
    assert (copy.name, copy.http, copy.api_type, copy.version) == ("Copy", model.http, "engage", 1)
    assert copy.id != model.id
    assert app.vault.open(copy) == Secret(pendo.key)


def test_delete_removes_the_connection_and_its_sealed_token(app: App, olga: Actor, draft: Draft, token: str) -> None:
    made(app, olga, draft, token)
    connections.delete(app, olga, "production")
    assert connections.find(app, olga) == []
    assert app.vault.verify().secrets == 0
    assert audited(app)[-1] == ("connection.delete", "done")


def test_delete_is_refused_while_a_run_uses_the_connection(app: App, olga: Actor, draft: Draft, token: str) -> None:
    connection = made(app, olga, draft, token)
    run = Run("0f0f0f0f-0000", "export", "visitors", connection.id, "Production", "v.parquet", {})
    with app.database.begin() as tx:
        runs.insert(tx, run)
    with pytest.raises(Conflict) as refused:
        connections.delete(app, olga, "Production")
    assert refused.value.code == "connection_in_use"
    assert "0f0f0f0f" in refused.value.message
    assert "revokes" in refused.value.hint
    assert [use.kind for use in connections.used_by(app, olga, "Production")] == ["run"]
    assert len(connections.find(app, olga)[0].used_by) == 1
    with app.database.begin() as tx:
        runs.save(tx, replace(run, state=RunState.FINISHED))
    connections.delete(app, olga, "Production")


def test_testing_a_saved_connection_keeps_the_report(
    app: App, olga: Actor, otto: Actor, draft: Draft, pendo: Pendo
) -> None:
    made(app, olga, draft, pendo.key)
    stages = list(connections.test_saved(app, otto, "Production"))
    tested = connections.get(app, olga, "Production")
    assert tested.last_test is not None
    assert list(tested.last_test.stages) == stages
    assert (tested.status, tested.access) == (ConnectionStatus.ONLINE, Access.READ_WRITE)
    assert audited(app)[-1] == ("connection.test", "done")


def test_a_failed_test_of_a_saved_connection_is_kept_too(app: App, olga: Actor, draft: Draft, token: str) -> None:
    made(app, olga, draft, token)
    stages = list(connections.test_saved(app, olga, "Production"))
    assert stages[-1].outcome in ("failed", "skipped")
    assert connections.get(app, olga, "Production").status is ConnectionStatus.FAILING
    assert audited(app)[-1] == ("connection.test", "failed")


def test_a_report_about_an_older_version_is_not_kept(
    app: App, olga: Actor, draft: Draft, token: str, pendo: Pendo
) -> None:
    made(app, olga, draft, pendo.key)
    stages = connections.test_saved(app, olga, "Production")
    next(stages)
    connections.replace(app, olga, "Production", draft, token, version=1, test=False)
    list(stages)
    assert connections.get(app, olga, "Production").status is ConnectionStatus.UNTESTED


def test_testing_a_draft_uses_the_typed_token_and_stores_nothing(
    app: App, olga: Actor, draft: Draft, token: str, pendo: Pendo
) -> None:
    before = made(app, olga, draft, pendo.key)
    pendo.forget_requests()
    stages = list(connections.test_draft(app, olga, draft, token, replaces=before.id))
    assert any(stage.outcome == "failed" for stage in stages)
    assert unchanged(app, olga, before, pendo.key)


@pytest.mark.parametrize("mask", MASKS)
def test_testing_a_draft_never_falls_back_to_the_stored_token(
    app: App, olga: Actor, draft: Draft, pendo: Pendo, mask: str | None
) -> None:
    before = made(app, olga, draft, pendo.key)
    pendo.forget_requests()
    with pytest.raises(WrongInput):
        list(connections.test_draft(app, olga, draft, mask, replaces=before.id))
    assert pendo.requests == []


def test_a_draft_can_be_tested_before_it_has_a_name(app: App, olga: Actor, draft: Draft, pendo: Pendo) -> None:
    stages = list(connections.test_draft(app, olga, replace(draft, name=""), pendo.key))
    assert all(stage.outcome != "failed" for stage in stages)


def test_one_unreadable_token_does_not_break_the_list(
    *, settings: Settings, clock: SettableClock, app: App, olga: Actor, draft: Draft, token: str
) -> None:
    broken = made(app, olga, draft, token)
    made(app, olga, replace(draft, name="Sound"), token)
    with app.database.begin() as tx:
        tx.execute(secrets.update().where(secrets.c.connection_id == broken.id).values(ct=b"damaged"))
    with open_app(settings, clock) as again:
        assert again.vault.status().state is VaultState.PARTIAL
        statuses = {each.name: each.status for each in connections.find(again, olga)}
        assert statuses == {"Production": ConnectionStatus.TOKEN_NEEDED, "Sound": ConnectionStatus.UNTESTED}
        with pytest.raises(SecretUnreadable):
            connections.test_saved(again, olga, "Production")
        connections.replace(again, olga, "Production", draft, token, version=1, test=False)
        assert connections.get(again, olga, "Production").status is ConnectionStatus.UNTESTED


def test_an_unknown_connection_is_not_found_and_the_near_names_are_offered(
    app: App, olga: Actor, draft: Draft, token: str
) -> None:
    made(app, olga, draft, token)
    with pytest.raises(NotFound) as refused:
        connections.get(app, olga, "Prodction")
    assert refused.value.code == "connection_unknown"
    assert "Production" in refused.value.hint


def test_the_list_is_searched_and_sorted(app: App, olga: Actor, vera: Actor, draft: Draft, token: str) -> None:
    for name in ("beta", "Alpha", "gamma"):
        made(app, olga, replace(draft, name=name), token)
    assert [each.name for each in connections.find(app, vera)] == ["Alpha", "beta", "gamma"]
    assert [each.name for each in connections.find(app, vera, search="ALP")] == ["Alpha"]


def test_each_verb_needs_its_permission(
    *, app: App, olga: Actor, otto: Actor, vera: Actor, draft: Draft, token: str
) -> None:
    made(app, olga, draft, token)
    nobody = replace(vera, permissions=frozenset())
    verbs: list[tuple[Actor, Any]] = [
        (otto, lambda who: connections.create(app, who, draft, token, test=False)),
        (otto, lambda who: connections.replace(app, who, "Production", draft, token, version=1, test=False)),
        (otto, lambda who: connections.clone(app, who, "Production", "Copy", token, test=False)),
        (otto, lambda who: connections.delete(app, who, "Production")),
        (otto, lambda who: connections.test_draft(app, who, draft, token)),
        (vera, lambda who: connections.test_saved(app, who, "Production")),
        (nobody, lambda who: connections.get(app, who, "Production")),
        (nobody, lambda who: connections.find(app, who)),
        (nobody, lambda who: connections.used_by(app, who, "Production")),
    ]
    for actor, verb in verbs:
        with pytest.raises(PendantError) as refused:
            verb(actor)
        assert refused.value.code == "not_allowed"
    assert len(connections.find(app, olga)) == 1


def test_whoever_may_not_ask_does_not_learn_which_connections_exist(app: App, vera: Actor, token: str) -> None:
    with pytest.raises(PendantError) as refused:
        connections.test_saved(app, vera, "No such connection")
    assert refused.value.code == "not_allowed"


def test_whoever_runs_the_command_line_owns_the_installation(app: App, draft: Draft, token: str) -> None:
    assert made(app, local_actor(), draft, token).updated_by == "local"
