"""A subscription as plain files: what is loaded is what was saved, and what is wrong in them is said."""

import json
import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pendosim import Options, SettableClock, running
from pendosim.aggregation.sources import SOURCES
from pendosim.saved.files import BadFile
from pendosim.saved.opening import opened
from pendosim.saved.save import save
from pendosim.world.world import World

from .conftest import ALL_APPS, NOW, Client

SIZES = {"visitors": 40, "accounts": 12, "days": 3, "events_per_day": 80, "apps": 2, "seed": 4}
TIMED = {"timeSeries": {"period": "dayRange", "first": "now()", "count": -3}}
HOURLY = {"timeSeries": {"period": "hourRange", "first": "now()", "count": -30}}
LISTS = ["page", "feature", "tracktype", "guide", "report", "segment"]
EVENT = {"type": "track", "event": "Neu", "visitorId": "stranger", "accountId": "nobody", "timestamp": NOW - 5000}


@pytest.fixture(scope="module")
def first():
    with running(**SIZES, now=NOW) as pendo:
        yield Client(pendo)


@pytest.fixture(scope="module")
def directory(first, tmp_path_factory):
    place = tmp_path_factory.mktemp("saved") / "state"
    first.pendo.save(place)
    return place


@pytest.fixture(scope="module")
def second(directory):
    with running(load=str(directory), now=NOW) as pendo:
        yield Client(pendo)


@pytest.fixture
def copy(directory, tmp_path):
    return shutil.copytree(directory, tmp_path / "copy")


def alike(first, second, path):
    one, other = first.get(path), second.get(path)
    assert (one.status, one.body) == (other.status, other.body)
    return one


@pytest.mark.parametrize("path", [*(f"/api/v1/{name}?expand=*" for name in LISTS), "/api/v1/metadata/schema/visitor"])
def test_every_list_is_answered_as_before(first, second, path):
    assert alike(first, second, path).status == 200


@pytest.mark.parametrize("source", sorted(SOURCES))
def test_every_source_is_answered_as_before(first, second, source):
    for series in ({}, TIMED, HOURLY):
        for parameters in (None, ALL_APPS):
            answers = [of.aggregate({"source": {source: parameters, **series}}) for of in (first, second)]
            assert answers[0].body == answers[1].body


def test_every_visitor_and_account_is_answered_as_before(first, second):
    for row in first.rows({"source": {"visitors": None}})[:15]:
        assert alike(first, second, f"/api/v1/visitor/{_quoted(row['visitorId'])}").status == 200
        alike(first, second, f"/api/v1/visitor/{_quoted(row['visitorId'])}/history?starttime={NOW - 86_400_000}")
    for row in first.rows({"source": {"accounts": None}}):
        assert alike(first, second, f"/api/v1/account/{_quoted(row['accountId'])}").status == 200


def test_the_truth_is_as_before(first, second):
    for resource in ("visitors", "accounts", "events", "pageEvents", "trackEvents", "guideEvents", "pollEvents"):
        assert first.pendo.expected(resource) == second.pendo.expected(resource)


def test_saving_what_was_loaded_writes_the_same_files(directory, second, tmp_path):
    second.pendo.save(tmp_path / "again")
    files = sorted(file.name for file in directory.iterdir())
    assert files == sorted(file.name for file in (tmp_path / "again").iterdir())
    for name in files:
        assert (tmp_path / "again" / name).read_bytes() == (directory / name).read_bytes()


def test_what_was_sent_meanwhile_is_saved_too(tmp_path):
    with running(**SIZES, now=NOW, save=str(tmp_path)) as pendo:
        client = Client(pendo)
        for number in range(3):
            client.request("POST", "/data/track", EVENT | {"visitorId": f"s{number}"}, key=pendo.track_secret)
        today = {"period": "dayRange", "first": "now()", "count": 1}
        tracked = {"source": {"trackEvents": None, "timeSeries": today}}
        before = client.rows(tracked, {"sort": ["visitorId", "trackTypeId"]})
        assert client.control("POST", "/save").json() == {"saved": str(tmp_path)}
    with running(load=str(tmp_path), now=NOW) as pendo:
        assert Client(pendo).rows(tracked, {"sort": ["visitorId", "trackTypeId"]}) == before
        assert {"s0", "s1", "s2"} <= {row["visitorId"] for row in before}
        assert "Neu" in {one["trackTypeName"] for one in Client(pendo).get("/api/v1/tracktype").json()}


