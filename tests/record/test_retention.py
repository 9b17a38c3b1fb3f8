"""Retention: whole seals go from the beginning of the log, and the rest stays proven."""

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from domain.actors import KEEPER
from domain.errors import Conflict, Forbidden
from domain.events import EventType, NewEvent
from domain.verification import Verification
from record import proposals, retention
from record.verification import verify
from store.database import Database
from store.grants import grant
from store.transaction import Transaction
from tests.support import webhooks
from tests.support.conductor import breaking
from tests.support.facts import CALLER, Facts
from tests.support.sealing import sealed_up_to_now

LATER = datetime.now(UTC) + timedelta(days=1)


async def sealed_teams(facts: Facts, count: int) -> datetime:
    """Write so many events, two to a seal; return when the last was written."""
    for _ in range(count):
        await facts.team("one")
    await sealed_up_to_now(facts.database, count, 2)

    async def work(tx: Transaction) -> datetime:
        return await tx.now()

    return await facts.database.run(work)


async def verified(url: str, head: str | None = None) -> Verification:
    return await verify(url, expected_head=head)


async def test_whole_seals_go_and_the_rest_is_still_proven(
    lonely: Facts, fresh_database_url: str
) -> None:
    first = await sealed_teams(lonely, 5)  # seals of 2, 2, 1
    await sealed_teams(lonely, 4)
    head = (await verified(fresh_database_url)).head
    planned = await retention.plan(lonely.database, first)
    assert (planned.events, planned.first_seal, planned.through_seal) == (5, 1, 3)
    assert len(await lonely.events()) == 9

    done = await retention.prune(lonely.database, KEEPER, first)
    assert done == planned
    assert await lonely.events() == ["team.created"] * 4 + ["log.pruned"]
    (told,) = await lonely.log(type=EventType.LOG_PRUNED)
    assert (told.payload["events"], told.payload["through_seal"]) == (5, 3)

    outcome = await verified(fresh_database_url, head)
    assert outcome.sound, outcome.flaws
    assert (outcome.sealed, outcome.unsealed, outcome.seals) == (4, 1, 5)
    assert outcome.pruned is not None
    assert outcome.pruned.events == 5
    assert outcome.pruned.said == ("5 events of seals 1 to 3, as event 10 tells.",)
    assert (await retention.prune(lonely.database, KEEPER, first)).events == 0

    await sealed_teams(lonely, 1)
    again = await retention.prune(lonely.database, KEEPER, LATER)
    assert (again.events, again.first_seal) == (5, 4)
    outcome = await verified(fresh_database_url, head)
    assert outcome.sound, outcome.flaws
    assert outcome.pruned is not None
    assert (outcome.pruned.events, outcome.sealed, outcome.unsealed) == (10, 0, 2)
    assert outcome.pruned.said == (
        "What told of the seals up to 3 went with a later pruning.",
        "5 events of seals 4 to 6, as event 12 tells.",
    )


async def test_what_is_open_or_under_way_stays(lonely: Facts, fresh_database_url: str) -> None:
    await sealed_teams(lonely, 2)
    team = await lonely.team("told")
    await webhooks.set_webhook(
        lonely.database, CALLER, team.id, "https://hooks.example.com/x", None
    )
    conductor = await breaking(lonely, "reader")
    await sealed_up_to_now(lonely.database, len(await lonely.events()) - 2, 1)
    planned = await retention.plan(lonely.database, LATER)
    kept = [each for each in await lonely.log() if each.proposal_id == conductor.proposal.id]
    assert planned.held_back
    before = await lonely.log()
    await retention.prune(lonely.database, KEEPER, LATER)
    left = [each.id for each in await lonely.log()][:-1]
    assert left == [each.id for each in before[before.index(kept[0]) :]]
    assert (await verified(fresh_database_url)).sound

    await proposals.withdraw(lonely.database, CALLER, conductor.proposal.id, None)
    await conductor.carry_on()
    assert not (await retention.plan(lonely.database, LATER)).held_back


