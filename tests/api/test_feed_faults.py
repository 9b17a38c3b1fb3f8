"""The feed when its connections break: it goes on by itself and skips nothing."""

import asyncio

import asyncpg

from record.comparison import Comparer
from store.database import Database
from store.feed import Feed, Follower
from store.listener import Listener
from store.notifier import EVENTS, Notifier
from tests.support.api_client import Api, app_over, client_of


async def taken_until(follower: Follower, count: int) -> list[str]:
    """Return the types of the events that come, until they are so many."""
    seen: list[str] = []
    async with asyncio.timeout(20):
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
        await asyncio.sleep(0.3)
        with feed.follow() as follower:
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
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    finally:
        await connection.close()


async def test_a_feed_without_its_database_waits_for_it(comparer: Comparer) -> None:
    nowhere = "postgresql://nobody@127.0.0.1:1/nothing"
    async with (
        Database.connect(nowhere).closing() as database,
        Listener(nowhere, [EVENTS]) as listener,
        Feed(database, listener) as feed,
    ):
        with feed.follow() as follower:
            assert await follower.take(0.5) == ()
            assert not follower.ended
        feed.end()
        with feed.follow() as late:
            assert late.ended
