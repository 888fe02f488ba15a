"""The way to one connection's origin: each exchange opens the token, places it, and lets go of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TypeVar

from pendant.egress.address import parse_base_uri
from pendant.egress.body import ExchangeBody, excerpt_of
from pendant.egress.ending import Ending
from pendant.egress.exchange import Exchange, ExchangeError, Head
from pendant.egress.line import Ground, Line, Lines
from pendant.egress.outgoing import outgoing
from pendant.egress.retry import backoff_seconds, retry_after_seconds
from pendant.egress.verdict import Verdict, of_status
from pendant.errors import RemoteProblem
from pendant.model.connection import Connection
from pendant.model.http import Answer, Body, Meter, Request
from pendant.model.scrub import Forms, Scrubber
from pendant.model.secret import Secret
from pendant.model.vault import SecretOpener

T = TypeVar("T")

_FAMILY_OK = 2
_FAMILY_REDIRECT = 3
# Another system's cookies are neither kept nor shown.
_HEADERS_DROPPED = frozenset({"set-cookie", "set-cookie2"})


class _NoAnswerError(Exception):
    """One attempt failed: `error` is what it becomes unless another try is made, after `wait_seconds` if it says so."""

    def __init__(self, verdict: Verdict, error: RemoteProblem, *, retriable: bool, wait_seconds: float | None) -> None:
        super().__init__(verdict.code)
        self.verdict = verdict
        self.error = error
        self.retriable = retriable
        self.wait_seconds = wait_seconds


@dataclass(frozen=True, slots=True)
class Desk:
    """What every channel of one Egress shares."""

    ground: Ground
    lines: Lines
    opener: SecretOpener
    scrubber: Scrubber
    jitter: Callable[[], float]


class HttpChannel:
    """Implements model.http.Channel. `token` is what somebody typed for a draft; otherwise the vault is asked."""

    def __init__(
        self, desk: Desk, connection: Connection, ending: Ending, *, token: Secret | None, meter: Meter | None
    ) -> None:
        self._desk = desk
        self._ending = ending
        self._connection = connection
        self._token = token
        self._meter = meter
        self._host = parse_base_uri(connection.http.base_uri).host

    def call(self, request: Request) -> Answer:
        with self._answered(request, _answer) as answer:
            return answer

    @contextmanager
    def stream(self, request: Request) -> Iterator[Body]:
        with self._answered(request, _itself) as body:
            yield _StreamBody(body, self._host)

    @contextmanager
    def _answered(self, request: Request, use: Callable[[ExchangeBody, Head, Forms], T]) -> Iterator[T]:
        """Try until there is a 2xx answer that `use` could make something of; then stay in that exchange."""
        attempt = 1
        while True:
            with ExitStack() as stack:
                try:
                    used = stack.enter_context(self._attempt(request, use, attempt))
                except _NoAnswerError as problem:
                    failed = problem
                else:
                    yield used
                    return
            self._wait_or_raise(request, failed, attempt)
            attempt += 1

    @contextmanager
    def _attempt(self, request: Request, use: Callable[[ExchangeBody, Head, Forms], T], attempt: int) -> Iterator[T]:
        desk = self._desk
        with desk.lines.using(self._connection) as line, ExitStack() as stack:
            try:
                stack.enter_context(line.pace.place(self._ending))
                exchange, known = self._send(request, line, stack)
                head = exchange.head()
                body = ExchangeBody(exchange, head, known, self._meter)
                self._refuse_status(request, head, body, known, attempt)
                used = use(body, head, known)
            except ExchangeError as problem:
                raise self._failure(problem.verdict, attempt) from None
            yield used

    def _send(self, request: Request, line: Line, stack: ExitStack) -> tuple[Exchange, Forms]:
        token = self._token if self._token is not None else self._desk.opener.open(self._connection)
        text = token.reveal()
        known = stack.enter_context(self._desk.scrubber.hold(text))
        message = outgoing(request, self._connection.http, text, self._desk.ground.allow_networks)
        if self._meter is not None:
            self._meter.request_sent()
        exchange = Exchange(self._desk.ground.loop, line.session, message)
        return stack.enter_context(self._ending.watching(exchange)), known

    def _refuse_status(self, request: Request, head: Head, body: ExchangeBody, known: Forms, attempt: int) -> None:
        family = head.status // 100
        if family == _FAMILY_OK:
            return
        limit = self._connection.http.rate_limit
        excerpt = excerpt_of(head.header("Location"), known) if family == _FAMILY_REDIRECT else body.excerpt()
        verdict = of_status(head.status, fail_status=limit.fail_status, empty=not excerpt)
        asked = head.header(limit.retry_header) or head.header("Retry-After")
        raise _NoAnswerError(
            verdict,
            verdict.raised(self._host, status=head.status, attempts=attempt, excerpt=excerpt),
            retriable=head.status in request.retry_statuses or head.status == limit.fail_status,
            wait_seconds=retry_after_seconds(asked, self._desk.ground.clock.now()),
        )

    def _failure(self, verdict: Verdict, attempt: int) -> _NoAnswerError:
        error = verdict.raised(self._host, attempts=attempt)
        return _NoAnswerError(verdict, error, retriable=verdict.retriable, wait_seconds=None)

    def _wait_or_raise(self, request: Request, failed: _NoAnswerError, attempt: int) -> None:
        if not failed.retriable or not request.retry_statuses or attempt >= request.attempts_max:
            raise failed.error from None
        wait = failed.wait_seconds
        if wait is None:
            wait = backoff_seconds(attempt, self._desk.jitter())
        if failed.error.code == "rate_limited":
            with self._desk.lines.using(self._connection) as line:
                line.pace.hold(wait)
        if self._meter is not None:
            self._meter.retried(failed.error.message, wait)
        self._ending.pause(wait)


class _StreamBody:
    """A body on its own: what goes wrong now is the caller's to know, never tried again."""

    def __init__(self, body: ExchangeBody, host: str) -> None:
        self._body = body
        self._host = host

    @property
    def status(self) -> int:
        return self._body.status

    def pieces(self) -> Iterator[bytes]:
        try:
            yield from self._body.pieces()
        except ExchangeError as problem:
            raise problem.verdict.raised(self._host) from None


def _itself(body: ExchangeBody, _head: Head, _known: Forms) -> ExchangeBody:
    return body


def _answer(body: ExchangeBody, head: Head, known: Forms) -> Answer:
    headers = tuple((name, known.text(value)) for name, value in head.headers if name.lower() not in _HEADERS_DROPPED)
    return Answer(status=head.status, headers=headers, body=body.whole())
