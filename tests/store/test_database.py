"""The transaction runner: what it retries, what it refuses, and that nothing is stored half."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from domain.errors import InvalidRequest, Unavailable
from domain.events import EventType, NewEvent
from store.database import Database
from store.listener import Listener
from store.notifier import EVENTS, Notifier
from store.transaction import Transaction
from tests.support.facts import CALLER, Facts


async def names(database: Database, prefix: str) -> list[str]:
    async def work(tx: Transaction) -> list[str]:
        found = await tx.sql.execute(
            text("SELECT name FROM teams WHERE starts_with(name, :prefix) ORDER BY name"),
            {"prefix": prefix},
        )
        return list(found.scalars())

    return await database.run(work)


async def test_a_deadlock_between_two_units_of_work_ends_well_for_both(facts: Facts) -> None:
    owner = await facts.team("owner")
    first, second = await facts.asset(owner), await facts.asset(owner)
    meeting = asyncio.Barrier(2)
    runs = 0

    async def both(one: UUID, other: UUID) -> None:
        met = False

        async def work(tx: Transaction) -> None:
            nonlocal runs, met
            runs += 1
            await tx.assets.lock(one)
            if not met:
                met = True
                await meeting.wait()
            await tx.assets.lock(other)

        await facts.database.run(work)

    await asyncio.gather(both(first.id, second.id), both(second.id, first.id))
    assert runs == 3


@pytest.mark.parametrize("state", ["40001", "40P01"])
async def test_a_failure_that_another_try_mends_is_tried_again_and_written_once(
    database: Database, state: str
) -> None:
    runs = 0

    async def work(tx: Transaction) -> str:
        nonlocal runs
        runs += 1
        await tx.teams.insert(f"retried-{state}-{runs}")
        if runs < 3:
            await tx.sql.execute(
                text(f"DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{state}'; END $$")
            )
        return "done"

    assert await database.run(work) == "done"
    assert await names(database, f"retried-{state}-") == [f"retried-{state}-3"]


async def test_it_does_not_try_for_ever(database: Database) -> None:
    runs = 0

    async def work(tx: Transaction) -> None:
        nonlocal runs
        runs += 1
        await tx.sql.execute(
            text("DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '40001'; END $$")
        )

    with pytest.raises(DBAPIError):
        await database.run(work)
    assert runs == 6


async def test_an_error_writes_nothing_of_the_unit(database: Database) -> None:
    async def work(tx: Transaction) -> None:
        await tx.teams.insert("half-stored")
        raise InvalidRequest("on second thought, no")

    with pytest.raises(InvalidRequest):
        await database.run(work)
    assert await names(database, "half-stored") == []


async def test_a_violated_constraint_is_not_retried(database: Database) -> None:
    runs = 0

    async def work(tx: Transaction) -> None:
        nonlocal runs
        runs += 1
        await tx.sql.execute(text("INSERT INTO teams (id, name) VALUES (NULL, 'x')"))

    with pytest.raises(IntegrityError):
        await database.run(work)
    assert runs == 1


async def test_where_no_postgres_is_it_says_unavailable() -> None:
    async with Database.connect("postgresql://nobody@127.0.0.1:1/none").closing() as nowhere:
        with pytest.raises(Unavailable):
            await nowhere.ping()


async def test_a_connection_that_dies_within_a_unit_is_unavailable_and_the_next_one_works(
    database: Database,
) -> None:
    async def work(tx: Transaction) -> None:
        await tx.teams.insert("cut-off")
        await tx.sql.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    with pytest.raises(Unavailable):
        await database.run(work)
    assert await names(database, "cut-off") == []


async def test_a_full_pool_is_waited_for(database_url: str) -> None:
    async def work(tx: Transaction) -> None:
        await tx.sql.execute(text("SELECT pg_sleep(0.05)"))

    async with Database.connect(database_url, pool_size=1).closing() as small:
        await asyncio.gather(*(small.run(work) for _ in range(8)))


async def test_text_that_postgres_cannot_keep_is_a_refusal_and_not_a_failure(
    database: Database,
) -> None:
    async def work(tx: Transaction) -> None:
        await tx.teams.insert("nul\x00byte")

    with pytest.raises(InvalidRequest):
        await database.run(work)


# --- telling others after the commit ---


@pytest.fixture
async def telling(database_url: str) -> AsyncIterator[Database]:
    async with (
        Notifier(database_url) as notifier,
        Database.connect(database_url, notifier=notifier).closing() as database,
    ):
        yield database


async def heard(listener: Listener, seconds: float) -> bool:
    clock = asyncio.get_running_loop().time
    started = clock()
    await listener.wait(seconds)
    return clock() - started < seconds * 0.9


async def test_listeners_are_notified_after_the_commit_and_not_without_one(
    telling: Database, database_url: str
) -> None:
    async def rolled_back(tx: Transaction) -> None:
        tx.topics.add("tessera_test_topic")
        raise InvalidRequest("no")

    async def committed(tx: Transaction) -> None:
        tx.topics.add("tessera_test_topic")

    async with Listener(database_url, ["tessera_test_topic"]) as listener:
        assert await heard(listener, 60)  # what it says to itself once it listens
        with pytest.raises(InvalidRequest):
            await telling.run(rolled_back)
        assert not await heard(listener, 0.3)
        await telling.run(committed)
        assert await heard(listener, 60)


async def test_a_lost_listen_connection_is_made_again(telling: Database, database_url: str) -> None:
    async def cut(tx: Transaction) -> None:
        await tx.sql.execute(
            text(
                "SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity "
                "WHERE datname = current_database() AND query LIKE 'LISTEN%tessera_other_topic%'"
            )
        )

    async def committed(tx: Transaction) -> None:
        tx.topics.add("tessera_other_topic")

    async with Listener(database_url, ["tessera_other_topic"]) as listener:
        assert await heard(listener, 60)
        await telling.run(cut)
        assert await heard(listener, 60)  # it listens again
        await telling.run(committed)
        assert await heard(listener, 60)


async def test_an_event_is_among_the_topics_of_its_transaction(database: Database) -> None:
    async def work(tx: Transaction) -> set[str]:
        await tx.teams.insert("topics")
        assert tx.topics == set()
        tx.events.append(
            NewEvent(type=EventType.TEAM_CREATED, caller=CALLER, summary="A team is created.")
        )
        return tx.topics

    assert await database.run(work) == {EVENTS}


# --- reading without a transaction, and connections that broke ---


async def test_what_only_reads_holds_no_transaction_and_may_not_write(database: Database) -> None:
    async def look(tx: Transaction) -> bool:
        first = await tx.sql.execute(text("SELECT now()"))
        await asyncio.sleep(0.01)
        second = await tx.sql.execute(text("SELECT now()"))
        return bool(first.scalar_one() == second.scalar_one())

    async def write(tx: Transaction) -> None:
        await tx.teams.insert("written while reading")

    assert await database.run(look)  # one transaction has one `now()`
    assert not await database.read(look)
    with pytest.raises(AssertionError, match="only reads"):
        await database.read(write)
    assert await names(database, "written while") == []


async def test_connections_that_broke_in_the_pool_cost_nobody_a_request(database_url: str) -> None:
    async def cut(tx: Transaction) -> None:
        await tx.sql.execute(
            text(
                "SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity"
                " WHERE application_name = 'tessera' AND datname = current_database()"
                " AND pid <> pg_backend_pid() AND state = 'idle'"
            )
        )

    async def insert(tx: Transaction) -> None:
        await tx.teams.insert(f"after-{uuid4()}")

    async with (
        Database.connect(database_url, pool_size=4).closing() as pooled,
        Database.connect(database_url, pool_size=1).closing() as other,
    ):
        for use in (pooled.run, pooled.read):
            await asyncio.gather(*(pooled.run(insert) for _ in range(8)))
            await other.run(cut)
            await use(lambda tx: tx.teams.named("nobody"))
            await asyncio.gather(*(pooled.run(insert) for _ in range(8)))
