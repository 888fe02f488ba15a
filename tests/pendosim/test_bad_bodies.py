"""Whatever is sent to whatever endpoint: a plain 4xx at worst, and the simulator lives on."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pendosim import running
from pendosim.web.listener import API_ROUTES

AGGREGATION = "/api/v1/aggregation"
ODD_BODIES = [
    b"",
    b"{",
    b"null",
    b"\xff\xfe",
    b'"text"',
    b"7",
    b"1e400",
    b"[" * 100_000,
    b'{"name":' * 2_000 + b"1" + b"}" * 2_000,
    b'{"name": "\\ud800", "visitors": ["\\ud800"]}',
    b'{"patch": [{"op": {"a": 1}, "path": "/visitors", "value": [[]]}]}',
    b'{"patch": {}, "visitors": {}, "ids": {}, "state": [], "segmentId": {}}',
    b"<xliff><file original='x' source-language='y'><body><trans-unit><target/></trans-unit></body></file></xliff>",
]
PLACES = {"{id}": "nope", "{kind}": "visitor", "{group}": "custom", "{field}": "plan", "{fieldName}": "plan"}


def path_of(route, guide):
    filled = [PLACES.get(part, guide if part.startswith("{") else part) for part in route.pattern]
    return "/" + "/".join(guide if part == "nope" and "guide" in route.pattern else part for part in filled)


def writing_routes():
    return [one for one in API_ROUTES if one.method != "GET" and "/".join(one.pattern) != AGGREGATION.strip("/")]


@pytest.mark.parametrize("route", writing_routes(), ids=lambda one: f"{one.method} {'/'.join(one.pattern)}")
def test_no_odd_body_is_more_than_a_plain_refusal(own, route):
    guide = own.get("/api/v1/guide").json()[0]["id"]
    for body in ODD_BODIES:
        answer = own.request(route.method, path_of(route, guide), body)
        assert answer.status < 500, (body[:60], answer.body)
        if answer.status >= 400:
            assert answer.headers["Content-Type"].startswith("text/plain")
            assert b"Traceback" not in answer.body
            assert 0 < len(answer.body) < 400
    assert own.get("/api/v1/token/verify").status == 200


@pytest.mark.parametrize("route", API_ROUTES, ids=lambda one: f"{one.method} {'/'.join(one.pattern)}")
def test_what_needs_write_access_is_403_and_empty_without_it(shared, route):
    answer = shared.request(route.method, path_of(route, "nope"), b"{", key=shared.pendo.read_only_key)
    assert (answer.status == 403) == route.write
    assert not route.write or answer.body == b""


@pytest.mark.parametrize("path", ["%ff%fe", "%00", "..%2f..", "a" * 4000, "%F0%9F%98%80"])
def test_an_odd_path_finds_nothing(shared, path):
    for before in ("segment/", "guide/", "report/", "servername/", "blacklist/type/"):
        assert shared.get(f"/api/v1/{before}{path}").status in (400, 404)
    assert shared.get(f"/api/v1/guide?id={path}&appId=%20&expand=").status == 400


WORDS = ["name", "visitors", "patch", "op", "add", "remove", "path", "/visitors", "value", "state", "public", "ids"]
WORDS += ["segmentId", "title", "labels", "importance", "appIds", "createdAt", "linksData"]
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(WORDS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def writable(shared):
    with running(visitors=10, accounts=2, days=1, events_per_day=5) as pendo:
        yield type(shared)(pendo)


@settings(max_examples=60, deadline=None)
@given(body=values)
def test_no_json_made_of_known_words_breaks_anything(writable, body):
    guide = writable.pendo.world.guides[0]["id"]
    segment = writable.pendo.world.memberships.create("s", ["v"])
    sent = json.dumps(body).encode()
    paths = [("POST", "segment/upload"), ("PUT", f"segment/{segment}"), ("PATCH", f"segment/{segment}/visitor")]
    paths += [("PUT", f"guide/{guide}/state"), ("PUT", f"guide/{guide}/segment"), ("POST", "feedback")]
    paths += [("DELETE", "feedback"), ("POST", "guide/localization/import")]
    for method, path in paths:
        assert writable.request(method, f"/api/v1/{path}", sent).status < 500
