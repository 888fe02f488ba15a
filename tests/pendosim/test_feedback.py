"""Feedback items of Pendo Listen."""

import pytest

ITEM = {
    "accountId": "acme",
    "visitorId": "ann@example.com",
    "createdById": "bob@example.com",
    "createdAt": 1710171000000,
    "title": "Dark mode",
    "description": "Please",
    "appIds": [-323232],
    "labels": [{"name": "Admin", "category": "Role"}, {"name": "ui"}],
    "importance": 2,
    "productAreas": ["_PENDO_DEFAULTGROUP_00_"],
    "linksData": [{"title": "Ticket", "linkUrl": "https://example.com/1"}],
}
PATH = "/api/v1/feedback"


def test_the_vocabulary_names_labels_applications_importance_and_product_areas(shared):
    options = shared.get(f"{PATH}/options", key=shared.pendo.read_only_key).json()
    assert [app["id"] for app in options["apps"]] == [app.id for app in shared.pendo.world.apps]
    assert {"name": "Admin", "category": "Role"} in options["labels"]
    assert -1 in options["importance"]
    areas = {row["id"] for row in shared.rows({"source": {"groups": None}})}
    assert {area["id"] for area in options["productAreas"]} == areas


def test_an_item_is_created_updated_and_deleted(own):
    created = own.request("POST", PATH, ITEM).json()
    assert created == ITEM | {"id": created["id"], "lastUpdatedAt": own.pendo.clock.now()}
    changed = own.request("PATCH", f"{PATH}/{created['id']}", {"importance": -1, "createdBy": "carla"}).json()
    assert changed == created | {"importance": -1, "createdBy": "carla"}
    assert own.pendo.world.feedback.items() == [changed]
    answer = own.request("DELETE", PATH, {"ids": [created["id"], "nope"]})
    assert (answer.status, answer.body) == (200, b"")
    assert own.request("PATCH", f"{PATH}/{created['id']}", {"title": "x"}).status == 404


def test_an_item_needs_no_more_than_a_title(own):
    created = own.request("POST", PATH, {"title": "Dark mode"}).json()
    assert (created["createdAt"], created["importance"]) == (own.pendo.clock.now(), -1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""},
        {"title": None},
        {"title": 7},
        {"importance": 9},
        {"importance": True},
        {"createdAt": "now"},
        {"createdAt": 10**400},
        {"appIds": ["-323232"]},
        {"appIds": [1]},
        {"labels": ["ui"]},
        {"labels": [{"category": "x"}]},
        {"productAreas": "x"},
        {"linksData": [{"title": "x"}]},
        {"colour": "red"},
    ],
    ids=str,
)
def test_an_item_with_a_wrong_field_is_refused_by_its_name(shared, wrong):
    answer = shared.request("POST", PATH, ITEM | wrong)
    assert answer.status == 400
    assert next(iter(wrong)).encode() in answer.body


def test_an_item_without_a_title_or_a_deletion_without_ids_is_refused(shared):
    assert shared.request("POST", PATH, {}).status == 400
    assert shared.request("DELETE", PATH, {"ids": []}).status == 400
    assert shared.request("DELETE", PATH).status == 400
    assert shared.request("POST", PATH, ITEM, key=shared.pendo.read_only_key).status == 403
