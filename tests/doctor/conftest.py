"""Real servers to look at: a database of its own per test, a Temporal namespace of our own."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from temporalio.client import Client

from patient import Patient
from record.comparison import Comparer
from settings import Environment, Settings
from store.database import Database
from store.encryption import Encryption
from tests.support.facts import Facts
from tests.support.namespaces import register
from workflows.execution import DATA_CONVERTER


@pytest.fixture(scope="session")
async def comparer() -> AsyncIterator[Comparer]:
    async with Comparer(1) as comparer:
        yield comparer


@pytest.fixture
async def facts(fresh_database_url: str, comparer: Comparer) -> AsyncIterator[Facts]:
    async with Database.connect(fresh_database_url).closing() as database:
        yield Facts(database, comparer)


@pytest.fixture
async def bare(temporal_address: str) -> Client:
    """A namespace in which nothing was set up."""
    name = f"doctor-{uuid4().hex[:12]}"
    client = await Client.connect(temporal_address, namespace=name, data_converter=DATA_CONVERTER)
    await register(client)
    return client


@pytest.fixture
def whole(fresh_database_url: str, bare: Client) -> Patient:
    """A patient whose servers are all there."""
    return Patient(
        settings=Settings.load(
            environment=Environment.DEVELOPMENT, temporal_namespace=bare.namespace
        ),
        database_url=fresh_database_url,
        temporal_address=bare.service_client.config.target_host,
        encryption=Encryption([bytes(32)]),
    )
