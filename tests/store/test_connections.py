from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from pendant.errors import Conflict, WrongInput
from pendant.model.clock import SettableClock
from pendant.model.connection import (
    Access,
    Authentication,
    Connection,
    ConnectionStatus,
    HttpSettings,
    Ping,
    RateLimit,
    TestReport,
    TestStage,
)
from pendant.model.names import name_key
from pendant.store import connections
from pendant.store.database import Database


@pytest.fixture
def production(clock: SettableClock) -> Connection:
    return Connection(
        id="7d0c",
        name="Production",
        application="pendo",
        api_type="engage",
        region="us",
        http=HttpSettings(
            base_uri="https://app.pendo.io",
            authentication=Authentication("header", "x-pendo-integration-key"),
            headers=(("accept", "application/json"), ("x-team", "Zoë")),
            ping=Ping(relative_uri="/api/v1/token/verify", success_path="valid", success_values=("true",)),
            rate_limit=RateLimit(minimum_wait_ms=5),
            concurrency_level=8,
            network="private",
        ),
        created_at=clock.now(),
        updated_at=clock.now(),
        updated_by="alice",
        token_set_at=clock.now(),
    )


def report(clock: SettableClock) -> TestReport:
    return TestReport(clock.now(), (TestStage("address", "Address allowed", "ok"),), Access.READ_ONLY, 12)


def test_a_connection_comes_back_as_it_was_stored(database: Database, production: Connection) -> None:
    with database.begin() as tx:
        connections.insert(tx, production)
    with database.read() as tx:
        assert connections.get(tx, production.id) == production
        assert connections.by_name(tx, "Production") == production
        assert connections.get(tx, production.id).binding == production.binding


def test_what_does_not_exist_is_none(database: Database) -> None:
    with database.read() as tx:
        assert connections.get(tx, "nothing") is None
        assert connections.by_name(tx, "nothing") is None
        assert connections.search(tx) == []


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Production", "production"),
        ("Production", "  PRODUCTION "),
        ("Straße", "STRASSE"),
        ("Ärger", "A\N{COMBINING DIAERESIS}RGER"),
        ("Team 1", "\N{FULLWIDTH LATIN CAPITAL LETTER T}eam \N{FULLWIDTH DIGIT ONE}"),
        ("ﬁnance", "FINANCE"),
        ("ΟΔΟΣ", "οδος"),
    ],
)
def test_a_name_that_looks_the_same_is_taken(
    database: Database, production: Connection, first: str, second: str
) -> None:
    with database.begin() as tx:
        connections.insert(tx, replace(production, name=first))
    with pytest.raises(Conflict) as problem, database.begin() as tx:
        connections.insert(tx, replace(production, id="other", name=second))
    assert (problem.value.code, problem.value.field) == ("name_taken", "name")
    with database.read() as tx:
        assert connections.by_name(tx, second).id == production.id
        assert len(connections.search(tx)) == 1


@given(st.text(max_size=20))
def test_the_form_in_which_names_are_compared_is_its_own_form(name: str) -> None:
    assert name_key(name_key(name)) == name_key(name)
    assert name_key(f" {name} ") == name_key(name)


def test_a_replacement_changes_every_field_when_the_version_is_the_expected_one(
    database: Database, production: Connection, clock: SettableClock
) -> None:
    new = replace(
        production, name="Prod EU", version=2, region="eu", http=HttpSettings("https://app.eu.pendo.io"),
        updated_at=clock.now() + timedelta(hours=1), updated_by="bob", last_test=report(clock),
        status=ConnectionStatus.ONLINE, access=Access.READ_ONLY,
    )  # fmt: skip
    with database.begin() as tx:
        connections.insert(tx, production)
        assert connections.replace(tx, new, expected_version=1)
        assert connections.get(tx, production.id) == new


def test_a_replacement_of_another_version_changes_nothing_and_says_so(
    database: Database, production: Connection
) -> None:
    with database.begin() as tx:
        connections.insert(tx, replace(production, version=3))
        assert not connections.replace(tx, replace(production, name="Late", version=3), expected_version=2)
        assert not connections.replace(tx, replace(production, id="gone", version=4), expected_version=3)
        assert connections.get(tx, production.id).name == "Production"


def test_a_replacement_cannot_keep_or_lower_the_version(database: Database, production: Connection) -> None:
    with database.begin() as tx:
        connections.insert(tx, production)
        with pytest.raises(ValueError, match="higher version"):
            connections.replace(tx, production, expected_version=1)


def test_renaming_to_a_taken_name_is_refused_and_to_another_case_of_its_own_is_not(
    database: Database, production: Connection
) -> None:
    with database.begin() as tx:
        connections.insert(tx, production)
        connections.insert(tx, replace(production, id="b", name="Staging"))
    with pytest.raises(Conflict), database.begin() as tx:
        connections.replace(tx, replace(production, name="STAGING", version=2), expected_version=1)
    with database.begin() as tx:
        assert connections.replace(tx, replace(production, name="PRODUCTION", version=2), expected_version=1)


def test_of_two_savers_of_the_same_version_exactly_one_wins(database: Database, production: Connection) -> None:
    with database.begin() as tx:
        connections.insert(tx, production)
    outcomes: list[bool] = []

    def save(name: str) -> None:
        with database.begin() as tx:
            outcomes.append(connections.replace(tx, replace(production, name=name, version=2), expected_version=1))

    with ThreadPoolExecutor(5) as pool:
        list(pool.map(save, [f"Saver {number}" for number in range(5)]))
    assert sorted(outcomes) == [False] * 4 + [True]


def test_deleting_says_whether_there_was_something_and_frees_the_name(
    database: Database, production: Connection
) -> None:
    with database.begin() as tx:
        connections.insert(tx, production)
        assert connections.delete(tx, production.id)
        assert not connections.delete(tx, production.id)
        connections.insert(tx, replace(production, id="again"))


