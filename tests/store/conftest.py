"""Repositories on a real Postgres, built by the migrations."""

from collections.abc import AsyncIterator

import pytest

from record.comparison import Comparer
from store.database import Database
from tests.support.facts import Facts


@pytest.fixture(scope="session")
async def database(database_url: str) -> AsyncIterator[Database]:
    """The database that the tests of this worker share; they use rows of their own."""
    async with Database.connect(database_url).closing() as database:
        yield database


@pytest.fixture
async def lonely(fresh_database_url: str) -> AsyncIterator[Database]:
    """A database that no other test sees."""
    async with Database.connect(fresh_database_url).closing() as database:
        yield database


@pytest.fixture(scope="session")
async def facts(database: Database) -> AsyncIterator[Facts]:
    async with Comparer(1) as comparer:
        yield Facts(database, comparer)
