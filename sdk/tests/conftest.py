"""Fixtures: a real HTTP server on loopback that speaks Tessera's protocol, and clients of it."""

import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from tessera_sdk import AsyncClient, Client, Retries

sys.path.append(str(Path(__file__).parent))

from standin.server import StandIn
from standin.terminal import Outcome, Terminal

QUICK = Retries(attempts=4, first_pause=0.01, longest_pause=0.02)


@pytest.fixture
def server() -> Iterator[StandIn]:
    with StandIn() as running:
        yield running


@pytest.fixture
def client(server: StandIn) -> Iterator[Client]:
    with Client(server.url, "key-of-tests", retries=QUICK) as connected:
        yield connected


@pytest.fixture
async def async_client(server: StandIn) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(server.url, "key-of-tests", retries=QUICK) as connected:
        yield connected


@pytest.fixture
def terminal(server: StandIn) -> Terminal:
    """The command line, 80 columns wide, speaking to the server."""
    return Terminal(server.url)


@pytest.fixture
def tessera(terminal: Terminal) -> Callable[..., Outcome]:
    return terminal.run
