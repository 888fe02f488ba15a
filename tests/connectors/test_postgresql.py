"""What only a PostgreSQL target can do and suffer. The promises of every target are in test_loads.py."""

from __future__ import annotations

import secrets
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from loading_places import APPENDED, BY_TIME, SCHEMA, PostgreSqlPlace, day, row, rows
from pendant.connectors.destinations import open_destination
from pendant.connectors.postgresql.dialect import short_name
from pendant.connectors.systems import Place, System, place_of
from pendant.egress import Egress
from pendant.egress.address import parse_base_uri
from pendant.egress.postgresql import SCHEMES, _parameters
from pendant.errors import AddressRefused, Conflict, CredentialsRefused, RequestRefused, Unreachable, WrongInput
from pendant.model.clock import SystemClock
from pendant.model.connection import Connection, HttpSettings
from pendant.model.export import Export
from pendo_reading import LOOPBACK, Opener
from postgresql_server import Server


@pytest.fixture
def place(postgresql: Server, tmp_path: Path) -> PostgreSqlPlace:
    return PostgreSqlPlace.emptied(postgresql, tmp_path)


def asked(place: PostgreSqlPlace, query: str) -> list[tuple[Any, ...]]:
    with place.asked(query) as found:
        return found


def system(address: str, password: str, scratch: Path, *, networks: Any = LOOPBACK) -> System:
    connection = Connection("c", "w", "postgresql", "postgresql", HttpSettings(base_uri=address, network="private"))
    return System(
        connection, Egress(allow_networks=networks, opener=Opener(password), clock=SystemClock()), scratch / "w"
    )


def tried(found: System) -> None:
    export = Export("people", "prod", "postgresql:w#people")
    open_destination(export, run_id="r", may_replace=True, system=found).ensure_schema(SCHEMA)


@pytest.mark.parametrize(
    ("target", "place"),
    [
        ("postgresql:My warehouse", Place("postgresql", "My warehouse", "public", "")),
        ("postgresql:w#people", Place("postgresql", "w", "public", "people")),
        ("PostgreSQL:w#sales.people", Place("postgresql", "w", "sales", "people")),
        ("postgresql:w#sales.a.b", Place("postgresql", "w", "sales", "a.b")),
    ],
)
def test_a_target_names_a_connection_a_schema_and_a_table(target: str, place: Place) -> None:
    assert place_of(target.replace("PostgreSQL", "postgresql")) == place


def test_an_address_with_its_password_is_no_target() -> None:
    with pytest.raises(WrongInput) as refused:
        place_of("postgresql://user@host/db")
    assert refused.value.code == "unknown_target"


def test_types_are_those_of_postgresql(place: PostgreSqlPlace) -> None:
    place.load({day(0): [row(1)]})
    types = dict(asked(place, "SELECT column_name::text, data_type::text FROM information_schema.columns "
                              "WHERE table_name = 'people'"))  # fmt: skip
    assert types == {
        "id": "bigint",
        "at": "timestamp with time zone",
        "name": "text",
        "score": "double precision",
        "paid": "boolean",
        "tags": "json",
        "rest": "json",
    }
    assert asked(place, "SELECT tags ->> 0, rest ->> 'n' FROM people") == [("t1", "1")]


def test_what_hangs_on_a_table_stays_when_its_columns_do(place: PostgreSqlPlace) -> None:
    place.load({day(0): rows(0, 3)})
    asked(place, "CREATE VIEW seen AS SELECT count(*) AS n FROM people")
    try:
        place.load({day(0): rows(0, 5)})
        assert asked(place, "SELECT n FROM seen") == [(5,)]
        with pytest.raises(RequestRefused) as refused:
            place.load({day(0): [{"id": 1}]}, schema=pa.schema([("id", pa.int64())]))
        assert refused.value.code == "database_refused"
        assert "depend" in refused.value.message
        assert asked(place, "SELECT n FROM seen") == [(5,)]
    finally:
        asked(place, "DROP VIEW seen")


def test_a_view_and_a_missing_schema_are_refused(place: PostgreSqlPlace) -> None:
    asked(place, "CREATE VIEW people AS SELECT 1 AS one")
    try:
        with pytest.raises(WrongInput) as refused:
            place.load({day(0): rows(0, 3)}, BY_TIME)
        assert refused.value.code == "target_is_view"
    finally:
        asked(place, "DROP VIEW people")
    place.target = "postgresql:warehouse#nowhere.people"
    with pytest.raises(WrongInput) as refused:
        place.load({day(0): rows(0, 3)}, BY_TIME)
    assert refused.value.code == "schema_missing"


