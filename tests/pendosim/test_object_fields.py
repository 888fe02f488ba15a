"""The fields of every kind of object, as Pendo's lists show them, and what their values are."""

import pytest

COMMON = "id kind name createdAt createdByUser lastUpdatedAt lastUpdatedByUser rootVersionId"
TAGGED = f"{COMMON} appId appIds stableVersionId group color description isCoreEvent isSuggested isAutoTagged dirty "
TAGGED += "tagMaintenanceExclude validThrough dailyMergeFirst dailyRollupFirst"
GUIDE = f"{COMMON} appId appIds stableVersionId state launchMethod isMultiStep isTraining isModule isTopLevel "
GUIDE += "publishedEver autoCreateFeedback publishedAt resetAt showsAfter expiresAfter validThrough recurrence "
GUIDE += (
    "currentFirstEligibleToBeSeenAt recurrenceEligibilityWindow authoredLanguage editorType emailState description "
)
GUIDE += "minAgentVersion originId resourceCenterId audience audienceUiHint attributes polls steps translationStates "
GUIDE += "dependentMetadata"
STEP = "id guideId templateId type name rank pageId pollIds advanceMethod contentType contentUrl contentUrlCss "
STEP += "contentUrlJs buildingBlocksUrl domUrl domJsonpUrl launchUrl regexUrlRule elementPathRule "
STEP += "triggerElementPathRule confirmationElementPathRule lastUpdatedAt resetAt attributes"
REPORT = f"{COMMON} stableVersionId type level scope share target shared ownedByUser lastRunAt lastSuccessRunAt "
REPORT += "lastSuccessRunObj definition aggregation aggregationList"
SEGMENT = f"{COMMON} createdByApi shared definition pipeline dependentMetadata isFocusGroup"
FEATURE = (
    "pageId appWide elementPathRules elementInitialTag elementSelectionType createdDesignerVersion suggestedMatch "
)
FEATURE += "eventPropertyConfigurations"
FIELDS = {
    "page": f"{TAGGED} rules rulesjson excludeRules suggestedName suggestedTagRules ignoredFrustrationTypes",
    "feature": f"{TAGGED} {FEATURE}",
    "tracktype": f"{TAGGED} trackTypeName trackTypeRules eventPropertyNameList",
    "guide": GUIDE,
    "report": REPORT,
    "segment": SEGMENT,
}
KINDS = {"page": "Page", "feature": "Feature", "tracktype": "TrackType", "guide": "Guide", "report": "Report"}
KINDS |= {"segment": "Segment"}
TIMES = ("createdAt", "lastUpdatedAt", "publishedAt", "resetAt", "validThrough", "lastRunAt")
# Only where there is one.
SOMETIMES = {"guide": {"experiment", "conversion", "group", "color"}}


@pytest.mark.parametrize("name", list(FIELDS))
def test_objects_have_the_fields_of_their_kind_and_no_others(shared, name):
    for one in shared.get(f"/api/v1/{name}?expand=*").json():
        assert set(one) - SOMETIMES.get(name, set()) == set(FIELDS[name].split()), one["name"]
        assert one["kind"] == KINDS[name]
        assert all(type(one[time]) is int for time in TIMES if time in one)
        assert set(one["createdByUser"]) == {"id", "username", "first", "last", "role", "userType"}
        assert type(one["createdByUser"]["id"]) is str


def test_steps_and_polls_have_their_fields(shared):
    guides = shared.get("/api/v1/guide?expand=*").json()
    for guide in guides:
        assert all(set(step) == set(STEP.split()) for step in guide["steps"])
        assert all({"id", "question", "resetAt", "attributes"} <= set(poll) for poll in guide["polls"])
        assert guide["isMultiStep"] == (len(guide["steps"]) > 1)
    experiments = [guide for guide in guides if "experiment" in guide]
    assert len(experiments) == len(shared.pendo.world.apps)
    assert set(experiments[0]["experiment"]) == {"startTime", "endTime", "groupSize", "notificationDuration"}
    assert set(experiments[0]["conversion"]) == {"attributionWindow", "itemId", "itemType"}
    assert {guide["state"] for guide in guides} == {"draft", "staged", "public", "disabled"}


def test_an_api_created_segment_has_the_same_fields(own):
    body = {"name": "S", "visitors": ["x"]}
    made = own.request("POST", "/api/v1/segment/upload", body).json()["segmentId"]
    assert set(own.get(f"/api/v1/segment/{made}").json()) == set(SEGMENT.split())


def test_columns_of_reports_say_where_they_come_from(shared):
    report = shared.get("/api/v1/report").json()[0]
    config = report["definition"]["config"]
    assert {"appId", "segmentId", "columns", "filters"} == set(config)
    named = {"columnName", "columnLabel", "kind", "fieldName", "primaryKeys"}
    assert all(set(column) == named for column in config["columns"])
