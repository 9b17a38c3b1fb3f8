"""The API over a real Postgres; every test makes its own teams and assets."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from record.comparison import Comparer
from store.database import Database
from store.feed import Feed
from store.listener import Listener
from store.notifier import EVENTS, Notifier
from tests.support.api_client import KEY, LOCKED, Api, app_over, client_of


@pytest.fixture(scope="session")
async def comparer() -> AsyncIterator[Comparer]:
    async with Comparer(processes=1) as comparer:
        yield comparer


@pytest.fixture(scope="session")
async def database(database_url: str) -> AsyncIterator[Database]:
    async with (
        Notifier(database_url) as notifier,
        Database.connect(database_url, notifier=notifier, pool_size=5).closing() as database,
    ):
        yield database


@pytest.fixture(scope="session")
async def feed(database_url: str, database: Database) -> AsyncIterator[Feed]:
    async with Listener(database_url, [EVENTS]) as listener, Feed(database, listener) as feed:
        yield feed


@pytest.fixture
async def own_feed(database_url: str, database: Database) -> AsyncIterator[Feed]:
    """For who serves on a socket: a server that stops ends its feed."""
    async with Listener(database_url, [EVENTS]) as listener, Feed(database, listener) as feed:
        yield feed


@pytest.fixture(scope="session")
def app(database: Database, comparer: Comparer, feed: Feed) -> FastAPI:
    return app_over(database, comparer, feed)


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as client:
        yield client


@pytest.fixture
def api(client: httpx.AsyncClient, database: Database) -> Api:
    return Api(client, database)


@pytest.fixture(scope="session")
def locked_app(database: Database, comparer: Comparer, feed: Feed) -> FastAPI:
    """The same with authentication on."""
    return app_over(database, comparer, feed, authenticator=LOCKED)


@pytest.fixture
async def stranger(locked_app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a key."""
    async with client_of(locked_app) as client:
        yield client


@pytest.fixture
async def administrator(locked_app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client with the bootstrap key."""
    async with client_of(locked_app, KEY) as client:
        yield client
