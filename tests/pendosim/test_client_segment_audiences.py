"""The conversation of Segment's audience destination: a placeholder, then batches, with 409 as a reason to wait."""

import csv
import io

BATCH = 1000
DELAY = 30


def patched(client, segment, operations):
    """Send once, and again for as long as another write is under way."""
    waits = 0
    while True:
        answer = client.request("PATCH", f"/api/v1/segment/{segment}/visitor", {"patch": operations})
        if answer.status != 409:
            assert answer.status == 200, answer.body
            return waits, answer.json()["multistatus"]
        waits += 1
        client.pendo.clock.advance(DELAY / 2)


def operation(verb, ids):
    return {"op": verb, "path": "/visitors", "value": ids}


def test_an_audience_is_created_filled_and_emptied_to_the_last_member(own):
    own.pendo.lags.change(segment_delay=DELAY)
    assert own.get("/api/v1/token/verify").json() == {"valid": True, "writeAccess": True}
    created = own.request("POST", "/api/v1/segment/upload", {"name": "Audience", "visitors": ["_placeholder_"]})
    segment = created.json()["segmentId"]
    assert own.get(f"/api/v1/segment/{segment}").json()["createdByApi"] is True

    everyone = list(own.pendo.expected("visitors").ids)
    strangers = [f"stranger-{number}" for number in range(2 * BATCH + 300 - len(everyone))]
    wanted = everyone + strangers
    for start in range(0, len(wanted), BATCH):
        waits, status = patched(own, segment, [operation("add", wanted[start : start + BATCH])])
        assert status == [{"status": 200, "message": "success", "operation": "add"}]
        assert waits == 2, "the write before it takes its time"
    removed = everyone[::2]
    _, status = patched(own, segment, [operation("remove", removed), operation("add", [])])
    assert [one["status"] for one in status] == [200, 400]
    own.pendo.clock.advance(DELAY)

    assert own.get(f"/api/v1/segment/{segment}/status").json()["updatePending"] is False
    left = [name for name in everyone if name not in removed]
    rows = own.rows({"source": {"visitors": None}}, {"segment": {"id": segment}}, {"sort": ["visitorId"]})
    assert [row["visitorId"] for row in rows] == left
    assert own.pendo.world.memberships.members_of(segment) == {"_placeholder_", *strangers, *left}
    job = own.request("POST", f"/api/v1/segment/{segment}/visitors").json()["jobId"]
    own.pendo.clock.advance(DELAY)
    text = own.get(f"/api/v1/segment/{segment}/visitors/{job}/results/csv").body.decode()
    assert [row["visitorId"] for row in csv.DictReader(io.StringIO(text, newline=""))] == left


def test_an_audience_that_was_deleted_meanwhile_is_404(own):
    created = own.request("POST", "/api/v1/segment/upload", {"name": "Audience", "visitors": ["x"]})
    segment = created.json()["segmentId"]
    assert own.request("DELETE", f"/api/v1/segment/{segment}").status == 200
    assert own.get(f"/api/v1/segment/{segment}").status == 404
    answer = own.request("PATCH", f"/api/v1/segment/{segment}/visitor", {"patch": [operation("add", ["x"])]})
    assert answer.status == 404


def test_a_read_only_key_says_so_before_it_is_refused(own):
    key = own.pendo.read_only_key
    assert own.get("/api/v1/token/verify", key=key).json()["writeAccess"] is False
    body = {"name": "Audience", "visitors": ["x"]}
    assert own.request("POST", "/api/v1/segment/upload", body, key=key).status == 403
    assert own.get("/api/v1/segment?createdByApi=true").json() == []
