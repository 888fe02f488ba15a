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

from pendosim.cli import run

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


def test_serve_takes_lags_more_keys_and_a_secret_for_each_application():
    secrets = {"-323232": str(uuid.uuid4())}
    key = str(uuid.uuid4())
    given = [f"{app}={secret}" for app, secret in secrets.items()]
    arguments = [
        "--track-secret",
        *given,
        "--extra-key",
        f"{key},allowed_endpoints=/api/v1/page",
        "--metadata-lag",
        "2.5",
    ]
    with started("--visitors", "5", "--events-per-day", "1", *arguments) as process:
        ready = json.loads(process.stdout.readline())
        assert status(ready, key) == 200
        with urllib.request.urlopen(f"{ready['control']}/lags") as answer:
            assert json.load(answer)["metadata_lag"] == 2.5
        process.terminate()
        process.communicate(timeout=20)
    assert ready["track_secrets"].items() >= secrets.items()
    assert ready["track_secret"] == secrets["-323232"]
    assert len(set(ready["track_secrets"].values())) == 2


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
        (["--days", "7301"], "days is 7301; wanted a number from 0 to 7300"),
        (["--visitors", "-1"], "visitors is -1"),
        (["--timezone", "Mars/Olympus"], "Mars/Olympus"),
        (["--region", "moon"], "region is 'moon'"),
        (["--apps", "0"], "apps is 0"),
        (["--ingest-lag", "-1"], "ingest_lag is -1"),
        (["--track-secret", "5=x"], "application 5"),
        (["--fault", "wat"], "fault kind is 'wat'"),
        (["--fault", "reset,nth=x"], "nth"),
    ],
)
def test_a_bad_setting_is_one_sentence_and_exit_code_2(capsys, arguments, said):
    with pytest.raises(SystemExit) as ended:
        run(["serve", *arguments])
    out, errors = capsys.readouterr()
    assert (ended.value.code, out) == (2, "")
    assert said in errors
    assert "Traceback" not in errors


def test_a_bad_port_is_one_sentence_and_exit_code_2():
    with started("--port", "99999") as process:
        out, errors = process.communicate(timeout=20)
    assert (process.returncode, out) == (2, "")
    assert "port" in errors
    assert "Traceback" not in errors


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
