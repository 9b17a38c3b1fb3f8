"""The facts on a real Postgres, without any workflow: tests carry its steps out by hand."""

from collections.abc import AsyncIterator

import pytest

from record.comparison import Comparer
from store.database import Database
from tests.support.facts import Facts


@pytest.fixture(scope="session")
async def comparer() -> AsyncIterator[Comparer]:
    async with Comparer(1) as comparer:
        yield comparer


@pytest.fixture(scope="session")
async def facts(database_url: str, comparer: Comparer) -> AsyncIterator[Facts]:
    """A world that the tests of this worker share; each makes its own teams and assets."""
    async with Database.connect(database_url).closing() as database:
        yield Facts(database, comparer)


@pytest.fixture
async def lonely(fresh_database_url: str, comparer: Comparer) -> AsyncIterator[Facts]:
    """A world of its own for tests that look at all there is."""
    async with Database.connect(fresh_database_url).closing() as database:
        yield Facts(database, comparer)
