"""Single metadata values: reading, writing, flags, and what is refused."""

import json

import pytest

NOW = 1710171000000
UNKNOWN = "nobody@example.com"


def path(who, field, *, kind="visitor", group="custom"):
    return f"/api/v1/metadata/{kind}/{group}/value/{who}/{field}"


def visitor(own, *, place=0):
    return next(
        one for one in own.pendo.expected("visitors").ids[place:] if one.isascii() and one.isalnum() and len(one) < 60
    )


@pytest.fixture
def who(own):
    return visitor(own)


def put(own, where, value, **settings):
    return own.request("PUT", where, json.dumps(value).encode(), **settings)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("plan", "gold"),
        ("nps", 42),
        ("arr", 0.5),
        ("trial", True),
        ("tags", ["a", "b"]),
        ("renewal", NOW),
        ("notes", "x"),
    ],
)
def test_what_is_put_is_read_at_once_as_the_bare_value(own, who, field, value):
    answer = put(own, path(who, field), value)
    assert (answer.status, answer.body) == (200, b"")
    assert own.get(path(who, field)).body == json.dumps(value, separators=(",", ":")).encode()
    assert own.get(f"/api/v1/visitor/{who}").json()["metadata"]["custom"][field] == value


def test_a_write_moves_lastupdated(own, who):
    own.pendo.clock.advance(60)
    put(own, path(who, "plan"), "gold")
    assert own.get(f"/api/v1/visitor/{who}").json()["metadata"]["auto"]["lastupdated"] == NOW + 60_000


def test_keys_are_kept_in_small_letters_and_without_separators(own, who):
    put(own, path(who, "CRM_Owner-Name"), "Pat")
    assert own.get(f"/api/v1/visitor/{who}").json()["metadata"]["custom"]["crmownername"] == "Pat"
    assert own.get(path(who, "crm_owner_name")).json() == "Pat"
    entry = own.get("/api/v1/metadata/schema/visitor").json()["custom"]["crmownername"]
    assert (entry["Type"], entry["DisplayName"]) == ("string", "CRM_Owner-Name")


def test_a_new_custom_field_is_made_as_text(own, who):
    put(own, path(who, "shoesize"), 42)
    assert own.get(path(who, "shoesize")).json() == "42"


def test_null_empties_a_field(own, who):
    put(own, path(who, "plan"), "gold")
    put(own, path(who, "plan"), None)
    assert own.get(path(who, "plan")).json() is None
    assert "plan" not in own.get(f"/api/v1/visitor/{who}").json()["metadata"]["custom"]


def test_accounts_and_agent_fields_are_written_too(own):
    account = next(one for one in own.pendo.expected("accounts").ids if one.replace("-", "").isalnum())
    put(own, path(account, "industry", kind="account", group="agent"), "shipping")
    assert own.get(f"/api/v1/account/{account}").json()["metadata"]["agent"]["industry"] == "shipping"


@pytest.mark.parametrize(
    ("where", "value", "status"),
    [
        (path(UNKNOWN, "plan"), "x", 404),
        (path("{who}", "nosuch", group="agent"), "x", 400),
        (path("{who}", "firstvisit", group="auto"), 1, 400),
        (path("{who}", "contactid", group="salesforce"), "x", 400),
        (path("{who}", "plan", kind="planet"), "x", 404),
        (path("{who}", "trial"), "yes", 400),
        (path("{who}", "nps"), 1.5, 400),
        (path("{who}", "nps"), "1", 400),
        (path("{who}", "renewal"), "2024-03-11", 400),
        (path("{who}", "renewal"), 1e300, 400),
        (path("{who}", "tags"), "a", 400),
        (path("{who}", "tags"), [{}], 400),
        (path("{who}", "plan"), {"a": 1}, 400),
        (path("{who}", "9lives"), "x", 400),
        (path("{who}", "$$$"), "x", 400),
        (path("{who}", "donotprocess", group="pendo"), "true", 400),
        (path("{who}", "donotprocess", group="pendo"), 1, 400),
        (path("{who}", "designerenabled", group="pendo"), True, 400),
        (path(UNKNOWN, "donotprocess", group="pendo"), True, 404),
    ],
)
def test_a_write_that_makes_no_sense_is_refused_in_a_sentence(own, who, where, value, status):
    answer = put(own, where.replace("{who}", who), value)
    assert answer.status == status
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.body
    assert b"Traceback" not in answer.body


