"""One installation behind a real server, a simulated Pendo, and Chromium. Nothing here knows an address elsewhere."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from browser.stage import Installation, Watch, quiet_chromium
from pendant.access.cookies import SESSION_COOKIE
from pendant.access.passwords import Passwords
from pendant.app import open_app
from pendant.engine.worker import Worker
from pendant.server.asgi import asgi
from pendant.services import accounts
from pendant.settings import Settings
from pendant.store import accounts as stored
from pendant.web.site import site
from pendosim.running import Pendo, running
from server.rig import serving

OWNER, PASSWORD = "Ada", "tulip harbour seven kites"


@pytest.fixture(scope="session")
def pendo() -> Iterator[Pendo]:
    with running(visitors=300, accounts=20, days=5, events_per_day=100) as started:
        yield started


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory, pendo: Pendo) -> Iterator[Installation]:
    folder: Path = tmp_path_factory.mktemp("pendant")
    settings = Settings(
        data_dir=folder / "data",
        key_dir=folder / "keys",
        database_url=f"sqlite:///{folder / 'data' / 'pendant.db'}",
        allow_networks=(ip_network("127.0.0.0/8"),),
    )
    with open_app(settings) as opened:
        app = replace(opened, passwords=Passwords(memory_kib=64, passes=1))
        worker = Worker(app)
        code = accounts.setup_code(app)
        assert code
        session = accounts.set_up(app, code, OWNER, PASSWORD)
        with serving(asgi(app, worker, site(app, worker))) as port:
            yield Installation(app, f"http://127.0.0.1:{port}", session, pendo)
        worker.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One for each file: while it is open, Playwright's event loop runs in this thread, and no other one can."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        browser = quiet_chromium(playwright, program)
        yield browser
        browser.close()


@pytest.fixture(autouse=True)
def rested(installation: Installation) -> None:
    """Every test begins with none of the tries that the limits count."""
    with installation.app.database.begin() as tx:
        stored.prune_attempts(tx, installation.app.clock.now() + timedelta(days=1))


@pytest.fixture
def context(chromium: Browser, installation: Installation) -> Iterator[BrowserContext]:
    opened = chromium.new_context(viewport={"width": 1280, "height": 860}, color_scheme="light")
    # Chromium takes a __Host- cookie from outside for https alone, and then sends it to http on the loopback too.
    secure = installation.url.replace("http:", "https:")
    opened.add_cookies([{"name": SESSION_COOKIE, "value": installation.session, "url": secure, "secure": True}])
    yield opened
    opened.close()


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def page(context: BrowserContext, watch: Watch) -> Iterator[Page]:
    """A page that is watched: at the end nothing may have left the loopback, and no policy may have been violated."""
    opened = context.new_page()
    opened.set_default_timeout(10_000)
    watch.over(opened)
    yield opened
    assert {urlsplit(request.url).hostname for request in watch.requests} <= {"127.0.0.1"}
    assert watch.violations == []


@pytest.fixture
def unique() -> str:
    """A name that no other test uses."""
    return f"Pendo {uuid.uuid4().hex[:8]}"
