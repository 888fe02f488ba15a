"""From what the export form says to an Export, with every error at its field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from pendant.errors import WrongInput
from pendant.model.connection import Connection
from pendant.model.export import Delays, Export, Mode, StoredExport
from pendant.model.pipeline import LoadMode
from pendant.services.catalogue import Offer
from pendant.web.forms import Form
from pendant.web.words import target_text

T = TypeVar("T", bound=StrEnum)

DELAYS = ("horizon_hours", "lookback_days", "final_days")
FIELDS = (
    "name", "connection", "resource", "target", "since", "last", "until", "apps", "ids", "pipeline", "select", "filter",
    "limit", "replace", "mode", "load", *DELAYS,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    text: str


MODES = [
    Choice(Mode.FULL.value, "Full: everything, every time"),
    Choice(Mode.INCREMENTAL.value, "Incremental: what came since the last run"),
    Choice(Mode.WINDOW.value, "Window: one range of time"),
]
LOADS = [
    Choice("", "As suits the mode"),
    Choice(LoadMode.REPLACE.value, "Replace everything"),
    Choice(LoadMode.SLICES.value, "Replace the time that is read"),
    Choice(LoadMode.MERGE.value, "Merge by key"),
    Choice(LoadMode.APPEND.value, "Append"),
]

_NEEDED = {
    "connection": "Choose a connection.",
    "resource": "Choose what to export.",
    "target": "Enter where the rows go, such as visitors.parquet.",
}


def missing_in(form: Form, *, also: str = "", except_for: str = "") -> dict[str, str]:
    """Return what to say at each field that is needed and empty."""
    needed = {name: wanted for name, wanted in _NEEDED.items() if name != except_for}
    if also == "name":
        needed["name"] = "Enter one that tells this export from the others."
    return {name: f"The {name} is missing. {wanted}" for name, wanted in needed.items() if not form.text(name).strip()}


def values_of(stored: StoredExport, folder: Path) -> dict[str, str]:
    """Return what the form of a stored export shows."""
    export = stored.export
    return {
        "name": stored.name,
        "connection": export.connection,
        "resource": export.resource,
        "target": target_text(export.target, folder),
        "since": f"{export.since:%Y-%m-%d}" if export.since else "",
        "last": export.last,
        "until": f"{export.until:%Y-%m-%d}" if export.until else "",
        "apps": ", ".join(export.apps),
        "ids": "\n".join(export.ids),
        "pipeline": export.pipeline,
        "select": export.select,
        "filter": export.filter,
        "limit": str(export.limit or ""),
        "replace": "yes" if export.replace else "",
        "mode": export.mode.value,
        "load": export.load.value if export.load else "",
        **{name: str(getattr(export.delays, name)) for name in DELAYS},
    }


def export_from(form: Form) -> Export:
    """Return what the form asks for; its needed fields are checked by `missing_in`."""
    return Export(
        resource=form.text("resource").strip(),
        connection=form.text("connection").strip(),
        target=form.text("target").strip(),
        since=_day(form, "since"),
        until=_day(form, "until"),
        apps=tuple(form.text("apps").replace(",", " ").split()),
        ids=tuple(line.strip() for line in form.text("ids").splitlines() if line.strip()),
        pipeline=form.text("pipeline").strip(),
        select=form.text("select").strip(),
        filter=form.text("filter").strip(),
        limit=_whole(form, "limit", 0),
        replace="replace" in form,
        last=form.text("last").strip(),
        mode=_one_of(Mode, form, "mode") or Mode.FULL,
        load=_one_of(LoadMode, form, "load"),
        delays=Delays(**{name: _whole(form, name, getattr(Delays(), name)) for name in DELAYS}),
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


def _whole(form: Form, name: str, otherwise: int) -> int:
    text = form.text(name).strip()
    if text and not (text.isascii() and text.isdecimal()):
        raise WrongInput(
            f"{name}_invalid",
            f"The {name.replace('_', ' ')} must be a whole number.",
            hint=_WHEN_EMPTY.get(name, "Leave it empty for the usual."),
            field=name,
        )
    return int(text) if text else otherwise


_WHEN_EMPTY = {"limit": "Leave it empty for all rows."}


def _one_of(kind: type[T], form: Form, name: str) -> T | None:
    text = form.text(name).strip()
    try:
        return kind(text) if text else None
    except ValueError:
        raise WrongInput(f"{name}_invalid", f"There is no such {name}.", hint="Choose one.", field=name) from None