@pytest.mark.parametrize("body", [b"", b"{", b"pro", b"[" * 5000, b"\xff"])
def test_a_body_that_is_not_json_is_400(own, who, body):
    assert own.request("PUT", path(who, "plan"), body).status == 400


@pytest.mark.parametrize("where", [path(UNKNOWN, "plan"), path("{who}", "nosuch"), path("{who}", "x", kind="planet")])
def test_a_value_that_is_not_there_is_404(own, who, where):
    assert own.get(where.replace("{who}", who)).status == 404


def test_ids_come_encoded_or_as_base64(own):
    slashed = "a%2Fb%2Fc~d%3Fx%3D1%23y"
    put(own, path(slashed, "plan"), "gold")
    assert own.get(path(slashed, "plan")).json() == "gold"
    encoded = "YS9iL2N-ZD94PTEjeQ"
    assert own.get(path(encoded, "plan"), x_pendo_base64_encoded_params="true").json() == "gold"


@pytest.mark.parametrize("flag", ["donotprocess", "blacklistguides"])
def test_the_two_flags_are_written_in_the_group_pendo(own, who, flag):
    assert put(own, path(who, flag, group="pendo"), True).status == 200
    assert own.get(path(who, flag, group="pendo")).json() is True
    put(own, path(who, flag, group="pendo"), False)
    assert own.get(path(who, flag, group="pendo")).json() is False


def test_one_who_is_never_processed_keeps_only_the_group_pendo_until_the_flag_goes(own, who):
    before = own.get(f"/api/v1/visitor/{who}").json()["metadata"]
    put(own, path(who, "donotprocess", group="pendo"), True)
    assert own.get(f"/api/v1/visitor/{who}").json()["metadata"] == {"pendo": {"donotprocess": True}}
    (row,) = own.rows({"source": {"visitors": None}}, {"filter": f'visitorId == "{who}"'})
    assert row["metadata"] == {"pendo": {"donotprocess": True}}
    assert {"visitorId": who} in own.rows({"source": {"doNotProcessVisitors": None}})
    put(own, path(who, "donotprocess", group="pendo"), False)
    assert own.get(f"/api/v1/visitor/{who}").json()["metadata"]["agent"] == before["agent"]
    assert {"visitorId": who} not in own.rows({"source": {"doNotProcessVisitors": None}})


def test_accounts_are_flagged_too(own):
    account = next(one for one in own.pendo.expected("accounts").ids if one.replace("-", "").isalnum())
    put(own, path(account, "donotprocess", kind="account", group="pendo"), True)
    assert own.rows({"source": {"doNotProcessAccounts": None}}) == [{"accountId": account}]


def test_aggregation_sees_a_write_after_the_metadata_lag_and_single_reads_at_once(own, who):
    own.pendo.lags.change(metadata_lag=90)
    put(own, path(who, "plan"), "platinum")
    seen = [{"source": {"visitors": None}}, {"filter": 'metadata.custom.plan == "platinum"'}]
    assert own.get(path(who, "plan")).json() == "platinum"
    assert own.rows(*seen) == []
    own.pendo.clock.advance(89.999)
    assert own.rows(*seen) == []
    own.pendo.clock.advance(0.001)
    assert [row["visitorId"] for row in own.rows(*seen)] == [who]
    assert own.rows(*seen)[0]["metadata"]["auto"]["lastupdated"] == NOW
