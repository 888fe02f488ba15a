"""`pendosim serve`: the ready line, the end, bad settings."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
import uuid
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src"
READY = ["api", "data", "control", "key", "read_only_key", "track_secret", "track_secrets"]


def started(*arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "pendosim", "serve", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(SOURCE)},
    )


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_serve_prints_one_line_when_ready_and_ends_cleanly(ending):
    key, secret = str(uuid.uuid4()), str(uuid.uuid4())
    with started("--visitors", "20", "--key", key, "--track-secret", secret, "--seed", "3") as process:
        ready = json.loads(process.stdout.readline())
        assert list(ready) == READY
        assert (ready["key"], ready["track_secret"]) == (key, secret)
        assert status(ready, ready["read_only_key"]) == 200
        process.send_signal(ending)
        rest, errors = process.communicate(timeout=20)
    assert (process.returncode, rest, errors) == (0, "", "")


def test_serve_arms_faults_from_the_command_line():
    fault = "server_error,path=/api/v1/page,times=1"
    with started("--visitors", "5", "--events-per-day", "1", "--fault", fault) as process:
        ready = json.loads(process.stdout.readline())
        assert [status(ready, ready["key"]) for _ in range(2)] == [500, 200]
        process.terminate()
        process.communicate(timeout=20)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--visitors", "-1"], "visitors is -1"),
        (["--timezone", "Mars/Olympus"], "Mars/Olympus"),
        (["--region", "moon"], "region is 'moon'"),
        (["--apps", "0"], "apps is 0"),
        (["--fault", "wat"], "fault kind is 'wat'"),
        (["--fault", "reset,nth=x"], "nth"),
        (["--port", "99999"], "port"),
    ],
)
def test_a_bad_setting_is_one_sentence_and_exit_code_2(arguments, said):
    with started(*arguments) as process:
        out, errors = process.communicate(timeout=20)
    assert process.returncode == 2
    assert said in errors
    assert "Traceback" not in errors
    assert out == ""


def test_a_port_that_is_taken_is_said(own):
    port = own.pendo.api.rsplit(":", 1)[1]
    with started("--port", port) as process:
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 2
    assert port in errors


def status(ready, key):
    request = urllib.request.Request(f"{ready['api']}/api/v1/page", headers={"x-pendo-integration-key": key})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code
