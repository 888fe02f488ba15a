"""Each test runs the real set-up in a process of its own: it changes hooks and loggers of the whole process."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from pendant.model.scrub import MARK

START = """
import io, logging, pathlib, sys, threading, warnings
import structlog
from pendant import logs
from pendant.model.clock import SystemClock
from pendant.model.scrub import Scrubber
from pendant.settings import Settings

token = sys.stdin.read()
scrubber = Scrubber(SystemClock())
here = pathlib.Path()
settings = Settings(data_dir=here, key_dir=here, database_url="", log_level=LEVEL)
logs.configure(settings, scrubber)
log = structlog.get_logger("test")
"""


def run(body: str, *, level: str = "debug", expect: int = 0) -> tuple[list[dict[str, str]], str]:
    """Run `body` with a token in use; return the log records and the token."""
    token = secrets.token_urlsafe(24)
    script = (
        START.replace("LEVEL", repr(level))
        + "with scrubber.hold(token):\n"
        + textwrap.indent(textwrap.dedent(body), "    ")
    )
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-c", script],
        input=token,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1] / "src")},
        timeout=60,
    )
    assert done.returncode == expect, done.stderr
    assert token not in done.stderr + done.stdout
    return [json.loads(line) for line in done.stderr.splitlines()], token


def test_every_line_is_one_json_object_with_time_level_and_logger():
    [record], _ = run('log.info("connection tested", connection="prod", ok=True)')
    assert record.pop("timestamp").endswith("Z")
    assert record == {"event": "connection tested", "connection": "prod", "ok": True, "level": "info", "logger": "test"}


@pytest.mark.parametrize(
    "line",
    [
        'log.debug("sent", value=token)',
        "log.debug(token)",
        'log.info("sent", nested={"list": [token, {"deep": token}]})',
        'log.info("sent", raw=token.encode())',
        'log.info("sent", coded=token.encode().hex())',
        'logging.getLogger("a.b.c").debug("sent %s", token)',
        'logging.getLogger("a.b.c").warning("sent", extra={"value": token})\nlog.info(token)',
        'warnings.warn(f"odd {token}")',
        'logging.getLogger("a").error("sent", stack_info=True, exc_info=ValueError(token))',
    ],
)
def test_a_secret_in_use_is_marked_in_every_line(line):
    records, _ = run(line)
    assert MARK in json.dumps(records)


def test_a_traceback_shows_the_mark_and_no_local_variables():
    records, _ = run(
        """
        def failing():
            holder = {"note": "nothing" "special", "token": token}
            raise ValueError(f"bad {token}")
        try:
            failing()
        except ValueError:
            log.exception("failed")
            logging.getLogger("other").exception("failed as well")
        """
    )
    assert [record["event"] for record in records] == ["failed", "failed as well"]
    for record in records:
        assert f"ValueError: bad {MARK}" in record["exception"]
        assert "nothingspecial" not in record["exception"]


def test_what_ends_a_thread_is_logged():
    records, _ = run(
        """
        def failing():
            raise ValueError(f"bad {token}")
        thread = threading.Thread(target=failing, name="worker-1")
        thread.start()
        thread.join()
        """
    )
    assert records[0]["event"] == "uncaught exception in thread worker-1"
    assert records[0]["level"] == "critical"
    assert f"bad {MARK}" in records[0]["exception"]


def test_what_ends_the_process_is_logged():
    records, _ = run('raise ValueError(f"bad {token}")', expect=1)
    assert records[-1]["event"] == "uncaught exception"
    assert f"bad {MARK}" in records[-1]["exception"]


def test_what_cannot_be_raised_is_logged():
    records, _ = run(
        """
        class Falling:
            def __del__(self):
                raise ValueError(f"bad {token}")
        Falling()
        """
    )
    assert records[0]["event"] == "unraisable exception"
    assert f"bad {MARK}" in records[0]["exception"]


def test_an_error_on_an_event_loop_is_logged():
    records, _ = run(
        """
        import asyncio
        async def main():
            asyncio.get_running_loop().call_soon(lambda: int(token))
            await asyncio.sleep(0.01)
        asyncio.run(main())
        """
    )
    assert any(MARK in record.get("exception", "") for record in records if record["logger"] == "asyncio")


@pytest.mark.parametrize(
    "name", ["token", "API_TOKEN", "x-pendo-integration-key", "Authorization", "password", "cookie"]
)
def test_a_value_with_a_secret_name_is_marked_even_when_nobody_holds_it(name):
    records, _ = run(f'log.info("event", **{{"{name}": "plain"}}, inner={{"{name}": "plain", "kept": 1}})')
    assert records[0][name] == MARK
    assert records[0]["inner"] == {name: MARK, "kept": 1}


@pytest.mark.parametrize("name", ["key_id", "monkey", "tokens_used", "secretary"])
def test_a_value_with_a_harmless_name_is_kept(name):
    records, _ = run(f'log.info("event", {name}="plain")')
    assert records[0][name] == "plain"


def test_uvicorns_access_lines_have_no_query():
    line = """
        access = logging.getLogger("uvicorn.access")
        access.info('%s - "%s %s HTTP/%s" %d', "1.2.3.4:5", "GET", "/setup?code=visible", "1.1", 200)
    """
    records, _ = run(line)
    assert records[0]["event"] == '1.2.3.4:5 - "GET /setup HTTP/1.1" 200'


def test_a_value_cannot_begin_a_line_of_its_own_or_colour_a_terminal():
    records, _ = run(r'log.info("a\nb", name="x\r\n{\"level\":\"critical\"}\x1b[31m")')
    assert len(records) == 1
    line = r"""
        class Terminal(io.StringIO):
            def isatty(self):
                return True
        terminal = Terminal()
        logs.configure(settings, scrubber, stream=terminal)
        structlog.get_logger("t").info("a\nb", name="x\r\ny\x1b[31mz", value=token)
        logs.configure(settings, scrubber)
        text = terminal.getvalue()
        structlog.get_logger("back").info("shown", shown=text.count("\n"), red="\x1b[31mz" in text)
    """
    records, _ = run(line)
    assert (records[0]["shown"], records[0]["red"]) == (1, False)


def test_the_level_of_the_settings_counts():
    records, _ = run('log.info("quiet")\nlogging.getLogger("x").info("quiet")\nlog.warning("loud")', level="warning")
    assert [record["event"] for record in records] == ["loud"]


def test_without_the_redacting_formatter_the_exception_text_does_show_it():
    """Negative control: a filter on the handler is not enough."""
    records, _ = run(
        """
        class Filter(logging.Filter):
            def filter(self, record):
                record.msg = scrubber.text(str(record.msg))
                return True
        out = io.StringIO()
        handler = logging.StreamHandler(out)
        handler.addFilter(Filter())
        bare = logging.getLogger("bare")
        bare.propagate = False
        bare.addHandler(handler)
        bare.error("failed", exc_info=ValueError(token))
        log.info("seen", seen=token in out.getvalue())
        """
    )
    assert records[0]["seen"] is True
