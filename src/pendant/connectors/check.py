"""Test connection: a staged report that says how far a connection gets, and what to do where it stops."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import msgspec

from pendant.connectors.catalogue import Catalogue, api_type_of
from pendant.connectors.declaration import ApiType, Connector
from pendant.connectors.settings_of import region_of
from pendant.connectors.token_shape import shape_of
from pendant.egress import Egress
from pendant.egress.address import relative_parts
from pendant.errors import CredentialsRefused, PendantError, RemoteProblem, RequestRefused, ServerTrouble
from pendant.model.clock import Clock, SystemClock
from pendant.model.connection import Access, Connection, Ping, StageOutcome, TestReport, TestStage
from pendant.model.http import Answer, Method, Request
from pendant.model.secret import Secret

TEST_VISITOR = "pendant-connection-test"
TEST_EVENT = "Pendant connection test"
_ATTEMPTS_MAX = 2
_SECONDS_MAX = 30.0
_EXCERPT_MAX = 300
_TITLES = {
    "answer": "Answers",
    "key": "Token accepted",
    "access": "Access",
    "format": "Token format",
    "event": "Test event",
}
_ACCESS_DETAILS = {
    Access.READ_ONLY: "The token may read, and not write.",
    Access.READ_WRITE: "The token may read and write.",
    Access.WRITE_ONLY: "The token sends data; it cannot read any.",
}


def stages(
    egress: Egress,
    catalogue: Catalogue,
    connection: Connection,
    *,
    token: Secret | None = None,
    clock: Clock | None = None,
    send_event: bool = False,
) -> Iterator[TestStage]:
    """Yield each stage as its outcome is known: address, name, tls, then answer, key, access, or format and event.

    With `token` the draft's token is used and its shape looked at; without it the stored one, which is not looked at.
    `send_event` lets a Track connection send one real event, of the visitor `pendant-connection-test`.
    """
    failed = False
    for stage in egress.probe(connection.http):
        failed = failed or stage.outcome == "failed"
        yield stage
    check = _Check(egress, catalogue, connection, clock or SystemClock(), token)
    yield from check.token_stages(reachable=not failed, send_event=send_event)


def report(found: Iterable[TestStage], clock: Clock) -> TestReport:
    """Run the stages to their end and sum them up."""
    began, moment = clock.monotonic(), clock.now()
    kept = tuple(found)
    return TestReport(
        tested_at=moment,
        stages=kept,
        access=access_in(kept),
        duration_ms=round((clock.monotonic() - began) * 1000),
    )


def access_in(found: Iterable[TestStage]) -> Access:
    """Return what the access stage found out."""
    details = {detail: access for access, detail in _ACCESS_DETAILS.items()}
    known = (details.get(stage.detail) for stage in found if stage.name == "access" and stage.outcome == "ok")
    return next((access for access in known if access), Access.UNKNOWN)


@dataclass(frozen=True, slots=True)
class _Check:
    egress: Egress
    catalogue: Catalogue
    connection: Connection
    clock: Clock
    token: Secret | None

    @property
    def _connector(self) -> Connector:
        return self.catalogue.connector(self.connection.application)

    @property
    def _api_type(self) -> ApiType:
        return api_type_of(self._connector, self.connection.api_type)

    def token_stages(self, *, reachable: bool, send_event: bool) -> Iterator[TestStage]:
        if sign_in := _SIGN_IN.get(self.connection.application):
            yield from self._signed_in(sign_in) if reachable else map(_skipped, ("answer", "key", "access"))
            return
        shared_secret = self._api_type.token.shape == "shared_secret"
        if shared_secret:
            yield self._format()
        if not reachable:
            yield from (_skipped(name) for name in ("answer", "key", "access") if not shared_secret)
        elif self.connection.http.ping.relative_uri:
            yield from self._ping()
        elif send_event and shared_secret:
            yield (event := self._send_event())
            if event.outcome == "failed":
                yield _skipped("access")
                return
        elif not shared_secret:
            yield _stage("key", "skipped", "There is no request to try the token with.", "Fill in the ping settings.")
        if reachable and not self.connection.http.ping.relative_uri and self._api_type.access != "unknown":
            yield _access(Access(self._api_type.access))

    def _signed_in(self, sign_in: Callable[[Egress, Connection, Secret | None], Access]) -> Iterator[TestStage]:
        """Sign in to a system that is not spoken to in HTTP requests of ours, and ask what this token may do."""
        try:
            access = sign_in(self.egress, self.connection, self.token)
        except CredentialsRefused as problem:
            yield _stage("answer", "ok", "It answers.")
            yield _failed("key", problem, problem.message, "")
            yield _skipped("access")
            return
        except PendantError as problem:
            yield _failed("answer", problem, problem.message, "")
            yield from map(_skipped, ("key", "access"))
            return
        yield _stage("answer", "ok", "It answers.")
        yield _stage("key", "ok", "The token is accepted.")
        if access is Access.UNKNOWN:
            yield _stage("access", "skipped", "What it may do shows when something is written.")
        else:
            yield _access(access)

    def _ping(self) -> Iterator[TestStage]:
        ping = self.connection.http.ping
        try:
            answer = self._channel_call(_ping_request(ping))
        except CredentialsRefused as problem:
            yield _stage("answer", "ok", f"It answers (status {problem.status}).")
            yield _failed("key", problem, problem.message, self._token_hint())
            yield _skipped("access")
            return
        except PendantError as problem:
            yield _failed("answer", problem, _explained(problem), self._token_hint())
            yield from (_skipped("key"), _skipped("access"))
            return
        yield _stage("answer", "ok", f"It answers (status {answer.status}).")
        yield from self._judged(ping, answer)

    def _judged(self, ping: Ping, answer: Answer) -> Iterator[TestStage]:
        said = _json(answer)
        if ping.success_path and _text(_at(said, ping.success_path)) not in ping.success_values:
            hint = self._token_hint() or "Enter the token again."
            yield _stage("key", "failed", _denied(ping, said), hint, "credentials_refused")
            yield _skipped("access")
            return
        yield _stage("key", "ok", "The token is accepted.")
        yield self._access_said(said)

    def _access_said(self, said: object) -> TestStage:
        if path := self._api_type.access_path:
            may_write = _at(said, path)
            if isinstance(may_write, bool):
                return _access(Access.READ_WRITE if may_write else Access.READ_ONLY)
        return _stage("access", "skipped", "The answer does not say what the token may do.")

    def _format(self) -> TestStage:
        if self.token is None:
            return _stage("format", "skipped", "A stored token is not looked at.")
        if hint := self._token_hint():
            return _stage("format", "warning", "The token does not have the usual form of a shared secret.", hint)
        return _stage(
            "format", "ok", "The token has the form of a shared secret. Whether it is valid, only an event shows."
        )

    def _send_event(self) -> TestStage:
        event = {
            "type": "track",
            "event": TEST_EVENT,
            "visitorId": TEST_VISITOR,
            "accountId": TEST_VISITOR,
            "timestamp": round(self.clock.now().timestamp() * 1000),
        }
        body = msgspec.json.encode(event)
        try:
            answer = self._channel_call(_request("POST", "/data/track", body=body))
        except RemoteProblem as problem:
            return _failed("event", problem, _explained(problem), self._token_hint())
        return _stage(
            "event",
            "ok",
            f"An event of the visitor {TEST_VISITOR} was accepted (status {answer.status}); processing follows later.",
        )

    def _channel_call(self, request: Request) -> Answer:
        return self.egress.channel(self.connection, token=self.token).call(request)

    def _token_hint(self) -> str:
        """Say what the token looks like instead, when its shape tells. Never a part of the token itself."""
        if self.token is None or not self._connector.regions:
            return ""
        shape, expected = shape_of(self.token), self._api_type.token.shape
        if expected == "shared_secret":
            if shape.suffix:
                return "This looks like an integration key, which belongs to the Engage API."
            return "" if shape.is_uuid else "A shared secret is a UUID; copy the Track event shared secret again."
        return self._engage_hint(is_uuid=shape.is_uuid, suffix=shape.suffix)

    def _engage_hint(self, *, is_uuid: bool, suffix: str) -> str:
        http = self.connection.http
        region = region_of(self.catalogue, self.connection.application, self.connection.api_type, http.base_uri)
        known = {one.name: one for one in self._connector.regions}
        if suffix in known and region in known and suffix != region:
            looks, goes = known[suffix].title, known[region].title
            return f"This looks like a key of the region {looks}; the connection goes to {goes}."
        if is_uuid and not suffix:
            return (
                "This looks like a Track event shared secret or an older integration key. "
                "If it is the shared secret, choose the API type Pendo Track API."
            )
        return ""


def _database_access(egress: Egress, connection: Connection, token: Secret | None) -> Access:
    may_write = "SELECT has_database_privilege(current_database(), 'TEMP')::int"
    with egress.postgresql(connection, token=token) as opened, opened.cursor() as cursor:
        cursor.execute(may_write)
        return Access.READ_WRITE if cursor.fetchone() == (1,) else Access.READ_ONLY


def _storage_access(egress: Egress, connection: Connection, token: Secret | None) -> Access:
    with egress.storage(connection, token=token) as storage:
        storage.sign_in()
    return Access.UNKNOWN


_SIGN_IN = {"postgresql": _database_access, "s3": _storage_access}


def _ping_request(ping: Ping) -> Request:
    path, query = relative_parts(ping.relative_uri)
    return replace(_request(ping.method, path, body=ping.body.encode()), query=query)


def _request(method: Method, path: str, *, body: bytes) -> Request:
    return Request(method, path, body=body, attempts_max=_ATTEMPTS_MAX, timeout_seconds=_SECONDS_MAX)


def _explained(problem: PendantError) -> str:
    excerpt = problem.excerpt if isinstance(problem, RequestRefused | ServerTrouble) else ""
    return f"{problem.message} It said: {excerpt[:_EXCERPT_MAX]}" if excerpt else problem.message


def _denied(ping: Ping, said: object) -> str:
    """Say what stands where the answer should say that all is well, and why, as far as it says so."""
    found = _at(said, ping.success_path)
    wanted = " or ".join(ping.success_values)
    what = (
        f"The answer has no {ping.success_path}, where {wanted} was wanted"
        if found is None
        else f"The answer says {ping.success_path}: {_text(found)[:_EXCERPT_MAX]}, where {wanted} was wanted"
    )
    why = _at(said, ping.error_path) if ping.error_path else None
    return f"{what}." if why is None else f"{what}: {_text(why)[:_EXCERPT_MAX]}."


def _json(answer: Answer) -> object:
    try:
        return msgspec.json.decode(answer.body)
    except msgspec.DecodeError:
        return None


def _at(value: object, path: str) -> object:
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _text(value: object) -> str:
    """Return a text as it is and everything else as JSON, so that true is "true" and 1 is "1"."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _access(access: Access) -> TestStage:
    return _stage("access", "ok", _ACCESS_DETAILS[access])


def _skipped(name: str) -> TestStage:
    return _stage(name, "skipped", "Not tried, because of the failure above.")


def _failed(name: str, problem: PendantError, detail: str, hint: str) -> TestStage:
    return _stage(name, "failed", detail, hint or problem.hint, problem.code)


def _stage(name: str, outcome: StageOutcome, detail: str, hint: str = "", code: str = "") -> TestStage:
    return TestStage(name=name, title=_TITLES[name], outcome=outcome, detail=detail, hint=hint, code=code)
