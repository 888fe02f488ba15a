"""What an answer or a failure means, as tables: which error it becomes, and whether another try makes sense."""

from __future__ import annotations

import socket
from dataclasses import dataclass

import aiohttp

from pendant.egress.judge import Refused
from pendant.errors import (
    AddressRefused,
    BrokenAnswer,
    CredentialsRefused,
    RemoteProblem,
    RequestRefused,
    ServerTrouble,
    Unreachable,
)

EXCERPT_CHARACTERS_MAX = 500


@dataclass(frozen=True, slots=True)
class Verdict:
    """`message` is formatted with the host, the status and the number of attempts."""

    error: type[RemoteProblem]
    code: str
    message: str
    hint: str = ""
    retriable: bool = False

    def raised(self, host: str, *, status: int | None = None, attempts: int = 1, excerpt: str = "") -> RemoteProblem:
        tries = "" if attempts == 1 else f" after {attempts} attempts"
        message = self.message.format(host=host, status=status, tries=tries)
        return self.error(self.code, message, hint=self.hint, status=status, excerpt=excerpt)


_REFUSED_EMPTY = Verdict(
    CredentialsRefused,
    "credentials_refused",
    "{host} answered {status} without a word: the token is wrong, was revoked, or belongs to another region.",
    hint="Check the region, or enter the token again.",
)
_REFUSED = Verdict(
    CredentialsRefused,
    "credentials_refused",
    "{host} answered {status}: it does not take this token for this request.",
    hint="Check that the token is valid and may do this.",
)
_TROUBLE = Verdict(
    ServerTrouble, "server_trouble", "{host} could not answer{tries}: status {status}.", hint="Try again later."
)
RATE_LIMITED = Verdict(
    ServerTrouble,
    "rate_limited",
    "{host} asks to slow down (status {status}){tries}.",
    hint="Try again later, lower the concurrency level or raise the minimum wait.",
)
_REDIRECT = Verdict(
    RequestRefused,
    "redirect_refused",
    "{host} answered {status} and points elsewhere; a token is never sent on.",
    hint="Set the base URI to the final address.",
)
_STATUS: dict[int, Verdict] = {
    401: _REFUSED,
    403: _REFUSED,
    404: Verdict(
        RequestRefused,
        "not_found_there",
        "{host} has nothing at this address (status 404).",
        hint="Check the base URI and the relative URI.",
    ),
    408: _TROUBLE,
    409: _TROUBLE,
    413: Verdict(RequestRefused, "request_refused", "{host} finds the request too large (status 413)."),
    429: RATE_LIMITED,
}
_FAMILY: dict[int, Verdict] = {
    1: Verdict(BrokenAnswer, "answer_broken", "{host} answered {status}, which no request asked for."),
    3: _REDIRECT,
    4: Verdict(RequestRefused, "request_refused", "{host} refused the request (status {status})."),
    5: _TROUBLE,
}
_ODD = Verdict(BrokenAnswer, "answer_broken", "{host} answered with the unknown status {status}.")


def of_status(status: int, *, fail_status: int, empty: bool) -> Verdict:
    """Return the verdict on a status that is not 2xx. `fail_status` is the connection's own "slow down"."""
    if status == fail_status:
        return RATE_LIMITED
    if status in (401, 403) and empty:
        return _REFUSED_EMPTY
    return _STATUS.get(status) or _FAMILY.get(status // 100, _ODD)


ADDRESS = Verdict(
    AddressRefused,
    "address_refused",
    "{host} leads to an address this installation does not connect to.",
    hint="Use https and a public address, or have its network added to PENDANT_ALLOW_NETWORKS: private addresses "
    "and plain http are possible only there.",
)
NAME = Verdict(
    Unreachable,
    "name_not_resolved",
    "The name {host} does not resolve to an address{tries}.",
    hint="Check the spelling and the name service of this machine.",
)
NAME_LATER = Verdict(NAME.error, NAME.code, NAME.message, NAME.hint, retriable=True)
NO_WAY = Verdict(
    Unreachable,
    "unreachable",
    "{host} cannot be reached{tries}.",
    hint="Check the address, and whether this machine may connect to it.",
    retriable=True,
)
BROKEN = Verdict(
    Unreachable, "connection_broken", "{host} closed the connection before it answered{tries}.", retriable=True
)
SILENT = Verdict(
    Unreachable, "connection_broken", "{host} stopped sending, and the longest wait is over{tries}.", retriable=True
)
NOT_HTTP = Verdict(
    Unreachable, "connection_broken", "What {host} answers is not valid HTTP, or its headers are too large."
)
CUT = Verdict(
    BrokenAnswer, "answer_broken", "The answer of {host} ended before it was complete{tries}.", retriable=True
)
TOO_LARGE = Verdict(BrokenAnswer, "answer_too_large", "The answer of {host} is larger than this request allows.")
CLOSED = Verdict(
    Unreachable, "connection_broken", "The exchange with {host} was ended, because Pendant was told to stop."
)


def of_tls(problem: Exception) -> Verdict:
    """Return the verdict on a failed handshake; OpenSSL's own word on a certificate says what to do about it."""
    reason = getattr(problem, "verify_message", "").rstrip(".") or "the handshake failed"
    return Verdict(
        Unreachable,
        "tls_failed",
        f"No trustworthy TLS connection to {{host}}: {reason.replace('{', '').replace('}', '')}.",
        hint="TLS 1.2 or later and a certificate that is valid for this host are needed.",
    )


def unreadable(reason: str) -> Verdict:
    return Verdict(BrokenAnswer, "answer_broken", f"The answer of {{host}} cannot be read: {reason}.")


def of_exception(problem: BaseException) -> Verdict | None:
    """Return the verdict on what the HTTP client raised, or None for something nobody foresaw.

    The texts of the client's exceptions hold URLs and headers; none of them is passed on.
    """
    if _chain_has_refused(problem):
        return ADDRESS
    if isinstance(problem, aiohttp.ClientConnectorDNSError):
        again = isinstance(problem.os_error, socket.gaierror) and problem.os_error.errno == socket.EAI_AGAIN
        return NAME_LATER if again else NAME
    if isinstance(problem, aiohttp.ClientConnectorCertificateError):
        return of_tls(problem.certificate_error)
    if isinstance(problem, aiohttp.ClientSSLError):
        return of_tls(problem)
    return next((verdict for kind, verdict in _EXCEPTIONS if isinstance(problem, kind)), None)


# The first that fits counts.
_EXCEPTIONS: tuple[tuple[type[BaseException], Verdict], ...] = (
    (aiohttp.ConnectionTimeoutError, NO_WAY),
    (aiohttp.ClientConnectorError, NO_WAY),
    (TimeoutError, SILENT),
    (aiohttp.ClientPayloadError, CUT),
    (aiohttp.ClientConnectionError, BROKEN),
    (aiohttp.ClientResponseError, NOT_HTTP),
    (OSError, BROKEN),
)


def _chain_has_refused(problem: BaseException | None) -> bool:
    while problem is not None:
        if isinstance(problem, Refused):
            return True
        problem = problem.__cause__
    return False
