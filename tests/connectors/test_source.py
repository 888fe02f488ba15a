"""What is read from a simulated Pendo is exactly what it holds."""

from __future__ import annotations

import json
import urllib.request
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow.compute as pc
import pytest

from pendant.errors import BrokenAnswer, CredentialsRefused, RemoteProblem, SliceTooLarge, WrongInput
from pendo_reading import NOW, Counts, read_all

ODD = {"visitors": 40, "accounts": 8, "days": 4, "events_per_day": 120, "apps": 3}
ENTITIES = {"visitors": "visitorId", "accounts": "accountId"}
LISTS = ["pages", "features", "trackTypes", "guides", "reports", "segments"]
EVENTS = ["events", "pageEvents", "featureEvents", "trackEvents", "guideEvents", "pollEvents"]


def day(number: int) -> datetime:
    """Midnight UTC in March 2024; buckets of New York begin 4 or 5 hours later."""
    return datetime(2024, 3, number, tzinfo=UTC)


def asked(pendo: Any, pipeline: list[Any]) -> list[dict[str, Any]]:
    body = json.dumps({"response": {}, "request": {"pipeline": pipeline}}).encode()
    headers = {"x-pendo-integration-key": pendo.key, "Content-Type": "application/json"}
    request = urllib.request.Request(f"{pendo.api}/api/v1/aggregation", data=body, headers=headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)["results"]


@pytest.mark.parametrize("resource", ENTITIES)
@pytest.mark.parametrize("page_size", [1, 7, 40, 1000])
def test_any_page_size_reads_every_visitor_and_account_once(reading, resource, page_size):
    one = reading(**ODD)
    found = one.table(resource, page=page_size)
    ids = found[ENTITIES[resource]].to_pylist()
    expected = one.pendo.expected(resource)
    assert (len(ids), tuple(sorted(ids))) == (expected.rows, expected.ids)
    assert one.meter.rows == expected.rows
    source = one.source(resource)
    assert source.count(source.plan()[0]) == expected.rows


@pytest.mark.parametrize("resource", LISTS)
def test_lists_hold_the_objects_of_every_application(reading, resource):
    one = reading(**ODD)
    expected = one.pendo.expected(resource)
    assert tuple(sorted(one.table(resource)["id"].to_pylist())) == expected.ids


@pytest.mark.parametrize("resource", EVENTS)
@pytest.mark.parametrize("window_days", [1, 3, 0])
def test_any_windows_read_every_event_row_once(reading, resource, window_days):
    one = reading(**ODD)
    found = one.table(resource, window_days=window_days)
    expected = one.pendo.expected(resource)
    assert found.num_rows == expected.rows
    assert tuple(sorted(set(found["visitorId"].to_pylist()))) == expected.ids
    if "numEvents" in found.column_names:
        assert pc.sum(found["numEvents"]).as_py() == expected.num_events
    source = one.source(resource, window_days=window_days)
    assert sum(source.count(part) for part in source.plan()) == expected.rows


@pytest.mark.parametrize("resource", ["pages", "features", "trackTypes", "guides", *EVENTS])
def test_chosen_applications_are_read_alone(reading, resource):
    one = reading(**ODD)
    apps = [app.id for app in one.pendo.world.apps][1:]
    found = one.table(resource, apps=tuple(map(str, apps)))
    assert found.num_rows == one.pendo.expected(resource, apps=apps).rows > 0
    assert set(found["appId"].to_pylist()) <= set(apps)


@pytest.mark.parametrize("resource", EVENTS)
def test_since_and_until_bound_the_start_of_buckets_and_the_time_of_single_events(reading, resource):
    one = reading(**ODD)
    time = {"guideEvents": "guideTimestamp", "pollEvents": "browserTime"}.get(resource, "day")
    whole = one.table(resource)[time].to_pylist()
    for since, until in ((day(8), day(10)), (day(8) + timedelta(hours=4, minutes=30), day(9) + timedelta(hours=5))):
        found = one.table(resource, since=since, until=until)[time].to_pylist()
        assert found == [at for at in whole if since <= at < until]


def test_a_row_holds_everything_that_pendo_sent(reading):
    one = reading(**ODD)
    sent = asked(one.pendo, [{"source": {"visitors": None}}, {"sort": ["visitorId"]}])
    for row, record in zip(one.table("visitors").to_pylist(), sent, strict=True):
        assert row["visitorId"] == record["visitorId"]
        rest = json.loads(row["other_fields"] or "{}").get("metadata", {})
        for group, fields in record["metadata"].items():
            for name, value in fields.items():
                if name in rest.get(group, {}):
                    assert rest[group][name] == value
                else:
                    assert in_milliseconds(row[f"{group}_{name}"]) == (
                        value or None if is_time(row, group, name) else value
                    )