async def test_events_that_were_delivered_go_with_their_deliveries(
    lonely: Facts, fresh_database_url: str
) -> None:
    team = await lonely.team("producer")
    await webhooks.set_webhook(
        lonely.database, CALLER, team.id, "https://hooks.example.com/x", None
    )

    async def notify(tx: Transaction) -> None:
        new = NewEvent(
            type=EventType.CONTRACT_PUBLISHED,
            caller=CALLER,
            summary="told",
            audience=(team.id,),
            notifies=True,
        )
        tx.events.append(new)

    await lonely.database.run(notify)
    await sealed_up_to_now(lonely.database, 3, 1)
    assert (await retention.plan(lonely.database, LATER)).events == 2  # the delivery is pending

    async def deliver(tx: Transaction) -> None:
        await tx.sql.execute(text("UPDATE deliveries SET status = 'delivered'"))

    await lonely.database.run(deliver)
    assert (await retention.prune(lonely.database, KEEPER, LATER)).events == 3

    async def count(tx: Transaction) -> int:
        found: int = (await tx.sql.execute(text("SELECT count(*) FROM deliveries"))).scalar_one()
        return found

    assert await lonely.database.run(count) == 0
    assert (await verified(fresh_database_url)).sound


async def test_a_pruning_that_nobody_told_of_is_a_gap(
    lonely: Facts, fresh_database_url: str
) -> None:
    await sealed_teams(lonely, 6)
    owner = await asyncpg.connect(fresh_database_url)
    try:
        await owner.execute("SET session_replication_role = replica")
        await owner.execute("DELETE FROM events WHERE sequence <= 2")
        await owner.execute("DELETE FROM seal_leaves WHERE seal = 1")
    finally:
        await owner.close()
    outcome = await verified(fresh_database_url)
    assert [flaw.seal for flaw in outcome.flaws] == [1]


async def told(database: Database, payload: dict[str, object]) -> None:
    """Add an event that tells of a pruning, as whoever may add can."""

    async def work(tx: Transaction) -> None:
        tx.events.append(
            NewEvent(
                type=EventType.LOG_PRUNED,
                caller=CALLER,
                summary="nothing to see",
                payload=payload,
            )
        )

    await database.run(work)


async def hash_of(url: str, seal: int) -> str:
    connection = await asyncpg.connect(url)
    try:
        found: str = await connection.fetchval(
            "SELECT encode(hash, 'hex') FROM seals WHERE number = $1", seal
        )
        return found
    finally:
        await connection.close()


async def test_a_pruning_that_is_only_told_of_hides_nothing_and_keeps_nothing_from_going(
    lonely: Facts, fresh_database_url: str
) -> None:
    await sealed_teams(lonely, 6)
    right = {"from_seal": 1, "through_seal": 2, "events": 4}
    right["seal_hash"] = await hash_of(fresh_database_url, 2)  # type: ignore[assignment]
    lies = (
        {"through_seal": "all of it"},
        {"through_seal": 999_999},
        right | {"events": 3},
        {"from_seal": 1, "through_seal": [2]},
        right,
    )
    for lie in lies:
        await told(lonely.database, dict(lie))
    outcome = await verified(fresh_database_url)
    assert outcome.sound, outcome.flaws
    assert (outcome.sealed, outcome.pruned) == (6, None)
    assert outcome.remarks == tuple(
        f"Event {number} tells of a pruning that did not happen." for number in range(7, 12)
    )
    owner = await asyncpg.connect(fresh_database_url)
    try:
        await owner.execute("SET session_replication_role = replica")
        await owner.execute("UPDATE events SET summary = 'never' WHERE sequence = 3")
        assert [flaw.sequence for flaw in (await verified(fresh_database_url)).flaws] == [3]
        await owner.execute("DELETE FROM events WHERE sequence IN (3, 4)")
        await owner.execute("DELETE FROM seal_leaves WHERE seal = 2")
        # Told or not, what goes goes from the beginning.
        assert [flaw.seal for flaw in (await verified(fresh_database_url)).flaws] == [2]
    finally:
        await owner.close()


