"""The Postgres server itself, looked at over connections of our own, beside any pool.

What a pooler or a proxy in between does to them is seen too: the relay and the feed listen on
connections that are dialled in the same way.
"""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg

from domain.errors import Unavailable
from domain.health import PostgresSeen
from store.urls import checked_url, dsn_of

DIALLED_WITHIN = 5.0
HEARD_WITHIN = 3.0
ROUND_TRIPS = 5
CHANNEL = "tessera_doctor"


def place_of(url: str) -> str:
    """Return host:port/database, without user and password."""
    parsed = checked_url(url)
    return f"{parsed.host or 'localhost'}:{parsed.port or 5432}/{parsed.database or ''}"


async def look_at(url: str) -> PostgresSeen:
    """Return what the server is like; raises `Unavailable` that says why it cannot be reached."""
    try:
        async with asyncio.timeout(4 * DIALLED_WITHIN):
            connection = await _dialled(url)
            try:
                return await _seen(connection, url)
            finally:
                connection.terminate()
    except TimeoutError as error:
        raise Unavailable("it does not answer in time") from error
    except asyncpg.PostgresError as error:
        raise Unavailable(str(error)) from error
    except (OSError, asyncpg.InterfaceError) as error:
        raise Unavailable(_reason(error)) from error


async def _dialled(url: str) -> asyncpg.Connection:
    return await asyncpg.connect(
        dsn_of(url),
        timeout=DIALLED_WITHIN,
        command_timeout=DIALLED_WITHIN,
        statement_cache_size=0,  # a pooler in transaction mode knows no prepared statements
    )


async def _seen(connection: asyncpg.Connection, url: str) -> PostgresSeen:
    latencies, differences = [], []
    for _ in range(ROUND_TRIPS):
        sent, began = datetime.now(UTC), time.perf_counter()
        there = await connection.fetchval("SELECT clock_timestamp()")
        took = timedelta(seconds=time.perf_counter() - began)
        latencies.append(took)
        differences.append(there - (sent + took / 2))
    version, number, read_only = await connection.fetchrow(
        "SELECT current_setting('server_version'), current_setting('server_version_num')::int,"
        " current_setting('transaction_read_only') = 'on'"
    )
    return PostgresSeen(
        place=place_of(url),
        version=version.split()[0],
        version_number=number,
        read_only=read_only,
        latency=sorted(latencies)[ROUND_TRIPS // 2],
        clock_ahead=sorted(differences)[ROUND_TRIPS // 2],
        notifies=await _hears(connection, url),
    )


async def _hears(connection: asyncpg.Connection, url: str) -> bool:
    """Whether the relay's way of listening works: one connection is idle, another one notifies."""
    word = uuid4().hex
    heard = asyncio.Event()

    def hear(_connection: object, _pid: int, _channel: str, payload: str) -> None:
        if payload == word:
            heard.set()

    listening = await _dialled(url)
    try:
        await listening.add_listener(CHANNEL, hear)
        await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, word)
        await asyncio.wait_for(heard.wait(), HEARD_WITHIN)
    except TimeoutError:
        return False
    finally:
        listening.terminate()
    return True


def _reason(error: Exception) -> str:
    """What the operating system says, in the words that people know."""
    if isinstance(error, ConnectionRefusedError):
        return "nothing listens there"
    text = str(error) or type(error).__name__
    if "Connect call failed" in text:  # asyncio's sum of what each address of the host said
        return "nothing listens there"
    return getattr(error, "strerror", None) or text
