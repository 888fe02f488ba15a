"""What clients wrote and sent is saved too, and answered after loading as before."""

import json

import pytest

from pendosim import running
from pendosim.aggregation.sources import SOURCES
from pendosim.saved.files import BadFile
from pendosim.saved.opening import Options, opened

from .conftest import ALL_APPS, NOW, Client

SIZES = {"visitors": 40, "accounts": 12, "days": 3, "events_per_day": 80, "seed": 4}
LAGS = {"metadata_lag": 3600, "ingest_lag": 60, "segment_delay": 30}
VALUES = "/api/v1/metadata/{}/{}/value"
FEEDBACK = "/api/v1/feedback"
TIMED = {"timeSeries": {"period": "dayRange", "first": "now()", "count": -3}}


def sent(client, method, path, body=None, **settings):
    answer = client.request(method, path, body, **settings)
    assert answer.status == 200, (path, answer)
    return answer


def write_all(client):
    """One of everything that can be written; some of it would show only later."""
    ids = [row["visitorId"] for row in client.rows({"source": {"visitors": None}}, {"sort": ["visitorId"]})]
    known = [name for name in ids if name.endswith(".example.com") and name.isascii() and name.isprintable()][:6]
    rows = [{"visitorId": name, "values": {"Tier Name": "gold", "nps": 9}} for name in [*known[:2], "new@example.com"]]
    sent(client, "POST", f"{VALUES.format('visitor', 'custom')}?create=true", rows)
    parents = [{"accountId": "parent", "values": {"size": "4"}}]
    sent(client, "POST", f"{VALUES.format('parentAccount', 'custom')}?create=true", parents)
    sent(client, "DELETE", "/api/v1/metadata/schema/visitor/custom/trial")
    sent(client, "POST", "/api/v1/bulkdelete/visitor", {"visitors": [known[3]]})
    sent(client, "POST", "/api/v1/segment/upload", {"name": "Mine", "visitors": known[:3]})
    guide = client.get("/api/v1/guide").json()[3]["id"]
    sent(client, "PUT", f"/api/v1/guide/{guide}/state", {"state": "disabled"})
    item = sent(client, "POST", FEEDBACK, {"title": "Dark mode"}).json()
    event = {"type": "track", "event": "Neu", "visitorId": "stranger", "accountId": "acme", "timestamp": NOW - 5000}
    sent(client, "POST", "/data/track", event, key=client.pendo.track_secret)
    talk = {"type": "prompt", "visitor_id": "stranger", "account_id": "acme", "timestamp": NOW - 4000}
    talk["props"] = {"agentId": "a", "conversationId": "c", "messageId": "m", "content": "How?"}
    sent(client, "POST", "/data/agentic", talk, key=client.pendo.track_secret)
    return known, guide, item["id"]


@pytest.fixture(scope="module", params=[{}, LAGS], ids=["at once", "with lags"])
def both(request, tmp_path_factory):
    """Two subscriptions, one of them loaded from what the other saved."""
    place = tmp_path_factory.mktemp("written") / "state"
    with running(**SIZES, **request.param, now=NOW) as first:
        names = write_all(Client(first))
        first.save(place)
        with running(load=str(place), now=NOW) as second:
            yield Client(first), Client(second), names


def test_every_list_and_schema_is_answered_as_before(both):
    first, second, (_, guide, _) = both
    for path in (
        *(f"{name}?expand=*" for name in ("page", "feature", "tracktype", "guide", "report", "segment")),
        *(f"metadata/schema/{kind}" for kind in ("visitor", "account", "parentAccount")),
        *("bulkdelete", "blacklist", "servername", "guide/order", f"guide/{guide}/history", "feedback/options"),
    ):
        assert first.get(f"/api/v1/{path}").body == second.get(f"/api/v1/{path}").body


def test_what_was_written_of_visitors_and_parents_is_read_as_before(both):
    first, second, (known, _, _) = both
    paths = [f"/api/v1/visitor/{name}" for name in [*known, "new@example.com", "stranger"]]
    paths += [f"{VALUES.format('visitor', 'custom')}/{name}/tiername" for name in known]
    paths += [f"{VALUES.format('parentAccount', 'custom')}/parent/size", "/api/v1/account/acme"]
    for path in paths:
        one, other = first.get(path), second.get(path)
        assert (one.status, one.json() if one.body[:1] == b"{" else one.body) == (
            other.status,
            other.json() if other.body[:1] == b"{" else other.body,
        )
    assert second.get(f"{VALUES.format('visitor', 'custom')}/{known[0]}/tiername").json() == "gold"


@pytest.mark.parametrize("source", sorted(SOURCES))
def test_every_source_has_the_rows_it_had(both, source):
    first, second, _ = both
    for series in ({}, TIMED):
        answers = [of.aggregate({"source": {source: ALL_APPS, **series}}) for of in (first, second)]
        assert answers[0].status == answers[1].status
        if answers[0].status == 200:
            rows = [sorted(json.dumps(row, sort_keys=True) for row in one.json()["results"]) for one in answers]
            assert rows[0] == rows[1]


def test_segments_guides_and_feedback_go_on_where_they_were(both):
    first, second, (known, _, item) = both
    segment = next(one["id"] for one in second.get("/api/v1/segment").json() if one["name"] == "Mine")
    inside = [{"source": {"visitors": None}}, {"segment": {"id": segment}}, {"sort": ["visitorId"]}]
    assert [row["visitorId"] for row in second.rows(*inside)] == sorted(known[:3])
    changed = [of.request("PATCH", f"{FEEDBACK}/{item}", {"title": "x"}).json() for of in (first, second)]
    assert changed[0] == changed[1]


def test_a_wrong_file_of_writes_is_refused(tmp_path):
    with running(visitors=2, accounts=1, days=1, events_per_day=2, now=NOW) as pendo:
        pendo.save(tmp_path)
    file = tmp_path / "metadata.json"
    whole = json.loads(file.read_text())
    for change, reason in (
        ({"receipts": [{"id": "r"}]}, "kind"),
        ({"fields": {"schemas": {"visitor": {"custom": {"x": {"Type": "string"}}}}, "deleted": {}}}, "DisplayName"),
        ({"other": 1}, "unknown field `other`"),
    ):
        file.write_text(json.dumps(whole | change))
        with pytest.raises(BadFile, match=reason):
            opened(Options(load=str(tmp_path)), pendo.clock)
