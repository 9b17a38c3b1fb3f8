"""What a stolen password of the application can do to the log: add to it, and nothing lasting."""

import os
from collections.abc import AsyncIterator
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from domain.actors import KEEPER
from domain.flaws import FlawKind
from domain.verification import Verification
from record import retention
from record.verification import verify
from store.database import Database
from store.grants import ADDED_TO, grant
from store.schema import METADATA
from tests.store.test_verification import write
from tests.support.sealing import sealed_up_to_now
from tests.support.servers import ROOT

ROLE = f"insert_alone_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
"""Roles are the whole cluster's, which several workers share."""


@pytest.fixture
async def owner(fresh_database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(fresh_database_url)
    yield connection
    await connection.close()


@pytest.fixture
async def thief(
    owner: asyncpg.Connection, fresh_database_url: str
) -> AsyncIterator[asyncpg.Connection]:
    """Connected with the application's own password."""
    await owner.execute(f"CREATE ROLE {ROLE} LOGIN PASSWORD 'stolen'")
    await owner.execute("GRANT CREATE ON SCHEMA public TO PUBLIC")  # as it is before Postgres 15
    parts = urlsplit(fresh_database_url)
    url = urlunsplit(parts._replace(netloc=f"{ROLE}:stolen@127.0.0.1:{parts.port}"))
    try:
        await grant(fresh_database_url, url)
        connection = await asyncpg.connect(url)
        yield connection
        await connection.close()
    finally:
        await owner.execute(f"DROP OWNED BY {ROLE}; DROP ROLE {ROLE}")


def test_the_application_may_fill_what_it_fills() -> None:
    columns = set(METADATA.tables["events"].columns.keys())
    assert columns - set(ADDED_TO["events"] or ()) == {"transaction", "sequence", "at"}


@pytest.mark.parametrize(
    ("column", "value"), [("transaction", "'1'"), ("sequence", "-1"), ("at", "'2001-01-01'")]
)
async def test_where_and_when_an_event_stands_is_for_postgres_to_say(
    lonely: Database, thief: asyncpg.Connection, column: str, value: str
) -> None:
    await write(lonely, 1)
    copied = "SELECT gen_random_uuid(), type, caller, summary, payload{} FROM events LIMIT 1"
    insert = "INSERT INTO events (id, type, caller, summary, payload{}) OVERRIDING SYSTEM VALUE "
    await thief.execute(insert.format("") + copied.format(""))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await thief.execute(insert.format(f", {column}") + copied.format(f", {value}"))


async def test_nothing_can_be_put_beside_the_tables(thief: asyncpg.Connection) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await thief.execute(
            "CREATE FUNCTION public.to_json(text) RETURNS json LANGUAGE sql AS $$ SELECT 'null' $$"
        )


async def test_hashes_put_at_a_pruned_seal_prove_nothing_and_harm_nothing(
    lonely: Database, fresh_database_url: str, owner: asyncpg.Connection, thief: asyncpg.Connection
) -> None:
    await write(lonely, 6)
    await sealed_up_to_now(lonely, 6, 3)
    before = await owner.fetchval("SELECT at FROM events WHERE sequence = 4")
    assert (await retention.prune(lonely, KEEPER, before)).through_seal == 1
    await thief.execute("INSERT INTO seal_leaves SELECT 1, sequences, hashes FROM seal_leaves")
    outcome = await verify(fresh_database_url)
    assert outcome.sound, outcome.flaws
    assert outcome.pruned is not None
    assert outcome.pruned.events == 3
    assert outcome.remarks == ("Hashes were added to seal 1, which was pruned.",)
    await sealed_up_to_now(lonely, 1, 1)
    later = await owner.fetchval("SELECT clock_timestamp()")
    pruned = await retention.prune(lonely, KEEPER, later)
    assert (pruned.first_seal, pruned.through_seal, pruned.events) == (2, 3, 4)
    assert (await verify(fresh_database_url)).remarks == ()


FALSE_SEALS = {
    "far away": "SELECT 999999, form, '0', 0, '0', 0, 0, root, numbers_digest, hash, hash, at",
    "before the first": "SELECT 0, form, '0', 0, '1', 0, 0, root, numbers_digest, hash, hash, at",
    "next, over all that comes": "SELECT number + 1, form, end_transaction, end_sequence,"
    " '999999999', 0, 0, root, numbers_digest, hash, hash, at",
}


@pytest.mark.parametrize("what", sorted(FALSE_SEALS))
async def test_a_false_seal_is_named_and_keeps_nothing_from_going_and_can_be_taken_out(
    lonely: Database,
    fresh_database_url: str,
    owner: asyncpg.Connection,
    thief: asyncpg.Connection,
    what: str,
) -> None:
    await write(lonely, 6)
    await sealed_up_to_now(lonely, 6, 3)
    head = (await verify(fresh_database_url)).head
    number = await thief.fetchval(
        f"INSERT INTO seals {FALSE_SEALS[what]} FROM seals WHERE number = 2 RETURNING number"
    )
    bad = await verify(fresh_database_url, expected_head=head)
    assert _named(bad) == (3 if number > 2 else 0)

    before = await owner.fetchval("SELECT at FROM events WHERE sequence = 4")
    pruned = await retention.prune(lonely, KEEPER, before)
    assert (pruned.through_seal, pruned.events) == (1, 3)
    assert await owner.fetchval("SELECT array_agg(seal) FROM seal_leaves") == [2]
    later = await owner.fetchval("SELECT clock_timestamp()")
    assert (await retention.plan(lonely, later)).through_seal == 2

    page = (ROOT / "docs/operations/log.md").read_text(encoding="utf-8")
    statement = page.partition("### A false seal")[2].partition("```sql\n")[2].partition("```")[0]
    await owner.execute(statement.replace("999999", str(number)))
    await sealed_up_to_now(lonely, 1, 1)
    outcome = await verify(fresh_database_url, expected_head=head)
    assert outcome.sound, outcome.flaws
    assert (outcome.sealed, outcome.unsealed, outcome.seals) == (4, 0, 3)


def _named(outcome: Verification) -> int | None:
    first = outcome.flaws[0]
    assert first.kind in (FlawKind.SEAL_CHANGED, FlawKind.SEAL_MISSING)
    return first.seal
