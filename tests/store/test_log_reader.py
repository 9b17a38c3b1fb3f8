"""Reading the log from a Postgres that goes away meanwhile, or that does not let it be read."""

import asyncio
import os
import signal
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from domain.errors import SetupFailed, Unavailable
from record.seals import seal_next
from record.verification import compare, verify
from store.database import Database
from store.log_reader import LogReader, reading
from store.seals import Seals
from store.transaction import Transaction
from tests.store.test_verification import write
from tests.support.sealing import sealed_up_to_now

BACKENDS = (
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
    " AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND application_name = ''"
)


async def backend(owner: asyncpg.Connection) -> int:
    """The process that reads the log for us."""
    (row,) = await owner.fetch(BACKENDS)
    found: int = row[0]
    return found


async def compared_without(owner: asyncpg.Connection, url: str) -> None:
    """Compare, and end the process that reads in the middle."""
    async with reading(url) as log:
        await log.begin()
        await owner.execute("SELECT pg_terminate_backend($1, 30000)", await backend(owner))
        await compare(log)


async def test_a_reading_that_postgres_ends_is_unavailable(
    lonely: Database, fresh_database_url: str
) -> None:
    await write(lonely, 3)
    owner = await asyncpg.connect(fresh_database_url, server_settings={"application_name": "owner"})
    try:
        with pytest.raises(Unavailable, match="ended the reading"):
            await compared_without(owner, fresh_database_url)
    finally:
        await owner.close()


async def test_a_server_that_answers_no_more_is_not_waited_for_at_the_end(
    lonely: Database, fresh_database_url: str
) -> None:
    await write(lonely, 3)
    owner = await asyncpg.connect(fresh_database_url, server_settings={"application_name": "owner"})
    frozen = None

    async def gives_up() -> None:
        nonlocal frozen
        async with reading(fresh_database_url) as log:
            await log.begin()
            frozen = await backend(owner)
            os.kill(frozen, signal.SIGSTOP)
            raise TimeoutError("who reads gives up")

    try:
        async with asyncio.timeout(60):
            with pytest.raises(Unavailable, match="who reads gives up"):
                await gives_up()
    finally:
        if frozen is not None:
            os.kill(frozen, signal.SIGCONT)
        await owner.close()


async def test_who_may_not_read_the_log_is_told(lonely: Database, fresh_database_url: str) -> None:
    await write(lonely, 3)
    owner = await asyncpg.connect(fresh_database_url)
    await owner.execute("CREATE ROLE reads_nothing LOGIN PASSWORD 'own'")
    parts = urlsplit(fresh_database_url)
    url = urlunsplit(parts._replace(netloc=f"reads_nothing:own@127.0.0.1:{parts.port}"))
    try:
        with pytest.raises(SetupFailed, match="permission denied") as refused:
            await verify(url)
    finally:
        await owner.execute("DROP ROLE reads_nothing")
        await owner.close()
    assert "may read events" in str(refused.value.extra["hint"])


async def test_names_are_looked_up_in_the_catalogue_first(
    lonely: Database, fresh_database_url: str
) -> None:
    """By who reads and by who seals, whatever the user's own search path says."""
    owner = await asyncpg.connect(fresh_database_url)
    try:
        name = fresh_database_url.rpartition("/")[2]
        await owner.execute("CREATE SCHEMA nearer")
        await owner.execute(f"ALTER DATABASE {name} SET search_path = nearer, public, pg_catalog")
        await owner.execute(
            "CREATE FUNCTION nearer.to_json(text) RETURNS json LANGUAGE sql AS"
            " $$ SELECT '\"nothing\"'::json $$"
        )
    finally:
        await owner.close()
    async with Database.connect(fresh_database_url).closing() as database:
        await write(database, 3)

        async def paths(tx: Transaction) -> tuple[str, str]:
            before: str = (await tx.sql.connection.exec_driver_sql("SHOW search_path")).scalar_one()
            assert await Seals(tx.sql).claim()
            after: str = (await tx.sql.connection.exec_driver_sql("SHOW search_path")).scalar_one()
            return before, after

        assert await database.run(paths) == (
            "nearer, public, pg_catalog",
            "pg_catalog, public, pg_temp",
        )
        await sealed_up_to_now(database, 3, 3)
        assert await seal_next(database) == 0
    connection = await asyncpg.connect(fresh_database_url)
    try:
        async with connection.transaction():
            log = LogReader(connection)
            await log.begin()
            path = await connection.fetchval("SHOW search_path")
            lines = [line.text async for part in log.parts() for line in part.lines]
    finally:
        await connection.close()
    assert path == "pg_catalog, public, pg_temp"
    assert len(lines) == 3
    assert not any("nothing" in line for line in lines)
    assert (await verify(fresh_database_url)).sound