def test_without_a_directory_there_is_nowhere_to_save_to(first):
    assert first.control("POST", "/save").status == 400


@settings(max_examples=12, deadline=None)
@given(
    st.fixed_dictionaries(
        {
            "visitors": st.integers(0, 30),
            "accounts": st.integers(0, 6),
            "days": st.integers(0, 3),
            "events_per_day": st.integers(0, 40),
            "apps": st.integers(1, 3),
            "seed": st.integers(0, 99),
            "timezone": st.sampled_from(["UTC", "America/New_York", "Asia/Kolkata"]),
            "odd_ids": st.booleans(),
        }
    )
)
def test_any_world_comes_back_as_it_was(tmp_path_factory, options):
    clock, place = SettableClock(NOW), tmp_path_factory.mktemp("any") / "state"
    made = World(Options(**options), clock)
    save(made, place)
    back = opened(Options(load=str(place)), clock)
    tables = [of.buckets("pageEvents", "hour") for of in (made, back)]
    tables += [table for of in (made, back) for table in (of.visitors(),)]
    for one, other in (tables[:2], tables[2:], (made.accounts(), back.accounts())):
        assert [one.row(place) for place in range(len(one))] == [other.row(place) for place in range(len(other))]
    assert back.pools() == made.pools()


def test_files_may_be_edited_by_hand(copy):
    (copy / "guide_events.jsonl").write_text("")
    (copy / "poll_events.jsonl").write_text("\n\n")
    (copy / "guides.jsonl").write_text("")
    (copy / "accounts.jsonl").write_text('{"accountId": "Only", "metadata": {"custom": {"seats": 3}}}\n')
    visitors = [{"visitorId": "ann", "metadata": {"agent": {"role": "owner"}}}, {"visitorId": "bob", "metadata": {}}]
    (copy / "visitors.jsonl").write_text("\n".join(map(json.dumps, visitors)))
    event = {"time": NOW - 7_200_000, "visitorId": "ann", "appId": -323232, "kind": "other", "properties": {"b": 1}}
    earlier = event | {"time": NOW - 7_260_000, "visitorId": "cat", "userAgent": "curl", "ip": "192.0.2.250"}
    (copy / "events.jsonl").write_text(f"{json.dumps(event)}\n\n{json.dumps(earlier)}\n")
    with running(load=str(copy), now=NOW) as pendo:
        client = Client(pendo)
        assert sorted(client.rows({"source": {"visitors": None}}), key=str) == sorted(visitors, key=str)
        today = {"period": "hourRange", "first": "now()", "count": -5}
        rows = client.rows({"source": {"events": None, "timeSeries": today}}, {"sort": ["firstTime"]})
        assert [(row["visitorId"], row["userAgent"]) for row in rows] == [("cat", "curl"), ("ann", "")]
        assert client.get("/api/v1/account/Only").json()["metadata"]["custom"] == {"seats": 3}
        assert client.get("/api/v1/guide?expand=*").json() == []
        for source in SOURCES:
            assert client.aggregate({"source": {source: None, **TIMED}}).status in (200, 400)


