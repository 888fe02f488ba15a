"""Every source: its rows, their fields, its parameters."""

import pytest

from pendosim import Options, SettableClock
from pendosim.aggregation.bitmaps import count_of
from pendosim.aggregation.pipeline import pipeline_of
from pendosim.aggregation.sources import SOURCES
from pendosim.errors import Refused
from pendosim.world.agentic_rows import agent_ids
from pendosim.world.world import World

NOW = 1710171000000
DAY = 86_400_000
ALL = {"appId": 'expandAppIds("*")'}
WORLD = World(Options(visitors=200, accounts=20, days=6, events_per_day=250, apps=4, seed=5), SettableClock(NOW))
POLLED = WORLD.guides[0]
ONE_POLL = {"guideId": POLLED["id"], "pollId": POLLED["polls"][0]["id"]}
PARAMETERS = {"timespan": {"kind": "visitor"}, "pollsSeenEver": ONE_POLL, "const": [{"a": 1}]}
WEEK = {"period": "dayRange", "first": "now()", "count": -6}


def rows(source, *stages, series=None, world=WORLD, **parameters):
    given = PARAMETERS["const"] if source == "const" else {**PARAMETERS.get(source, {}), **parameters}
    stage = {source: given} if series is None else {source: given, "timeSeries": series}
    return list(pipeline_of([{"source": stage}, *stages], world, world.environment()).rows())


def refusal(source, **parameters):
    with pytest.raises(Refused) as refused:
        rows(source, **parameters)
    return refused.value.sentence


@pytest.mark.parametrize("source", sorted(set(SOURCES) - {"doNotProcessAccounts"}))
def test_every_source_has_rows(source):
    assert rows(source, **({} if source == "const" else ALL))


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("visitors", "visitorId metadata"),
        ("accounts", "accountId metadata"),
        ("doNotProcessVisitors", "visitorId"),
        ("pages", "id name appId kind createdAt lastUpdatedAt rules group"),
        ("features", "id name appId kind createdAt lastUpdatedAt elementPathRules"),
        ("trackTypes", "id name appId kind createdAt lastUpdatedAt trackTypeName"),
        ("guides", "id name appId state steps polls launchMethod"),
        (
            "groups",
            (
                "id name createdByUser createdAt lastUpdatedByUser lastUpdatedAt color description length type "
                "feedbackProductId feedbackVisibility"
            ),
        ),
        ("apps", "id appId name platform"),
        (
            "guideEvents",
            (
                "visitorId accountId accountIds appId type guideId guideStepId guideTimestamp browserTime receivedTime "
                "loadTime guideSeenReason url title language userAgent remoteIp serverName country region latitude "
                "longitude elementPath eventId fragment tabId analyticsSessionId oldVisitorId destinationStepId "
                "guideStepPollTypes uiElementId uiElementType uiElementText uiElementActions properties"
            ),
        ),
        ("pollEvents", "visitorId accountId appId type guideId guideStepId browserTime pollId pollType pollResponse"),
        (
            "guidesSeen",
            (
                "visitorId guideId guideStepId firstSeenAt lastSeenAt lastAdvancedAutoAt lastDismissedAutoAt "
                "lastTimeoutAt seenCount lastState"
            ),
        ),
        ("guidesSeenEver", "visitorId guideId firstSeenAt lastSeenAt seenCount lastState"),
        ("pollsSeen", "visitorId guideId pollId time pollResponse response"),
        ("pollsSeenEver", "visitorId accountId time pollResponse response"),
        *(
            (
                source,
                (
                    "visitorId accountId appId browserTime type url elementPath eventId tabId country region latitude "
                    "longitude remoteIp server userAgent properties recordingSessionId day week month quarter"
                ),
            )
            for source in ("singleEvents", "rawEvents")
        ),
        ("timespan", "visitorId accountId appId activeDays firstTime lastTime"),
        (
            "recordingMetadata",
            (
                "visitorId accountId appId tabId recordingId recordingSessionId startTime endTime minBrowserTime "
                "maxBrowserTime recordingSize recordingRrwebEventCount isBroken isSessionStart"
            ),
        ),
        ("agenticEvents", "visitorId accountId eventId content browserTime"),
    ],
)
def test_rows_have_the_fields_of_their_source(source, names):
    for row in rows(source, **ALL):
        assert set(names.split()) <= set(row)


