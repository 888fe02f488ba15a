"""What was written to segments, guides and feedback is in the saved files too, and answered as before."""

import json
import shutil

import pytest

from pendosim import running
from pendosim.saved.files import BadFile

from .conftest import NOW, Client

SIZES = {"visitors": 40, "accounts": 4, "days": 2, "events_per_day": 60, "seed": 4}


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    """A subscription in which everything that can be written has been."""
    place = tmp_path_factory.mktemp("changed") / "state"
    with running(**SIZES, now=NOW) as pendo:
        client = Client(pendo)
        ids = [*pendo.expected("visitors").ids[:3], "stranger"]
        segment = client.request("POST", "/api/v1/segment/upload", {"name": "S", "visitors": ids}).json()["segmentId"]
        guide, other = client.get("/api/v1/guide").json()[:2]
        seen = client.rows({"source": {"guidesSeenEver": None}})[0]
        text = client.get(f"/api/v1/guide/localization/export?guideids={other['id']}").body.decode()
        text = text.replace("</source>", "</source><target>x</target>")
        text = text.replace(" datatype", ' target-language="fr-FR" datatype')
        writes = [
            ("PUT", f"guide/{guide['id']}/segment", json.dumps({"segmentId": segment})),
            ("PUT", f"guide/{guide['id']}/state", json.dumps({"state": "staged"})),
            ("POST", f"guide/{guide['id']}/reset", None),
            ("POST", f"guide/{seen['guideId']}/visitor/{seen['visitorId']}/reset", None),
            ("POST", "guide/localization/import", text),
            ("POST", "feedback", json.dumps({"title": "Dark mode"})),
        ]
        for method, path, body in writes:
            assert client.request(method, f"/api/v1/{path}", body and body.encode()).status == 200
        pendo.save(place)
        (place.parent / "answers.json").write_text(json.dumps(answers(client)))
    return place


def answers(client):
    guides = client.get("/api/v1/guide").json()
    ids = ",".join(guide["id"] for guide in guides)
    paths = ["guide", "segment", "guide/order", f"guide/localization/export?guideids={ids}"]
    paths += [f"guide/{guide['id']}/history" for guide in guides]
    paths += [f"segment/{segment['id']}" for segment in client.get("/api/v1/segment").json()]
    found = {path: client.get(f"/api/v1/{path}").body.decode() for path in paths}
    created = client.get("/api/v1/segment?createdByApi=true").json()[0]["id"]
    found["members"] = client.rows({"source": {"visitors": None}}, {"segment": {"id": created}})
    found["seen"] = client.rows({"source": {"guidesSeenEver": None}})
    found["feedback"] = client.pendo.world.feedback.items()
    return found


def test_everything_is_answered_as_before(directory):
    with running(load=str(directory), now=NOW) as pendo:
        assert answers(Client(pendo)) == json.loads((directory.parent / "answers.json").read_text())


def test_what_is_made_afterwards_has_ids_of_its_own(directory):
    with running(load=str(directory), now=NOW) as pendo:
        client = Client(pendo)
        before = {segment["id"] for segment in client.get("/api/v1/segment").json()}
        made = client.request("POST", "/api/v1/segment/upload", {"name": "T", "visitors": ["x"]}).json()["segmentId"]
        item = client.request("POST", "/api/v1/feedback", {"title": "Light mode"}).json()
        assert made not in before
        assert [one["title"] for one in pendo.world.feedback.items()] == ["Dark mode", "Light mode"]
        assert item["id"] != pendo.world.feedback.items()[0]["id"]


def test_saving_again_writes_the_same_changes(directory, tmp_path):
    with running(load=str(directory), now=NOW) as pendo:
        pendo.save(tmp_path / "again")
    assert (tmp_path / "again" / "changes.json").read_bytes() == (directory / "changes.json").read_bytes()


def test_a_write_that_is_under_way_is_saved_as_done(tmp_path):
    with running(**SIZES, now=NOW, segment_delay=60) as pendo:
        client = Client(pendo)
        body = {"name": "S", "visitors": [pendo.expected("visitors").ids[0]]}
        segment = client.request("POST", "/api/v1/segment/upload", body).json()["segmentId"]
        pendo.save(tmp_path / "state")
    with running(load=str(tmp_path / "state"), now=NOW) as pendo:
        assert pendo.world.memberships.members_of(segment) == set(body["visitors"])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"segment_members": {}}, "segment_members has no entry"),
        ({"segment_members": {"nope": []}}, "'nope'"),
        ({"guide_versions": {"nope": []}}, "'nope'"),
        ({"guide_resets": []}, "guide_resets"),
        ({"feedback": [{}]}, "feedback"),
        ({"colour": 1}, "colour"),
    ],
    ids=str,
)
def test_changes_that_do_not_fit_are_refused_with_the_file(directory, tmp_path, change, said):
    copy = shutil.copytree(directory, tmp_path / "copy")
    changes = json.loads((copy / "changes.json").read_text()) | change
    (copy / "changes.json").write_text(json.dumps(changes))
    with pytest.raises(BadFile, match=said) as refused, running(load=str(copy)):
        pass
    assert "changes.json" in str(refused.value)


def test_guides_written_by_hand_need_no_more_than_a_few_fields(directory, tmp_path):
    copy = shutil.copytree(directory, tmp_path / "copy")
    guide = {"id": "g", "name": "By hand", "appId": -323232, "state": "draft", "createdAt": NOW, "rootVersionId": "g"}
    guide |= {"steps": [{"id": "s"}], "polls": [{"id": "p"}], "experiment": {}, "conversion": {}}
    with (copy / "guides.jsonl").open("a") as file:
        file.write(json.dumps(guide) + "\n")
    with running(load=str(copy), now=NOW) as pendo:
        client = Client(pendo)
        assert client.get("/api/v1/guide?id=g&summarizeContent=true").json() == [guide]
        assert len(client.get("/api/v1/guide/g/history").json()) == 1
        for method, path in (("GET", "localization/export?guideids=g"), ("POST", "g/experiment/export")):
            assert client.request(method, f"/api/v1/guide/{path}").status == 200
        assert client.request("PUT", "/api/v1/guide/g/state", {"state": "public"}).status == 200
