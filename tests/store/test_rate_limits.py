"""Buckets: what all ask for together is never more than there is, by the clock of Postgres."""

import asyncio
import time
from uuid import uuid4

from sqlalchemy import text

from domain.rate_limits import Leased, Limit
from store.database import Database
from store.rate_limits import Ask
from store.transaction import Transaction

SLOW = Limit("slow", quota=120)
"""Two tokens a second; 110 in a full bucket."""
QUICK = Limit("quick", quota=60_000)


def bucket(name: str = "bucket") -> str:
    return f"{name}-{uuid4().hex}"


async def lease(database: Database, *asks: Ask) -> dict[str, Leased]:
    async def work(tx: Transaction) -> dict[str, Leased]:
        return await tx.rate_limits.lease(asks)

    return await database.at_once(work)


async def got(database: Database, key: str, count: int, limit: Limit = SLOW) -> int:
    return (await lease(database, Ask(key, limit, count)))[key].granted


async def test_a_bucket_gives_what_it_holds_and_then_what_it_gains(database: Database) -> None:
    key, began = bucket(), time.monotonic()

    def gained() -> float:
        return (time.monotonic() - began) * SLOW.rate

    assert [await got(database, key, 50) for _ in range(2)] == [50, 50]
    rest = await got(database, key, 500)
    assert 10 <= rest <= 10 + gained()
    empty = (await lease(database, Ask(key, SLOW, 1)))[key]
    assert 100 + rest + empty.granted <= SLOW.capacity + gained()
    assert SLOW.span - 1 - gained() / SLOW.rate < empty.fills_in <= SLOW.span
    await asyncio.sleep(1.6)
    last = await got(database, key, 500)
    assert last >= 3
    assert 100 + rest + empty.granted + last <= SLOW.capacity + gained()


async def test_all_together_get_no_more_than_there_is(database: Database) -> None:
    """Twenty connections at the same bucket, and the sum is exact to the token."""
    key, began = bucket(), time.monotonic()
    granted = await asyncio.gather(*(got(database, key, 7) for _ in range(200)))
    gained = (time.monotonic() - began) * SLOW.rate
    assert SLOW.capacity <= sum(granted) <= SLOW.capacity + gained


async def test_fast_buckets_are_exact_too(database: Database) -> None:
    """A thousand tokens a second: a fraction lost or won by each lease would show."""
    key = bucket()
    limit = Limit("quick", quota=60_000, lease=59.9)  # a hundred tokens in a full bucket
    began, sum_granted = time.monotonic(), 0
    while time.monotonic() - began < 1.5:
        sum_granted += sum(await asyncio.gather(*(got(database, key, 3, limit) for _ in range(9))))
    assert sum_granted <= limit.capacity + (time.monotonic() - began) * limit.rate


async def test_one_statement_asks_for_many_buckets(database: Database) -> None:
    ours, others, began = bucket(), bucket(), time.monotonic()
    await got(database, others, 105)
    answers = await lease(database, Ask(others, SLOW, 9), Ask(ours, QUICK, 1000))
    assert answers[ours].granted == 1000
    assert 5 <= answers[others].granted <= 5 + (time.monotonic() - began) * SLOW.rate


async def test_a_clock_that_was_put_back_keeps_nobody_out_for_long(database: Database) -> None:
    key = bucket()
    await got(database, key, 1)
    await execute(database, "UPDATE rate_buckets SET full_at = full_at + interval '1 day'", key)
    answer = await lease(database, Ask(key, SLOW, 1))
    assert answer[key].granted == 0
    assert answer[key].fills_in <= SLOW.span


async def test_buckets_that_are_full_again_are_forgotten(database: Database) -> None:
    full, in_use = bucket(), bucket()
    await got(database, full, 1, QUICK)
    await got(database, in_use, 100)
    await asyncio.sleep(0.05)

    async def work(tx: Transaction) -> int:
        return await tx.rate_limits.forget_full()

    assert await database.run(work) >= 1
    there = "SELECT count(*) FROM rate_buckets"
    assert [await execute(database, there, key) for key in (full, in_use)] == [0, 1]


async def execute(database: Database, statement: str, key: str) -> int | None:
    async def work(tx: Transaction) -> int | None:
        found = await tx.sql.execute(text(f"{statement} WHERE key = :key"), {"key": key})
        return found.scalar_one() if statement.startswith("SELECT") else None

    return await database.run(work)
