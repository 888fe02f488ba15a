"""GET lists, single objects, reports, metadata schemas."""

import base64
import csv
import io
import re
from urllib.parse import quote

import pytest

LISTS = ("page", "feature", "tracktype", "guide", "report", "segment")
BY_APP = LISTS[:4]
RESOURCES = list(zip(LISTS, ("pages", "features", "trackTypes", "guides", "reports", "segments"), strict=True))
ID = re.compile(r"[\w-]{27}")


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_a_bare_array_of_json_objects(shared, name):
    answer = shared.get(f"/api/v1/{name}")
    assert answer.headers["Content-Type"].startswith("application/json")
    objects = answer.json()
    assert objects
    assert all(ID.fullmatch(one["id"]) and one["rootVersionId"] == one["id"] for one in objects)
    assert all({"kind", "name", "createdAt", "lastUpdatedAt", "createdByUser"} <= set(one) for one in objects)


@pytest.mark.parametrize("name", BY_APP)
def test_only_the_default_application_is_listed_unless_told_otherwise(shared, name):
    apps = [app.id for app in shared.pendo.world.apps]
    assert {one["appId"] for one in shared.get(f"/api/v1/{name}").json()} == {-323232}
    assert {one["appId"] for one in shared.get(f"/api/v1/{name}?expand=*").json()} == set(apps)
    assert {one["appId"] for one in shared.get(f"/api/v1/{name}?appId={apps[1]}").json()} == {apps[1]}
    assert shared.get(f"/api/v1/{name}?appId=x").status == 400


@pytest.mark.parametrize(("name", "resource"), RESOURCES)
def test_a_list_with_all_applications_is_what_is_expected(shared, name, resource):
    ids = sorted(one["id"] for one in shared.get(f"/api/v1/{name}?expand=*").json())
    assert tuple(ids) == shared.pendo.expected(resource).ids


def test_the_same_objects_come_from_aggregation(shared):
    for name, source in zip(BY_APP, ("pages", "features", "trackTypes", "guides"), strict=True):
        assert shared.rows({"source": {source: None}}) == shared.get(f"/api/v1/{name}").json()


def test_ids_choose_objects_and_unknown_ones_are_missing(shared):
    first, second = (page["id"] for page in shared.get("/api/v1/page").json()[:2])
    found = shared.get(f"/api/v1/page?id={first},nope,{second}").json()
    assert [page["id"] for page in found] == [first, second]


def test_limit_and_offset_are_ignored(shared):
    assert shared.get("/api/v1/page?limit=1&offset=5&page=2").json() == shared.get("/api/v1/page").json()


def test_an_nps_guide_has_a_rating_and_a_comment(shared):
    survey = next(guide for guide in shared.get("/api/v1/guide").json() if guide["name"] == "NPS survey")
    rating, comment = survey["polls"]
    assert rating["attributes"]["type"] == "NPSRating"
    assert rating["numericResponses"] == list(range(11))
    assert survey["steps"][0]["pollIds"] == [rating["id"], comment["id"]]
    assert all(step["guideId"] == survey["id"] for step in survey["steps"])


def test_every_visitor_can_be_read_by_its_id_however_odd(shared):
    for visitor in shared.pendo.expected("visitors").ids:
        answer = shared.get(f"/api/v1/visitor/{quote(visitor, safe='')}")
        assert answer.status == 200, visitor
        assert answer.json()["id"] == visitor


def test_every_account_can_be_read_by_its_id_however_odd(shared):
    for account in shared.pendo.expected("accounts").ids:
        found = shared.get(f"/api/v1/account/{quote(account, safe='')}").json()
        assert found["id"] == account
        assert found["metadata"]["auto"]["id"] == account


def test_an_id_may_be_base64_in_either_alphabet_padded_or_not(shared):
    visitor = "a/b/c~d?x=1#y"
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        text = encode(visitor.encode()).decode()
        for given in (text, text.rstrip("=")):
            path = f"/api/v1/visitor/{quote(given, safe='')}"
            assert shared.get(path, x_pendo_base64_encoded_params="true").json()["id"] == visitor
    assert shared.get("/api/v1/visitor/!!!", x_pendo_base64_encoded_params="true").status == 400


def test_an_unknown_visitor_account_segment_or_report_is_404(shared):
    for path in ("visitor/nobody", "account/nobody", "segment/nope", "report/nope/results.json"):
        assert shared.get(f"/api/v1/{path}").status == 404


def test_a_visitor_has_what_only_this_endpoint_shows(shared):
    row = next(row for row in shared.rows({"source": {"visitors": None}}) if "auto" in row["metadata"])
    found = shared.get(f"/api/v1/visitor/{quote(row['visitorId'], safe='')}").json()
    assert found["metadata"]["auto"].pop("firstidentifiedvisit") == row["metadata"]["auto"]["firstvisit"]
    assert found["metadata"] == row["metadata"]
    assert (found["lastStartTime"], found["account"]) == (0, {"id": ""})


def test_a_report_has_its_rows_as_json_and_as_csv(shared):
    report = shared.get("/api/v1/report").json()[0]
    rows = shared.get(f"/api/v1/report/{report['id']}/results.json").json()
    text = shared.get(f"/api/v1/report/{report['id']}/results.csv").body.decode()
    assert [row["visitorId"] for row in rows] == list(shared.pendo.expected("visitors", identified=True).ids)
    assert [row["visitorId"] for row in csv.DictReader(io.StringIO(text, newline=""))] == [
        row["visitorId"] for row in rows
    ]


def test_a_segment_can_be_read_alone(shared):
    (segment, *_) = shared.get("/api/v1/segment").json()
    assert shared.get(f"/api/v1/segment/{segment['id']}").json() == segment


@pytest.mark.parametrize(("kind", "source"), [("visitor", "visitors"), ("account", "accounts")])
def test_the_schema_declares_what_rows_hold_but_for_a_few(shared, kind, source):
    schema = shared.get(f"/api/v1/metadata/schema/{kind}").json()
    types = {"string": str, "boolean": bool, "integer": int, "float": (int, float), "time": int, "list": list}
    undeclared = set()
    for row in shared.rows({"source": {source: None}}):
        for group, fields in row["metadata"].items():
            for name, value in fields.items():
                entry = schema.get(group, {}).get(name)
                if entry is None:
                    undeclared.add(f"{group}.{name}")
                elif value is not None:
                    assert isinstance(value, types[entry["Type"]])
    assert undeclared <= {"auto.idhash", "auto.nid", "custom.legacycode"}
    assert ("custom.legacycode" in undeclared) == (kind == "visitor")


def test_the_schema_keeps_deleted_and_untyped_fields(shared):
    custom = shared.get("/api/v1/metadata/schema/visitor").json()["custom"]
    assert custom["oldsegment"]["isDeleted"] is True
    assert custom["notes"]["Type"] == ""


def test_the_schema_of_an_unknown_kind_is_an_empty_object(shared):
    answer = shared.get("/api/v1/metadata/schema/AccountMetadata")
    assert (answer.status, answer.json()) == (200, {})
