"""Finding what nobody looks after any more, and setting aside what Temporal will never take."""

from datetime import timedelta
from typing import TypeVar
from uuid import UUID

import pytest
from sqlalchemy import text

from domain.acknowledgments import Response
from domain.actors import DOCTOR
from domain.events import EventType
from record import wakes
from store.database import Database, Work
from store.outbox import OutboxItem
from store.transaction import Transaction
from tests.support.conductor import Conductor, breaking
from tests.support.facts import Facts

T = TypeVar("T")
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


async def test_what_was_set_aside_lately_does_not_hide_what_nobody_looks_after(
    lonely: Facts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wakes, "_BATCH", 1)
    refused, later = await breaking(lonely, "reader"), await breaking(lonely, "reader")
    for item in await claimed(lonely):
        await wakes.park(lonely.database, item, "the summary is too long")
    await lonely.database.run(
        lambda tx: tx.sql.execute(
            text("DELETE FROM outbox WHERE subject_id = :id"), {"id": later.proposal.id}
        )
    )
    assert refused.proposal.id < later.proposal.id
    assert await wakes.wake_overdue(lonely.database, SOON) == 1
    assert await carried(lonely) == [later.proposal.id]


async def test_a_row_that_temporal_refuses_is_parked_with_an_event(lonely: Facts) -> None:
    conductor = await breaking(lonely, "reader")
    (item,) = await claimed(lonely)
    await wakes.park(lonely.database, item, "the summary is too long")
    await wakes.park(lonely.database, item, "the summary is too long")
    events = await lonely.log(type=EventType.OUTBOX_PARKED)
    assert [event.proposal_id for event in events] == [conductor.proposal.id]
    assert events[0].payload["error"] == "the summary is too long"


class Refusing:
    """A database beside which a relay sets aside again whatever was let go, after each run."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.runs = 0

    async def run(self, work: Work[T]) -> T:
        self.runs += 1
        assert self.runs < 9, "it does not end"
        done = await self._database.run(work)
        await self._database.run(self._park)
        return done

    async def _park(self, tx: Transaction) -> None:
        again = "UPDATE outbox SET parked_at = clock_timestamp() WHERE parked_at IS NULL"
        await tx.sql.execute(text(again))


async def test_what_is_refused_again_meanwhile_is_let_go_once(lonely: Facts) -> None:
    """More than one batch, while the relay sets each aside again."""

    async def parked(tx: Transaction) -> None:
        rows = (
            "INSERT INTO outbox (kind, subject_id, payload, last_error, parked_at)"
            " SELECT 'delivery', gen_random_uuid(), '{}', 'refused', clock_timestamp()"
            " FROM generate_series(1, 501)"
        )
        await tx.sql.execute(text(rows))

    await lonely.database.run(parked)
    assert await wakes.unpark(Refusing(lonely.database), DOCTOR) == 501

    async def told(tx: Transaction) -> object:
        count = "SELECT count(*) FROM events WHERE type = 'outbox.unparked'"
        return (await tx.sql.execute(text(count))).scalar_one()

    assert await lonely.database.read(told) == 501
