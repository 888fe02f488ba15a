"""Every resource beside visitors, accounts, plain lists and counted events: its rows are what the simulator holds."""

from __future__ import annotations

import json
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pendant.errors import BrokenAnswer, WrongInput
from pendo_reading import Counts, read_all
from pendosim.aggregation.pipeline import pipeline_of

SMALL = {"visitors": 40, "accounts": 8, "days": 4, "events_per_day": 200, "apps": 3}
EVERYWHERE = {"appId": 'expandAppIds("*")'}


@pytest.fixture
def small(reading):
    return reading(**SMALL)


def day(number: int) -> datetime:
    return datetime(2024, 3, number, tzinfo=UTC)


def ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def sent(one: Any, *pipeline: Any) -> list[dict[str, Any]]:
    world = one.pendo.world
    return [dict(row) for row in pipeline_of(list(pipeline), world, world.environment()).rows()]


def plain(value: Any) -> Any:
    return ms(value) if isinstance(value, datetime) else value


def rows_of(table: Any, *names: str) -> list[tuple[Any, ...]]:
    return [tuple(plain(row[name]) for name in names) for row in table.to_pylist()]


@pytest.mark.parametrize("resource", ["groups", "apps"])
def test_small_sources_are_read_whole(small, resource):
    expected = sent(small, {"source": {resource: None}})
    found = small.table(resource)
    assert sorted(rows_of(found, "id", "name")) == sorted((row["id"], row["name"]) for row in expected)
    assert nothing_left_over(found)
    source = small.source(resource)
    assert source.count(source.plan()[0]) == found.num_rows


def asked_for(one: Any, path: str) -> Any:
    request = urllib.request.Request(one.pendo.api + path, headers={"x-pendo-integration-key": one.pendo.key})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def nothing_left_over(table: Any) -> bool:
    return table["other_fields"].null_count == table.num_rows


@pytest.mark.parametrize(
    ("resource", "path", "names"),
    [
        ("excludeList", "/api/v1/blacklist", ("id", "type", "name")),
        ("servers", "/api/v1/servername", ("id", "name")),
        ("metadataDependencies", "/api/v1/metadata/dependencies", ("kind", "group", "field")),
    ],
)
def test_short_lists_are_what_pendo_lists(small, resource, path, names):
    expected = [tuple(row[name] for name in names) for row in asked_for(small, path)]
    found = small.table(resource)
    assert rows_of(found, *names) == expected != []
    assert nothing_left_over(found)


def test_bulk_deletions_are_listed_with_their_ids(reading):
    small = reading(**SMALL, erase_delay=86_400)
    with small.pendo.world.present() as state:
        begun = state.erasures.begin("visitor", ["one", "two"])
    found = small.table("bulkDeletes")
    assert rows_of(found, "id", "kind", "ids") == [(begun["id"], "visitor", ["one", "two"])]
    assert nothing_left_over(found)


def test_the_order_of_guides_is_read_for_every_application(small):
    apps = [app.id for app in small.pendo.world.apps]
    expected = {app: asked_for(small, f"/api/v1/guide/order?appId={app}")["guideIds"] for app in apps}
    assert dict(rows_of(small.table("guideOrder"), "appId", "guideIds")) == expected
    assert dict(rows_of(small.table("guideOrder", apps=(str(apps[1]),)), "appId", "guideIds")) == {
        apps[1]: expected[apps[1]]
    }


def test_feedback_options_are_one_row_for_each_word(small):
    said = asked_for(small, "/api/v1/feedback/options")
    expected = [(kind, place, one) for kind, options in said.items() for place, one in enumerate(options)]
    shown = [
        (*rest, json.loads(option))
        for *rest, option in rows_of(small.table("feedbackOptions"), "kind", "position", "option")
    ]
    assert shown == expected != []


def test_the_history_of_guides_holds_every_version(small):
    changed = small.pendo.world.guides[0]["id"]
    small.pendo.world.guide_changes.set_state(changed, "staged")
    found = small.table("guideHistory")
    expected = {
        guide["id"]: asked_for(small, f"/api/v1/guide/{guide['id']}/history") for guide in small.pendo.world.guides
    }
    shown = rows_of(found, "guideId", "position", "id", "state", "stableVersionId")
    assert sorted(shown) == sorted(
        (guide, place, one["id"], one["state"], one["stableVersionId"])
        for guide, versions in expected.items()
        for place, one in enumerate(versions)
    )
    assert nothing_left_over(found)
    assert len(expected[changed]) > 1
    assert set(small.table("guideHistory", ids=(changed,))["guideId"].to_pylist()) == {changed}


