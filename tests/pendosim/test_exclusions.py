"""The exclude list, servers, and the credentials of Data Sync."""

import uuid

import pytest

DATA_SYNC = "/api/v1/datasync/storageTypes/{}/destinations/Default/credentials"


def test_the_exclude_list_is_an_array_and_by_type_an_envelope(shared):
    listed = shared.get("/api/v1/blacklist").json()
    assert all(set(one) == {"id", "name", "type"} for one in listed)
    found = []
    for kind in ("visitor", "account", "ip", "server"):
        answer = shared.get(f"/api/v1/blacklist/type/{kind}").json()
        assert answer["hasMore"] is False
        assert {one["type"] for one in answer["results"]} == {kind}
        found += answer["results"]
    assert found == listed
    assert shared.get("/api/v1/blacklist/type/planet").status == 400


def test_nothing_excluded_occurs_in_the_data(shared):
    names = {one["name"] for one in shared.get("/api/v1/blacklist").json()}
    assert not names & set(shared.pendo.expected("visitors").ids)
    assert not names & set(shared.pendo.expected("accounts").ids)
    assert not names & {app.server for app in shared.pendo.world.apps}


def test_servers_are_listed_found_by_name_and_by_flag(shared):
    listed = shared.get("/api/v1/servername").json()
    assert {app.server for app in shared.pendo.world.apps} < {server["name"] for server in listed}
    assert shared.get(f"/api/v1/servername/{listed[0]['name']}").json() == listed[0]
    production = shared.get("/api/v1/servername/flag/production").json()
    assert production == [server for server in listed if "production" in server["flags"]]
    assert shared.get("/api/v1/servername/flag/nope").json() == []
    assert shared.get("/api/v1/servername/nope.example.com").status == 404


@pytest.mark.parametrize(
    ("storage", "names"),
    [
        ("gcs", ("serviceAccount", "secretKey")),
        ("s3", ("accessKeyId", "secretAccessKey")),
        ("azure", ("clientId", "clientSecret")),
    ],
)
def test_credentials_of_data_sync_are_rotated_and_kept_nowhere(own, storage, names):
    secret = str(uuid.uuid4())
    path = DATA_SYNC.format(storage)
    assert own.request("PUT", path, dict.fromkeys(names, secret)).status == 200
    assert own.pendo.world.rotated == {storage: own.pendo.clock.now()}
    assert own.control("GET", "/requests").body.count(secret.encode()) == 0
    assert secret not in repr(vars(own.pendo.world))
    for wrong in ({}, {names[0]: secret}, dict.fromkeys((*names, "more"), secret), dict.fromkeys(names, 1)):
        answer = own.request("PUT", path, wrong)
        assert (answer.status, secret.encode() in answer.body) == (400, False)
    assert own.request("PUT", path, dict.fromkeys(names, secret), key=own.pendo.read_only_key).status == 403


def test_an_unknown_storage_is_404(shared):
    assert shared.request("PUT", DATA_SYNC.format("tape"), {}).status == 404
