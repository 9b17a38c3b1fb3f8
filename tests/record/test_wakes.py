"""Finding what nobody looks after any more, and setting aside what Temporal will never take."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from domain.acknowledgments import Response
from domain.events import EventType
from record import wakes
from store.outbox import OutboxItem
from store.transaction import Transaction
from tests.support.conductor import Conductor, breaking
from tests.support.facts import Facts

SOON = timedelta(seconds=-5)
"""Overdue five seconds before its time, so that no test has to wait for a minute."""


async def claimed(facts: Facts) -> list[OutboxItem]:
    async def work(tx: Transaction) -> list[OutboxItem]:
        return list(await tx.outbox.claim(100, timedelta(minutes=5)))

    return await facts.database.run(work)


async def carried(facts: Facts) -> list[UUID]:
    """Take everything out of the outbox, as a relay does."""
    items = await claimed(facts)

    async def work(tx: Transaction) -> None:
        await tx.outbox.finish(items)

    await facts.database.run(work)
    return [item.subject_id for item in items]


async def late(facts: Facts, conductor: Conductor) -> None:
    """Let its review have been due two minutes ago."""

    async def work(tx: Transaction) -> None:
        await tx.sql.execute(
            text(
                "UPDATE proposals SET next_review_at = now() - interval '2 minutes' WHERE id = :id"
            ),
            {"id": conductor.proposal.id},
        )

    await facts.database.run(work)


async def test_an_overdue_proposal_is_woken_once_until_its_row_is_carried(
    lonely: Facts,
) -> None:
    conductor = await breaking(lonely, "reader")
    await conductor.carry_on()
    await carried(lonely)
    assert await wakes.wake_overdue(lonely.database) == 0
    await late(lonely, conductor)
    assert await wakes.wake_overdue(lonely.database) == 1
    assert await wakes.wake_overdue(lonely.database) == 0
    assert await carried(lonely) == [conductor.proposal.id]
    assert await wakes.wake_overdue(lonely.database) == 1


async def test_a_proposal_that_no_workflow_ever_looked_at_is_overdue_too(lonely: Facts) -> None:
    conductor = await breaking(lonely, "reader")
    await carried(lonely)
    assert await wakes.wake_overdue(lonely.database) == 0
    assert await wakes.wake_overdue(lonely.database, SOON) == 1
    assert await carried(lonely) == [conductor.proposal.id]


async def test_what_waits_in_the_outbox_or_has_ended_is_left_alone(lonely: Facts) -> None:
    waiting = await breaking(lonely, "reader")
    await late(lonely, waiting)
    assert await wakes.wake_overdue(lonely.database) == 0
    await carried(lonely)
    party = (await lonely.detail(waiting.proposal.id)).parties[0]
    await lonely.answer(waiting.proposal, party.team, Response.BLOCKED)
    await waiting.carry_on()
    await carried(lonely)
    assert await wakes.wake_overdue(lonely.database, SOON) == 0


async def test_a_row_that_temporal_refuses_is_parked_with_an_event(lonely: Facts) -> None:
    conductor = await breaking(lonely, "reader")
    (item,) = await claimed(lonely)
    await wakes.park(lonely.database, item, "the summary is too long")
    await wakes.park(lonely.database, item, "the summary is too long")
    events = await lonely.log(type=EventType.OUTBOX_PARKED)
    assert [event.proposal_id for event in events] == [conductor.proposal.id]
    assert events[0].payload["error"] == "the summary is too long"
