"""Servers for tests: one Postgres and one Temporal for the whole run, databases per worker."""

import os
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import hypothesis
import pytest
from temporalio.testing import WorkflowEnvironment
from xdist.remote import Producer

from domain.errors import SetupFailed
from tests.support import figures, obtained, spreading
from tests.support.loopback_only import forbid_the_outside_world
from tests.support.servers import (
    Run,
    create_database,
    crowded_template,
    drop_database,
    migrated_template,
    register_search_attributes,
    unavailable,
)
from workflows.execution import DATA_CONVERTER

LED = pytest.StashKey[Run]()


def pytest_configure(config: pytest.Config) -> None:
    forbid_the_outside_world()
    # Examples are not timed: how long one takes says how busy the machine is.
    timeless = hypothesis.settings(
        deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
    )
    hypothesis.settings.register_profile("timeless", timeless)
    hypothesis.settings.load_profile("timeless")
    if not hasattr(config, "workerinput"):  # xdist's workers have it; this is who leads them
        config.stash[LED] = Run.lead()


def pytest_unconfigure(config: pytest.Config) -> None:
    run = config.stash.get(LED, None)
    if run:
        run.end()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    spreading.put_longest_first(items)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> object:
    return spreading.BySharing(config, log)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    figures.show(terminalreporter)


@pytest.fixture(scope="session")
def postgres_admin_url() -> str:
    """The shared Postgres as its superuser; what is made there is seen by all workers."""
    return Run.of_this_process().address("postgres")


@pytest.fixture(scope="session")
def database_url(postgres_admin_url: str) -> Iterator[str]:
    """This worker's own database, which is never empty: lists of it have more than one page."""
    template = crowded_template(Run.of_this_process(), postgres_admin_url)
    name = f"tessera_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    yield create_database(postgres_admin_url, name, template)
    drop_database(postgres_admin_url, name)


@pytest.fixture
def empty_database_url(postgres_admin_url: str) -> Iterator[str]:
    """A database without any table, for one test."""
    name = f"tessera_empty_{uuid4().hex}"
    yield create_database(postgres_admin_url, name)
    drop_database(postgres_admin_url, name)


@pytest.fixture
def fresh_database_url(postgres_admin_url: str) -> Iterator[str]:
    """A migrated database of its own for one test that needs to be alone."""
    template = migrated_template(Run.of_this_process(), postgres_admin_url)
    name = f"tessera_fresh_{uuid4().hex}"
    yield create_database(postgres_admin_url, name, template)
    drop_database(postgres_admin_url, name)


@pytest.fixture(scope="session")
def temporal_address() -> str:
    """The shared Temporal development server, search attributes registered: use own task queues."""
    return Run.of_this_process().address("temporal")


@pytest.fixture(scope="session")
async def time_skipping_env() -> AsyncIterator[WorkflowEnvironment]:
    """A time-skipping server of this worker alone, since all its workflows share one clock."""
    try:
        script = obtained.time_skipping_server()
    except SetupFailed as problem:
        unavailable(problem)
    environment = await WorkflowEnvironment.start_time_skipping(
        data_converter=DATA_CONVERTER,
        test_server_existing_path=str(script),
        test_server_startup_timeout=timedelta(seconds=60),  # Java on a busy machine
    )
    await register_search_attributes(environment.client)
    yield environment
    await environment.shutdown()


@pytest.fixture(scope="session")
def browser_path() -> Path:
    """A Chromium of the machine, to be started with `--no-sandbox` by who is root."""
    try:
        return obtained.browser_program()
    except SetupFailed as problem:
        unavailable(problem)


@pytest.fixture(scope="session")
def openid_provider_path() -> Path:
    """The directory of a certified OpenID provider, which Node.js runs."""
    try:
        return obtained.openid_provider()
    except SetupFailed as problem:
        unavailable(problem)