def test_after_a_deletion_the_write_ahead_log_is_empty(database: Database, production: Connection, path: Path) -> None:
    log = path.with_name(path.name + "-wal")
    with database.begin() as tx:
        connections.insert(tx, production)
    assert b"x-pendo-integration-key" in log.read_bytes()
    with database.begin() as tx:
        connections.delete(tx, production.id)
    assert log.stat().st_size == 0
    assert b"x-pendo-integration-key" not in path.read_bytes()


def test_a_reader_that_holds_the_log_only_delays_its_truncation_until_it_ends(
    database: Database, production: Connection, path: Path
) -> None:
    log = path.with_name(path.name + "-wal")
    with database.begin() as tx:
        connections.insert(tx, production)
    with database.read() as reader:
        assert len(connections.search(reader)) == 1
        with database.begin() as tx:
            connections.delete(tx, production.id)
        assert log.stat().st_size > 0
    assert log.stat().st_size == 0
    assert b"x-pendo-integration-key" not in path.read_bytes()


def test_a_test_report_is_kept_with_status_and_access(
    database: Database, production: Connection, clock: SettableClock
) -> None:
    with database.begin() as tx:
        connections.insert(tx, production)
        connections.record_test(tx, production.id, report(clock), ConnectionStatus.ONLINE, Access.READ_ONLY)
        found = connections.get(tx, production.id)
    assert found == replace(
        production, last_test=report(clock), status=ConnectionStatus.ONLINE, access=Access.READ_ONLY
    )


def test_a_report_on_an_earlier_version_is_dropped_when_the_version_is_given(
    database: Database, production: Connection, clock: SettableClock
) -> None:
    with database.begin() as tx:
        connections.insert(tx, replace(production, version=2))
        connections.record_test(tx, production.id, report(clock), ConnectionStatus.ONLINE, Access.READ_ONLY, version=1)
        assert connections.get(tx, production.id).last_test is None


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("name", ["alpha", "Beta", "gamma"]),
        ("-name", ["gamma", "Beta", "alpha"]),
        ("updated", ["Beta", "gamma", "alpha"]),
        ("-updated", ["gamma", "Beta", "alpha"]),
        ("tested", ["alpha", "Beta", "gamma"]),
        ("application", ["gamma", "alpha", "Beta"]),
    ],
)
def test_the_list_can_be_sorted_and_what_never_happened_comes_last(
    database: Database, production: Connection, clock: SettableClock, sort: str, order: list[str]
) -> None:
    now = clock.now()
    later = now + timedelta(minutes=1)
    with database.begin() as tx:
        connections.insert(tx, replace(production, id="1", name="gamma", application="http", updated_at=later))
        connections.insert(tx, replace(production, id="2", name="alpha", updated_at=None, last_test=report(clock)))
        connections.insert(tx, replace(production, id="3", name="Beta", updated_at=now))
        assert [found.name for found in connections.search(tx, sort=sort)] == order


@pytest.mark.parametrize(
    ("searched", "found"),
    [("PROD", ["Production"]), ("engage", ["Production"]), ("100%", ["100% safe"]), ("_", []), ("", None), ("x", [])],
)
def test_the_list_can_be_searched(
    database: Database, production: Connection, searched: str, found: list[str] | None
) -> None:
    with database.begin() as tx:
        connections.insert(tx, production)
        connections.insert(tx, replace(production, id="2", name="100% safe", api_type="track", region=""))
        names = [connection.name for connection in connections.search(tx, searched)]
    assert names == (found if found is not None else ["100% safe", "Production"])


def test_an_unknown_sort_is_refused(database: Database) -> None:
    with database.read() as tx, pytest.raises(WrongInput) as problem:
        connections.search(tx, sort="token")
    assert problem.value.code == "sort_unknown"


@pytest.mark.parametrize("column", ["http", "last_test", "status", "access"])
@pytest.mark.parametrize("damage", ["", "{", '{"base_uri": 7}', "[]"])
def test_a_damaged_row_neither_hides_the_others_nor_keeps_a_way_out(
    database: Database, production: Connection, clock: SettableClock, column: str, damage: str
) -> None:
    if column == "last_test" and damage == "":
        return  # the same as never tested
    with database.begin() as tx:
        connections.insert(tx, production)
        connections.insert(tx, replace(production, id="2", name="Whole"))
        tx.execute(text(f"UPDATE connections SET {column} = :damage WHERE id = '7d0c'"), {"damage": damage})
        damaged, whole = connections.search(tx)
        assert whole == replace(production, id="2", name="Whole")
        assert damaged.status is ConnectionStatus.TOKEN_NEEDED
        assert damaged.http.base_uri == ""
        assert damaged.binding != production.binding
        assert connections.replace(tx, replace(production, version=2), expected_version=1)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_http_settings_come_back_as_they_were_stored(
    database: Database, production: Connection, data: st.DataObject
) -> None:
    words = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
    http = data.draw(
        st.builds(
            HttpSettings,
            base_uri=words,
            authentication=st.builds(Authentication, st.sampled_from(["header", "url", "body"]), words, words),
            headers=st.lists(st.tuples(words, words), max_size=3).map(tuple),
            ping=st.builds(Ping, body=words, success_values=st.lists(words, max_size=3).map(tuple)),
            rate_limit=st.builds(RateLimit, minimum_wait_ms=st.integers(0, 10_000)),
            network=st.sampled_from(["public", "private"]),
        )
    )
    with database.begin() as tx:
        connections.delete(tx, production.id)
        connections.insert(tx, replace(production, http=http))
        assert connections.get(tx, production.id).http == http
