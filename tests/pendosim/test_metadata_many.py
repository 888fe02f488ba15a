"""Many metadata values in one call, and parent accounts."""

import pytest

NOW = 1710171000000
VISITORS = "/api/v1/metadata/visitor/custom/value"


def row(who, **values):
    return {"visitorId": who, "values": values}


@pytest.fixture
def ids(own):
    return [one for one in own.pendo.expected("visitors").ids if one.isascii() and one.isalnum() and len(one) < 60][:3]


def test_each_row_is_accounted_for(own, ids):
    body = [row(ids[0], plan="pro", nps=5), row("nobody@example.com", plan="x"), row(ids[1], trial="maybe")]
    answer = own.request("POST", VISITORS, body)
    assert answer.status == 200
    said = answer.json()
    assert said.pop("errors")[0].startswith(f"{ids[1]}: field 'trial'")
    assert said == {"total": 3, "updated": 1, "failed": 2, "missing": ["nobody@example.com"], "kind": "visitor"}


def test_missing_and_errors_are_left_out_when_empty(own, ids):
    answer = own.request("POST", VISITORS, [row(ids[0], plan="pro")])
    assert answer.json() == {"total": 1, "updated": 1, "failed": 0, "kind": "visitor"}
    assert own.request("POST", VISITORS, []).json()["total"] == 0


def test_a_row_with_anything_wrong_in_it_is_not_written_at_all(own, ids):
    before = own.get(f"/api/v1/visitor/{ids[0]}").json()
    own.request("POST", VISITORS, [row(ids[0], plan="changed", brandnew="x", trial="maybe")])
    assert own.get(f"/api/v1/visitor/{ids[0]}").json() == before
    assert "brandnew" not in own.get("/api/v1/metadata/schema/visitor").json()["custom"]


def test_create_makes_those_who_are_not_there(own):
    before = own.pendo.expected("visitors").rows
    answer = own.request("POST", f"{VISITORS}?create=true", [row("ann@example.com", Plan="pro")])
    assert (answer.json()["updated"], answer.json()["failed"]) == (1, 0)
    made = own.get("/api/v1/visitor/ann%40example.com").json()["metadata"]
    assert made["custom"] == {"plan": "pro"}
    assert (made["auto"]["createdat"], made["auto"]["firstvisit"], made["auto"]["lastupdated"]) == (NOW, 0, NOW)
    assert own.pendo.expected("visitors").rows == before + 1 == len(own.rows({"source": {"visitors": None}}))
    assert "ann@example.com" in own.pendo.expected("visitors").ids
    assert own.get("/api/v1/visitor/ann%40example.com/history?starttime=1710100000000").json() == []


def test_one_made_by_a_write_is_in_aggregation_after_the_lag(own):
    own.pendo.lags.change(metadata_lag=10)
    own.request("POST", f"{VISITORS}?create=true", [row("ann@example.com", plan="pro")])
    assert "ann@example.com" not in own.pendo.expected("visitors").ids
    own.pendo.clock.advance(10)
    assert "ann@example.com" in own.pendo.expected("visitors").ids
    found = own.rows(
        {"source": {"visitors": None}}, {"sort": ["visitorId"]}, {"filter": 'visitorId >= "ann@"'}, {"limit": 1}
    )
    assert found[0]["visitorId"] == "ann@example.com"


def test_unknown_fields_are_made_in_custom_and_fail_in_agent(own, ids):
    own.request("POST", VISITORS, [row(ids[0], Favourite_Colour="blue")])
    assert own.get("/api/v1/metadata/schema/visitor").json()["custom"]["favouritecolour"]["Type"] == "string"
    answer = own.request("POST", "/api/v1/metadata/visitor/agent/value", [row(ids[0], colour="blue")]).json()
    assert (answer["failed"], answer["errors"]) == (1, [f"{ids[0]}: group agent has no field 'colour'"])
    assert (
        own.request("POST", "/api/v1/metadata/visitor/agent/value", [row(ids[0], role="owner")]).json()["updated"] == 1
    )


def test_accounts_are_written_by_their_own_id(own):
    account = own.pendo.expected("accounts").ids[0]
    body = [{"accountId": account, "values": {"seats": 77}}]
    assert own.request("POST", "/api/v1/metadata/account/custom/value", body).json()["updated"] == 1
    found = own.rows({"source": {"accounts": None}}, {"filter": "metadata.custom.seats == 77"})
    assert account in {one["accountId"] for one in found}


def test_parent_accounts_are_kept_too(own):
    where = "/api/v1/metadata/parentAccount/custom/value"
    body = [{"accountId": "group-1", "values": {"tier": "gold"}}]
    assert own.request("POST", where, body).json()["missing"] == ["group-1"]
    assert own.request("POST", f"{where}?create=true", body).json()["updated"] == 1
    assert own.get(f"{where}/group-1/tier").json() == "gold"
    assert set(own.get("/api/v1/metadata/schema/parentAccount").json()) == {"auto", "agent", "pendo", "custom"}


def test_the_same_body_is_taken_with_patch(own, ids):
    assert own.request("PATCH", VISITORS, [row(ids[0], plan="pro")]).json()["updated"] == 1


def test_a_later_row_for_the_same_id_wins(own, ids):
    own.request("POST", VISITORS, [row(ids[0], plan="first"), row(ids[0], plan="second")])
    assert own.get(f"{VISITORS}/{ids[0]}/plan").json() == "second"


@pytest.mark.parametrize(
    ("where", "body", "status"),
    [
        (VISITORS, b"", 400),
        (VISITORS, b"[{", 400),
        (VISITORS, b"[" * 100_000, 400),
        (VISITORS, {"visitorId": "a", "values": {}}, 400),
        (VISITORS, [5], 400),
        (VISITORS, [{"visitorId": "a"}], 400),
        (VISITORS, [{"visitorId": 5, "values": {}}], 400),
        (VISITORS, [{"accountId": "a", "values": {}}], 400),
        (VISITORS, [{"visitorId": "a", "values": [1]}], 400),
        ("/api/v1/metadata/visitor/auto/value", [], 400),
        ("/api/v1/metadata/visitor/salesforce/value", [], 400),
        ("/api/v1/metadata/planet/custom/value", [], 404),
    ],
)
def test_a_call_that_makes_no_sense_is_refused_in_a_sentence(own, where, body, status):
    answer = own.request("POST", where, body)
    assert answer.status == status
    assert 0 < len(answer.body) < 300


def test_numbers_and_texts_of_any_size_do_no_harm(own, ids):
    odd = [row(ids[0], plan="x" * 100_000, arr=1e308, nps=10**30, **{"k" * 300: "v", "": "v"})]
    answer = own.request("POST", VISITORS, odd)
    assert (answer.status, answer.json()["failed"]) == (200, 1)
    assert own.get("/api/v1/token/verify").status == 200
