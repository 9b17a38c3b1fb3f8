"""The relay between a real Postgres and a real Temporal server, without any worker."""

from collections.abc import AsyncIterator

import pytest
from temporalio.client import Client

from record.comparison import Comparer
from store.database import Database
from tests.support.facts import Facts
from workflows.execution import DATA_CONVERTER


@pytest.fixture(scope="session")
async def comparer() -> AsyncIterator[Comparer]:
    async with Comparer(1) as comparer:
        yield comparer


@pytest.fixture
async def facts(fresh_database_url: str, comparer: Comparer) -> AsyncIterator[Facts]:
    """An outbox that no other test sees."""
    async with Database.connect(fresh_database_url).closing() as database:
        yield Facts(database, comparer)


@pytest.fixture(scope="session")
async def temporal(temporal_address: str) -> Client:
    return await Client.connect(temporal_address, data_converter=DATA_CONVERTER)
