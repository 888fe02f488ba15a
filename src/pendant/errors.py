"""Every error a person can meet, drawn by who must act.

    PendantError
    ├── WrongInput        whoever asked: correct the request (exit 2, HTTP 422)
    ├── NotFound          whoever asked: it does not exist, or not for you (exit 1, HTTP 404)
    ├── Conflict          whoever asked: look again, somebody or something was there first (exit 1, HTTP 409)
    ├── NotSignedIn       whoever asked: sign in (exit 1, HTTP 401)
    ├── NotAllowed        an administrator: grant the permission (exit 1, HTTP 403)
    ├── TooManyTries      whoever asked: wait (exit 1, HTTP 429)
    ├── SetupProblem      whoever runs the installation: settings, disk, keys (exit 1, HTTP 503)
    │   └── SecretUnreadable   one error for every way a sealed secret can be bad
    └── RemoteProblem     the other system, or the way to it (exit 1, HTTP 502)
        ├── AddressRefused     the address is one this installation does not reach
        ├── Unreachable        name, route, TLS or time-out; worth another try
        ├── CredentialsRefused the other system does not take the token
        ├── RequestRefused     any other 4xx: asking again will not help
        ├── ServerTrouble      408, 409, 429, 5xx after every retry was used up
        ├── BrokenAnswer       the body ended early or is not what its headers promise
        └── SliceTooLarge      408, 413, a full page or a broken long transfer: ask for less at once

A message says in one sentence what was found, what was wanted and what to do next. No message holds a
secret, and none quotes more of another system's answer than `RemoteProblem.excerpt`, which is scrubbed.
"""

from __future__ import annotations


class PendantError(Exception):
    """`code` is stable and for programs; `message` and `hint` are for people; `field` names the input at fault."""

    exit_code = 1
    http_status = 500

    def __init__(self, code: str, message: str, *, hint: str = "", field: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.field = field

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class WrongInput(PendantError):
    exit_code = 2
    http_status = 422


class NotFound(PendantError):
    http_status = 404


class Conflict(PendantError):
    http_status = 409


class NotSignedIn(PendantError):
    http_status = 401


class NotAllowed(PendantError):
    http_status = 403


class TooManyTries(PendantError):
    """`retry_after_seconds` says how long to wait."""

    http_status = 429

    def __init__(self, code: str, message: str, *, retry_after_seconds: float, hint: str = "") -> None:
        super().__init__(code, message, hint=hint)
        self.retry_after_seconds = retry_after_seconds


class SetupProblem(PendantError):
    http_status = 503


class SecretUnreadable(SetupProblem):
    """A sealed secret did not open. Deliberately says nothing about which check refused it (A19)."""

    def __init__(self) -> None:
        super().__init__(
            "secret_unreadable",
            "The stored token of this connection cannot be opened with this installation's keys and settings.",
            hint="Enter the token again to save the connection anew.",
        )


class RemoteProblem(PendantError):
    """`status` is the HTTP status if there was one; `excerpt` at most 500 scrubbed characters of the answer."""

    http_status = 502

    def __init__(
        self,
        code: str,
        message: str,
        *,
        hint: str = "",
        status: int | None = None,
        excerpt: str = "",
    ) -> None:
        super().__init__(code, message, hint=hint)
        self.status = status
        self.excerpt = excerpt


class AddressRefused(RemoteProblem):
    pass


class Unreachable(RemoteProblem):
    pass


class CredentialsRefused(RemoteProblem):
    pass


class RequestRefused(RemoteProblem):
    pass


class ServerTrouble(RemoteProblem):
    pass


class BrokenAnswer(RemoteProblem):
    pass


class SliceTooLarge(RemoteProblem):
    pass