def test_a_zero_character_which_postgresql_cannot_hold_is_replaced(place: PostgreSqlPlace) -> None:
    place.load({day(0): [row(1, name="a\0b")]})
    assert asked(place, "SELECT name FROM people") == [("a\N{REPLACEMENT CHARACTER}b",)]


def test_too_long_a_name_of_a_column_is_shortened_and_reported(place: PostgreSqlPlace) -> None:
    names = ["metadata_" + "ü" * 40 + end for end in ("a", "b")]
    schema = pa.schema([("id", pa.int64()), *((name, pa.string()) for name in names)])
    place.load({day(0): [{"id": 1, names[0]: "x", names[1]: "y"}]}, APPENDED, schema=schema)
    assert place.rows() == [{"id": 1, short_name(names[0]): "x", short_name(names[1]): "y"}]
    assert [note.code for note in place.notes] == ["column_shortened"] * 2


def test_a_second_run_of_the_same_table_is_refused_while_the_first_lives(place: PostgreSqlPlace) -> None:
    first = place.open(run_id="first")
    first.ensure_schema(SCHEMA)
    with pytest.raises(Conflict) as refused:
        place.open(run_id="second").ensure_schema(SCHEMA)
    first.discard()
    assert refused.value.code == "target_in_use"


def test_a_wrong_password_is_named_and_not_shown(postgresql: Server, tmp_path: Path) -> None:
    wrong = secrets.token_hex(12)
    with pytest.raises(CredentialsRefused) as refused:
        tried(system(postgresql.address, wrong, tmp_path))
    assert refused.value.code == "credentials_refused"
    assert wrong not in f"{refused.value} {refused.value.excerpt} {refused.value.__context__!r}"


def test_a_missing_database_and_a_closed_port_are_named(postgresql: Server, tmp_path: Path) -> None:
    with pytest.raises(RequestRefused) as missing:
        tried(system(postgresql.address.replace("/postgres", "/nowhere"), postgresql.password, tmp_path))
    assert missing.value.code == "database_missing"
    with pytest.raises(Unreachable) as closed:
        tried(system("postgresql://loader@127.0.0.1:1/postgres", "x" * 9, tmp_path))
    assert closed.value.code == "unreachable"


def test_an_address_outside_the_allowed_networks_is_not_connected_to(postgresql: Server, tmp_path: Path) -> None:
    with pytest.raises(AddressRefused):
        tried(system(postgresql.address, postgresql.password, tmp_path, networks=()))
    named = postgresql.address.replace("127.0.0.1", "localhost")
    with pytest.raises(AddressRefused):
        tried(system(named, postgresql.password, tmp_path, networks=()))


def test_only_a_private_network_is_reached_without_a_trusted_certificate() -> None:
    http = HttpSettings(base_uri="postgresql://me%40here@db.example.com/sales")
    connection = Connection("c", "w", "postgresql", "postgresql", http)
    uri = parse_base_uri(http.base_uri, schemes=SCHEMES)
    public = _parameters(connection, uri, "192.0.2.1")
    assert (public["sslmode"], public["host"], public["hostaddr"]) == ("verify-full", "db.example.com", "192.0.2.1")
    assert (public["user"], public["dbname"], public["port"]) == ("me@here", "sales", "5432")
    private = _parameters(replace(connection, http=replace(http, network="private")), uri, "10.0.0.1")
    assert private["sslmode"] == "prefer"


@pytest.mark.parametrize(
    "address", ["postgresql://db.example.com/x", "postgresql://u:p@db.example.com/x", "https://u@a.b"]
)
def test_an_address_without_a_user_or_with_a_password_is_refused(address: str) -> None:
    with pytest.raises(WrongInput) as refused:
        parse_base_uri(address, schemes=SCHEMES)
    assert refused.value.code == "base_uri_invalid"


def test_another_user_of_the_same_server_is_another_binding() -> None:
    one, other = (
        Connection("c", "w", "postgresql", "postgresql", HttpSettings(base_uri=f"postgresql://{user}@db.example.com/x"))
        for user in ("one", "other")
    )
    assert one.binding != other.binding
