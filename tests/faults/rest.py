"""Waiting until everything has come to rest: no open proposal, no delivery or row under way."""

import asyncio
import time
from dataclasses import dataclass

import asyncpg

_LEFT = """
SELECT (SELECT count(*) FROM proposals WHERE status IN ('pending', 'approved')) AS proposals,
       (SELECT count(*) FROM deliveries WHERE status = 'pending') AS deliveries,
       (SELECT count(*) FROM outbox) AS rows
"""


@dataclass(frozen=True, slots=True)
class Left:
    """What still waits."""

    proposals: int
    deliveries: int
    rows: int


async def come_to_rest(url: str, within: float) -> Left:
    """Return when nothing waits any more, or what still does when time is up."""
    deadline = time.monotonic() + within
    while True:
        left = await _left(url)
        if left == Left(0, 0, 0) or time.monotonic() > deadline:
            return left
        await asyncio.sleep(1)


async def _left(url: str) -> Left:
    connection = await asyncpg.connect(url)
    try:
        row = await connection.fetchrow(_LEFT)
        assert row is not None
        return Left(row["proposals"], row["deliveries"], row["rows"])
    finally:
        await connection.close()
