"""The feed when its connections break, and when nobody waits: it skips nothing."""

import asyncio
from typing import TypeVar
from uuid import uuid4

import asyncpg

from domain.events import Cursor
from record.comparison import Comparer
from store.database import Database, Work
from store.feed import Feed, Follower
from store.listener import Listener
from store.notifier import EVENTS, Notifier
from store.transaction import Transaction
from tests.support.api_client import Api, app_over, client_of

T = TypeVar("T")


class Counting(Database):
    """A database that counts how often it is read."""

    reads = 0

    async def read(self, work: Work[T]) -> T:
        self.reads += 1
        return await super().read(work)


async def newest(database: Database) -> Cursor:
    """Return the newest place in the log."""

    async def work(tx: Transaction) -> Cursor:
        return await tx.events.latest()

    return await database.read(work)


async def taken_until(follower: Follower, count: int) -> list[str]:
    """Return the types of the events that come, until they are so many."""
    seen: list[str] = []
    async with asyncio.timeout(60):
        while len(seen) < count:
            seen += [event.type.value for event in await follower.take(1)]
    return seen


async def test_a_feed_whose_connections_are_cut_skips_nothing(
    fresh_database_url: str, comparer: Comparer
) -> None:
    url = fresh_database_url
    async with (
        Notifier(url) as notifier,
        Database.connect(url, notifier=notifier).closing() as database,
        Listener(url, [EVENTS]) as listener,
        Feed(database, listener) as feed,
        client_of(app_over(database, comparer, feed)) as client,
    ):
        api = Api(client, database)
        with feed.follow(await newest(database)) as follower:
            await api.team()
            assert await taken_until(follower, 1) == ["team.created"]
            await cut_all_others(url)
            for _ in range(3):
                await api.team()
            assert await taken_until(follower, 3) == ["team.created"] * 3


async def cut_all_others(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(
            "SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    finally:
        await connection.close()


async def test_a_feed_without_its_database_waits_for_it(comparer: Comparer) -> None:
    nowhere = "postgresql://nobody@127.0.0.1:1/nothing"
    start = Cursor(transaction=0, sequence=0)
    async with (
        Database.connect(nowhere).closing() as database,
        Listener(nowhere, [EVENTS]) as listener,
        Feed(database, listener) as feed,
    ):
        with feed.follow(start) as follower:
            assert await follower.take(0.5) == ()
            assert not follower.ended
        feed.end()
        with feed.follow(start) as late:
            assert late.ended


async def test_a_feed_that_nobody_waits_for_reads_nothing_and_then_skips_nothing(
    fresh_database_url: str, comparer: Comparer
) -> None:
    url = fresh_database_url
    async with (
        Notifier(url) as notifier,
        Database.connect(url, notifier=notifier).closing() as database,
        Counting.connect(url).closing() as counting,
        Listener(url, [EVENTS]) as listener,
        Feed(counting, listener) as feed,
        client_of(app_over(database, comparer, feed)) as client,
    ):
        api = Api(client, database)
        for _ in range(3):
            with feed.follow(await newest(database)) as follower:
                await api.team()
                assert await taken_until(follower, 1) == ["team.created"]
            await asyncio.sleep(1.2)  # it hears of nobody's leaving before its next look
            read = counting.reads
            seen = await newest(database)
            await api.team()
            await asyncio.sleep(0.3)
            assert counting.reads == read
            with feed.follow(seen) as follower:
                assert await taken_until(follower, 1) == ["team.created"]


async def test_who_waits_for_a_proposal_is_woken_once_the_feed_reads(
    fresh_database_url: str,
) -> None:
    """What happened while the feed rested is in the record, so it must be looked at again."""
    url = fresh_database_url
    async with (
        Database.connect(url).closing() as database,
        Listener(url, [EVENTS]) as listener,
        Feed(database, listener) as feed,
    ):
        with feed.watch(uuid4()) as happened:
            async with asyncio.timeout(60):
                await happened.wait()