def members_of(one: Any, segment: str) -> list[str]:
    return [row["visitorId"] for row in sent(one, {"source": {"visitors": None}}, {"segment": {"id": segment}})]


def test_segment_members_come_from_a_job_for_each_segment(small):
    segments = small.pendo.world.memberships.listed()
    expected = [(one["id"], one["name"], name) for one in segments for name in members_of(small, one["id"])]
    found = small.table("segmentMembers")
    assert sorted(rows_of(found, "segmentId", "segmentName", "visitorId")) == sorted(expected) != []
    source = small.source("segmentMembers", ids=(segments[0]["id"],))
    (part,) = source.plan()
    assert source.count(part) == len(members_of(small, segments[0]["id"]))


def test_odd_ids_survive_the_csv_of_a_segment(small):
    odd = [name for name in small.pendo.world.people.visitor_ids if set(name) & set("\",\\\n '")]
    segment = small.pendo.world.memberships.create("Odd", odd)
    assert sorted(small.table("segmentMembers", ids=(segment,))["visitorId"].to_pylist()) == sorted(odd) != []


def test_the_csv_of_a_segment_that_ends_inside_a_quote_is_an_error(small):
    segment = small.pendo.world.memberships.create(
        "Odd", [next(name for name in small.pendo.world.people.visitor_ids if '"' in name)]
    )
    small.pendo.faults.add("truncate", path=f"/api/v1/segment/{segment}/visitors", nth=3, times=None, after_bytes=15)
    with pytest.raises(BrokenAnswer):
        small.table("segmentMembers", ids=(segment,))


@pytest.mark.parametrize("resource", ["agenticEvents", "recordingMetadata"])
@pytest.mark.parametrize("window_days", [1, 0])
def test_conversations_and_recordings_are_read_once_in_any_windows(small, resource, window_days):
    series = {"period": "dayRange", "first": ms(day(1)), "last": ms(day(12))}
    expected = sent(small, {"source": {resource: EVERYWHERE, "timeSeries": series}})
    found = small.table(resource, window_days=window_days)
    names = list(expected[0])
    assert sorted(rows_of(found, *names)) == sorted(tuple(row[name] for name in names) for row in expected) != []
    assert nothing_left_over(found)


@pytest.mark.parametrize("page", [1, 7, 50_000])
def test_visitors_that_are_not_to_be_processed_are_a_list_of_their_own(reading, page):
    one = reading(**{**SMALL, "visitors": 300})
    expected = sorted(row["visitorId"] for row in sent(one, {"source": {"doNotProcessVisitors": None}}))
    assert sorted(one.table("doNotProcessVisitors", page=page)["visitorId"].to_pylist()) == expected != []


def test_accounts_that_are_not_to_be_processed_are_a_list_of_their_own(small):
    assert small.table("doNotProcessAccounts").num_rows == 0


def test_guide_steps_are_the_steps_of_every_guide_in_their_order(small):
    expected = [
        (step["id"], guide["id"], guide["name"], guide["appId"], place, step["lastUpdatedAt"])
        for guide in small.pendo.world.guides
        for place, step in enumerate(guide["steps"])
    ]
    found = small.table("guideSteps")
    assert rows_of(found, "id", "guideId", "guideName", "appId", "position", "lastUpdatedAt") == expected
    assert nothing_left_over(found)


def test_guide_polls_are_the_polls_of_every_guide(small):
    expected = [
        (poll["id"], guide["id"], place, poll["question"], poll["attributes"]["type"])
        for guide in small.pendo.world.guides
        for place, poll in enumerate(guide["polls"])
    ]
    found = small.table("guidePolls")
    assert rows_of(found, "id", "guideId", "position", "question", "type") == expected
    assert nothing_left_over(found)


def test_parts_of_guides_of_one_application_are_read_alone(small):
    app = small.pendo.world.apps[1].id
    found = small.table("guideSteps", apps=(str(app),))
    assert set(found["appId"].to_pylist()) == {app}


