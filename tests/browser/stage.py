"""What the browser tests share: the installation, what a page did, and how people move through it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, Request

from pendant.app import App
from pendant.model.access import Actor
from pendant.model.connection import Connection, Draft
from pendant.model.export import Export, Mode, StoredExport
from pendant.model.run import Note, Run, RunState, Slice, SliceRecord, SliceState
from pendant.services import accounts, connections, exports
from pendant.store import runs
from pendosim.running import Pendo

TABS_MAX = 80
_QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run", "--disable-quic",
)  # fmt: skip


def quiet_chromium(playwright: Playwright, program: str) -> Browser:
    """Start the system's Chromium with everything off that would call home."""
    return playwright.chromium.launch(executable_path=program, args=list(_QUIET))


@dataclass(frozen=True)
class Installation:
    app: App
    url: str
    session: str
    pendo: Pendo

    @property
    def owner(self) -> Actor:
        actor = accounts.actor_of_session(self.app, self.session)
        assert actor
        return actor

    def connect(self, name: str, *, token: str = "", test: bool = False) -> Connection:
        """Save an Engage connection to the simulated Pendo without a browser."""
        draft = Draft(name, "pendo", "engage", region="custom", base_uri=self.pendo.api)
        return connections.create(self.app, self.owner, draft, token or self.pendo.key, test=test).connection

    def store_export(self, connection: Connection) -> StoredExport:
        """Store an incremental export of page events without a browser."""
        asked = Export(
            "pageEvents", connection.name, f"{connection.id}.duckdb", last="5d", mode=Mode.INCREMENTAL,
            select="visitorId, pageId, day, numEvents",
        )  # fmt: skip
        return exports.create(self.app, self.owner, f"Page events of {connection.name}", asked).stored

    def record_run(self, state: RunState) -> Run:
        """Keep a run as the engine would have left it."""
        run = Run(
            str(uuid.uuid4()), "export", "visitors", "c", "Pendo production", "/data/visitors.parquet",
            {"filter": "country = 'DE'"}, actor="Ada", state=state, slices_total=2, slices_done=1, rows_read=1200,
            created_at=self.app.clock.now(), notes=(Note("late", "Some events may still arrive.", 3),),
            reason="Pendo answered 403." if state is RunState.FAILED else "",
            error_code="credentials_refused" if state is RunState.FAILED else "",
        )  # fmt: skip
        parts = [SliceRecord(Slice(each.value, 0, 1, f"Part {each.value}"), each, 600, 600) for each in SliceState]
        with self.app.database.begin() as tx:
            runs.insert(tx, run)
            runs.put_slices(tx, run.id, parts)
        return run


@dataclass
class Watch:
    """Every request of a page, and every complaint of the browser about a policy."""

    requests: list[Request] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)

    def over(self, page: Page) -> None:
        page.on("request", self._sent)
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.violations.append(str(error)))

    def _sent(self, request: Request) -> None:
        self.requests.append(request)

    def _heard(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text or "TrustedHTML" in message.text:
            self.violations.append(message.text)


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the element has the focus, as somebody without a mouse does."""
    for _ in range(TABS_MAX):
        if page.evaluate("s => document.activeElement?.matches(s) ?? false", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never reached {selector}")


def form_values(page: Page, form: str = "#panel") -> Mapping[str, list[str]]:
    """Return what the form would send, by name."""
    values: Mapping[str, list[str]] = page.evaluate(
        """s => { const found = {};
             for (const [name, value] of new FormData(document.querySelector(s))) (found[name] ??= []).push(value);
             return found; }""",
        form,
    )
    return values


def everything_on(page: Page) -> str:
    """Return all of the page that a script of somebody else could read: its source, attributes and storages."""
    text: str = page.evaluate(
        """() => [document.documentElement.outerHTML, JSON.stringify(localStorage), JSON.stringify(sessionStorage),
                  document.cookie, location.href, JSON.stringify(history.state),
                  ...[...document.querySelectorAll("input, textarea")].map(field => field.value),
                  ...[...document.querySelectorAll("template")].map(each => each.innerHTML)].join("\\n")"""
    )
    return text
