"""ProposalWorkflow with the real activities: weeks of coordination in a second or two."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import time, timedelta
from uuid import UUID, uuid4

import pytest
from temporalio.client import WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.testing import WorkflowEnvironment

from activities.payloads import HandAnswer, ProposalInput
from domain.acknowledgments import Response
from domain.events import EventType
from domain.members import TeamRole
from domain.parties import NoticeKind
from domain.proposals import Cause, Proposal, ProposalStatus
from domain.team_policies import Fallback
from domain.timeline import Timeline
from domain.working_days import WorkCalendar
from record import proposals, registrations, releases
from record.releases import NewRelease
from record.rounds import ProposalDetail
from relay import Relay
from store.listener import Listener
from store.transaction import Transaction
from tests.record.test_audiences import person
from tests.record.test_team_policies import proposed, say
from tests.support import webhooks
from tests.support.facts import CALLER, Facts, table
from tests.support.receiver import Receiver
from worker import WorkerOptions, build_worker
from workflows.proposal import NAME

Ended = tuple[ProposalStatus, Cause | None]


@dataclass
class Stage:
    """A worker with the real activities, and the means to run one proposal's workflow."""

    facts: Facts
    environment: WorkflowEnvironment
    queue: str
    relay: Relay

    async def start(self, proposal: Proposal) -> WorkflowHandle[object, str]:
        return await self.environment.client.start_workflow(
            NAME,
            ProposalInput(proposal.id),
            id=f"proposal-{proposal.id}",
            task_queue=self.queue,
            result_type=str,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        )

    async def ended(self, proposal: Proposal) -> Ended:
        """Run the workflow to its end, skipping time, and return how the record has it."""
        handle = await self.start(proposal)
        result = await handle.result()
        detail = await self.facts.detail(proposal.id)
        assert result == detail.proposal.status.value
        return detail.proposal.status, detail.proposal.cause

    async def relay_all(self) -> None:
        while await self.relay.carry_batch():
            pass

    async def until(
        self, proposal: Proposal, condition: Callable[[ProposalDetail], bool]
    ) -> ProposalDetail:
        async with asyncio.timeout(90):
            while not condition(detail := await self.facts.detail(proposal.id)):
                await self.relay_all()
                await asyncio.sleep(0.05)
        return detail


@pytest.fixture
async def stage(
    time_skipping_env: WorkflowEnvironment, facts: Facts, database_url: str
) -> AsyncIterator[Stage]:
    options = WorkerOptions(
        database_url=database_url,
        task_queue=f"whole-{uuid4()}",
        public_url="http://localhost:8000",
        direct_signals=True,
        allow_private_webhooks=True,
    )
    client = time_skipping_env.client
    await empty_outbox(facts)
    async with (
        webhooks.webhooks_alone() as channels,
        build_worker(client, facts.database, facts.comparer, channels, options),
    ):
        listener = Listener(database_url, [])
        relay = Relay(facts.database, client, listener, task_queue=options.task_queue)
        yield Stage(facts, time_skipping_env, options.task_queue, relay)


async def empty_outbox(facts: Facts) -> None:
    """Forget the wakes of proposals that other tests left open in this database."""

    async def work(tx: Transaction) -> None:
        while items := await tx.outbox.claim(500, timedelta(minutes=1)):
            await tx.outbox.finish(items)

    await facts.database.run(work)


@asynccontextmanager
async def real_time(stage: Stage) -> AsyncIterator[None]:
    with stage.environment.auto_time_skipping_disabled():
        yield


async def breaking(
    facts: Facts, *consumers: str, **timeline: object
) -> tuple[Proposal, list[UUID]]:
    """Open a proposal that drops `email`, which each of the consumers reads."""
    asset = await facts.asset(await facts.team("owner"), **timeline)
    await facts.publish(asset, table("id", "email"))
    teams = [await facts.team(name) for name in consumers]
    for team in teams:
        await facts.register(asset, team, ["email"])
    return await facts.proposed(asset, table("id")), [team.id for team in teams]


