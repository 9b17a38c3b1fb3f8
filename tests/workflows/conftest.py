"""The real activities on a real database, for the time-skipping server."""

from collections.abc import AsyncIterator

import pytest

from record.comparison import Comparer
from store.database import Database
from tests.support.facts import Facts


@pytest.fixture(scope="session")
async def facts(database_url: str) -> AsyncIterator[Facts]:
    """A world of its own for this worker."""
    async with Database.connect(database_url).closing() as database, Comparer(1) as comparer:
        yield Facts(database, comparer)
