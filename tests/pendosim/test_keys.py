"""Keys with rights of their own: from options, Python and the control listener."""

import uuid

import pytest

from pendosim import Options, running
from pendosim.keys import Keys, key_settings

WRITES = (
    ("PUT", "/api/v1/metadata/visitor/custom/value/a/plan"),
    ("POST", "/api/v1/metadata/visitor/custom/value"),
    ("PATCH", "/api/v1/metadata/visitor/custom/value"),
    ("POST", "/api/v1/metadata/schema/visitor/custom"),
    ("DELETE", "/api/v1/metadata/schema/visitor/custom/plan"),
    ("PUT", "/api/v1/metadata/visitor/pendo/value/a/donotprocess"),
    ("POST", "/api/v1/bulkdelete/visitor"),
    ("POST", "/api/v1/bulkdelete/account"),
)
READS = (
    "/api/v1/metadata/dependencies",
    "/api/v1/bulkdelete",
    "/api/v1/metadata/schema/visitor",
    "/api/v1/token/verify",
)


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_a_read_only_key_is_refused_on_every_write_before_the_body_is_looked_at(shared, method, path):
    answer = shared.request(method, path, b"{", key=shared.pendo.read_only_key)
    assert (answer.status, answer.body) == (403, b"")
    assert shared.request(method, path, b"{", key=str(uuid.uuid4())).status == 403


@pytest.mark.parametrize("path", READS)
def test_a_read_only_key_reads(shared, path):
    assert shared.get(path, key=shared.pendo.read_only_key).status == 200


def test_a_key_may_be_allowed_a_few_endpoints_only(own):
    value = str(uuid.uuid4())
    own.pendo.keys.add(value, write=True, allowed_endpoints=["/api/v1/page", "GET /api/v1/metadata"])
    assert own.get("/api/v1/page", key=value).status == 200
    assert own.get("/api/v1/metadata/schema/visitor", key=value).status == 200
    for method, path in (("GET", "/api/v1/pages"), ("GET", "/api/v1/feature"), ("GET", "/api/v1/%66eature"), *WRITES):
        answer = own.request(method, path, b"[]", key=value)
        assert (answer.status, answer.body) == (403, b"")


def test_the_order_is_key_then_endpoint_then_write_access_then_route_then_body(own):
    value = str(uuid.uuid4())
    key = own.pendo.keys.add(value, "crm", write=True)
    assert own.request("POST", "/api/v1/bulkdelete/visitor", b"{", key=value).status == 400
    assert own.request("POST", "/api/v1/nosuch", b"{", key=value).status == 404
    key.write = False
    assert own.request("POST", "/api/v1/bulkdelete/visitor", b"{", key=value).status == 403
    key.allowed_endpoints = ()
    assert own.request("POST", "/api/v1/nosuch", b"{", key=value).status == 403


def test_the_control_listener_lists_adds_and_changes_keys_and_never_shows_one(own):
    value = str(uuid.uuid4())
    added = own.control("POST", "/keys", {"value": value, "label": "crm", "write": True})
    assert added.json() == {
        "label": "crm",
        "write": True,
        "revoked": False,
        "refused_paths": [],
        "allowed_endpoints": None,
    }
    assert own.get("/api/v1/page", key=value).status == 200
    changed = own.control("PUT", "/keys", {"label": "crm", "allowed_endpoints": ["/api/v1/feature"]})
    assert changed.json()["allowed_endpoints"] == ["/api/v1/feature"]
    assert own.get("/api/v1/page", key=value).status == 403
    own.control("PUT", "/keys", {"label": "crm", "revoked": True})
    assert own.get("/api/v1/feature", key=value).status == 403
    listed = own.control("GET", "/keys")
    assert [key["label"] for key in listed.json()] == ["key", "read_only_key", "crm"]
    assert not any(secret.encode() in listed.body for secret in (value, own.pendo.key, own.pendo.read_only_key))


@pytest.mark.parametrize(
    ("method", "body"),
    [
        ("POST", {}),
        ("POST", {"value": ""}),
        ("POST", {"value": 5}),
        ("POST", {"value": "x", "label": "key"}),
        ("POST", {"value": "x", "label": 5}),
        ("POST", {"value": "x", "write": "yes"}),
        ("POST", {"value": "x", "self": 1}),
        ("POST", {"value": "x", "allowed_endpoints": "/api"}),
        ("PUT", {"label": "nosuch"}),
        ("PUT", {"label": "key", "value": "x"}),
        ("PUT", {"label": "key", "revoked": 1}),
        ("PUT", []),
    ],
)
def test_a_key_that_makes_no_sense_is_refused_and_changes_nothing(own, method, body):
    before = own.control("GET", "/keys").json()
    assert own.control(method, "/keys", body).status == 400
    assert own.control("GET", "/keys").json() == before


def test_options_give_more_keys_and_more_secrets():
    value, secret = str(uuid.uuid4()), str(uuid.uuid4())
    text = f"{value},write=true,label=crm,allowed_endpoints=/api/v1/page|POST /api/v1/aggregation"
    with running(visitors=0, events_per_day=0, extra_keys=(text,), track_secrets=(f"-323232={secret}",)) as pendo:
        assert pendo.keys.named("crm").allowed_endpoints == ("/api/v1/page", "POST /api/v1/aggregation")
        assert pendo.track_secret == secret == pendo.track_secrets[-323232]
        assert value not in repr(pendo.world.options)
        assert secret not in repr(pendo.world.options)


@pytest.mark.parametrize("text", ["", "x,write=perhaps", "x,colour=red", "x,label=key"])
def test_a_key_in_text_that_makes_no_sense_is_refused(text):
    with pytest.raises(ValueError, match=r"key|write"):
        Keys(Options()).add(**key_settings(text))


@pytest.mark.parametrize("text", ["x=y", "5=y", "-323232=", "=y"])
def test_a_track_secret_that_makes_no_sense_is_refused(text):
    with pytest.raises(ValueError, match=r"track secret"):
        Keys(Options(track_secrets=(text,)))


def test_a_secret_belongs_to_one_application_only():
    (_, other) = Keys(Options(apps=2)).track_secrets
    with pytest.raises(ValueError, match="of its own"):
        Keys(Options(apps=2, track_secrets=("same", f"{other}=same")))