async def test_a_break_that_nobody_reads_is_published_at_once(stage: Stage, facts: Facts) -> None:
    proposal, _ = await breaking(facts)
    assert await stage.ended(proposal) == (ProposalStatus.PUBLISHED, Cause.NO_PARTIES)
    detail = await facts.detail(proposal.id)
    assert await facts.active_version(detail.asset) == "2.0.0"


async def test_silence_goes_up_step_by_step_in_the_hours_of_the_party(
    stage: Stage, facts: Facts
) -> None:
    owner, silent, platform = [await facts.team(name) for name in ("owner", "silent", "platform")]
    await person(facts, "boss", silent, TeamRole.OWNER)
    fallback = Fallback(team_id=platform.id)
    calendar = WorkCalendar(time_zone="Asia/Kolkata", workdays=(0, 1, 2, 3, 6), opens=time(10))
    await say(facts, silent, calendar=calendar, fallback=fallback)
    proposal = await proposed(facts, owner, silent, days="working")
    assert await stage.ended(proposal) == (ProposalStatus.EXPIRED, Cause.UNREACHABLE)
    (party,) = (await facts.detail(proposal.id)).parties
    notices = party.party.notices
    later = [each for each in notices if each.kind not in (NoticeKind.ASK, NoticeKind.UNREACHABLE)]
    assert {each.kind for each in notices} == set(NoticeKind)
    assert all(calendar.is_open(each.noted_at) for each in later)
    assert notices[-1].noted_at > notices[0].noted_at + timedelta(days=17)


async def test_silence_is_asked_reminded_escalated_and_expires(stage: Stage, facts: Facts) -> None:
    async with Receiver.running() as receiver:
        proposal, (consumer,) = await breaking(facts, "consumer")
        await webhooks.set_webhook(facts.database, CALLER, consumer, receiver.url, None)
        handle = await stage.start(proposal)
        async with real_time(stage):
            await stage.until(proposal, lambda detail: bool(detail.parties[0].party.reached_at))
        assert await handle.result() == "expired"
    by_type = {request.message["type"]: request.message["data"] for request in receiver.requests}
    (change,) = by_type["proposal.asked"]["changes"]
    assert "email" in change["witness"]["instance"]
    assert (change["witness"]["valid_before"], change["witness"]["valid_after"]) == (True, False)
    types = await facts.events(proposal_id=proposal.id)
    assert types.count(EventType.PROPOSAL_ASKED) == 1
    assert types.count(EventType.PROPOSAL_REMINDED) == 7
    assert types.count(EventType.PROPOSAL_ESCALATED) == 1
    assert (await facts.detail(proposal.id)).proposal.cause is Cause.SILENCE


async def test_a_party_that_no_channel_reaches_is_never_taken_as_silent(
    stage: Stage, facts: Facts
) -> None:
    proposal, _ = await breaking(facts, "consumer", on_deadline="approve", max_extension="20d")
    assert await stage.ended(proposal) == (ProposalStatus.EXPIRED, Cause.UNREACHABLE)
    types = await facts.events(proposal_id=proposal.id)
    assert types.count(EventType.PARTY_UNREACHABLE) == 1


async def test_the_last_answer_publishes(stage: Stage, facts: Facts) -> None:
    proposal, _ = await breaking(facts, "one", "two")
    detail = await facts.detail(proposal.id)
    handle = await stage.start(proposal)
    async with real_time(stage):
        for party in detail.parties:
            await facts.answer(proposal, party.team, Response.APPROVED)
        await stage.until(proposal, lambda found: not found.proposal.status.is_open)
        assert await handle.result() == "published"
    detail = await facts.detail(proposal.id)
    assert detail.proposal.cause is Cause.ALL_APPROVED
    assert await facts.active_version(detail.asset) == "2.0.0"


