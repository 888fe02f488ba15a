"""Requests that are refused for their form, before anybody asks what they want."""

from __future__ import annotations

from pendant.errors import PendantError


class Refusal(PendantError):
    """Carries its HTTP status, for example 413 for a body that is too large."""

    def __init__(self, status: int, code: str, message: str, *, hint: str = "", field: str | None = None) -> None:
        super().__init__(code, message, hint=hint, field=field)
        self.http_status = status
