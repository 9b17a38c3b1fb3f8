"""Waiting until everything has come to rest: nothing open, no delivery or row under way."""

import asyncio
import time
from dataclasses import dataclass

import asyncpg

_LEFT = """
SELECT (SELECT count(*) FROM proposals WHERE status IN ('pending', 'approved')) AS proposals,
       (SELECT count(*) FROM releases WHERE status = 'open') AS releases,
       (SELECT count(*) FROM retirements WHERE status = 'open') AS retirements,
       (SELECT count(*) FROM deliveries WHERE status = 'pending') AS deliveries,
       (SELECT count(*) FROM outbox) AS rows
"""


@dataclass(frozen=True, slots=True)
class Left:
    """What still waits."""

    proposals: int = 0
    releases: int = 0
    retirements: int = 0
    deliveries: int = 0
    rows: int = 0


async def come_to_rest(url: str, within: float) -> Left:
    """Return when nothing waits any more, or what still does when time is up."""
    deadline = time.monotonic() + within
    while True:
        left = await _left(url)
        if left == Left() or time.monotonic() > deadline:
            return left
        await asyncio.sleep(1)


async def nothing_under_way(url: str, within: float) -> None:
    """Return when every message and every wake has gone out, whatever is open, or time is up."""
    deadline = time.monotonic() + within
    while (left := await _left(url)).deliveries or left.rows:
        if time.monotonic() > deadline:
            return
        await asyncio.sleep(0.2)


async def _left(url: str) -> Left:
    connection = await asyncpg.connect(url)
    try:
        row = await connection.fetchrow(_LEFT)
        assert row is not None
        return Left(**row)
    finally:
        await connection.close()
