"""The conversation of Airbyte's connector: six streams, each one GET, each read whole."""

import pytest

STREAMS = {"feature": "features", "guide": "guides", "page": "pages", "report": "reports"}


@pytest.mark.parametrize("stream", list(STREAMS))
def test_a_stream_is_one_bare_array_with_every_object_once(shared, stream):
    shared.pendo.forget_requests()
    objects = shared.get(f"/api/v1/{stream}?expand=*").json()
    assert tuple(sorted(one["id"] for one in objects)) == shared.pendo.expected(STREAMS[stream]).ids
    assert len(shared.pendo.requests) == 1


@pytest.mark.parametrize("kind", ["visitor", "account"])
def test_the_metadata_streams_are_one_object_of_groups(shared, kind):
    answer = shared.get(f"/api/v1/metadata/schema/{kind}")
    assert answer.status == 200
    entries = [entry for group in answer.json().values() for entry in group.values()]
    named = {"Type", "DisplayName", "ElementType", "ElementFormat", "Dirty", "isHidden", "neverIndex"}
    assert all(named <= set(entry) for entry in entries)


def test_the_connection_is_checked_with_the_schema_of_accounts(shared):
    assert shared.get("/api/v1/metadata/schema/account", key="").status == 403
