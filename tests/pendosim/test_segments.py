"""Segments: created, changed, deleted, exported, and what happens while a write is under way."""

import base64
import csv
import io
from urllib.parse import quote

import pytest

UPLOAD = "/api/v1/segment/upload"


def visitors_in(client, segment):
    rows = client.rows({"source": {"visitors": None}}, {"segment": {"id": segment}}, {"sort": ["visitorId"]})
    return [row["visitorId"] for row in rows]


def made(client, *visitors, name="Beta"):
    answer = client.request("POST", UPLOAD, {"name": name, "visitors": list(visitors)})
    assert answer.status == 200, answer.body
    return answer.json()["segmentId"]


def some_ids(client, count):
    return list(client.pendo.expected("visitors", identified=True).ids[:count])


@pytest.fixture
def slow(own):
    """Segment writes take ten seconds here."""
    own.pendo.lags.change(segment_delay=10)
    return own


def test_a_created_segment_is_listed_and_has_its_members(own):
    ids = some_ids(own, 3)
    segment = made(own, *ids)
    found = own.get(f"/api/v1/segment/{segment}").json()
    assert (found["id"], found["name"], found["createdByApi"], found["shared"]) == (segment, "Beta", True, True)
    assert own.get("/api/v1/segment?createdByApi=true").json() == [found]
    assert found in own.get("/api/v1/segment").json()
    assert visitors_in(own, segment) == ids


def test_a_placeholder_that_nobody_knows_is_accepted(own):
    segment = made(own, "_placeholder_")
    assert own.get(f"/api/v1/segment/{segment}").status == 200
    assert visitors_in(own, segment) == []


def test_two_segments_may_have_one_name(own):
    assert made(own, "a") != made(own, "a")


def test_a_segment_is_renamed_and_its_members_replaced(own):
    first, second, third = some_ids(own, 3)
    segment = made(own, first)
    before = own.get(f"/api/v1/segment/{segment}").json()
    own.pendo.clock.advance(5)
    assert own.request("PUT", f"/api/v1/segment/{segment}", {"name": "Gamma"}).status == 200
    after = own.get(f"/api/v1/segment/{segment}").json()
    assert after == before | {"name": "Gamma", "lastUpdatedAt": before["lastUpdatedAt"] + 5000}
    assert visitors_in(own, segment) == [first]
    assert own.request("PUT", f"/api/v1/segment/{segment}", {"visitors": [second, third]}).status == 200
    assert visitors_in(own, segment) == [second, third]


def test_one_member_is_added_and_removed_however_odd_its_id(own):
    segment = made(own, "nobody")
    for visitor in own.pendo.expected("visitors").ids:
        path = f"/api/v1/segment/{segment}/visitor/{quote(visitor, safe='')}"
        assert own.request("PUT", path).status == 200
    assert visitors_in(own, segment) == list(own.pendo.expected("visitors").ids)
    encoded = quote(base64.urlsafe_b64encode(b"a/b/c~d?x=1#y").decode(), safe="")
    path = f"/api/v1/segment/{base64.urlsafe_b64encode(segment.encode()).decode()}/visitor/{encoded}"
    assert own.request("DELETE", path, x_pendo_base64_encoded_params="true").status == 200
    assert set(own.pendo.expected("visitors").ids) - set(visitors_in(own, segment)) == {"a/b/c~d?x=1#y"}


def test_a_patch_answers_each_operation_and_a_bad_one_fails_alone(own):
    first, second, third = some_ids(own, 3)
    segment = made(own, first)
    patch = [
        {"op": "add", "path": "/visitors", "value": [second, third]},
        {"op": "remove", "path": "/visitors", "value": [first]},
        {"op": "remove", "path": "/visitors", "value": []},
        {"op": "replace", "path": "/visitors", "value": [first]},
        {"op": "add", "path": "/name", "value": [first]},
    ]
    answer = own.request("PATCH", f"/api/v1/segment/{segment}/visitor", {"patch": patch})
    assert answer.status == 200
    assert answer.json() == {
        "multistatus": [
            {"status": 200, "message": "success", "operation": "add"},
            {"status": 200, "message": "success", "operation": "remove"},
            {"status": 400, "message": "Error removing visitor from segment", "operation": "remove"},
            {"status": 400, "message": "Unknown operation", "operation": "replace"},
            {"status": 400, "message": "Error adding visitor to segment", "operation": "add"},
        ]
    }
    assert visitors_in(own, segment) == [second, third]


def test_a_patch_holds_at_most_ten_operations_and_a_thousand_ids(own):
    segment = made(own, "nobody")
    path = f"/api/v1/segment/{segment}/visitor"
    one = {"op": "add", "path": "/visitors", "value": ["x"]}
    many = {"op": "add", "path": "/visitors", "value": [f"v{number}" for number in range(1000)]}
    assert own.request("PATCH", path, {"patch": [one] * 10}).status == 200
    assert own.request("PATCH", path, {"patch": [many]}).status == 200
    assert own.request("PATCH", path, {"patch": [one] * 11}).status == 400
    assert own.request("PATCH", path, {"patch": [many, one]}).status == 400


