"""SQL in the middle: exact, row by row, and unable to reach anything."""

from __future__ import annotations

import hmac
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pendant.errors import SetupProblem, WrongInput
from pendant.model.vault import Hasher
from pendant.transform.query import Sql
from pendant.transform.sql import Identity, transformation

MARK = {b"pendant:json": b"1"}
SCHEMA = pa.schema(
    [
        pa.field("visitorId", pa.string()),
        pa.field("agent_email", pa.string()),
        pa.field("numEvents", pa.int64()),
        pa.field("day", pa.timestamp("ms", "UTC")),
        pa.field("tags", pa.list_(pa.string())),
        pa.field("properties", pa.string(), metadata=MARK),
    ]
)


def batch(rows: int, first: int = 0) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(
        [
            {
                "visitorId": f"v{number}",
                "agent_email": f"V{number}@Example.com",
                "numEvents": number,
                "day": 1_710_046_800_000 + number,
                "tags": [f"t{number}", None],
                "properties": '{"plan": "pro"}',
            }
            for number in range(first, first + rows)
        ],
        schema=SCHEMA,
    )


def applied(rows: int = 3, **asked: Any) -> list[dict[str, object]]:
    sql = Sql(SCHEMA, **asked)
    found = list(sql.apply(iter([batch(rows)])))
    assert all(piece.schema.equals(sql.schema, check_metadata=True) for piece in found)
    return [row for piece in found for row in piece.to_pylist()]


def refusal(**asked: str) -> WrongInput:
    with pytest.raises(WrongInput) as refused:
        Sql(SCHEMA, **asked)
    return refused.value


def test_without_selection_and_filter_rows_pass_as_they_are() -> None:
    for select in ("", " * "):
        passing = transformation(SCHEMA, select=select)
        assert isinstance(passing, Identity)
        one = batch(2)
        assert list(passing.apply(iter([one]))) == [one]
    assert isinstance(transformation(SCHEMA, filter="numEvents > 1"), Sql)


def test_a_selection_names_and_computes_columns() -> None:
    assert applied(select="visitorId, lower(agent_email) AS email, properties->>'plan' AS plan")[1] == {
        "visitorId": "v1",
        "email": "v1@example.com",
        "plan": "pro",
    }


def test_a_filter_keeps_rows_in_their_order() -> None:
    assert [row["numEvents"] for row in applied(50_000, filter="numEvents % 7 = 3")] == list(range(3, 50_000, 7))


def test_what_passes_through_keeps_its_exact_type_and_mark() -> None:
    sql = Sql(SCHEMA, select="*", filter="true")
    assert sql.schema.equals(SCHEMA, check_metadata=True)
    renamed = Sql(SCHEMA, select='day AS d, input.properties AS "P", lower(properties) AS l').schema
    assert renamed.field("d").type == pa.timestamp("ms", "UTC")
    assert renamed.field("P").metadata == MARK
    assert renamed.field("l").metadata is None


def test_star_with_changes_marks_only_what_passes_through() -> None:
    schema = Sql(SCHEMA, select="* EXCLUDE (day) REPLACE ('x' AS properties), numEvents + 1 AS more").schema
    assert schema.names == ["visitorId", "agent_email", "numEvents", "tags", "properties", "more"]
    assert schema.field("properties").metadata is None
    assert schema.field("tags").type == pa.list_(pa.string())


def test_times_stay_utc_whatever_the_machine_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        (row,) = applied(1, select="day, date_trunc('day', day) AS midnight, CAST(day AS VARCHAR) AS shown")
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()
    assert str(row["day"]) == "2024-03-10 05:00:00+00:00"
    assert str(row["midnight"]) == "2024-03-10 00:00:00+00:00"
    assert row["shown"] == "2024-03-10 05:00:00+00"


def test_new_lists_and_structs_have_plain_types() -> None:
    schema = Sql(SCHEMA, select="[visitorId] AS l, {'a': numEvents} AS s, [[1]] AS ll").schema
    assert schema.field("l").type == pa.list_(pa.string())
    assert schema.field("s").type == pa.struct([("a", pa.int64())])


def test_unnest_makes_several_rows_of_one() -> None:
    assert [row["tag"] for row in applied(2, select="unnest(tags) AS tag")] == ["t0", None, "t1", None]


def test_a_masked_text_shows_its_end_and_not_how_long_it_is() -> None:
    (row,) = applied(1, select="masked(agent_email) AS m, masked('abcd') AS s, masked(NULL) AS n, masked(123456) AS i")
    assert row == {"m": "****om", "s": "****", "n": None, "i": "****56"}