async def test_one_block_rejects_and_nothing_is_published(stage: Stage, facts: Facts) -> None:
    proposal, _ = await breaking(facts, "one", "two")
    detail = await facts.detail(proposal.id)
    await facts.answer(proposal, detail.parties[0].team, Response.APPROVED)
    await facts.answer(proposal, detail.parties[1].team, Response.BLOCKED, note="not this quarter")
    assert await stage.ended(proposal) == (ProposalStatus.REJECTED, Cause.BLOCKED)
    assert await facts.active_version(detail.asset) == "1.0.0"


async def test_needing_time_is_waited_for_until_the_date(stage: Stage, facts: Facts) -> None:
    proposal, _ = await breaking(facts, "one")
    party = (await facts.detail(proposal.id)).parties[0]
    handle = await stage.start(proposal)
    async with real_time(stage):
        await stage.until(proposal, lambda detail: detail.parties[0].party.asked_at is not None)
        until = await stage.environment.get_current_time() + timedelta(days=30)
        await facts.answer(proposal, party.team, Response.MIGRATING, until=until)
        await stage.relay_all()
    assert await handle.result() == "expired"
    assert (await facts.detail(proposal.id)).proposal.cause is Cause.SILENCE
    assert EventType.PROPOSAL_REMINDED in await facts.events(proposal_id=proposal.id)


async def withdraw(facts: Facts, proposal: Proposal) -> None:
    await proposals.withdraw(facts.database, CALLER, proposal.id, "not needed any more")


async def force(facts: Facts, proposal: Proposal) -> None:
    await proposals.force(facts.database, CALLER, proposal.id, "the data must go, by law")


@pytest.mark.parametrize(
    ("act", "end"),
    [
        (withdraw, (ProposalStatus.WITHDRAWN, Cause.WITHDRAWN)),
        (force, (ProposalStatus.PUBLISHED, Cause.FORCED)),
    ],
)
async def test_withdrawing_and_forcing_end_it_past_a_silent_party(
    stage: Stage,
    facts: Facts,
    act: Callable[[Facts, Proposal], Awaitable[None]],
    end: Ended,
) -> None:
    proposal, _ = await breaking(facts, "silent")
    handle = await stage.start(proposal)
    async with real_time(stage):
        await stage.until(proposal, lambda detail: detail.parties[0].party.asked_at is not None)
        await act(facts, proposal)
        detail = await stage.until(proposal, lambda found: not found.proposal.status.is_open)
        await handle.result()
    assert (detail.proposal.status, detail.proposal.cause) == end


async def test_on_demand_waits_for_the_wish_and_expires_without_it(
    stage: Stage, facts: Facts
) -> None:
    proposal, _ = await breaking(facts, publish="on_demand")
    assert await stage.ended(proposal) == (ProposalStatus.EXPIRED, Cause.NOT_PUBLISHED)


async def test_on_demand_publishes_when_asked(stage: Stage, facts: Facts) -> None:
    proposal, _ = await breaking(facts, publish="on_demand")
    handle = await stage.start(proposal)
    async with real_time(stage):
        await stage.until(proposal, lambda d: d.proposal.status is ProposalStatus.APPROVED)
        await proposals.request_publication(facts.database, CALLER, proposal.id)
        await stage.until(proposal, lambda d: d.proposal.status is ProposalStatus.PUBLISHED)
        assert await handle.result() == "published"


async def test_a_team_that_registers_is_asked_and_one_that_leaves_is_not_waited_for(
    stage: Stage, facts: Facts
) -> None:
    proposal, _ = await breaking(facts, "leaving")
    detail = await facts.detail(proposal.id)
    handle = await stage.start(proposal)
    async with real_time(stage):
        await stage.until(proposal, lambda found: found.parties[0].party.asked_at is not None)
        newcomer = await facts.team("newcomer")
        registration = await facts.register(detail.asset, newcomer, ["email"])
        asked = await stage.until(
            proposal,
            lambda found: (
                len(found.parties) == 2 and all(each.party.asked_at for each in found.parties)
            ),
        )
        assert {each.team.name for each in asked.parties} >= {newcomer.name}
        await facts.answer(proposal, detail.parties[0].team, Response.APPROVED)
        await registrations.unregister(facts.database, CALLER, registration.id)
        await stage.until(proposal, lambda found: not found.proposal.status.is_open)
        assert await handle.result() == "published"


