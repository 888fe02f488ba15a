"""The one shape of every error: {"error": {"code", "message", "hint", "field", "id"}}.

A message about input says where it was and what is wrong with it in our own words. It never repeats what was sent:
a token under a misspelled key, or one that is too long, would come back with it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from pendant.access.refusal import Refusal
from pendant.errors import NotSignedIn, PendantError, WrongInput

API_PREFIX = "/api"

_PLACES = frozenset({"body", "query", "path", "header"})
_PLAIN_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_SENTENCES = {
    "missing": "is required",
    "extra_forbidden": "is not a field of this request",
    "json_invalid": "is not valid JSON",
    "json_duplicate": "is given twice",
    "model_attributes_type": "must be a JSON object sent as application/json",
    "dict_type": "must be a JSON object",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "string_type": "must be text",
    "string_too_long": "is too long",
    "string_too_short": "is too short",
    "string_pattern_mismatch": "has the wrong form",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "greater_than_equal": "is too small",
    "less_than_equal": "is too large",
    "enum": "is not one of the accepted values",
    "literal_error": "is not one of the accepted values",
    "datetime_type": "must be a time such as 2026-01-31T00:00:00Z",
    "datetime_parsing": "must be a time such as 2026-01-31T00:00:00Z",
    "datetime_from_date_parsing": "must be a time such as 2026-01-31T00:00:00Z",
    "timezone_aware": "must be a time with a zone, such as 2026-01-31T00:00:00Z",
}


def problem_answer(request: Request, problem: PendantError) -> JSONResponse:
    error = {
        "code": problem.code,
        "message": problem.message,
        "hint": problem.hint,
        "field": problem.field,
        "id": request.state.request_id,
    }
    headers = {"WWW-Authenticate": "Bearer"} if isinstance(problem, NotSignedIn) else None
    return JSONResponse({"error": error}, status_code=problem.http_status, headers=headers)


def wrong_input(findings: Sequence[Mapping[str, Any]]) -> WrongInput:
    """Return one problem for what validation found: the first finding, and how many there are."""
    first = findings[0]
    place, field = _where(first["loc"], known=first["type"] != "extra_forbidden")
    sentence = _SENTENCES.get(str(first["type"]), "is not acceptable")
    more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
    return WrongInput(
        "request_invalid",
        f"{place} {sentence}{more}.",
        hint="The fields of every request are in /api/v1/openapi.json.",
        field=field,
    )


def http_refusal(status: int) -> Refusal:
    """Return the problem for what the framework itself refuses."""
    known = {
        404: ("not_found", "There is nothing at this address."),
        405: ("method_refused", "This address does not take this method."),
        413: ("body_too_large", "The body of the request is larger than what is accepted."),
    }
    code, message = known.get(status, ("request_refused", "The request has the wrong form."))
    return Refusal(status, code, message)


def _where(location: Sequence[Any], *, known: bool) -> tuple[str, str | None]:
    """Name the field for people and for programs. An unknown field is not named: its name may be a secret itself."""
    parts = [str(part) for part in location]
    inside = parts[1:] if parts and parts[0] in _PLACES else parts
    if not known:
        inside = inside[:-1]
    safe = [part for part in inside if _PLAIN_NAME.fullmatch(part) or part.isdecimal()]
    field = ".".join(safe) or None
    if not known:
        return f"Something in {field}" if field else "Something in the request", field
    return (field, field) if field else ("The request", None)