def test_rows_of_agentic_events_name_neither_application_nor_agent():
    assert set(rows("agenticEvents", **ALL)[0]) == {"visitorId", "accountId", "eventId", "content", "browserTime"}


def test_agentic_events_are_none_without_an_application_and_of_one_agent_when_asked():
    first, second = agent_ids(WORLD.options.seed, -323232)
    found = [{row["eventId"] for row in rows("agenticEvents", appId=-323232, agentId=one)} for one in (first, second)]
    assert rows("agenticEvents") == []
    assert not found[0] & found[1]
    assert found[0] | found[1] == {row["eventId"] for row in rows("agenticEvents", appId=-323232)}


@pytest.mark.parametrize("source", ["singleEvents", "rawEvents", "recordingMetadata", "agenticEvents"])
def test_rows_lie_in_the_window(source):
    time = "startTime" if source == "recordingMetadata" else "browserTime"
    window = {"period": "dayRange", "first": "date(2024,3,8)", "last": "date(2024,3,9)"}
    found = rows(source, series=window, **ALL)
    everything = rows(source, **ALL)
    inside = [row for row in everything if 1709874000000 <= row[time] < 1710046800000]
    assert 0 < len(found) == len(inside) < len(everything)


def test_single_events_come_newest_first_for_reverse_time():
    found = [row["browserTime"] for row in rows("singleEvents", reverseTime=True)]
    assert found == sorted(found, reverse=True)
    assert found != [row["browserTime"] for row in rows("singleEvents")]


def test_a_single_event_names_the_buckets_it_lies_in():
    hour = {"period": "hourRange", "first": "now()", "count": -20}
    calendar = WORLD.calendar
    for row in rows("singleEvents", series=hour, **ALL):
        assert {name: row[name] for name in ("hour", "week", "month", "quarter")} == {
            name: calendar.floor(name, row["browserTime"]) for name in ("hour", "week", "month", "quarter")
        }
        assert "day" not in row


def test_timespan_tells_on_which_days_somebody_was_active():
    days = {}
    for row in rows("events", **ALL):
        days.setdefault((row["visitorId"], row["accountId"], row["appId"]), set()).add(row["day"])
    found = rows("timespan", **ALL)
    assert {(row["visitorId"], row["accountId"], row["appId"]): count_of(row["activeDays"]) for row in found} == {
        key: len(of) for key, of in days.items()
    }


def test_timespan_of_accounts_has_no_visitors():
    found = rows("timespan", kind="account", **ALL)
    assert {"accountId", "appId", "activeDays", "firstTime", "lastTime"} == set(found[0])
    accounts = {(row["accountId"], row["appId"]) for row in rows("events", **ALL) if row["accountId"]}
    assert {(row["accountId"], row["appId"]) for row in found} == accounts
    assert len(found) == len(accounts)


def test_timespan_begins_and_ends_with_the_first_and_last_event():
    (row,) = rows("timespan", {"reduce": {"first": {"min": "firstTime"}, "last": {"max": "lastTime"}}}, **ALL)
    (events,) = rows("events", {"reduce": {"first": {"min": "firstTime"}, "last": {"max": "lastTime"}}}, **ALL)
    assert row == events


def test_event_rows_name_recordings_that_exist():
    named = {row["recordingSessionId"] for row in rows("pageEvents", **ALL) if "recordingSessionId" in row}
    known = {row["recordingSessionId"]: row for row in rows("recordingMetadata", **ALL)}
    assert named
    assert named <= set(known)
    assert all(row["startTime"] <= row["endTime"] for row in known.values())


def test_what_was_seen_ever_does_not_depend_on_a_time_series():
    yesterday = {"period": "dayRange", "first": "now()", "count": -1}
    for source in ("guidesSeenEver", "pollsSeenEver"):
        assert rows(source, series=yesterday) == rows(source)
    assert len(rows("guidesSeen", series=yesterday)) < len(rows("guidesSeen"))


def test_guides_seen_ever_has_one_row_for_each_visitor_and_guide():
    found = rows("guidesSeenEver", **ALL)
    assert len({(row["visitorId"], row["guideId"]) for row in found}) == len(found)
    assert sum(row["seenCount"] for row in found) == len(rows("guideEvents", **ALL))


