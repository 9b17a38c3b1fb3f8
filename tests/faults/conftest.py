"""A server of its own for each test: it is killed, so nothing may be shared."""

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from domain.errors import SetupFailed
from tests.faults.callers import Caller
from tests.faults.receivers import Receiver
from tests.faults.servers import Servers, running
from tests.faults.stories import People, people
from tests.faults.windows import process_behind
from tests.support.obtained import temporal_program
from tests.support.servers import unavailable

KILLS = int(os.environ.get("TESSERA_KILLS", "0"))
"""Set by `make faults`; otherwise the short version runs."""
LONG = pytest.mark.skipif(not KILLS, reason="takes minutes; `make faults` runs it")


@dataclass(frozen=True, slots=True)
class World:
    """Servers, who calls them, who is told."""

    servers: Servers
    caller: Caller
    people: People
    receivers: tuple[Receiver, ...]


def sender(servers: Servers, port: int) -> int | None:
    command = process_behind(servers, port)
    return None if command is None else command.pid


@pytest.fixture
def temporal() -> Path:
    try:
        return temporal_program()
    except SetupFailed as problem:
        unavailable(problem)


@pytest.fixture
async def world(temporal: Path, tmp_path: Path) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        everything = await stack.enter_async_context(Receiver.running())
        of_owner = await stack.enter_async_context(Receiver.running())
        of_reader = await stack.enter_async_context(Receiver.running())
        servers = await stack.enter_async_context(running(temporal, tmp_path, everything.url))
        for receiver in (everything, of_owner, of_reader):
            receiver.sender = partial(sender, servers)
        caller = Caller.of(servers.urls)
        stack.push_async_callback(caller.close)
        teams = await people(caller, {"owner": of_owner.url, "reader-1": of_reader.url})
        yield World(servers, caller, teams, (everything, of_owner, of_reader))