def is_time(row: dict[str, Any], group: str, name: str) -> bool:
    value = row[f"{group}_{name}"]
    return isinstance(value, datetime) or (value is None and name != "language")


def in_milliseconds(value: Any) -> Any:
    return round(value.timestamp() * 1000) if isinstance(value, datetime) else value


def test_an_event_row_holds_everything_that_pendo_sent(reading):
    one = reading(**ODD)
    source = one.source("pageEvents")
    series = {"period": "dayRange", "first": NOW - 40 * 86_400_000, "last": NOW}
    params = {"appId": 'expandAppIds("*")'}
    sent = asked(one.pendo, [{"source": {"pageEvents": params, "timeSeries": series}}])
    found = read_all(source, Counts()).to_pylist()
    for row in found:
        for name in ("parameters", "properties"):
            row[name] = json.loads(row[name])
        assert row.pop("other_fields") is None

    def key(row: dict[str, Any]) -> str:
        numbers = {name: float(row[name]) for name in ("latitude", "longitude")}
        return json.dumps({name: in_milliseconds(row[name]) for name in sent[0]} | numbers, sort_keys=True)

    assert sorted(map(key, found)) == sorted(map(key, sent))


def test_event_rows_come_in_the_order_of_their_time(reading):
    one = reading(**ODD)
    days = one.table("pageEvents", window_days=1)["day"].to_pylist()
    assert days == sorted(days)


def test_reading_twice_gives_the_same_bytes(reading):
    one = reading(**ODD)
    for resource in ("visitors", "pages", "pageEvents", "guideEvents"):
        assert one.table(resource).equals(one.table(resource, **({"page": 3} if resource == "visitors" else {})))


def test_undeclared_metadata_is_kept_beside_the_columns(reading):
    one = reading(visitors=300, accounts=5, days=1, events_per_day=0)
    rest = [json.loads(text) for text in one.table("visitors")["other_fields"].to_pylist() if text]
    values = [one["metadata"]["custom"]["legacycode"] for one in rest]
    assert {type(value) for value in values} == {int, str}


def test_visitors_that_are_not_to_be_processed_have_no_metadata_and_are_there(reading):
    one = reading(**ODD)
    found = one.table("visitors")
    skipped = found.filter(found["pendo_donotprocess"])
    assert skipped.num_rows > 0
    assert skipped["auto_id"].null_count == skipped.num_rows


def test_rows_without_the_group_auto_are_read(reading):
    one = reading(**ODD)
    one.pendo.faults.add("no_auto", source="visitors", times=None)
    found = one.table("visitors")
    assert found.num_rows == 40
    assert found["auto_id"].null_count == 40


def test_never_is_null(reading):
    one = reading(visitors=300, accounts=5, days=1, events_per_day=0, odd_ids=False)
    sent = {row["visitorId"]: row for row in asked(one.pendo, [{"source": {"visitors": None}}])}
    never = [name for name, row in sent.items() if row["metadata"].get("auto", {}).get("lastvisit") == 0]
    found = {row["visitorId"]: row["auto_lastvisit"] for row in one.table("visitors").to_pylist()}
    assert never
    assert all(found[name] is None for name in never)


def test_each_application_has_its_own_copy_of_the_visit_times(reading):
    one = reading(**ODD)
    names = one.source("visitors").schema.names
    assert names[0] == "visitorId"
    assert "auto__323232_firstvisit" in names
    others = [app.id for app in one.pendo.world.apps][1:]
    assert all(f"auto_{app}_lastvisit" in names for app in others)


@pytest.mark.parametrize("resource", ["visitors", "pageEvents"])
def test_null_in_place_of_rows_is_none_where_pendo_counts_none_and_an_error_elsewhere(reading, resource):
    """The second request to a source, behind the count that plans it, is the one for its rows."""
    nothing = reading(visitors=0, accounts=0, days=0, events_per_day=0)
    assert nothing.table(resource).num_rows == 0
    nothing.pendo.faults.add("null_results", source=resource, nth=2)
    assert nothing.table(resource).num_rows == 0
    some = reading(**ODD)
    some.pendo.faults.add("null_results", source=resource, nth=2)
    lately = {"since": datetime(2024, 3, 10, tzinfo=UTC)} if resource == "pageEvents" else {}
    with pytest.raises(BrokenAnswer) as problem:
        some.table(resource, **lately)
    assert problem.value.code == "results_null"


