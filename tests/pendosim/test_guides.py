"""Guides: the list's parameters, order, history, state, audience, resets, translations, experiments."""

import csv
import io

import pytest

XLIFF_IN = "/api/v1/guide/localization/import"


def guides(client, **wanted):
    found = client.get("/api/v1/guide").json()
    return [guide for guide in found if all(guide[name] == value for name, value in wanted.items())]


def guide_of(client, guide_id):
    return client.get(f"/api/v1/guide?id={guide_id}").json()[0]


def test_a_summarized_list_leaves_out_the_content_of_steps(shared):
    whole, light = (shared.get(f"/api/v1/guide{query}").json() for query in ("", "?summarizeContent=true"))
    assert [guide["id"] for guide in whole] == [guide["id"] for guide in light]
    for heavy, slim in zip(whole, light, strict=True):
        assert heavy | {"steps": []} == slim | {"steps": []}
        assert [step["id"] for step in heavy["steps"]] == [step["id"] for step in slim["steps"]]
        assert not {"attributes", "contentUrl"} & {name for step in slim["steps"] for name in step}


def test_several_guides_are_asked_for_by_id(shared):
    first, _, third, *_ = guides(shared)
    assert shared.get(f"/api/v1/guide?id={first['id']},{third['id']},nope").json() == [first, third]


def test_the_order_is_that_of_one_application(shared):
    other = shared.pendo.world.apps[1].id
    assert shared.get("/api/v1/guide/order").json() == {
        "appId": -323232,
        "guideIds": [guide["id"] for guide in guides(shared)],
    }
    found = shared.get(f"/api/v1/guide/order?appId={other}").json()
    assert found["guideIds"] == [guide["id"] for guide in shared.get(f"/api/v1/guide?appId={other}").json()]
    assert shared.get("/api/v1/guide/order?appId=x").status == 400


@pytest.mark.parametrize("state", ["draft", "staged", "public", "disabled"])
def test_a_guide_takes_every_state_and_remembers_the_one_before(own, state):
    before = guides(own, state="disabled" if state != "disabled" else "public")[0]
    own.pendo.clock.advance(60)
    path = f"/api/v1/guide/{before['id']}"
    answer = own.request("PUT", f"{path}/state", {"state": state})
    assert (answer.status, answer.body) == (200, b"")
    after = guide_of(own, before["id"])
    assert (after["state"], after["lastUpdatedAt"]) == (state, own.pendo.clock.now())
    assert after["stableVersionId"] != before["stableVersionId"]
    newest, previous, oldest = own.get(f"{path}/history").json()
    assert (newest, previous) == (after, before)
    assert (oldest["state"], oldest["lastUpdatedAt"]) == ("draft", before["createdAt"])
    assert own.rows({"source": {"guides": None}}, {"filter": f'id == "{before["id"]}"'}) == [after]


def test_a_guide_made_public_has_been_published_from_then_on(own):
    draft = guides(own, state="draft")[0]
    assert (draft["publishedAt"], draft["publishedEver"]) == (0, False)
    own.request("PUT", f"/api/v1/guide/{draft['id']}/state", {"state": "public"})
    own.request("PUT", f"/api/v1/guide/{draft['id']}/state", {"state": "disabled"})
    after = guide_of(own, draft["id"])
    assert (after["publishedAt"], after["publishedEver"]) == (own.pendo.clock.now(), True)


def test_a_guide_is_aimed_at_a_segment(own):
    guide, segment = guides(own)[0], own.get("/api/v1/segment").json()[0]
    assert own.request("PUT", f"/api/v1/guide/{guide['id']}/segment", {"segmentId": segment["id"]}).status == 200
    after = guide_of(own, guide["id"])
    assert {"segment": {"id": segment["id"]}} in after["audience"]
    assert after["audienceUiHint"]["filters"][0]["segmentId"] == segment["id"]
    assert {row["visitorId"] for row in own.rows(*after["audience"])} <= set(own.pendo.expected("visitors").ids)


def seen(client, **wanted):
    source = {"source": {"guidesSeenEver": {"appId": 'expandAppIds("*")'}}}
    return [row for row in client.rows(source) if all(row[f"{name}Id"] == value for name, value in wanted.items())]


def test_a_reset_makes_a_visitor_one_who_never_saw_the_guide(own):
    first, *rest = seen(own)
    path = f"/api/v1/guide/{first['guideId']}/visitor/{first['visitorId']}/reset"
    assert own.request("POST", path).status == 200
    gone = {"visitorId": first["visitorId"], "guideId": first["guideId"]}
    assert seen(own) == [row for row in rest if any(row[name] != value for name, value in gone.items())]


def test_a_reset_of_all_guides_leaves_other_visitors_alone(own):
    visitor = seen(own)[0]["visitorId"]
    others = [row for row in seen(own) if row["visitorId"] != visitor]
    assert own.request("POST", f"/api/v1/guide/all/visitor/{visitor}/reset").status == 200
    assert seen(own) == others


