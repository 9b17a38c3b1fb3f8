"""Who changes a fact waits for who is changing it, then sees what that one did."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Self

import pytest

from domain.acknowledgments import Response
from domain.errors import ProposalEnded
from domain.proposals import Cause, ProposalStatus
from domain.publication import PublishAction
from record import proposals
from record.settlement import Settled
from store.transaction import Transaction
from tests.support.conductor import Conductor, breaking
from tests.support.facts import CALLER, Facts, table

Step = Callable[[Transaction], Awaitable[None]]


class Held:
    """A transaction that took a lock and goes on when it is told to."""

    def __init__(self, facts: Facts, lock: Step, then: Step) -> None:
        self._locked, self._go_on = asyncio.Event(), asyncio.Event()

        async def work(tx: Transaction) -> None:
            await lock(tx)
            self._locked.set()
            await self._go_on.wait()
            await then(tx)

        self._task = asyncio.create_task(facts.database.run(work))

    async def __aenter__(self) -> Self:
        await self._locked.wait()
        return self

    async def __aexit__(self, *_exc: object) -> None:
        self._go_on.set()
        await self._task


async def has_to_wait(task: asyncio.Task[object]) -> bool:
    _, waiting = await asyncio.wait([task], timeout=0.3)
    return bool(waiting)


def task_of(work: Awaitable[object]) -> asyncio.Task[object]:
    async def run() -> object:
        return await work

    return asyncio.create_task(run())


async def ready(facts: Facts) -> Conductor:
    conductor = await breaking(facts, "reader")
    party = (await facts.detail(conductor.proposal.id)).parties[0]
    await facts.answer(conductor.proposal, party.team, Response.APPROVED)
    return conductor


async def test_a_settlement_waits_for_the_answer_under_way_and_counts_it(facts: Facts) -> None:
    conductor = await ready(facts)
    party = (await facts.detail(conductor.proposal.id)).parties[0]

    async def lock(tx: Transaction) -> None:
        await tx.proposals.lock(conductor.proposal.id)

    async def block(tx: Transaction) -> None:
        await tx.acknowledgments.append(
            proposal_id=conductor.proposal.id,
            team_id=party.team.id,
            revision=1,
            changes_hash=party.stored.changes_hash,
            response=Response.BLOCKED,
            note=None,
            until=None,
            caller=CALLER,
        )

    async with Held(facts, lock, block):
        settling = task_of(conductor.settle())
        assert await has_to_wait(settling)
    assert await settling is Settled.DONE
    proposal = (await facts.detail(conductor.proposal.id)).proposal
    assert (proposal.status, proposal.cause) == (ProposalStatus.REJECTED, Cause.BLOCKED)


async def test_an_answer_waits_for_the_settlement_under_way_and_comes_too_late(
    facts: Facts,
) -> None:
    conductor = await ready(facts)
    party = (await facts.detail(conductor.proposal.id)).parties[0]

    async def lock(tx: Transaction) -> None:
        await tx.proposals.lock(conductor.proposal.id)

    async def end(tx: Transaction) -> None:
        await tx.proposals.save(replace(conductor.proposal, status=ProposalStatus.PUBLISHED))

    async with Held(facts, lock, end):
        answering = task_of(facts.answer(conductor.proposal, party.team, Response.BLOCKED))
        withdrawing = task_of(
            proposals.withdraw(facts.database, CALLER, conductor.proposal.id, None)
        )
        assert await has_to_wait(answering)
        assert await has_to_wait(withdrawing)
    for late in (answering, withdrawing):
        with pytest.raises(ProposalEnded):
            await late


async def test_publishing_registering_and_settling_wait_for_the_asset(facts: Facts) -> None:
    conductor = await ready(facts)
    asset = (await facts.detail(conductor.proposal.id)).asset
    newcomer = await facts.team("newcomer")

    async def lock(tx: Transaction) -> None:
        await tx.assets.lock(asset.id)

    async def nothing(_tx: Transaction) -> None:
        return

    async with Held(facts, lock, nothing):
        waiting = [
            task_of(facts.publish(asset, table("id", "email", "phone"))),
            task_of(facts.register(asset, newcomer, ["email"])),
            task_of(facts.policy(asset, observe=True)),
            task_of(conductor.settle()),
        ]
        assert all([await has_to_wait(each) for each in waiting])
    await asyncio.gather(*waiting)


async def test_a_publication_is_judged_by_what_it_waited_for(facts: Facts) -> None:
    asset = await facts.asset(await facts.team("owner"))
    await facts.publish(asset, table("id", "email"))

    async def lock(tx: Transaction) -> None:
        await tx.assets.lock(asset.id)

    async def observe(tx: Transaction) -> None:
        await tx.assets.set_policy(asset.id, replace(asset.policy, observe=True))

    async with Held(facts, lock, observe):
        publishing = asyncio.create_task(facts.publish(asset, table("id")))
        assert await has_to_wait(task_of(asyncio.shield(publishing)))
    assert (await publishing).verdict.action is PublishAction.PUBLISHED
