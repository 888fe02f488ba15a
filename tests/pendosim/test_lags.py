"""Lags: set at the start, changed on the way, refused where they make no sense."""

import pytest

from pendosim import Options
from pendosim.lags import Lags

NOW = 1710171000000


def test_nothing_lags_unless_told_to(own):
    assert own.control("GET", "/lags").json() == {
        "ingest_lag": 0,
        "metadata_lag": 0,
        "segment_delay": 0,
        "erase_delay": 0,
    }
    assert own.pendo.world.due("segment_delay") == NOW


def test_a_lag_is_set_from_python_and_by_the_control_listener(own):
    own.pendo.lags.change(segment_delay=30)
    assert own.pendo.world.due("segment_delay") == NOW + 30_000
    answer = own.control("POST", "/lags", {"metadata_lag": 0.5})
    assert (answer.json()["segment_delay"], answer.json()["metadata_lag"]) == (30, 0.5)
    assert own.pendo.world.due("metadata_lag") == NOW + 500


def test_options_set_the_lags_to_begin_with():
    assert Options(erase_delay=5).lags() == Lags(erase_delay=5)


@pytest.mark.parametrize(
    "wanted",
    [{"ingest_lag": -1}, {"ingest_lag": "x"}, {"metadata_lag": True}, {"other": 1}, {"ingest_lag": 10**400}, [1]],
    ids=["below 0", "text", "boolean", "unknown", "enormous", "list"],
)
def test_a_lag_that_makes_no_sense_is_refused_and_changes_nothing(own, wanted):
    answer = own.control("POST", "/lags", wanted)
    assert answer.status == 400
    assert b"Traceback" not in answer.body
    assert own.pendo.lags == Lags()


def test_an_endless_lag_is_refused():
    with pytest.raises(ValueError, match="ingest_lag is inf"):
        Options(ingest_lag=float("inf"))


def test_who_was_erased_does_not_come_back_when_a_slow_write_shows(own):
    def ids():
        return [row["visitorId"] for row in own.rows({"source": {"visitors": None}})]

    own.pendo.lags.change(metadata_lag=60)
    name = next(name for name in ids() if name.isalnum())
    rows = [{"visitorId": name, "values": {"plan": "gold"}}]
    assert own.request("POST", "/api/v1/metadata/visitor/custom/value", rows).json()["updated"] == 1
    assert own.request("POST", "/api/v1/bulkdelete/visitor", {"visitors": [name]}).status == 200
    own.pendo.clock.advance(120)
    assert name not in ids()