def test_polls_seen_ever_wants_one_poll_and_timespan_one_kind():
    assert "guideId and pollId" in refusal("pollsSeenEver", pollId=None)
    assert "visitor or account" in refusal("timespan", kind="robot")


@pytest.mark.parametrize(
    "source", ["events", "pageEvents", "guideEvents", "singleEvents", "recordingMetadata", "visitors", "accounts"]
)
def test_excluded_activity_is_none_since_nobody_is_excluded(source):
    everything = len(rows(source, **ALL))
    assert len(rows(source, blacklist="apply", **ALL)) == len(rows(source, blacklist="ignore", **ALL)) == everything
    assert rows(source, blacklist="only", **ALL) == []


@pytest.mark.parametrize(
    ("source", "field", "kind"),
    [
        ("pageEvents", "pageId", "load"),
        ("featureEvents", "featureId", "click"),
        ("trackEvents", "trackTypeId", "track"),
    ],
)
def test_single_events_of_one_object_are_those_its_rows_count(source, field, kind):
    wanted = rows(source, **ALL)[0][field]
    found = rows("singleEvents", **{field: wanted}, **ALL)
    assert len(found) == sum(row["numEvents"] for row in rows(source, **{field: wanted}, **ALL)) > 0
    assert {row["type"] for row in found} == {kind}
    assert rows("singleEvents", **{field: "nothing"}, **ALL) == []


def test_no_application_at_all_means_the_default_one():
    assert len(rows("events", appId=None)) == len(rows("events"))


def test_an_application_that_does_not_exist_has_no_events():
    for source in ("events", "pageEvents", "guideEvents", "singleEvents", "timespan", "pages"):
        assert rows(source, appId=12345) == []


def test_an_empty_list_of_applications_means_all_of_them():
    for source in ("events", "pages", "guideEvents"):
        assert len(rows(source, appId=[])) == len(rows(source, **ALL)) > len(rows(source))


def test_the_event_class_means_nothing_unless_it_is_switched_on():
    strict = World(
        Options(visitors=60, accounts=5, days=3, events_per_day=90, apps=4, filter_event_class=True), SettableClock(NOW)
    )
    platforms = {app.id: app.platform for app in strict.apps}
    assert len(rows("events", eventClass=["ios"], **ALL)) == len(rows("events", **ALL))
    for classes, wanted in ((["ios"], {"ios"}), (["web"], {"web"}), (["ui", "android"], {"web"})):
        found = {row["appId"] for row in rows("events", world=strict, eventClass=classes, **ALL)}
        assert {platforms[app] for app in found} == wanted
    assert rows("events", world=strict, eventClass=["android"], **ALL) == []


def test_visitors_may_be_asked_for_by_their_last_visit():
    start, end = NOW - 3 * DAY, NOW - DAY
    found = rows("visitors", startTime=start, endTime=end)
    wanted = [row for row in rows("visitors") if start <= row["metadata"].get("auto", {}).get("lastvisit", 0) < end]
    assert 0 < len(found) == len(wanted) < len(rows("visitors"))


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"blacklist": "maybe"}, "blacklist is"),
        ({"eventClass": "web"}, "eventClass is a list"),
        ({"identified": "yes"}, "identified is true or false"),
        ({"startTime": "now"}, "startTime is a time"),
        ({"endTime": 10**40}, "endTime is a time"),
        ({"agentId": 5}, "agentId is a string"),
        ({"appId": 'expandAppIds("1*")'}, 'wants "*"'),
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused(parameters, said):
    assert said in refusal("visitors", **parameters)


@pytest.mark.parametrize("name", ["parentAccounts", "visitorAccountHistory", "catalog", "emptyTimeSeries"])
def test_sources_found_nowhere_are_unknown(name):
    assert refusal(name) == f"unknown source '{name}'"


def test_product_areas_count_what_is_in_them():
    groups = rows("groups")
    tagged = len(WORLD.definitions.pages) + len(WORLD.definitions.features)
    assert sum(group["length"] for group in groups) == tagged
    assert len({group["id"] for group in groups}) == len(groups)
