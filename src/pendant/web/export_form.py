"""From what the export form says to an Export, with every error at its field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pendant.errors import WrongInput
from pendant.model.connection import Connection
from pendant.model.export import Export
from pendant.services.catalogue import Offer
from pendant.web.forms import Form

FIELDS = ("connection", "resource", "target", "since", "until", "apps", "select", "filter", "limit", "replace")


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    text: str


_NEEDED = {
    "connection": "Choose a connection.",
    "resource": "Choose what to export.",
    "target": "Enter where the rows go, such as visitors.parquet.",
}


def missing_in(form: Form) -> dict[str, str]:
    """Return what to say at each field that is needed and empty."""
    return {name: f"The {name} is missing. {wanted}" for name, wanted in _NEEDED.items() if not form.text(name).strip()}


def export_from(form: Form) -> Export:
    """Return what the form asks for; its needed fields are checked by `missing_in`."""
    return Export(
        resource=form.text("resource").strip(),
        connection=form.text("connection").strip(),
        target=form.text("target").strip(),
        since=_day(form, "since"),
        until=_day(form, "until"),
        apps=tuple(form.text("apps").replace(",", " ").split()),
        select=form.text("select").strip(),
        filter=form.text("filter").strip(),
        limit=_limit(form),
        replace="replace" in form,
    )


def connection_choices(connections: Sequence[Connection], offers: Sequence[Offer]) -> list[Choice]:
    """Return the connections that something can be read from."""
    readable = {(offer.connector, offer.api_type) for offer in offers}
    return [Choice(each.name, each.name) for each in connections if (each.application, each.api_type) in readable]


def resource_choices(offers: Sequence[Offer]) -> list[Choice]:
    return [Choice(offer.name, f"{offer.title} ({offer.name})") for offer in offers]


def _day(form: Form, name: str) -> datetime | None:
    text = form.text(name).strip()
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise WrongInput(
            "time_invalid", f"{text!r} is not a day.", hint="Enter it as 2026-01-31, or leave it empty.", field=name
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _limit(form: Form) -> int:
    text = form.text("limit").strip()
    if text and not (text.isascii() and text.isdecimal()):
        raise WrongInput(
            "limit_invalid", "The limit must be a whole number.", hint="Leave it empty for all rows.", field="limit"
        )
    return int(text or 0)
