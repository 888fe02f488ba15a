"""The one cookie there is.

Its `__Host-` name makes browsers insist on Secure and Path=/ and refuse a Domain, so that no neighbouring host can
plant one. Browsers accept Secure cookies over plain http from loopback addresses; anywhere else the app must be
reached over https.
"""

from __future__ import annotations

SESSION_COOKIE = "__Host-pendant"
_ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Lax"


def session_cookie(token: str) -> str:
    """Return the Set-Cookie value that starts a session. It ends with the browser, or when the server says so."""
    return f"{SESSION_COOKIE}={token}; {_ATTRIBUTES}"


def ended_cookie() -> str:
    """Return the Set-Cookie value that makes the browser forget its session."""
    return f"{SESSION_COOKIE}=; {_ATTRIBUTES}; Max-Age=0"


def session_token_in(cookie_header: str) -> str | None:
    """Return the session token of a Cookie header. Two cookies of that name count as none: one was planted."""
    found = [
        value.strip()
        for name, separator, value in (part.partition("=") for part in cookie_header.split(";"))
        if separator and name.strip() == SESSION_COOKIE
    ]
    return found[0] if len(found) == 1 and found[0] else None
