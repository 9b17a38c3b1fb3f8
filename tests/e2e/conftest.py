"""One whole server for the end-to-end tests of a worker; each test has its own teams and assets."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

import pytest
from temporalio.client import Client
from tessera_sdk import AsyncClient

from store.database import Database
from tests.e2e.stack import Stack, running
from tests.support.programs import programs
from tests.support.servers import Run, create_database, drop_database, migrated_template
from workflows.execution import DATA_CONVERTER


@pytest.fixture(scope="session")
def stack_database_url(postgres_admin_url: str) -> Iterator[str]:
    """A database whose outbox no other test touches."""
    template = migrated_template(Run.of_this_process(), postgres_admin_url)
    name = f"tessera_e2e_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    yield create_database(postgres_admin_url, name, template)
    drop_database(postgres_admin_url, name)


@pytest.fixture(scope="module")
def module_database_url(postgres_admin_url: str) -> Iterator[str]:
    """A migrated database of its own for one module that runs a stack of its own."""
    template = migrated_template(Run.of_this_process(), postgres_admin_url)
    name = f"tessera_e2e_{uuid4().hex}"
    yield create_database(postgres_admin_url, name, template)
    drop_database(postgres_admin_url, name)


@pytest.fixture(scope="session")
async def stack(
    stack_database_url: str, temporal_address: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stack]:
    temporal = await Client.connect(temporal_address, data_converter=DATA_CONVERTER)
    directory = tmp_path_factory.mktemp("stack")
    async with running(stack_database_url, temporal_address, temporal, directory) as stack:
        yield stack


@pytest.fixture
async def client(stack: Stack) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(stack.address) as client:
        yield client


@pytest.fixture
async def database(stack_database_url: str) -> AsyncIterator[Database]:
    async with Database.connect(stack_database_url).closing() as database:
        yield database


@pytest.fixture
async def apis(stack: Stack, stack_database_url: str, tmp_path: Path) -> AsyncIterator[list[str]]:
    """The addresses of two API processes over the stack's database."""
    async with programs(stack_database_url, tmp_path) as second:
        yield [stack.address, *await second.apis(1)]
        assert not second.defects()


@pytest.fixture
async def clients(apis: list[str]) -> AsyncIterator[list[AsyncClient]]:
    """One of each."""
    async with AsyncExitStack() as exits:
        yield [await exits.enter_async_context(AsyncClient(url, timeout=60)) for url in apis]