@pytest.mark.parametrize("kind", ["truncate", "reset"])
def test_parts_are_not_doubled_when_the_list_breaks_off(small, kind):
    whole = small.table("guideSteps").to_pylist()
    small.pendo.faults.add(kind, path="/api/v1/guide", times=2, after_bytes=9_000)
    assert small.table("guideSteps").to_pylist() == whole


def shown_reports(one: Any) -> list[dict[str, Any]]:
    """The list holds those that everyone can see; paths, funnels and the like have no results to be had."""
    shared = [report for report in one.pendo.world.reports if report["shared"]]
    return sorted((one for one in shared if one["target"] in ("visitor", "account")), key=lambda one: one["id"])


def test_report_results_are_the_rows_of_every_report(small):
    expected = [
        (report["id"], report["name"], place, row)
        for report in shown_reports(small)
        for place, row in enumerate(sent(small, *report["aggregation"]["pipeline"]))
    ]
    found = small.table("reportResults")
    shown = [(*rest, json.loads(row)) for *rest, row in rows_of(found, "reportId", "reportName", "position", "row")]
    assert shown == expected != []


def test_results_of_one_report_can_be_chosen(small):
    chosen = small.pendo.world.reports[1]["id"]
    assert set(small.table("reportResults", ids=(chosen,))["reportId"].to_pylist()) == {chosen}


def test_a_report_without_results_is_named_in_a_note_and_the_others_are_read(small):
    first = shown_reports(small)[0]["id"]
    small.pendo.faults.add("conflict", path=f"/api/v1/report/{first}/results", times=None)
    with pytest.raises(Exception, match="409"):
        small.table("reportResults")
    small.pendo.faults.clear()
    small.meter.notes.clear()
    shown_reports(small)[0]["aggregation"]["pipeline"][:] = [{"source": {"nonsense": None}}]
    found = small.table("reportResults")
    assert {note.code for note in small.meter.notes} == {"left_out"}
    assert any(first in note.message for note in small.meter.notes)
    assert set(found["reportId"].to_pylist()) == {report["id"] for report in shown_reports(small)[1:]}


def test_no_reports_are_no_results(small):
    small.pendo.world.reports.clear()
    assert small.table("reportResults").num_rows == 0


@pytest.mark.parametrize("resource", ["reportResults", "npsAnswers"])
def test_an_id_that_does_not_exist_is_refused_by_name(small, resource):
    with pytest.raises(WrongInput) as problem:
        small.table(resource, ids=("nowhere",))
    assert (problem.value.code, problem.value.field) == ("id_unknown", "ids")
    assert "nowhere" in problem.value.message


@pytest.mark.parametrize("slice_ids", [7, 100_000])
@pytest.mark.parametrize("resource", ["guidesSeen", "pollsSeen"])
def test_what_was_seen_is_summed_up_by_pendo_over_the_whole_span(small, resource, slice_ids):
    series = {"period": "dayRange", "first": ms(day(8)), "last": ms(day(10)) - 1}
    expected = sent(small, {"source": {resource: EVERYWHERE, "timeSeries": series}})
    names = list(expected[0])
    found = small.table(resource, since=day(8), until=day(10), slice_ids=slice_ids)
    never = [[row[name] or None if name.endswith("At") else row[name] for name in names] for row in expected]
    texts = [
        [str(value) if name.lower().endswith("response") else value for name, value in zip(names, row, strict=True)]
        for row in never
    ]
    assert sorted(map(repr, map(list, rows_of(found, *names)))) == sorted(map(repr, texts)) != []
    source = small.source(resource, since=day(8), until=day(10), slice_ids=slice_ids)
    assert sum(source.count(part) for part in source.plan()) == found.num_rows


@pytest.mark.parametrize("window_days", [1, 3, 0])
def test_single_events_are_read_once_in_any_windows(small, window_days):
    series = {"period": "dayRange", "first": ms(day(1)), "last": ms(day(12))}
    expected = sent(small, {"source": {"singleEvents": EVERYWHERE, "timeSeries": series}})
    found = small.table("singleEvents", window_days=window_days)
    names = ("eventId", "visitorId", "browserTime", "type", "url")
    assert sorted(rows_of(found, *names)) == sorted(tuple(row[name] for name in names) for row in expected) != []
    assert found["browserTime"].to_pylist() == sorted(found["browserTime"].to_pylist())


