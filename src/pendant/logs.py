"""Logging, set up once per process: everything goes through one formatter that knows which secrets are in use.

A filter on a logger misses the records of its children, and one on a handler misses the text of exceptions; a
formatter sees the finished line, whoever wrote it.
"""

from __future__ import annotations

import logging
import re
import sys
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from pendant.model.scrub import MARK, Scrubber
from pendant.settings import Settings

# An extra for values no Scrubber knows yet, never the only rule.
_SECRET_NAME = re.compile(
    r"(?:^|[_\-.])(?:token|secret|password|passwd|passphrase|authorization|cookie|credentials?|api_?key|key)s?$",
    re.IGNORECASE,
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_ACCESS_ARGUMENTS = 5
_ACCESS_PATH = 2


def configure(settings: Settings, scrubber: Scrubber, *, stream: TextIO | None = None) -> None:
    """Send every log record of the process to `stream` (standard error), one JSON object a line unless it is a
    terminal; and send there, too, what would otherwise end a thread with a bare traceback.
    """
    stream = stream or sys.stderr
    handler = logging.StreamHandler(stream)
    handler.setFormatter(RedactingFormatter(_formatter(terminal=stream.isatty()), scrubber))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    _take_over_libraries()
    logging.captureWarnings(capture=True)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    _install_hooks()


class RedactingFormatter(logging.Formatter):
    """Formats with `inner`, then removes every secret in use. Belongs on every handler there is."""

    def __init__(self, inner: logging.Formatter, scrubber: Scrubber) -> None:
        super().__init__()
        self._inner = inner
        self._scrubber = scrubber

    def format(self, record: logging.LogRecord) -> str:
        return self._scrubber.text(self._inner.format(record))


class WithoutQuery(logging.Filter):
    """Cuts the query off the path in uvicorn's access lines: (client, method, path, version, status)."""

    def filter(self, record: logging.LogRecord) -> bool:
        arguments = record.args
        if isinstance(arguments, tuple) and len(arguments) == _ACCESS_ARGUMENTS:
            path = str(arguments[_ACCESS_PATH]).partition("?")[0]
            record.args = (*arguments[:_ACCESS_PATH], path, *arguments[_ACCESS_PATH + 1 :])
        return True


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        mask_by_name,
    ]


def _formatter(*, terminal: bool) -> logging.Formatter:
    # format_exc_info writes the plain traceback; structlog's other renderers print local variables.
    last: list[Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
    ]
    if terminal:
        plain = structlog.dev.plain_traceback
        last += [_one_line, structlog.dev.ConsoleRenderer(colors=True, exception_formatter=plain)]
    else:
        last += [structlog.processors.JSONRenderer(default=str)]
    return structlog.stdlib.ProcessorFormatter(foreign_pre_chain=_shared(), processors=last)


def mask_by_name(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace values whose name says that they are secret, at any depth."""
    return {name: _masked(name, value) for name, value in event.items()}


def _masked(name: str, value: Any) -> Any:
    if _SECRET_NAME.search(name):
        return MARK
    if isinstance(value, Mapping):
        return {str(key): _masked(str(key), inner) for key, inner in value.items()}
    return value


def _one_line(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Escape what would let a value begin a new line or colour the terminal."""
    return {
        name: _CONTROL.sub(_escaped, value) if isinstance(value, str) and name != "exception" else value
        for name, value in event.items()
    }


def _escaped(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode()


def _take_over_libraries() -> None:
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    # What a migration tells step by step is for whoever writes migrations.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    access = logging.getLogger("uvicorn.access")
    access.filters[:] = [WithoutQuery()]


def _install_hooks() -> None:
    log = logging.getLogger("pendant")

    def uncaught(kind: type[BaseException], problem: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, problem, trace)
        else:
            log.critical("uncaught exception", exc_info=(kind, problem, trace))

    def uncaught_in_thread(news: threading.ExceptHookArgs) -> None:
        if news.exc_value is not None and not issubclass(news.exc_type, SystemExit):
            name = news.thread.name if news.thread is not None else "unknown"
            log.critical(
                "uncaught exception in thread %s", name, exc_info=(news.exc_type, news.exc_value, news.exc_traceback)
            )

    def unraisable(news: sys.UnraisableHookArgs) -> None:
        # Neither the message nor the object is written out: their repr may hold anything.
        if news.exc_value is not None:
            log.error("unraisable exception", exc_info=(news.exc_type, news.exc_value, news.exc_traceback))

    sys.excepthook = uncaught
    threading.excepthook = uncaught_in_thread
    sys.unraisablehook = unraisable
