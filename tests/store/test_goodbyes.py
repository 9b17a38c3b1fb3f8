"""Postgres says that it ends a connection before it hangs up, and the driver waits for the latter.

What is asked between the two is no failure of ours. A proxy makes the moment long: it passes on
what is said, and tells only later that Postgres has hung up.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from urllib.parse import urlsplit

import pytest
from sqlalchemy import Executable, bindparam, select, text

from domain.errors import Unavailable
from store.database import Database
from store.fixed import fixed
from store.teams import TeamRow
from store.transaction import Transaction

FIXED = fixed(select(TeamRow.id).where(TeamRow.name == bindparam("name")))
USUAL = text("SELECT id FROM teams WHERE name = :name")
PID = text("SELECT pg_backend_pid()")
ARRIVES_WITHIN = 0.3
HANGS_UP_AFTER = 2.0
"""Seconds; on a machine so slow that they run out a connection is simply lost, which works too."""


async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while said := await reader.read(65536):
            writer.write(said)
            await writer.drain()


@pytest.fixture
async def far(database_url: str) -> AsyncIterator[Database]:
    """A database with one connection, behind the proxy."""
    there = urlsplit(database_url)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_says, to_server = await asyncio.open_connection(there.hostname, there.port)
        asked = asyncio.create_task(pass_on(reader, to_server))
        await pass_on(server_says, writer)
        await asyncio.wait([asked], timeout=HANGS_UP_AFTER)
        asked.cancel()
        to_server.close()
        writer.close()

    proxy = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = proxy.sockets[0].getsockname()[1]
    url = there._replace(netloc=f"{there.username}:{there.password}@127.0.0.1:{port}").geturl()
    async with Database.connect(url, pool_size=1).closing() as database:
        yield database
    proxy.close()


@pytest.fixture
async def said_goodbye(database_url: str) -> AsyncIterator[Callable[[int], Awaitable[None]]]:
    """Has Postgres end the session of a pid; returns once it has said so."""
    async with Database.connect(database_url, pool_size=1).closing() as near:

        async def end(pid: int) -> None:
            async def work(tx: Transaction) -> None:
                await tx.sql.execute(text("SELECT pg_terminate_backend(:pid, 30000)"), {"pid": pid})

            await near.run(work)
            await asyncio.sleep(ARRIVES_WITHIN)

        yield end


async def pid_of(tx: Transaction) -> int:
    return int((await tx.sql.execute(PID)).scalar_one())


@pytest.mark.parametrize("statement", [FIXED, USUAL], ids=["fixed", "usual"])
@pytest.mark.parametrize("way", ["run", "read"])
async def test_what_is_asked_after_it_is_answered_by_another_connection(
    far: Database,
    said_goodbye: Callable[[int], Awaitable[None]],
    statement: Executable,
    way: str,
) -> None:
    use = far.run if way == "run" else far.read
    pid = await use(pid_of)
    await said_goodbye(pid)

    async def work(tx: Transaction) -> int:
        assert (await tx.sql.execute(statement, {"name": "nobody"})).all() == []
        return await pid_of(tx)

    assert await use(work) != pid


@pytest.mark.parametrize("statement", [FIXED, USUAL], ids=["fixed", "usual"])
async def test_a_unit_of_work_that_it_meets_is_done_again(
    far: Database, said_goodbye: Callable[[int], Awaitable[None]], statement: Executable
) -> None:
    pids = []

    async def work(tx: Transaction) -> None:
        pids.append(await pid_of(tx))
        if len(pids) == 1:
            await said_goodbye(pids[0])
        assert (await tx.sql.execute(statement, {"name": "nobody"})).all() == []

    await far.run(work)
    assert len(set(pids)) == 2


async def test_a_commit_that_it_meets_is_said_to_be_uncertain(
    far: Database, said_goodbye: Callable[[int], Awaitable[None]]
) -> None:
    async def work(tx: Transaction) -> None:
        await said_goodbye(await pid_of(tx))

    with pytest.raises(Unavailable):
        await far.run(work)
    assert await far.run(pid_of)
