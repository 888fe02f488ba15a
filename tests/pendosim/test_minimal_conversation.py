"""One client's first conversation with every part: the shortest that touches reading, writing, sending and erasing."""

import uuid

NOW = 1710171000000
EVENT = {
    "type": "track",
    "event": "Invoice Disputed",
    "visitorId": "ann@example.com",
    "accountId": "acme",
    "timestamp": NOW - 1000,
}


def test_the_minimal_conversation(own):
    own.pendo.lags.change(segment_delay=60)
    assert own.get("/api/v1/token/verify").json() == {"valid": True, "writeAccess": True}
    assert {"auto", "agent"} <= set(own.get("/api/v1/metadata/schema/visitor").json())
    write_and_read_back(own)
    send_and_see(own)
    (found,) = own.rows(
        {"source": {"visitors": None}},
        {"filter": 'metadata.custom.plan == "pro" && visitorId == "ann@example.com"'},
    )
    assert found["metadata"]["custom"] == {"plan": "pro"}
    make_a_segment(own)
    erased = own.request("POST", "/api/v1/bulkdelete/visitor", {"visitors": ["ann@example.com"]})
    assert (erased.status, "id" in erased.json()) == (200, True)
    refused = own.get("/api/v1/page", key=str(uuid.uuid4()))
    assert (refused.status, refused.body) == (403, b"")
    answer = own.aggregate({"source": {"visitors": None}}, {"filter": 'visitorId == "a"b"'})
    assert (answer.status, answer.body) == (400, b"Cannot parse filter expression")


def write_and_read_back(own):
    written = own.request(
        "POST",
        "/api/v1/metadata/visitor/custom/value?create=true",
        [{"visitorId": "ann@example.com", "values": {"plan": "pro"}}],
    )
    assert {"total": 1, "updated": 1, "failed": 0}.items() <= written.json().items()
    assert own.get("/api/v1/metadata/visitor/custom/value/ann%40example.com/plan").body == b'"pro"'


def send_and_see(own):
    sent = own.request("POST", "/data/track", EVENT, url=own.pendo.data, key=own.pendo.track_secret)
    assert (sent.status, sent.body) == (200, b"")
    assert "Invoice Disputed" in {one["trackTypeName"] for one in own.get("/api/v1/tracktype?expand=*").json()}


def make_a_segment(own):
    made = own.request("POST", "/api/v1/segment/upload", {"name": "S", "visitors": ["ann@example.com"]})
    segment = made.json()["segmentId"]
    assert own.get(f"/api/v1/segment/{segment}/status").json()["updatePending"] is True
    change = {"patch": [{"op": "add", "path": "/visitors", "value": ["bob@example.com"]}]}
    assert own.request("PATCH", f"/api/v1/segment/{segment}/visitor", change).status == 409
    own.pendo.clock.advance(60)
    answer = own.request("PATCH", f"/api/v1/segment/{segment}/visitor", change)
    assert (answer.status, "multistatus" in answer.json()) == (200, True)
