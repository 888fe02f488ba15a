"""What nobody expected."""

import logging

import pytest

from server.rig import Client


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO)
    return caplog


def test_e23_an_unexpected_error_is_a_plain_answer_and_one_log_entry_with_the_same_id(
    stranger: Client, log: pytest.LogCaptureFixture
) -> None:
    answer = stranger.get("/probe/fault")

    assert answer.status == 500
    assert "RuntimeError" not in answer.text
    assert "that only the log may show" not in answer.text
    entries = [record for record in log.records if record.levelno >= logging.ERROR]
    assert len(entries) == 1
    request_id = entries[0].getMessage().split()[1]
    assert request_id in answer.text
    assert "the detail that only the log may show" in log.text


def test_the_server_goes_on_after_an_unexpected_error(stranger: Client) -> None:
    stranger.get("/probe/fault")
    assert stranger.get("/healthz").status == 200


def test_e24_a_path_cannot_begin_a_line_in_the_log(stranger: Client, log: pytest.LogCaptureFixture) -> None:
    stranger.get("/probe/fault?x=%0d%0aFAKE")
    stranger.get("/%0d%0aFAKE%1b[31m")
    assert not [record for record in log.records if "\nFAKE" in record.getMessage()]