@pytest.mark.parametrize("resource", ["pages", "guideOrder", "metadataSchemas", "guideHistory", "segmentMembers"])
def test_null_from_a_list_is_never_an_empty_list(reading, resource):
    one = reading(**ODD)
    one.pendo.faults.add("null_results", path="/api/v1", times=None)
    with pytest.raises(BrokenAnswer):
        one.table(resource)


def test_the_last_name_in_the_csv_of_a_segment_is_not_taken_by_half(reading):
    one = reading(**ODD)
    names = [name for name in one.pendo.world.ids("visitor") if name.isalnum()][:4]
    segment = one.pendo.world.memberships.create("Some", names)
    path = f"/api/v1/segment/{segment}/visitors"
    whole = one.table("segmentMembers", ids=(segment,))["visitorId"].to_pylist()
    size = len("visitorId\r\n") + sum(len(name) + 2 for name in whole)
    one.pendo.faults.add("truncate", path=path, nth=3, after_bytes=size - 5)
    with pytest.raises(BrokenAnswer):
        one.table("segmentMembers", ids=(segment,))
    assert one.table("segmentMembers", ids=(segment,))["visitorId"].to_pylist() == whole != []


def test_an_object_that_is_too_large_to_answer_for_is_not_left_out(reading):
    one = reading(**ODD)
    one.pendo.faults.add("too_large", path="/api/v1/guide/", nth=2)
    with pytest.raises(RemoteProblem, match="413"):
        one.table("guideHistory")


def test_one_timestamp_on_every_row_is_no_trap(reading):
    one = reading(**{**ODD, "one_timestamp": True})
    for resource in ("visitors", "pageEvents", "guideEvents"):
        assert one.table(resource).num_rows == one.pendo.expected(resource).rows


@pytest.mark.parametrize("kind", ["truncate", "truncate_between", "reset"])
def test_a_page_of_visitors_that_breaks_off_is_taken_up_where_it_ended(reading, kind):
    one = reading(**ODD)
    one.pendo.faults.add(kind, source="visitors", nth=2, times=3, after_bytes=9000)
    assert tuple(sorted(one.table("visitors", page=20)["visitorId"].to_pylist())) == one.pendo.expected("visitors").ids


def test_a_page_that_always_breaks_before_one_record_ends_with_the_error(reading):
    one = reading(**ODD)
    one.pendo.faults.add("truncate", source="visitors", times=None, after_bytes=100)
    with pytest.raises(BrokenAnswer):
        one.table("visitors")


@pytest.mark.parametrize("kind", ["truncate", "truncate_between", "reset"])
def test_a_list_that_breaks_off_is_read_again_without_doubles(reading, kind):
    one = reading(**ODD)
    one.pendo.faults.add(kind, path="/api/v1/page", times=2, after_bytes=30_000)
    assert tuple(sorted(one.table("pages")["id"].to_pylist())) == one.pendo.expected("pages").ids


def in_halves(source: Any, meter: Counts) -> list[dict[str, Any]]:
    """What the pipeline does: halves take the place of a slice that is too large."""
    waiting, rows = list(source.plan()), []
    while waiting:
        part = waiting.pop(0)
        try:
            rows += [row for batch in list(source.read(part, meter)) for row in batch.to_pylist()]
        except SliceTooLarge:
            if (found := source.split(part)) is None:
                raise
            waiting = [*found, *waiting]
    return rows


@pytest.mark.parametrize("resource", ["pageEvents", "guideEvents"])
@pytest.mark.parametrize("kind", ["timeout", "truncate", "reset"])
def test_a_window_that_is_too_large_is_read_in_halves(reading, resource, kind):
    one = reading(**ODD)
    one.pendo.faults.add(kind, source=resource, times=7, after_bytes=200)
    source = one.source(resource, window_days=30)
    rows = in_halves(source, one.meter)
    assert len(rows) == one.pendo.expected(resource).rows
    assert rows == one.table(resource).to_pylist() or resource == "pageEvents"
    assert {json.dumps(row, default=str) for row in rows} == {
        json.dumps(row, default=str) for row in one.table(resource).to_pylist()
    }


