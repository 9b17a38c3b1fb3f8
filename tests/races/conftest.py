"""Three API processes over one database, for all races of this test worker."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest

from record.comparison import Comparer
from store.database import Database
from tests.races.arena import Arena
from tests.support.api_client import client_at
from tests.support.facts import Facts
from tests.support.programs import programs
from tests.support.servers import Run, create_database, drop_database, migrated_template

PROCESSES = 3


@pytest.fixture(scope="session")
def races_database_url(postgres_admin_url: str) -> Iterator[str]:
    """A database that only the races write to."""
    template = migrated_template(Run.of_this_process(), postgres_admin_url)
    name = f"tessera_races_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    yield create_database(postgres_admin_url, name, template)
    drop_database(postgres_admin_url, name)


@pytest.fixture(scope="session")
async def arena(
    races_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Arena]:
    async with AsyncExitStack() as stack:
        directory = tmp_path_factory.mktemp("races")
        started = await stack.enter_async_context(programs(races_database_url, directory))
        clients = [
            await stack.enter_async_context(client_at(url, timeout=120))
            for url in await started.apis(PROCESSES)
        ]
        database = await stack.enter_async_context(Database.connect(races_database_url).closing())
        comparer = await stack.enter_async_context(Comparer(1))
        yield await Arena.opened(clients, Facts(database, comparer))
        assert not started.defects()