def digest(value: bytes) -> str:
    return hmac.digest(b"of one installation", value, "sha256").hex()


def test_a_hashed_value_is_the_same_wherever_it_stands() -> None:
    asked = {"select": "hashed(visitorId) AS v, HASHED(numEvents) AS n, hashed(NULL) AS e", "hasher": lambda: digest}
    rows = applied(3, **asked)
    assert [row["v"] for row in rows] == [digest(f"v{number}".encode()) for number in range(3)]
    assert all(row["n"] == digest(str(number).encode()) for number, row in enumerate(rows))
    assert {row["e"] for row in rows} == {None}
    assert applied(3, filter=f"hashed(visitorId) = '{digest(b'v1')}'", hasher=lambda: digest) == applied(3)[1:2]


def test_the_key_is_asked_for_where_something_is_hashed_and_nowhere_else() -> None:
    def locked() -> Hasher:
        raise SetupProblem("vault_locked", "The vault is locked.")

    assert applied(1, select="masked(visitorId) AS hashed", hasher=locked)
    with pytest.raises(SetupProblem, match="locked"):
        Sql(SCHEMA, select="upper(hashed(visitorId)) AS v", hasher=locked)
    with pytest.raises(SetupProblem) as nowhere:
        Sql(SCHEMA, filter="hashed(visitorId) = 'x'")
    assert nowhere.value.code == "hash_key_missing"


@pytest.mark.parametrize(
    ("asked", "name", "near", "position"),
    [
        ({"select": "visitorId, agentemail"}, "agentemail", "agent_email", 12),
        ({"select": "lower(vistorId) AS x"}, "vistorId", "visitorId", 7),
        ({"filter": "numEvents > 3 AND numEvent < 9"}, "numEvent", "numEvents", 19),
        ({"select": "'é🦊', vistorId"}, "vistorId", "visitorId", 7),
        ({"select": "*", "filter": '"no such" = 1'}, "no such", "", 1),
    ],
)
def test_an_unknown_column_is_named_with_its_place_and_near_names(
    asked: dict[str, str], name: str, near: str, position: int
) -> None:
    refused = refusal(**asked)
    assert refused.code == "unknown_column"
    assert f'"{name}"' in refused.message
    assert f"(character {position} of" in refused.message
    assert near in refused.hint
    assert refused.field == ("filter" if "filter" in asked else "select")


@pytest.mark.parametrize(
    ("asked", "place"),
    [
        ({"select": "visitorId, lower(agent_email"}, ""),
        ({"select": "visitorId visitor id"}, "character 19"),
        ({"filter": "numEvents >"}, ""),
        ({"filter": "'é' = 'é' AND AND"}, "character 15"),
        ({"select": "nofunction(visitorId)"}, "character 1"),
        ({"select": "lower(numEvents, 3)"}, "character 1"),
    ],
)
def test_what_cannot_be_understood_is_sql_invalid_with_its_place(asked: dict[str, str], place: str) -> None:
    refused = refusal(**asked)
    assert refused.code == "sql_invalid"
    assert place in refused.message
    assert refused.field in asked


OUTSIDE = Path(__file__)


@pytest.mark.parametrize(
    "select",
    [
        "1; DROP TABLE input",
        "1; SELECT 2",
        "(SELECT max(content) FROM read_text('/etc/hostname'))",
        "EXISTS (FROM '/etc/hostname')",
        "visitorId IN (SELECT 'x')",
        f"* FROM read_text('{OUTSIDE}') --",
        f"* FROM '{OUTSIDE}' --",
        "* FROM input --",
        "1 UNION ALL SELECT 2",
        "read_text('/etc/hostname')",
        "read_blob('/etc/hostname')",
        "current_setting('home_directory')",
        "COPY input TO 'x.csv'",
        "ATTACH 'x.duckdb'",
        "PRAGMA version",
        "SET threads = 9",
        "INSTALL httpfs",
        "WITH x AS (SELECT 1) SELECT * FROM x",
        "count(*)",
        "sum(numEvents)",
        "visitorId, max(numEvents) AS top",
        "weighted_avg(numEvents, numEvents)",
        "list(visitorId)",
        "row_number() OVER ()",
        "lag(visitorId) OVER (ORDER BY day)",
        "visitorId WHERE true",
        "visitorId ORDER BY 1",
        "DISTINCT visitorId",
        "visitorId LIMIT 1",
        "visitorId GROUP BY 1",
        "$1",
        "?",
        "repeat('x', 1000000000)",
        "repeat('x', numEvents)",
        "repeat(repeat('x', 10000), 10000)",
        "range(1000000000)",
        "lpad('x', 2000000000, 'x')",
    ],
)
def test_what_is_not_about_one_row_is_refused(select: str) -> None:
    refused = refusal(select=select)
    assert refused.code == "sql_refused", refused.message
    assert refused.field == "select"