async def test_forged_words_of_a_pruning_keep_nothing_from_going(
    lonely: Facts, fresh_database_url: str
) -> None:
    written = await sealed_teams(lonely, 4)
    await told(lonely.database, {"through_seal": 999_999, "from_seal": 1})
    planned = await retention.plan(lonely.database, written)
    assert (planned.events, planned.first_seal, planned.through_seal) == (4, 1, 2)
    assert await retention.prune(lonely.database, KEEPER, written) == planned
    outcome = await verified(fresh_database_url)
    assert outcome.sound, outcome.flaws
    assert outcome.pruned is not None
    assert outcome.pruned.said == ("4 events of seals 1 to 2, as event 6 tells.",)


async def test_what_is_gone_and_not_told_of_is_not_pruned_over(
    lonely: Facts, fresh_database_url: str
) -> None:
    await sealed_teams(lonely, 6)
    owner = await asyncpg.connect(fresh_database_url)
    try:
        await owner.execute("SET session_replication_role = replica")
        await owner.execute("DELETE FROM events WHERE sequence = 3")
        with pytest.raises(Conflict, match="count 6 events, and there are 5"):
            await retention.prune(lonely.database, KEEPER, LATER)
        await owner.execute("DELETE FROM events WHERE sequence <= 2")
        with pytest.raises(Conflict, match="up to seal 1 are gone, and no pruning"):
            await retention.plan(lonely.database, LATER)
    finally:
        await owner.close()
    assert len(await lonely.events()) == 3


async def until_somebody_waits(connection: asyncpg.Connection) -> None:
    """For a lock, in this database."""
    waits = (
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        " AND datname = current_database()"
    )
    async with asyncio.timeout(60):
        while await connection.fetchval(waits) == 0:  # noqa: ASYNC110  # Postgres tells nobody
            await asyncio.sleep(0.02)


async def test_what_is_delivered_while_it_would_go_makes_the_pruning_end_in_words(
    lonely: Facts, fresh_database_url: str
) -> None:
    written = await sealed_teams(lonely, 2)
    team = await lonely.team("told")
    await webhooks.set_webhook(
        lonely.database, CALLER, team.id, "https://hooks.example.com/x", None
    )
    other = await asyncpg.connect(fresh_database_url)
    try:
        transaction = other.transaction()
        await transaction.start()
        await other.execute(
            "INSERT INTO deliveries (id, event_id, destination_id, status, attempts) SELECT"
            " gen_random_uuid(), e.id, d.id, 'pending', 0 FROM events e, destinations d"
            " WHERE e.sequence = 1"
        )
        pruning = asyncio.create_task(retention.prune(lonely.database, KEEPER, written))
        await until_somebody_waits(other)
        await transaction.commit()
        with pytest.raises(Conflict, match="delivered at this moment"):
            await pruning
    finally:
        await other.close()
    assert (await verified(fresh_database_url)).sealed == 2


@pytest.mark.parametrize("through", ["", "1", "99"])
async def test_the_triggers_let_nothing_else_go(lonely: Facts, through: str) -> None:
    await sealed_teams(lonely, 4)

    async def work(tx: Transaction) -> None:
        setting = text("SELECT set_config('tessera.prune_through', :through, true)")
        await tx.sql.execute(setting, {"through": through})
        await tx.sql.execute(text("DELETE FROM events WHERE sequence >= 3"))

    with pytest.raises(DBAPIError, match="append-only"):
        await lonely.database.run(work)
    assert len(await lonely.events()) == 4


async def test_only_the_owner_may(lonely: Facts, fresh_database_url: str) -> None:
    written = await sealed_teams(lonely, 2)

    async def said(tx: Transaction, *statements: str) -> None:
        for statement in statements:
            await tx.sql.execute(text(statement))

    own = fresh_database_url.replace("//tessera:", "//retention_application:", 1)
    await lonely.database.run(
        lambda tx: said(
            tx,
            "CREATE ROLE retention_application LOGIN PASSWORD "
            f"'{fresh_database_url.split(':')[2].split('@', maxsplit=1)[0]}'",
        )
    )
    try:
        await grant(fresh_database_url, own)
        async with Database.connect(own).closing() as database:
            assert not (await retention.plan(database, written)).permitted
            with pytest.raises(Forbidden):
                await retention.prune(database, KEEPER, written)
    finally:
        await lonely.database.run(
            lambda tx: said(
                tx, "DROP OWNED BY retention_application", "DROP ROLE retention_application"
            )
        )
