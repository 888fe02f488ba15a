"""Test connection: each stage says what it found, and where it stops it says what to do."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import pytest

from pendant.connectors.catalogue import Catalogue
from pendant.connectors.check import TEST_VISITOR, report, stages
from pendant.connectors.declaration import Region
from pendant.connectors.sources import open_source
from pendant.connectors.token_shape import shape_of
from pendant.egress import Egress
from pendant.errors import WrongInput
from pendant.model.clock import SystemClock
from pendant.model.connection import Access, Authentication, Connection, HttpSettings, Ping, TestReport
from pendant.model.export import Export
from pendant.model.secret import Secret
from pendo_reading import LOOPBACK, Counts, Opener, connection_to, read_all
from pendosim.running import Pendo, running

SMALL = {"visitors": 1, "accounts": 1, "days": 0, "events_per_day": 0}


@dataclass
class Bench:
    """One simulated Pendo and a way to test connections to it."""

    pendo: Pendo
    egress: Egress
    catalogue: Any

    def connection(self, api_type: str = "engage", **http: Any) -> Connection:
        made = connection_to(
            self.catalogue, self.pendo.api if api_type == "engage" else self.pendo.data, api_type=api_type
        )
        return replace(made, http=replace(made.http, **http))

    def report(self, connection: Connection, token: str | None, **settings: Any) -> TestReport:
        secret = Secret(token) if token is not None else None
        found = stages(self.egress, self.catalogue, connection, token=secret, **settings)
        return report(found, SystemClock())


@pytest.fixture
def bench(catalogue) -> Iterator[Bench]:
    with ExitStack() as stack:
        pendo = stack.enter_context(running(**SMALL))
        egress = Egress(allow_networks=LOOPBACK, opener=Opener(pendo.key), clock=SystemClock(), pause=lambda _: None)
        stack.callback(egress.close)
        yield Bench(pendo, egress, catalogue)


def outcomes(found: TestReport) -> dict[str, str]:
    return {stage.name: stage.outcome for stage in found.stages}


def hint_of(found: TestReport, name: str) -> str:
    return next(stage.hint for stage in found.stages if stage.name == name)


def uuid_with(suffix: str = "") -> str:
    return f"{uuid.UUID(bytes=secrets.token_bytes(16), version=4)}{suffix}"


def test_a_valid_key_passes_every_stage_and_its_access_is_known(bench):
    found = bench.report(bench.connection(), bench.pendo.key)
    assert outcomes(found) == {
        "address": "ok",
        "name": "ok",
        "tls": "skipped",
        "answer": "ok",
        "key": "ok",
        "access": "ok",
    }
    assert (found.ok, found.access) == (True, Access.READ_WRITE)


def test_a_read_only_key_is_recognised(bench):
    assert bench.report(bench.connection(), bench.pendo.read_only_key).access == Access.READ_ONLY


def test_a_saved_connection_is_tested_with_its_stored_token(bench):
    assert bench.report(bench.connection(), None).ok


def test_a_wrong_key_is_named_although_pendo_says_nothing(bench):
    found = bench.report(bench.connection(), uuid_with(".us"))
    assert not found.ok
    assert (outcomes(found)["answer"], outcomes(found)["key"], outcomes(found)["access"]) == ("ok", "failed", "skipped")
    assert "Check the region" in hint_of(found, "key")


def test_a_shared_secret_used_for_engage_is_recognised_by_its_shape(bench):
    found = bench.report(bench.connection(), bench.pendo.track_secret)
    assert outcomes(found)["key"] == "failed"
    assert "looks like a Track event shared secret" in hint_of(found, "key")


@pytest.mark.parametrize("status", [403, 400])
def test_a_key_of_another_region_is_recognised_by_its_suffix(catalogue, status):
    with running(**SMALL, foreign_region_status=status) as pendo, ExitStack() as stack:
        pendo_with_it = catalogue.connector("pendo")
        here = Region.model_construct(name="us", title="United States", api=pendo.api, data=pendo.data)
        regions = (here, *pendo_with_it.regions[1:])
        local = Catalogue([pendo_with_it.model_copy(update={"regions": regions})])
        egress = Egress(allow_networks=LOOPBACK, opener=Opener(pendo.key), clock=SystemClock(), pause=lambda _: None)
        stack.callback(egress.close)
        found = Bench(pendo, egress, local).report(connection_to(local, pendo.api), uuid_with(".eu"))
    failed = "key" if status == 403 else "answer"
    assert outcomes(found)[failed] == "failed"
    assert "key of the region European Union; the connection goes to United States" in hint_of(found, failed)


def test_no_report_shows_a_part_of_the_token(bench):
    for api_type, token in (
        ("engage", uuid_with(".eu")),
        ("engage", uuid_with()),
        ("track", uuid_with(".us")),
        ("track", secrets.token_hex(16)),
    ):
        shown = repr(bench.report(bench.connection(api_type), token))
        assert not any(token[at : at + 6] in shown for at in range(len(token) - 6))


def test_two_hundred_with_valid_false_is_a_failure(bench):
    ping = Ping(relative_uri="/api/v1/token/verify", success_path="writeAccess", success_values=("true",))
    found = bench.report(bench.connection(ping=ping), bench.pendo.read_only_key)
    assert (outcomes(found)["answer"], outcomes(found)["key"]) == ("ok", "failed")
    stage = next(stage for stage in found.stages if stage.name == "key")
    assert stage.detail == "The answer says writeAccess: false, where true was wanted."


@pytest.mark.parametrize(
    ("changes", "stage", "code"),
    [
        ({"base_uri": "http://10.9.8.7"}, "address", "address_refused"),
        ({"base_uri": "http://127.0.0.1:9"}, "answer", "unreachable"),
        ({"ping": Ping(relative_uri="/api/v2/nothing")}, "answer", "not_found_there"),
        ({"authentication": Authentication("header", "x-other")}, "key", "credentials_refused"),
        (
            {"ping": Ping(relative_uri="/api/v1/token/verify", success_path="no", success_values=("1",))},
            "key",
            "credentials_refused",
        ),
    ],
)
def test_a_failed_stage_has_a_code_for_programs(bench, changes, stage, code):
    found = bench.report(bench.connection(**changes), bench.pendo.key)
    assert [(each.name, each.code) for each in found.stages if each.outcome == "failed"] == [(stage, code)]


def test_an_address_without_the_api_fails_at_the_answer(bench):
    found = bench.report(bench.connection(ping=Ping(relative_uri="/api/v2/nothing")), bench.pendo.key)
    assert (outcomes(found)["answer"], outcomes(found)["key"]) == ("failed", "skipped")


def test_nothing_is_sent_where_nobody_answers(bench):
    found = bench.report(bench.connection(base_uri="http://127.0.0.1:9"), bench.pendo.key)
    assert not found.ok
    assert outcomes(found)["answer"] == "failed"
    assert bench.pendo.requests == []


def test_an_address_that_is_not_allowed_stops_the_test_at_once(bench):
    found = bench.report(bench.connection(base_uri="http://10.9.8.7", network="private"), bench.pendo.key)
    assert outcomes(found) == {
        "address": "failed",
        "name": "skipped",
        "tls": "skipped",
        "answer": "skipped",
        "key": "skipped",
        "access": "skipped",
    }


def test_a_track_secret_is_only_looked_at_and_nothing_is_sent(bench):
    found = bench.report(bench.connection("track"), bench.pendo.track_secret)
    assert outcomes(found) == {"address": "ok", "name": "ok", "tls": "skipped", "format": "ok", "access": "ok"}
    assert (found.ok, found.access) == (True, Access.WRITE_ONLY)
    assert bench.pendo.requests == []


@pytest.mark.parametrize("suffix", [".us", ".eu"])
def test_an_integration_key_used_for_track_is_a_warning(bench, suffix):
    found = bench.report(bench.connection("track"), uuid_with(suffix))
    assert outcomes(found)["format"] == "warning"
    assert "looks like an integration key" in hint_of(found, "format")
    assert found.ok


def test_a_secret_of_an_unusual_form_is_a_warning_and_no_failure(bench):
    found = bench.report(bench.connection("track"), secrets.token_hex(20))
    assert (outcomes(found)["format"], found.ok) == ("warning", True)


def test_a_real_event_is_sent_only_when_asked_for(bench):
    found = bench.report(bench.connection("track"), bench.pendo.track_secret, send_event=True)
    assert outcomes(found)["event"] == "ok"
    assert [(seen.method, seen.path) for seen in bench.pendo.requests] == [("POST", "/data/track")]
    assert TEST_VISITOR in next(stage.detail for stage in found.stages if stage.name == "event")


def test_a_wrong_secret_fails_the_event(bench):
    found = bench.report(bench.connection("track"), uuid_with(), send_event=True)
    assert (outcomes(found)["event"], outcomes(found)["access"], found.ok) == ("failed", "skipped", False)


def test_the_universal_connector_judges_the_answer_by_its_own_ping(bench):
    http = HttpSettings(
        base_uri=bench.pendo.api,
        authentication=Authentication("header", "x-pendo-integration-key"),
        ping=Ping(relative_uri="/api/v1/token/verify", success_path="valid", success_values=("true", "1")),
        network="private",
    )
    connection = Connection(id="h", name="h", application="http", api_type="http", http=http)
    found = bench.report(connection, bench.pendo.key)
    assert (outcomes(found)["key"], outcomes(found)["access"], found.access) == ("ok", "skipped", Access.UNKNOWN)
    explained = replace(http, ping=replace(http.ping, success_values=("maybe",), error_path="valid"))
    stage = next(
        one for one in bench.report(replace(connection, http=explained), bench.pendo.key).stages if one.name == "key"
    )
    assert (stage.outcome, "true" in stage.detail) == ("failed", True)
    without = bench.report(replace(connection, http=replace(http, ping=Ping())), bench.pendo.key)
    assert (outcomes(without)["key"], without.ok) == ("skipped", True)


@pytest.mark.parametrize(
    ("make", "is_uuid", "suffix"),
    [
        (uuid_with, True, ""),
        (lambda: uuid_with(".us"), True, "us"),
        (lambda: uuid_with(".EU"), True, "eu"),
        (lambda: secrets.token_hex(16), False, ""),
    ],
)
def test_the_shape_of_a_token_is_all_that_is_kept_of_it(make, is_uuid, suffix):
    shape = shape_of(Secret(make()))
    assert (shape.is_uuid, shape.suffix) == (is_uuid, suffix)


def test_an_export_opens_the_source_of_its_connection(bench):
    meter = Counts()
    export = Export(resource="visitors", connection="c", target="x")
    source = open_source(bench.catalogue, bench.egress, bench.connection(), export, meter)
    assert read_all(source, meter).num_rows == 1
    assert meter.requests > 0


@pytest.mark.parametrize(
    ("api_type", "resource", "code"),
    [("track", "visitors", "api_type_cannot_read"), ("engage", "visitor", "unknown_resource")],
)
def test_what_cannot_be_read_is_refused_when_the_source_is_opened(bench, api_type, resource, code):
    export = Export(resource=resource, connection="c", target="x")
    with pytest.raises(WrongInput) as problem:
        open_source(bench.catalogue, bench.egress, bench.connection(api_type), export, None)
    assert problem.value.code == code