def test_members_follow_after_the_delay_and_until_then_writes_are_409(slow):
    ids = some_ids(slow, 2)
    segment = made(slow, *ids)
    path = f"/api/v1/segment/{segment}"
    status = slow.get(f"{path}/status").json()
    assert (status["status"], status["updatePending"]) == (200, True)
    assert visitors_in(slow, segment) == []
    writes = [
        ("PUT", path, {"name": "x"}),
        ("PUT", f"{path}/visitor/x", None),
        ("DELETE", f"{path}/visitor/x", None),
        ("PATCH", f"{path}/visitor", {"patch": [{"op": "add", "path": "/visitors", "value": ["x"]}]}),
        ("DELETE", path, None),
    ]
    for method, to, body in writes:
        answer = slow.request(method, to, body)
        assert (answer.status, answer.body) == (409, b"operation in progress")
    assert slow.get(path).json()["name"] == "Beta"
    slow.pendo.clock.advance(10)
    assert slow.get(f"{path}/status").json() == status | {"command": "finish", "updatePending": False}
    assert visitors_in(slow, segment) == ids
    assert slow.request("DELETE", path).status == 200


def test_another_segment_can_be_written_while_one_is_under_way(slow):
    first, second = made(slow, "a"), made(slow, "b")
    assert slow.get(f"/api/v1/segment/{first}/status").json()["updatePending"]
    assert slow.get(f"/api/v1/segment/{second}/status").json()["updatePending"]


def test_a_deleted_segment_is_gone(own):
    segment = made(own, "a")
    assert own.request("DELETE", f"/api/v1/segment/{segment}").status == 200
    for method, path in (("GET", ""), ("GET", "/status"), ("DELETE", ""), ("PUT", "/visitor/x")):
        assert own.request(method, f"/api/v1/segment/{segment}{path}").status == 404
    assert own.get("/api/v1/segment?createdByApi=true").json() == []


def test_members_of_a_segment_made_in_the_application_cannot_be_changed(own):
    segment = own.get("/api/v1/segment").json()[0]["id"]
    assert own.request("PUT", f"/api/v1/segment/{segment}", {"visitors": ["x"]}).status == 400
    assert own.request("PUT", f"/api/v1/segment/{segment}/visitor/x").status == 400
    assert own.get(f"/api/v1/segment/{segment}/status").json()["command"] == "finish"


def test_a_segment_that_is_not_shared_is_neither_listed_nor_found(shared):
    (private,) = [one for one in shared.pendo.world.segments if not one["shared"]]
    assert private["id"] not in [one["id"] for one in shared.get("/api/v1/segment").json()]
    assert shared.get(f"/api/v1/segment/{private['id']}").status == 404


def test_members_are_exported_as_csv_by_a_job(slow):
    ids = some_ids(slow, 4)
    segment = made(slow, *ids, "unknown")
    slow.pendo.clock.advance(10)
    path = f"/api/v1/segment/{segment}/visitors"
    job = slow.request("POST", path, key=slow.pendo.read_only_key).json()["jobId"]
    assert slow.get(f"{path}/{job}/status").json() == "pending"
    assert slow.get(f"{path}/{job}/results/csv").status == 409
    slow.pendo.clock.advance(10)
    assert slow.get(f"{path}/{job}/status").json() == "complete"
    answer = slow.get(f"{path}/{job}/results/csv")
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert [row["visitorId"] for row in csv.DictReader(io.StringIO(answer.body.decode(), newline=""))] == ids
    assert slow.get(f"{path}/{job}/results/json").status == 400
    assert slow.get(f"{path}/nope/status").status == 404


def test_members_of_a_segment_with_rules_are_exported_too(own):
    segment = next(one["id"] for one in own.get("/api/v1/segment").json() if one["name"] == "Pro plan")
    path = f"/api/v1/segment/{segment}/visitors"
    job = own.request("POST", path).json()["jobId"]
    found = own.get(f"{path}/{job}/results/csv").body.decode().split("\r\n")
    assert found[0] == "visitorId"
    assert len(found) - 2 == len(visitors_in(own, segment)) > 0


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        {},
        {"name": "x"},
        {"name": "", "visitors": ["a"]},
        {"name": 1, "visitors": ["a"]},
        {"name": "x", "visitors": []},
        {"name": "x", "visitors": [1]},
        {"name": "x", "visitors": ["a"], "accounts": ["b"]},
    ],
)
def test_a_segment_that_is_not_described_well_is_refused_with_a_sentence(shared, body):
    answer = shared.request("POST", UPLOAD, body)
    assert answer.status == 400
    assert answer.body
    assert answer.headers["Content-Type"].startswith("text/plain")


def test_a_read_only_key_cannot_write_a_segment(shared):
    answer = shared.request("POST", UPLOAD, {"name": "x", "visitors": ["a"]}, key=shared.pendo.read_only_key)
    assert (answer.status, answer.body) == (403, b"")
