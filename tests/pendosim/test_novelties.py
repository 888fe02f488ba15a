"""Lists far longer than usual; fields and types that no client has seen yet."""

from collections.abc import Iterator

import pytest

from pendosim import running

NOW = 1710171000000
SIZE = 700
LISTS = ("page", "feature", "tracktype", "guide", "report", "segment")


@pytest.fixture(scope="module")
def long(shared) -> Iterator:
    options = {"visitors": 30, "accounts": 3, "days": 2, "events_per_day": 30}
    with running(list_size=SIZE, new_fields=True, now=NOW, **options) as pendo:
        yield type(shared)(pendo)


@pytest.fixture(scope="module")
def listed(long):
    return {name: long.get(f"/api/v1/{name}").json() for name in LISTS}


@pytest.mark.parametrize("name", LISTS)
def test_a_grown_list_is_one_bare_array_with_an_id_each(listed, name):
    objects = listed[name]
    ids = {one["id"] for one in objects}
    assert len(ids) == len(objects)
    assert len(objects) == SIZE
    assert all(one["rootVersionId"] == one["id"] for one in objects)


def test_a_list_may_hold_ten_thousand_objects(shared):
    with running(visitors=0, events_per_day=0, list_size=10_000) as pendo:
        ids = [page["id"] for page in type(shared)(pendo).get("/api/v1/page").json()]
        assert len(set(ids)) == len(ids) == 10_000
        assert tuple(sorted(ids)) == pendo.expected("pages", apps=[-323232]).ids


@pytest.mark.parametrize("name", LISTS)
def test_every_object_carries_the_new_fields(listed, shared, name):
    first = listed[name][0]
    assert first["futureNotes"] == {"text": "new", "parts": [1, None]}
    assert set(first) - set(shared.get(f"/api/v1/{name}").json()[0]) == {"futureScore", "futureNotes", "futureNothing"}


def test_the_other_application_is_not_grown(long):
    assert len(long.get("/api/v1/page?expand=*").json()) == SIZE + 40


def test_steps_of_a_long_list_of_guides_belong_to_their_guides_alone(long):
    steps = [
        (step["id"], step["guideId"] == guide["id"]) for guide in long.pendo.world.guides for step in guide["steps"]
    ]
    assert len(dict(steps)) == len(steps)
    assert all(belongs for _, belongs in steps)


def test_event_rows_name_only_objects_of_the_list(long):
    pages = {page["id"] for page in long.get("/api/v1/page?expand=*").json()}
    rows = long.rows({"source": {"pageEvents": {"appId": 'expandAppIds("*")'}}})
    assert {row["pageId"] for row in rows} <= pages
    assert len(rows) == long.pendo.expected("pageEvents").rows


def test_the_schema_declares_types_that_do_not_exist_yet(long, shared):
    for kind in ("visitor", "account"):
        new = long.get(f"/api/v1/metadata/schema/{kind}").json()
        old = shared.get(f"/api/v1/metadata/schema/{kind}").json()
        added = {name: new["custom"][name] for name in set(new["custom"]) - set(old["custom"])}
        assert {entry["Type"] for entry in added.values()} == {"currency", "geopoint"}
        assert all(entry["futureFlag"] for entry in added.values())
    assert long.get("/api/v1/metadata/schema/nope").json() == {}


@pytest.mark.parametrize("size", [-1, 10**9])
def test_a_size_that_makes_no_sense_is_refused(size):
    with pytest.raises(ValueError, match="list_size"), running(list_size=size):
        pass