def test_nps_answers_stand_beside_their_comments(small):
    last = {
        (row["visitorId"], row["pollId"]): row
        for row in sent(small, {"source": {"pollEvents": EVERYWHERE}}, {"sort": ["browserTime"]})
    }
    guides = [guide for guide in small.pendo.world.guides if len(guide["polls"]) == 2]
    expected = []
    for guide in guides:
        rating, comment = (poll["id"] for poll in guide["polls"])
        for visitor in {name for name, poll in last if poll in (rating, comment)}:
            rated, said = last.get((visitor, rating), {}), last.get((visitor, comment), {})
            score = None if not rated else str(rated["pollResponse"])
            expected.append((guide["id"], visitor, rated.get("browserTime"), score, said.get("pollResponse")))
    found = small.table("npsAnswers")
    shown = rows_of(found, "guideId", "visitorId", "ratedAt", "rating", "comment")
    assert sorted(map(repr, shown)) == sorted(map(repr, expected)) != []
    assert {row[4] is None for row in shown} == {True, False}
    source = small.source("npsAnswers")
    assert sum(source.count(part) for part in source.plan()) == found.num_rows


def history_of(one: Any, since: datetime, until: datetime, visitors: Any) -> list[tuple[Any, ...]]:
    world = one.pendo.world
    return sorted(
        (visitor, row["ts"], row["type"])
        for visitor in visitors
        for start in range(ms(since), ms(until), 86_400_000)
        for row in world.history(visitor, start)
        if row["ts"] < ms(until)
    )


@pytest.mark.parametrize("hours", [48, 60])
def test_the_history_of_named_visitors_is_read_to_the_end_that_was_asked_for(small, hours):
    visitors = [name for name in small.pendo.expected("events").ids if name][:5]
    since, until = day(8), day(8) + timedelta(hours=hours)
    found = small.table("visitorHistory", since=since, until=until, ids=tuple(visitors))
    assert sorted(rows_of(found, "visitorId", "ts", "type")) == history_of(small, since, until, visitors) != []
    assert nothing_left_over(found)


def test_without_names_the_history_is_that_of_every_visitor_who_came(small):
    since, until = day(9), day(11)
    everybody = [name for name in small.pendo.world.people.visitor_ids if name]
    found = small.table("visitorHistory", since=since, until=until)
    assert sorted(rows_of(found, "visitorId", "ts", "type")) == history_of(small, since, until, everybody) != []


def test_a_visitor_whom_pendo_does_not_know_is_named_in_a_note(small):
    assert small.table("visitorHistory", since=day(10), ids=("no/such visitor",)).num_rows == 0
    assert [note.code for note in small.meter.notes] == ["left_out"]


def test_a_history_that_would_take_too_many_requests_is_refused_before_the_first(reading):
    one = reading(visitors=200, accounts=5, days=2, events_per_day=2000)
    with pytest.raises(WrongInput) as problem:
        one.table("visitorHistory", since=datetime(2023, 10, 1, tzinfo=UTC))
    assert (problem.value.code, problem.value.field) == ("too_many_visitors", "ids")


def test_a_history_older_than_pendo_keeps_is_refused(small):
    with pytest.raises(WrongInput) as problem:
        small.source("visitorHistory", since=datetime(2023, 1, 1, tzinfo=UTC), ids=("a",))
    assert (problem.value.code, problem.value.field) == ("since_too_early", "since")


@pytest.mark.parametrize(
    ("resource", "asked", "code"),
    [
        ("visitors", {"ids": ("a",)}, "ids_not_supported"),
        ("pages", {"pipeline": "[]"}, "pipeline_not_supported"),
        ("groups", {"since": day(1)}, "time_not_supported"),
        ("reportResults", {"apps": ("-323232",)}, "apps_not_supported"),
    ],
)
def test_what_a_resource_does_not_take_is_refused(small, resource, asked, code):
    with pytest.raises(WrongInput) as problem:
        small.source(resource, **asked)
    assert problem.value.code == code


def test_reading_a_slice_again_gives_the_same(small):
    for resource in ("reportResults", "npsAnswers", "guideSteps", "pollsSeen"):
        source = small.source(resource)
        assert read_all(source, Counts()).equals(read_all(source, Counts()))
