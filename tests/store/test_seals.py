"""Sealing: each event once, however many seal at once, and nobody who writes is held up."""

import asyncio
import hashlib
import json
from decimal import Decimal
from typing import Any

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from domain.events import EventType, NewEvent
from domain.seals import Leaves, LogLine, leaf_hash, merkle_root, sealed
from record.seals import seal_next
from store.database import Database
from store.seals import CANONICAL, Unsealed
from store.transaction import Transaction
from tests.store.test_verification import ODD, asyncpg_transaction, verified, write
from tests.support.facts import CALLER
from tests.support.sealing import sealed_up_to_now


def rfc_root(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, as it is written there: over inputs, not yet hashed."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    joined = b"\x01" + rfc_root(leaves[:half]) + rfc_root(leaves[half:])
    return hashlib.sha256(joined).digest()


@given(st.lists(st.text(max_size=3), max_size=40))
def test_the_root_is_that_of_the_rfc(texts: list[str]) -> None:
    lines = [LogLine(1, number, each) for number, each in enumerate(texts)]
    expected = rfc_root([text.encode() for text in texts])
    assert merkle_root([leaf_hash(line.text) for line in lines]) == expected
    assert Leaves.of(lines).root() == expected


def canonical(value: Any) -> str:
    """The form that is promised: keys by length and bytes, numbers as they were given."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
        inner = ", ".join(f"{canonical(key)}: {canonical(value[key])}" for key in keys)
        return "{" + inner + "}"
    if isinstance(value, list):
        return "[" + ", ".join(canonical(each) for each in value) + "]"
    if isinstance(value, Decimal):
        return format(value, "f")
    return json.dumps(value, ensure_ascii=False)


async def test_the_canonical_form_is_what_is_promised(
    lonely: Database, fresh_database_url: str
) -> None:
    """Held by a second writing of it, so that no release of Postgres changes it unnoticed."""
    await write(lonely, 2 * len(ODD))
    async with asyncpg_transaction(fresh_database_url) as connection:
        await connection.execute("SET LOCAL TimeZone = 'Asia/Kathmandu'")
        rows = await connection.fetch(
            f"SELECT *, transaction::text AS xid, extract(epoch FROM at) AS epoch, {CANONICAL} AS"
            " canonical FROM events"
        )
        columns = {
            each["attname"]
            for each in await connection.fetch(
                "SELECT attname FROM pg_attribute"
                " WHERE attrelid = 'events'::regclass AND attnum > 0"
            )
        }
    assert len(rows) == 2 * len(ODD)
    for row in rows:
        value = {
            **{
                name: None if row[name] is None else str(row[name])
                for name in ("id", "asset_id", "proposal_id", "team_id")
            },
            **{
                name: json.loads(row[name], parse_float=Decimal, parse_int=Decimal)
                for name in ("caller", "payload")
            },
            **{name: row[name] for name in ("type", "summary", "sequence")},
            "transaction": row["xid"],
            "at": row["epoch"],
        }
        assert row["canonical"] == canonical(value)
        assert set(value) == columns, "a new column has to be hashed, and is another form"


async def test_transactions_are_ordered_as_numbers(
    lonely: Database, fresh_database_url: str
) -> None:
    """As texts, 10 would come before 9."""
    await write(lonely, 1)
    connection = await asyncpg.connect(fresh_database_url)
    try:
        for number in ("10", "9", "100", "99"):
            await connection.execute(
                "INSERT INTO events (id, transaction, type, caller, summary, payload) SELECT"
                " gen_random_uuid(), $1::text::xid8, type, caller, summary, payload FROM events"
                " LIMIT 1",
                number,
            )
        await sealed_up_to_now(lonely, 5, 2)
        ends = await connection.fetch("SELECT end_transaction::text FROM seals ORDER BY number")
    finally:
        await connection.close()
    assert [row[0] for row in ends][:2] == ["10", "100"]
    async with asyncpg_transaction(fresh_database_url) as connection:
        outcome = await verified(connection)
    assert (outcome.sound, outcome.sealed, outcome.unsealed) == (True, 5, 0), outcome.flaws


async def test_many_who_seal_at_once_seal_each_event_once(
    lonely: Database, fresh_database_url: str
) -> None:
    for _ in range(5):
        await write(lonely, 30)
        left = 30
        async with asyncio.timeout(60):
            while left:
                left -= sum(await asyncio.gather(*(seal_next(lonely, 4) for _ in range(6))))
    async with asyncpg_transaction(fresh_database_url) as connection:
        outcome = await verified(connection)
    assert (outcome.sound, outcome.sealed, outcome.unsealed) == (True, 150, 0)


async def test_who_ignores_the_lock_still_cannot_fork_the_chain(lonely: Database) -> None:
    await write(lonely, 6)
    await sealed_up_to_now(lonely, 3, 3)
    read = asyncio.Barrier(2)

    async def seal_without_claim(number: int) -> None:
        async def work(tx: Transaction) -> None:
            head = await tx.seals.head()
            unsealed: Unsealed = await tx.seals.unsealed(head, 3)
            await read.wait()
            leaves = Leaves.of(unsealed.lines)
            await tx.seals.insert(sealed(head, leaves, unsealed.end, await tx.now()), leaves)

        await lonely.run(work)

    ends = await asyncio.gather(
        seal_without_claim(1), seal_without_claim(2), return_exceptions=True
    )
    refused = [end for end in ends if end is not None]
    assert len(refused) == 1
    assert "duplicate key" in str(refused[0])


async def test_what_commits_late_is_sealed_later_and_never_left_out(
    lonely: Database, fresh_database_url: str
) -> None:
    written, may_commit = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        async def work(tx: Transaction) -> None:
            tx.events.append(
                NewEvent(type=EventType.TEAM_CREATED, caller=CALLER, summary="begun first")
            )
            await tx.finish()
            written.set()
            await may_commit.wait()

        await lonely.run(work)

    holding = asyncio.create_task(slow())
    await written.wait()
    await write(lonely, 3)
    assert await seal_next(lonely) == 0  # the slow one lies before them
    may_commit.set()
    await holding
    await sealed_up_to_now(lonely, 4, 10)
    async with asyncpg_transaction(fresh_database_url) as connection:
        outcome = await verified(connection)
    assert (outcome.sound, outcome.sealed, outcome.unsealed) == (True, 4, 0)


@pytest.mark.parametrize("table", ["seals", "seal_leaves"])
@pytest.mark.parametrize(
    "statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {} CASCADE"]
)
async def test_seals_cannot_be_rewritten(lonely: Database, table: str, statement: str) -> None:
    await write(lonely, 2)
    await sealed_up_to_now(lonely, 2, 10)
    column = "at" if table == "seals" else "hashes"

    async def work(tx: Transaction) -> None:
        await tx.sql.execute(text(statement.format(table, column, column)))

    with pytest.raises(DBAPIError, match="append-only"):
        await lonely.run(work)


async def test_sealing_waits_for_no_writer_and_no_writer_for_it(
    lonely: Database, fresh_database_url: str
) -> None:
    await write(lonely, 3)
    connection = await asyncpg.connect(fresh_database_url)
    try:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("SELECT pg_advisory_xact_lock($1)", 0x7E55E75)
        assert await asyncio.wait_for(seal_next(lonely), 60) == 0
        await asyncio.wait_for(write(lonely, 3), 60)
        await transaction.rollback()
    finally:
        await connection.close()
    await sealed_up_to_now(lonely, 6, 10)