def test_only_staged_guides_are_reset_for_everyone(own):
    staged, public = guides(own, state="staged")[0], guides(own, state="public")[1]
    assert own.request("POST", f"/api/v1/guide/{public['id']}/reset").status == 400
    assert own.request("POST", f"/api/v1/guide/{staged['id']}/reset").status == 200
    after = guide_of(own, staged["id"])
    assert {after["resetAt"], *(step["resetAt"] for step in after["steps"])} == {own.pendo.clock.now()}
    assert seen(own, guide=staged["id"]) == []
    assert own.request("PUT", f"/api/v1/guide/{public['id']}/state", {"state": "staged"}).status == 200
    assert own.request("POST", "/api/v1/guide/staged/reset").status == 200
    assert guide_of(own, public["id"])["resetAt"] == own.pendo.clock.now()
    assert guides(own, state="public")[0]["resetAt"] == 0


def test_translations_go_out_come_back_and_are_then_part_of_what_goes_out(own):
    guide = next(guide for guide in guides(own) if any("idResponses" in poll for poll in guide["polls"]))
    out = f"/api/v1/guide/localization/export?guideids={guide['id']},nope"
    plain = own.get(out)
    assert plain.headers["Content-Type"].startswith("application/xliff+xml")
    text = plain.body.decode()
    assert text.count("<file ") == 1
    assert text.count("<trans-unit ") == 2 * len(guide["steps"]) + 1 + 3
    translated = text.replace("</source>", '</source><target>Grüße & "mehr"</target>'.replace("&", "&amp;"))
    translated = translated.replace(' datatype="plaintext"', ' target-language="de-DE" datatype="plaintext"')
    assert own.request("POST", XLIFF_IN, translated.encode()).status == 200
    assert guide_of(own, guide["id"])["translationStates"] == [{"language": "de-DE", "state": "complete"}]
    again = own.get(out).body.decode()
    assert 'target-language="de-DE"' in again
    assert again.count("<target>Grüße &amp; &quot;mehr&quot;</target>") == text.count("<trans-unit ")
    assert own.request("POST", XLIFF_IN, again.encode()).status == 200
    assert own.get(out).body.decode() == again


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "not XML"),
        (b"{}", "not XML"),
        (b"<a/>", "not XLIFF"),
        (b"<xliff/>", "no file"),
        (b"<xliff><file/></xliff>", "original"),
        (b'<!DOCTYPE x [<!ENTITY a "aaaa">]><xliff/>', "document type"),
        (b'<?xml version="1.0" encoding="utf-99"?><xliff/>', "not XML"),
        (b'<xliff><file original="nope" source-language="en"/></xliff>', "not found"),
    ],
)
def test_what_is_no_translation_is_refused(shared, body, said):
    answer = shared.request("POST", XLIFF_IN, body)
    assert answer.status in (400, 404)
    assert said in answer.body.decode()


def test_a_translation_of_texts_that_a_guide_does_not_have_changes_nothing(own):
    first, second = guides(own)[:2]
    text = own.get(f"/api/v1/guide/localization/export?guideids={first['id']},{second['id']}").body.decode()
    text = text.replace("</source>", "</source><target>x</target>")
    text = text.replace(' datatype="plaintext"', ' target-language="fr-FR" datatype="plaintext"')
    unit = f"{second['steps'][0]['id']}/title"
    answer = own.request("POST", XLIFF_IN, text.replace(unit, "other").encode())
    assert (answer.status, b"'other'" in answer.body) == (400, True)
    assert guides(own)[:2] == [first, second]
    assert own.get("/api/v1/guide/localization/export").status == 400


def test_an_experiment_has_its_results_as_csv(shared):
    guide = next(guide for guide in guides(shared) if "experiment" in guide)
    answer = shared.request("POST", f"/api/v1/guide/{guide['id']}/experiment/export", key=shared.pendo.read_only_key)
    assert answer.headers["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.body.decode(), newline="")))
    assert sorted(row["visitorId"] for row in rows) == list(shared.pendo.expected("visitors", identified=True).ids)
    saw = {row["visitorId"] for row in seen(shared, guide=guide["id"])}
    in_guide = {row["visitorId"] for row in rows if row["group"] == "guide"}
    assert in_guide == saw & {row["visitorId"] for row in rows}
    assert {row["converted"] for row in rows} == {"true", "false"}
    other = next(guide for guide in guides(shared) if "experiment" not in guide)
    assert shared.request("POST", f"/api/v1/guide/{other['id']}/experiment/export").status == 400


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "nope/history", None),
        ("PUT", "nope/state", {"state": "public"}),
        ("PUT", "nope/segment", {"segmentId": "x"}),
        ("POST", "nope/reset", None),
        ("POST", "nope/visitor/x/reset", None),
        ("POST", "nope/experiment/export", None),
    ],
)
def test_an_unknown_guide_is_404(shared, method, path, body):
    assert shared.request(method, f"/api/v1/guide/{path}", body).status == 404


@pytest.mark.parametrize("body", [{"state": "live"}, {"state": None}, {}, [], {"state": "public", "at": 1}])
def test_an_unknown_state_is_refused(shared, body):
    guide = guides(shared)[0]["id"]
    assert shared.request("PUT", f"/api/v1/guide/{guide}/state", body).status == 400
    assert shared.request("PUT", f"/api/v1/guide/{guide}/segment", body).status == 400
    assert shared.request("PUT", f"/api/v1/guide/{guide}/segment", {"segmentId": "nope"}).status == 400
