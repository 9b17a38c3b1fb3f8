"""Retention: whole seals go from the beginning of the log, and the rest stays proven."""

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from domain.actors import KEEPER
from domain.events import EventType, NewEvent
from domain.verification import FlawKind, Verification
from record import destinations, proposals, retention
from record.verification import verify
from store.database import Database
from store.transaction import Transaction
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
    assert (outcome.pruned.events, outcome.pruned.said) == (5, (told.summary,))
    assert (await retention.prune(lonely.database, KEEPER, first)).events == 0

    await sealed_teams(lonely, 1)
    again = await retention.prune(lonely.database, KEEPER, LATER)
    assert (again.events, again.first_seal) == (5, 4)
    outcome = await verified(fresh_database_url, head)
    assert outcome.sound, outcome.flaws
    assert outcome.pruned is not None
    assert (outcome.pruned.events, outcome.sealed, outcome.unsealed) == (10, 0, 2)


async def test_what_is_open_or_under_way_stays(lonely: Facts, fresh_database_url: str) -> None:
    await sealed_teams(lonely, 2)
    team = await lonely.team("told")
    await destinations.set_webhook(
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
    await destinations.set_webhook(
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


async def test_a_pruning_that_is_only_told_of_is_seen(
    lonely: Facts, fresh_database_url: str
) -> None:
    await sealed_teams(lonely, 4)

    async def lie(through: object) -> None:
        async def work(tx: Transaction) -> None:
            tx.events.append(
                NewEvent(
                    type=EventType.LOG_PRUNED,
                    caller=CALLER,
                    summary="nothing to see",
                    payload={"through_seal": through},
                )
            )

        await lonely.database.run(work)

    await lie("all of it")
    assert (await verified(fresh_database_url)).sound
    await lie(1)
    outcome = await verified(fresh_database_url)
    assert [flaw.kind for flaw in outcome.flaws] == [FlawKind.INSERTED]
    await lie(99)
    assert (await verified(fresh_database_url)).flaws[-1].kind is FlawKind.SEAL_MISSING


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
    from domain.errors import Forbidden
    from store.grants import grant

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