@pytest.mark.parametrize(
    "condition",
    [
        "true; DROP TABLE input",
        "true ORDER BY 1",
        "true GROUP BY visitorId",
        "true LIMIT 1",
        "visitorId IN (SELECT content FROM read_text('/etc/hostname'))",
        "true UNION SELECT 1",
        "row_number() OVER () < 3",
        "true QUALIFY true",
    ],
)
def test_a_filter_is_a_condition_and_nothing_else(condition: str) -> None:
    refused = refusal(filter=condition)
    assert refused.code == "sql_refused", refused.message
    assert refused.field == "filter"


def test_the_locked_duckdb_refuses_by_itself_what_the_tree_lets_pass() -> None:
    """The second wall: were the check of the tree wrong, nothing could be reached all the same."""
    sql = Sql(SCHEMA, filter="true")
    database = sql._database.cursor()
    for statement in (
        f"SELECT * FROM read_text('{OUTSIDE}')",
        f"COPY (SELECT 1) TO '{OUTSIDE.parent / 'never.csv'}'",
        "ATTACH '/tmp/never.duckdb' AS never",
        "SET enable_external_access = true",
        "SET threads = 4",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SELECT * FROM statement",
    ):
        with pytest.raises(Exception, match=r"disabled|locked|does not exist"):
            database.execute(statement)
    assert not (OUTSIDE.parent / "never.csv").exists()


def test_a_comment_at_the_end_hides_nothing_of_the_query() -> None:
    assert applied(2, select="visitorId -- only this", filter="numEvents > 0 -- not the first") == [{"visitorId": "v1"}]


def test_a_value_that_does_not_fit_is_named_while_rows_pass() -> None:
    with pytest.raises(WrongInput) as refused:
        applied(select="CAST(agent_email AS INTEGER) AS n")
    assert refused.value.code == "sql_failed"
    assert "V0@Example.com" in refused.value.message


def test_a_selection_that_never_ends_is_interrupted() -> None:
    slow = (
        "list_sum(list_transform(range(10000), lambda x: list_sum(list_transform(range(10000), lambda y: sin(x * y)))))"
    )
    sql = Sql(SCHEMA, select=f"{slow} AS s", seconds_max=0.2)
    started = time.monotonic()
    with pytest.raises(WrongInput) as refused:
        list(sql.apply(iter([batch(500)])))
    assert refused.value.code == "sql_too_slow"
    assert time.monotonic() - started < 20


def test_rows_pass_before_the_source_has_ended() -> None:
    asked = 0

    def endless() -> Iterator[pa.RecordBatch]:
        nonlocal asked
        while True:
            asked += 1
            yield batch(10_000)

    found = Sql(SCHEMA, filter="true").apply(endless())
    assert sum(next(found).num_rows for _ in range(3)) > 20_000
    assert asked < 10


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 40), max_size=8))
def test_how_rows_are_cut_into_batches_changes_nothing(sizes: list[int]) -> None:
    sql = Sql(SCHEMA, select="visitorId, numEvents", filter="numEvents % 2 = 0")
    cut, first = [], 0
    for size in sizes:
        cut.append(batch(size, first))
        first += size
    found = [row["numEvents"] for piece in sql.apply(iter(cut)) for row in piece.to_pylist()]
    assert found == list(range(0, first, 2))


@pytest.mark.parametrize(("name", "meant"), [("hashd", "hashed"), ("mask", "masked"), ("lowr", "lower"), ("xyzzy", "")])
def test_an_unknown_function_is_named_with_one_that_is_near(name: str, meant: str) -> None:
    refused = refusal(select=f"visitorId, {name}(agent_email) AS e")
    assert refused.code == "sql_invalid"
    assert refused.message == f"There is no function {name}() (character 12 of the selection)."
    assert meant in refused.hint
    assert (f"Did you mean {meant}?" == refused.hint) == bool(meant)
