"""The pages in a real browser, served over a real Postgres on the loopback."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Response,
    async_playwright,
    expect,
)

from api.auth import Authenticator
from api.provider import Provider
from api.setup_code import SetUp
from api.ui.sessions import SESSION
from domain.answer_links import AnswerLinks
from domain.destinations import Channels
from domain.json_types import JsonObject
from record.comparison import Comparer
from record.log_verifications import LogVerifications
from store.database import Database
from store.feed import Feed
from store.listener import Listener
from store.notifier import EVENTS, Notifier
from tests.support.api_client import KEY, LOCKED, OPEN, Api, app_over, client_at
from tests.support.credentials import Credentials
from tests.support.live_api import live
from tests.support.servers import Run, create_database, drop_database, migrated_template

PATIENCE = 60_000
"""Milliseconds that a page of a busy machine may take to come to what is expected of it."""
expect.set_options(timeout=PATIENCE)
OFF_THE_NET = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-domain-reliability",
    "--disable-gpu",
    "--disable-sync",
    "--no-first-run",
)
"""Chromium as root, which says nothing to its maker."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One browser page, and everything it complained about."""

    page: Page
    complaints: list[str]


@pytest.fixture(scope="session")
async def comparer() -> AsyncIterator[Comparer]:
    async with Comparer(processes=1) as comparer:
        await comparer.warm()
        yield comparer


@dataclass(frozen=True, slots=True)
class Site:
    """A server of pages."""

    address: str
    database: Database


@asynccontextmanager
async def serving(
    url: str,
    comparer: Comparer,
    authenticator: Authenticator = OPEN,
    *,
    provider: Provider | None = None,
    port: int = 0,
    answer_links: AnswerLinks | None = None,
    channels: Channels | None = None,
    set_up: SetUp | None = None,
) -> AsyncIterator[Site]:
    """Serve the pages over a database while the block runs.

    With a port the server knows its own address, which a provider sends browsers back to.
    """
    public_url = f"http://127.0.0.1:{port}" if port else "http://tessera.test"
    async with (
        Notifier(url) as notifier,
        Database.connect(
            url, notifier=notifier, pool_size=5, channels=channels
        ).closing() as database,
        Listener(url, [EVENTS]) as listener,
        Feed(database, listener) as feed,
    ):
        app = app_over(
            database,
            comparer,
            feed,
            authenticator=authenticator,
            provider=provider,
            public_url=public_url,
            answer_links=answer_links,
            channels=channels,
            verifications=LogVerifications(url),
            set_up=set_up,
        )
        async with live(app, feed, port=port) as address:
            yield Site(address, database)


@pytest.fixture(scope="session")
async def served(database_url: str, comparer: Comparer) -> AsyncIterator[Site]:
    """A development server, where everybody may do everything."""
    async with serving(database_url, comparer) as site:
        yield site


@pytest.fixture(scope="session")
async def locked(database_url: str, comparer: Comparer) -> AsyncIterator[str]:
    """The address of a server over the same database that needs a key."""
    async with serving(database_url, comparer, LOCKED) as site:
        yield site.address


@pytest.fixture(scope="module")
def own_database_url(postgres_admin_url: str) -> Iterator[str]:
    """A migrated database of its own for one module that needs to be alone."""
    template = migrated_template(Run.of_this_process(), postgres_admin_url)
    name = f"tessera_pages_{uuid4().hex}"
    yield create_database(postgres_admin_url, name, template)
    drop_database(postgres_admin_url, name)


@pytest.fixture
async def administrator(locked: str) -> AsyncIterator[httpx.AsyncClient]:
    """Whoever has the bootstrap key of the server that needs one."""
    headers = {"Authorization": f"Bearer {KEY}"}
    async with client_at(locked, headers=headers) as client:
        yield client


@asynccontextmanager
async def signed_in(
    address: str, credentials: Credentials, user: JsonObject
) -> AsyncIterator[httpx.AsyncClient]:
    """A browser without a screen, in which a user has signed in."""
    token = await credentials.session(user)
    headers = {"Accept": "text/html"}
    async with client_at(address, headers=headers, cookies={SESSION: token}) as browser:
        yield browser


@pytest.fixture
def site(served: Site) -> str:
    """The address of the development server."""
    return served.address


@pytest.fixture
async def client(site: str) -> AsyncIterator[httpx.AsyncClient]:
    async with client_at(site) as client:
        yield client


@pytest.fixture
def api(client: httpx.AsyncClient, served: Site) -> Api:
    return Api(client, served.database)


@pytest.fixture(scope="session")
async def browser(browser_path: Path) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=str(browser_path), args=list(OFF_THE_NET)
        )
        yield browser
        await browser.close()


@pytest.fixture
async def visit(browser: Browser) -> AsyncIterator[Visit]:
    """A browser page with JavaScript; at the end it must not have complained about anything."""
    async with await browser.new_context() as context:
        visit = await watched(context)
        yield visit
        assert visit.complaints == []


@pytest.fixture
async def plain_visit(browser: Browser) -> AsyncIterator[Visit]:
    """The same without JavaScript."""
    async with await browser.new_context(java_script_enabled=False) as context:
        visit = await watched(context)
        yield visit
        assert visit.complaints == []


async def watched(context: BrowserContext) -> Visit:
    """Open a browser page of which nothing escapes: errors, refused resources, the console.

    That a page itself is refused is no complaint: tests look at what it says.
    """
    page = await context.new_page()
    visit = Visit(page, [])
    page.set_default_timeout(PATIENCE)

    def hear(said: ConsoleMessage) -> None:
        told_by_status = said.text.startswith("Failed to load resource: the server responded")
        if said.type in ("error", "warning") and not told_by_status:
            visit.complaints.append(f"console: {said.text}")

    def see(answer: Response) -> None:
        if answer.status >= 400 and answer.request.resource_type != "document":
            visit.complaints.append(f"{answer.status}: {answer.url}")

    page.on("pageerror", lambda error: visit.complaints.append(f"error: {error}"))
    page.on("console", hear)
    page.on("response", see)
    return visit
