"""Which field of the panel is wrong, and what stands beside it."""

from __future__ import annotations

from collections.abc import Callable

from pendant.app import App
from pendant.errors import AddressRefused, PendantError
from pendant.model.secret import token_from_input
from pendant.services.drafts import http_of
from pendant.services.names import checked_name
from pendant.web.forms import Form
from pendant.web.http_texts import LABELS
from pendant.web.panel_state import CUSTOM, HTTP, SIMPLE, PanelState
from pendant.web.panel_view import Errors

_OWN_FIELDS = frozenset({"name", "api_type", "token", "region", "base_uri"})


def problems_in(app: App, state: PanelState, form: Form, raised: PendantError) -> Errors:
    """Return every error that can be told at once; `raised` is the one the service stopped at."""
    errors = Errors()
    checks: list[Callable[[], object]] = [
        lambda: checked_name(state.name),
        lambda: http_of(app, state.draft()),
        lambda: token_from_input(form.text("token")),
    ]
    for check in checks:
        try:
            check()
        except PendantError as problem:
            _note(errors, state, problem)
    _note(errors, state, raised)
    if errors and "token" not in errors:
        errors["token"] = "The token was not kept. Enter it again, then save."  # noqa: S105 - a message
    return errors


def field_of(problem: PendantError) -> str:
    """Return the form field of an error of a service, empty where there is none."""
    if isinstance(problem, AddressRefused):
        return "base_uri"
    name = (problem.field or "").removeprefix("http.").replace(".", "_")
    if name in _OWN_FIELDS:
        return name
    if name in LABELS or name == "http_headers":
        return name
    return next((each for each in (*LABELS, "http_headers") if name and each.endswith(f"_{name}")), "")


def form_of_problem(state: PanelState, errors: Errors) -> PanelState:
    """Turn to the HTTP view when only there the wrong field can be seen."""
    if state.view == SIMPLE and any(name.startswith("http_") for name in errors):
        return state.seen_in(HTTP)
    return state


def _note(errors: Errors, state: PanelState, problem: PendantError) -> None:
    name = field_of(problem)
    if name in ("base_uri", "http_base_uri"):
        name = "http_base_uri" if state.view == HTTP else "base_uri" if state.region == CUSTOM else "region"
    if name and name not in errors:
        errors[name] = f"{problem.message} {problem.hint}".strip()