LINES = [
    ("visitors.jsonl", '{"visitorId": "ann", "metadata": {},}', "trailing comma"),
    ("visitors.jsonl", '{"visitorId": 5, "metadata": {}}', r"Expected `str`, got `int` - at `\$\.visitorId`"),
    ("visitors.jsonl", '{"visitorId": "", "metadata": {}}', "length"),
    ("visitors.jsonl", '{"visitorId": "ann", "metadata": {"agent": 5}}', "Expected `object`"),
    ("visitors.jsonl", '{"visitorId": "x", "metadata": {"auto": {"accountids": "a"}}}', "accountids"),
    ("visitors.jsonl", '"' + "[" * 5, "malformed|truncated"),
    ("visitors.jsonl", '{"visitorId": "z", "metadata": {"a": {"b": ' + "[" * 5000, "nested too deeply"),
    ("accounts.jsonl", '{"metadata": {}}', "accountId"),
    ("events.jsonl", '{"time": "x"}', "Expected `int`"),
    ("events.jsonl", '{"time": 5, "visitorId": "a", "appId": 7, "kind": "other"}', "appId 7 is not in apps.jsonl"),
    ("events.jsonl", '{"time": 5, "visitorId": "a", "appId": -323232, "kind": "page", "item": "p"}', "'p' is no page"),
    ("events.jsonl", '{"time": 5, "visitorId": "a", "appId": -323232, "kind": "view"}', "Invalid enum value"),
    ("events.jsonl", '{"time": 5, "visitorId": "a", "appId": -323232, "kind": "other", "x": 1}', "unknown field `x`"),
    ("events.jsonl", '{"time": 5, "visitorId": "a", "appId": -323232, "kind": "other", "properties": 1}', "objects"),
    ("pages.jsonl", '{"id": "p", "name": "P"}', "appId"),
    ("track_types.jsonl", '{"id": "p", "name": "P", "appId": 9, "trackTypeName": "P"}', "appId 9"),
    ("apps.jsonl", '{"id": -323232, "name": "A", "platform": "web", "server": "s"}', "was there before"),
    ("guide_events.jsonl", '{"visitorId": "a"}', "appId"),
]


@pytest.mark.parametrize(("name", "line", "reason"), LINES)
def test_a_line_that_is_wrong_is_refused_with_file_line_and_reason(copy, name, line, reason):
    before = (copy / name).read_text()
    (copy / name).write_text(f"{before}\n{line}\n")
    with pytest.raises(BadFile, match=reason) as bad:
        opened(Options(load=str(copy)), SettableClock(NOW))
    assert f"{name}, line {before.count(chr(10)) + 2}:" in str(bad.value)


def test_the_same_visitor_twice_is_refused(copy):
    lines = (copy / "visitors.jsonl").read_bytes().splitlines()
    (copy / "visitors.jsonl").write_bytes(b"\n".join([*lines, lines[3]]))
    with pytest.raises(BadFile, match=rf"line {len(lines) + 1}: .* was there before"):
        opened(Options(load=str(copy)), SettableClock(NOW))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"format": 1,\n"made_at": }', "line 2"),
        ('{"format": 2}', "format"),
        ('{"format": 1, "made_at": 5, "timezone": "Mars/X", "seed": 1, "ips": ["192.0.2.1"]}', "Mars/X"),
        ('{"format": 1, "made_at": 5, "timezone": "UTC", "seed": 1, "ips": []}', "ips"),
    ],
)
def test_a_wrong_manifest_is_refused(copy, text, reason):
    (copy / "subscription.json").write_text(text)
    with pytest.raises(BadFile, match=reason):
        opened(Options(load=str(copy)), SettableClock(NOW))


def test_a_missing_file_is_named(copy):
    (copy / "guides.jsonl").unlink()
    with pytest.raises(BadFile, match=r"guides\.jsonl: No such file"):
        opened(Options(load=str(copy)), SettableClock(NOW))
    with pytest.raises(BadFile, match=r"subscription\.json"):
        opened(Options(load=str(copy / "nowhere")), SettableClock(NOW))


def test_a_setting_that_contradicts_the_files_is_refused(copy):
    with pytest.raises(ValueError, match="timezone is 'UTC', but 'America/New_York'"):
        opened(Options(load=str(copy), timezone="UTC"), SettableClock(NOW))


def test_a_directory_of_something_else_is_not_saved_into(tmp_path):
    (tmp_path / "thesis.txt").write_text("x")
    with pytest.raises(BadFile, match="other files"):
        opened(Options(save=str(tmp_path)), SettableClock(NOW))


def _quoted(name):
    return "".join(f"%{byte:02X}" for byte in name.encode())