async def test_a_compatible_publish_on_the_way_keeps_the_answers(
    stage: Stage, facts: Facts
) -> None:
    proposal, _ = await breaking(facts, "one")
    detail = await facts.detail(proposal.id)
    handle = await stage.start(proposal)
    async with real_time(stage):
        await stage.until(proposal, lambda found: found.parties[0].party.asked_at is not None)
        reworded = table("id", email={"type": "string", "description": "where we write to"})
        moved = await facts.publish(detail.asset, reworded)
        assert moved.moved is not None
        await stage.until(proposal, lambda found: not found.proposal.base_moved)
        await facts.answer(proposal, detail.parties[0].team, Response.APPROVED)
        await stage.until(proposal, lambda found: not found.proposal.status.is_open)
        assert await handle.result() == "published"
    types = await facts.events(proposal_id=proposal.id)
    assert types.count(EventType.PROPOSAL_ASKED) == 1


async def test_dropping_what_nobody_was_asked_about_needs_a_confirmation(
    stage: Stage, facts: Facts
) -> None:
    proposal, _ = await breaking(facts, "one")
    detail = await facts.detail(proposal.id)
    handle = await stage.start(proposal)
    async with real_time(stage):
        await facts.publish(detail.asset, table("id", "email", "phone"))
        await stage.until(proposal, lambda found: bool(found.proposal.confirmation_asked_at))
        await facts.answer(proposal, detail.parties[0].team, Response.APPROVED)
        await asyncio.sleep(0.5)
        assert (await facts.detail(proposal.id)).proposal.status is ProposalStatus.PENDING
        await proposals.confirm(facts.database, CALLER, proposal.id)
        await stage.until(proposal, lambda found: not found.proposal.status.is_open)
        assert await handle.result() == "published"


async def test_an_answer_signalled_by_hand_counts_and_is_recorded_as_such(
    stage: Stage, facts: Facts
) -> None:
    proposal, _ = await breaking(facts, "one")
    party = (await facts.detail(proposal.id)).parties[0]
    handle = await stage.start(proposal)
    async with real_time(stage):
        await handle.signal("answered", HandAnswer(team=party.team.name, response="ready"))
        assert await handle.result() == "published"
    acknowledgment = (await facts.detail(proposal.id)).parties[0].acknowledgment
    assert acknowledgment is not None
    assert acknowledgment.caller.actor.kind == "temporal-operator"


async def released(facts: Facts, *members: Proposal) -> None:
    new = NewRelease(name="together", proposal_ids=tuple(each.id for each in members))
    await releases.open_release(facts.database, CALLER, new, Timeline(), observe=False)


async def test_a_release_is_published_by_the_workflow_of_the_last(
    stage: Stage, facts: Facts
) -> None:
    (first, _), (second, _) = await breaking(facts, "one"), await breaking(facts, "two")
    await released(facts, first, second)
    handles = [await stage.start(each) for each in (first, second)]
    async with real_time(stage):
        for each in (first, second):
            (party,) = (await facts.detail(each.id)).parties
            await facts.answer(each, party.team, Response.APPROVED)
            await stage.until(each, lambda d: d.proposal.status is not ProposalStatus.PENDING)
        for each, handle in zip((first, second), handles, strict=True):
            await stage.until(each, lambda d: d.proposal.status is ProposalStatus.PUBLISHED)
            await stage.relay_all()  # the last one wakes the others
            assert await handle.result() == "published"


async def test_silence_about_one_of_a_release_ends_the_others(stage: Stage, facts: Facts) -> None:
    (first, _), (second, _) = await breaking(facts), await breaking(facts, "silent")
    await released(facts, first, second)
    handle = await stage.start(first)
    assert (await stage.ended(second))[0] is ProposalStatus.EXPIRED
    async with real_time(stage):
        detail = await stage.until(first, lambda d: not d.proposal.status.is_open)
        assert await handle.result() == "rejected"
    assert detail.proposal.cause is Cause.RELEASE_FAILED