def test_one_bucket_is_split_by_visitors_until_there_is_one(reading):
    one = reading(**ODD)
    source = one.source("pageEvents", since=day(8), until=day(9))
    waiting, leaves = [source.plan()[0]], []
    while waiting:
        part = waiting.pop()
        found = source.split(part)
        waiting += found or []
        leaves += [] if found else [part]
    rows = [row for part in leaves for batch in source.read(part, one.meter) for row in batch.to_pylist()]
    whole = one.table("pageEvents", since=day(8), until=day(9)).to_pylist()
    assert len(leaves) == 40
    assert len({part.key for part in leaves}) == 40
    assert sorted(json.dumps(row, default=str) for row in rows) == sorted(json.dumps(row, default=str) for row in whole)


def test_a_way_that_always_breaks_is_not_split_for_ever(reading):
    one = reading(**ODD)
    one.pendo.faults.add("truncate", source="pageEvents", times=None, after_bytes=200)
    with pytest.raises((BrokenAnswer, SliceTooLarge)):
        in_halves(one.source("pageEvents", window_days=30), one.meter)
    assert one.meter.requests < 100


@pytest.mark.parametrize("kind", ["rate_limited", "server_error", "unavailable", "bad_gateway"])
def test_passing_trouble_is_waited_out(reading, kind):
    one = reading(**ODD)
    one.pendo.faults.add(kind, source="visitors", nth=2, times=2)
    assert one.table("visitors", page=10).num_rows == 40
    assert one.meter.retries == 2


def test_a_key_revoked_in_the_middle_is_a_clear_error(reading):
    one = reading(**ODD)
    one.pendo.faults.add("forbidden", source="visitors", nth=3, times=None)
    with pytest.raises(CredentialsRefused):
        one.table("visitors", page=10)


def test_a_page_size_that_pendo_cannot_answer_is_halved(reading):
    one = reading(**ODD)
    one.pendo.faults.add("timeout", source="visitors", times=3)
    assert one.table("visitors", page=1000).num_rows == 40


def test_a_source_can_be_left_in_the_middle(reading):
    one = reading(**ODD)
    source = one.source("visitors", page=5)
    batches = source.read(source.plan()[0], one.meter)
    assert next(batches).num_rows == 5
    batches.close()


def test_the_metadata_schemas_are_a_table_of_fields(reading):
    found = reading(**ODD).table("metadataSchemas").to_pylist()
    fields = {(row["kind"], row["group"], row["field"]): row for row in found}
    assert fields["visitor", "custom", "renewal"]["type"] == "time"
    assert fields["visitor", "custom", "oldsegment"]["isDeleted"] is True
    assert fields["account", "agent", "name"]["displayName"] == "Name"
    assert fields["visitor", "agent", "role"]["sample"] == '"admin"'
    assert all(row["other_fields"] is None for row in found)


@pytest.mark.parametrize(
    ("resource", "settings", "code", "field"),
    [
        ("visitors", {"apps": ("-323232",)}, "apps_not_supported", "apps"),
        ("pages", {"apps": ("one",)}, "apps_invalid", "apps"),
        ("pages", {"apps": ("99999999999999999999",)}, "apps_invalid", "apps"),
        ("visitors", {"since": day(1)}, "time_not_supported", "since"),
        ("pages", {"until": day(1)}, "time_not_supported", "until"),
        ("events", {"since": day(2), "until": day(1)}, "since_after_until", "since"),
    ],
)
def test_what_a_resource_cannot_do_is_refused_before_anything_is_asked(reading, resource, settings, code, field):
    one = reading(visitors=1, accounts=1, days=0, events_per_day=0)
    with pytest.raises(WrongInput) as problem:
        one.source(resource, **settings)
    assert (problem.value.code, problem.value.field) == (code, field)
    assert one.meter.requests == 0


class DeafChannel:
    """A Pendo that answers every page with the first one."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def call(self, request: Any) -> Any:
        return self._inner.call(request)

    def stream(self, request: Any) -> Any:
        if not request.body:
            return self._inner.stream(request)
        body = json.loads(request.body)
        stages = body["request"]["pipeline"]
        body["request"]["pipeline"] = [stage for stage in stages if "filter" not in stage]
        return self._inner.stream(replace(request, body=json.dumps(body).encode()))


def test_a_page_that_does_not_move_the_position_is_a_named_error(reading):
    one = reading(**ODD)
    one.channel = DeafChannel(one.channel)
    with pytest.raises(RemoteProblem) as problem:
        one.table("visitors", page=10)
    assert problem.value.code == "page_did_not_move"
