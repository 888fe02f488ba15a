"""Metadata fields: made, deleted, revived; and who uses them."""

from urllib.parse import quote

import pytest

NOW = 1710171000000
CUSTOM = "/api/v1/metadata/schema/visitor/custom"
FIELDS = [
    {"name": "Loyalty", "displayname": "Loyalty", "type": "string"},
    {"name": "seats_sold", "displayname": "Seats sold", "type": "number"},
    {"name": "renewal2", "displayname": "Renewal 2", "type": "time"},
    {"name": "pilot", "type": "boolean"},
    {"name": "topics", "displayname": "Topics", "type": "list"},
]


def schema(own, kind="visitor"):
    return own.get(f"/api/v1/metadata/schema/{kind}").json()


def test_fields_are_made_with_their_types(own):
    assert own.request("POST", CUSTOM, FIELDS).status == 200
    of = schema(own)["custom"]
    assert [of[key]["Type"] for key in ("loyalty", "seatssold", "renewal2", "pilot", "topics")] == [
        "string",
        "float",
        "time",
        "boolean",
        "list",
    ]
    assert (of["seatssold"]["DisplayName"], of["pilot"]["DisplayName"]) == ("Seats sold", "pilot")


def test_a_deleted_field_stays_in_the_schema_and_leaves_all_values_until_it_is_revived(own):
    with_plan = [
        row for row in own.rows({"source": {"visitors": None}}) if row["metadata"].get("custom", {}).get("plan")
    ]
    who = with_plan[0]["visitorId"]
    assert own.request("DELETE", f"{CUSTOM}/plan").status == 200
    assert schema(own)["custom"]["plan"]["isDeleted"] is True
    assert not any("plan" in row["metadata"].get("custom", {}) for row in own.rows({"source": {"visitors": None}}))
    assert own.rows({"source": {"visitors": None}}, {"filter": 'metadata.custom.plan == "pro"'}) == []
    assert own.request("DELETE", f"{CUSTOM}/plan").status == 404
    own.request("POST", CUSTOM, [{"name": "plan", "displayname": "The plan", "type": "string"}])
    assert (schema(own)["custom"]["plan"]["isDeleted"], schema(own)["custom"]["plan"]["DisplayName"]) == (
        False,
        "The plan",
    )
    (found,) = [row for row in own.rows({"source": {"visitors": None}}) if row["visitorId"] == who]
    assert found == with_plan[0]


def test_a_value_written_to_a_deleted_field_brings_it_back_as_it_was(own):
    who = own.rows({"source": {"visitors": None}}, {"sort": ["visitorId"]})[5]["visitorId"]
    where = f"/api/v1/metadata/visitor/custom/value/{quote(who, safe='')}/arr"
    own.request("DELETE", f"{CUSTOM}/arr")
    assert own.request("PUT", where, b'"much"').status == 400
    assert own.request("PUT", where, b"7.5").status == 200
    assert own.get(where).json() == 7.5
    assert (schema(own)["custom"]["arr"]["Type"], schema(own)["custom"]["arr"]["isDeleted"]) == ("float", False)
    assert own.rows({"source": {"visitors": None}}, {"filter": "metadata.custom.arr == 7.5"})[0]["visitorId"] == who


def test_making_a_field_that_is_there_with_the_same_type_changes_nothing(own):
    before = schema(own)
    assert own.request("POST", CUSTOM, [{"name": "plan", "displayname": "Other", "type": "string"}]).status == 200
    assert schema(own) == before


@pytest.mark.parametrize(
    ("where", "body", "status"),
    [
        (CUSTOM, [{"name": "trial", "type": "number"}], 400),
        (CUSTOM, [{"name": "ok", "type": "string"}, {"name": "9x", "type": "string"}], 400),
        (CUSTOM, [{"name": "x", "type": "geo"}], 400),
        (CUSTOM, [{"name": "x", "type": ["string"]}], 400),
        (CUSTOM, [{"name": "x"}], 400),
        (CUSTOM, [{"name": 5, "type": "string"}], 400),
        (CUSTOM, [{"name": "", "type": "string"}], 400),
        (CUSTOM, [{"name": "x", "type": "string", "displayname": 5}], 400),
        (CUSTOM, ["x"], 400),
        (CUSTOM, {"name": "x", "type": "string"}, 400),
        (CUSTOM, b"[", 400),
        ("/api/v1/metadata/schema/visitor/auto", [{"name": "x", "type": "string"}], 400),
        ("/api/v1/metadata/schema/planet/custom", [{"name": "x", "type": "string"}], 404),
    ],
)
def test_fields_that_make_no_sense_are_refused_and_none_is_made(own, where, body, status):
    before = schema(own)
    answer = own.request("POST", where, body)
    assert (answer.status, bool(answer.body)) == (status, True)
    assert schema(own) == before


@pytest.mark.parametrize(
    ("where", "status"),
    [
        (f"{CUSTOM}/nosuch", 404),
        ("/api/v1/metadata/schema/visitor/auto/id", 400),
        ("/api/v1/metadata/schema/x/custom/a", 404),
    ],
)
def test_only_fields_that_are_there_and_writable_are_deleted(own, where, status):
    assert own.request("DELETE", where).status == status


def test_an_unknown_kind_has_an_empty_schema(own):
    assert own.get("/api/v1/metadata/schema/AccountMetadata").json() == {}


def test_dependencies_name_what_uses_a_field(own):
    every = own.get("/api/v1/metadata/dependencies").json()
    assert every
    for using in every:
        where = f"/api/v1/metadata/dependencies/{using['kind']}/{using['group']}/{using['field']}"
        assert own.get(where).json() == using
        assert set(using) == {"kind", "group", "field", "guides", "segments", "reports"}
    shown = {one["id"] for kind in ("report", "segment") for one in own.get(f"/api/v1/{kind}").json()}
    assert {one["id"] for using in every for name in ("reports", "segments") for one in using[name]} <= shown
    assert own.get("/api/v1/metadata/dependencies/visitor/custom/nosuch").status == 404
    assert own.get("/api/v1/metadata/dependencies/planet/custom/plan").status == 404
