"""Who may call what, in Pendo's order: key, endpoint, write access, route, body."""

import uuid

from pendosim import running


def test_no_key_is_answered_403_with_an_empty_body(shared):
    answer = shared.get("/api/v1/page", key="")
    assert (answer.status, answer.body) == (403, b"")


def test_a_wrong_key_is_answered_403_with_an_empty_body(shared):
    answer = shared.get("/api/v1/token/verify", key=str(uuid.uuid4()))
    assert (answer.status, answer.body) == (403, b"")


def test_the_track_secret_cannot_read(shared):
    assert shared.get("/api/v1/page", key=shared.pendo.track_secret).status == 403


def test_verify_tells_whether_a_key_may_write(shared):
    assert shared.get("/api/v1/token/verify").json() == {"valid": True, "writeAccess": True}
    of_reader = shared.get("/api/v1/token/verify", key=shared.pendo.read_only_key)
    assert of_reader.json() == {"valid": True, "writeAccess": False}


def test_a_read_only_key_may_aggregate(shared):
    answer = shared.aggregate({"source": {"apps": None}}, key=shared.pendo.read_only_key)
    assert answer.status == 200


def test_the_header_name_is_case_insensitive(shared):
    answer = shared.get("/api/v1/token/verify", key="", X_PENDO_INTEGRATION_KEY=shared.pendo.key)
    assert answer.status == 200


def test_an_unknown_route_is_404_only_with_a_good_key(shared):
    for path in (
        "/",
        "/api/v1/pages",
        "/api/v1/visitor",
        "/api/v1/account",
        "/api/v1/page/abc",
        "/api/v1/apps",
    ):
        assert shared.get(path).status == 404
        assert shared.get(path, key="x").status == 403


def test_a_bad_body_is_400_only_with_a_good_key(shared):
    assert shared.request("POST", "/api/v1/aggregation", b"{").status == 400
    assert shared.request("POST", "/api/v1/aggregation", b"{", key="x").status == 403


def test_a_revoked_key_is_answered_403(own):
    assert own.get("/api/v1/page").status == 200
    own.pendo.keys.named("key").revoked = True
    answer = own.get("/api/v1/page")
    assert (answer.status, answer.body) == (403, b"")
    assert own.get("/api/v1/page", key=own.pendo.read_only_key).status == 200


def test_a_key_may_be_kept_from_one_endpoint(own):
    own.pendo.keys.named("key").refused_paths = ("/api/v1/report",)
    assert own.get("/api/v1/report").status == 403
    assert own.get("/api/v1/page").status == 200


def test_a_key_of_another_region_is_403_or_by_choice_400(shared):
    foreign = f"{uuid.uuid4()}.eu"
    with running(visitors=0, foreign_region_status=400) as other:
        assert shared.get("/api/v1/page", key=foreign).status == 403
        assert shared.get("/api/v1/page", key=foreign, url=other.api).status == 400
        assert shared.get("/api/v1/page", key=str(uuid.uuid4()), url=other.api).status == 403


def test_keys_are_not_shown_by_the_objects_that_hold_them(own):
    for thing in (own.pendo.keys.named("key"), own.pendo.world.options, own.pendo.requests):
        assert own.pendo.key not in repr(thing)
