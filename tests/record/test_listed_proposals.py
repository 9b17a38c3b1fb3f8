"""A line of a list says what the proposal's own page says."""

from uuid import UUID

import pytest

from domain.acknowledgments import Response
from domain.listed_proposals import ListedProposal
from domain.proposals import Cause, ProposalStatus
from record import listed_proposals, proposals
from store.transaction import Transaction
from tests.support.asked_stories import HOUR, STORIES, Story
from tests.support.conductor import DAY, Conductor, breaking
from tests.support.counting import Counting
from tests.support.facts import CALLER, Facts, table


async def line_of(conductor: Conductor) -> ListedProposal:
    facts, ids = conductor.facts, [conductor.proposal.id]
    detail = await facts.detail(conductor.proposal.id)
    (line,) = await facts.database.read(lambda tx: listed_proposals.read(tx, ids, detail.read_at))
    return line


async def is_what_its_page_says(conductor: Conductor) -> ListedProposal:
    line = await line_of(conductor)
    detail = await conductor.facts.detail(conductor.proposal.id)
    proposal = detail.proposal
    assert (line.id, line.asset, line.environment, line.producer) == (
        proposal.id,
        detail.asset.fqn,
        detail.asset.environment,
        detail.producer.name,
    )
    assert (line.status, line.cause, line.base_version, line.version) == (
        proposal.status,
        proposal.cause,
        proposal.base_version,
        proposal.version,
    )
    assert line.breaks == tuple(change.sentence for change in proposal.gating)
    assert (line.opened_at, line.ended_at) == (proposal.opened_at, proposal.ended_at)
    if proposal.status.is_open:
        assert line.pending == tuple(each.team.name for each in detail.waited_for)
        assert line.deadline_at == (detail.deadline_at if detail.waited_for else None)
    return line


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
async def test_an_open_one_waits_for_whom_and_until_when_its_page_says(
    facts: Facts, story: Story
) -> None:
    line = await is_what_its_page_says(await story.told(facts))
    assert line.pending
    assert line.deadline_at is not None
    assert line.breaks == ("`email` is removed.",)


async def test_before_anybody_was_asked_it_has_no_time(facts: Facts) -> None:
    line = await is_what_its_page_says(await breaking(facts, "one", "two"))
    assert (len(line.pending), line.deadline_at) == (2, None)


async def test_once_silence_has_consented_it_waits_for_nobody(
    facts: Facts,
) -> None:
    timeline = {"on_deadline": "approve", "deadline": "3d", "publish": "on_demand"}
    conductor = await Story(4 * DAY, (HOUR, HOUR), timeline).told(facts)
    await conductor.carry_on(4 * DAY)
    line = await is_what_its_page_says(conductor)
    assert (line.status, line.pending, line.deadline_at) == (ProposalStatus.APPROVED, (), None)


async def test_what_ended_says_why(facts: Facts) -> None:
    blocked, withdrawn = [await STORIES["both in time"].told(facts) for _ in range(2)]
    for party in (await facts.detail(blocked.proposal.id)).parties[:1]:
        await facts.answer(blocked.proposal, party.team, Response.BLOCKED)
    await proposals.withdraw(facts.database, CALLER, withdrawn.proposal.id, None)
    for conductor, cause in ((blocked, Cause.BLOCKED), (withdrawn, Cause.WITHDRAWN)):
        await conductor.carry_on()
        line = await is_what_its_page_says(conductor)
        assert (line.cause, line.pending, line.deadline_at) == (cause, (), None)
        assert line.ended_at is not None


async def test_what_asks_for_no_consent_is_not_counted(facts: Facts) -> None:
    asset = await facts.asset(await facts.team("owner"))
    await facts.publish(asset, table("id", "email", "phone"))
    await facts.register(asset, await facts.team("reader"), ["email"])
    proposal = await facts.proposed(asset, table("id", "name"))
    line = await is_what_its_page_says(Conductor(facts, proposal))
    assert len(proposal.changes) == 3
    assert line.breaks == ("`email` is removed.", "`phone` is removed.")


async def test_they_stand_in_the_order_in_which_they_are_asked_for(facts: Facts) -> None:
    told = [await breaking(facts, "one") for _ in range(3)]
    now = (await facts.detail(told[0].proposal.id)).read_at
    ids = [each.proposal.id for each in reversed(told)]
    counting = Counting(facts.database)
    statements = []
    for wanted in (ids[:1], ids):

        async def work(tx: Transaction, wanted: list[UUID] = wanted) -> list[UUID]:
            return [each.id for each in await listed_proposals.read(tx, wanted, now)]

        counting.statements = 0
        assert await counting.run(work) == wanted
        statements.append(counting.statements)
    assert statements[0] == statements[1] <= 4
