"""Several at once on a real Postgres: each law of the design holds whoever comes first.

Some rounds each; the fault tests run them by the hundred.
"""

import asyncio
from collections.abc import Awaitable

import pytest

from domain.acknowledgments import Response
from domain.errors import ProposalEnded, ProposalOpen, PublishContended, TesseraError
from domain.events import EventType
from domain.proposals import Cause, ProposalStatus
from domain.publication import PublishAction
from domain.teams import Team
from record import proposals
from record.contracts import Published
from record.settlement import Settled
from tests.support.conductor import Conductor, breaking
from tests.support.facts import CALLER, Facts, table

ROUNDS = pytest.mark.parametrize("attempt", range(6))


async def at_once(*work: Awaitable[object]) -> list[object]:
    """Run all together; refusals of the domain are results like any other."""
    ends: list[object] = await asyncio.gather(*work, return_exceptions=True)
    for end in ends:
        if isinstance(end, BaseException) and not isinstance(end, TesseraError):
            raise end
    return ends


async def readers(conductor: Conductor) -> list[Team]:
    return [party.team for party in (await conductor.facts.detail(conductor.proposal.id)).parties]


async def settled(conductor: Conductor) -> None:
    """Do as the workflow: review and carry out until there is nothing to do."""
    await conductor.carry_on()


async def end_of(conductor: Conductor) -> tuple[ProposalStatus, Cause | None]:
    proposal = (await conductor.facts.detail(conductor.proposal.id)).proposal
    return proposal.status, proposal.cause


@ROUNDS
async def test_eight_first_publications_leave_one_active_contract(
    facts: Facts, attempt: int
) -> None:
    asset = await facts.asset(await facts.team("owner"))
    ends = await at_once(
        *(facts.publish(asset, table("id", f"column_{number}")) for number in range(8))
    )
    types = await facts.events(asset_id=asset.id)
    published = types.count(EventType.CONTRACT_PUBLISHED)
    assert published == types.count(EventType.CONTRACT_DEPRECATED) + 1
    firsts = [
        end
        for end in ends
        if isinstance(end, Published)
        and end.verdict.action is PublishAction.PUBLISHED
        and end.verdict.version == "1.0.0"
    ]
    assert len(firsts) == 1
    refusals = [end for end in ends if isinstance(end, TesseraError)]
    assert all(isinstance(end, ProposalOpen | PublishContended) for end in refusals)


@ROUNDS
async def test_two_publications_are_each_judged_against_what_is_active_then(
    facts: Facts, attempt: int
) -> None:
    asset = await facts.asset(await facts.team("owner"))
    await facts.publish(asset, table("id"))
    ends = await at_once(
        facts.publish(asset, table("id", "email")), facts.publish(asset, table("id", "phone"))
    )
    # whoever comes second would drop the column that the first one added
    actions = sorted(end.verdict.action for end in ends if isinstance(end, Published))
    assert actions == [PublishAction.PROPOSED, PublishAction.PUBLISHED]
    assert await facts.active_version(asset) == "1.1.0"


@ROUNDS
async def test_an_approval_and_a_block_at_once_never_ship(facts: Facts, attempt: int) -> None:
    conductor = await breaking(facts, "one", "two")
    await conductor.carry_on()
    one, two = await readers(conductor)
    await at_once(
        facts.answer(conductor.proposal, one, Response.APPROVED),
        facts.answer(conductor.proposal, two, Response.BLOCKED),
        settled(conductor),
        settled(conductor),
    )
    await settled(conductor)
    assert await end_of(conductor) == (ProposalStatus.REJECTED, Cause.BLOCKED)
    asset = (await facts.detail(conductor.proposal.id)).asset
    assert await facts.active_version(asset) == "1.0.0"


@ROUNDS
async def test_a_block_against_the_settlement_is_counted_or_refused(
    facts: Facts, attempt: int
) -> None:
    conductor = await breaking(facts, "one")
    (one,) = await readers(conductor)
    await facts.answer(conductor.proposal, one, Response.APPROVED)
    block, _ = await at_once(
        facts.answer(conductor.proposal, one, Response.BLOCKED), conductor.settle()
    )
    await settled(conductor)
    if isinstance(block, ProposalEnded):
        assert await end_of(conductor) == (ProposalStatus.PUBLISHED, Cause.ALL_APPROVED)
    else:
        assert await end_of(conductor) == (ProposalStatus.REJECTED, Cause.BLOCKED)


@ROUNDS
async def test_a_withdrawal_against_the_last_approval_is_counted_or_refused(
    facts: Facts, attempt: int
) -> None:
    conductor = await breaking(facts, "one")
    (one,) = await readers(conductor)
    await facts.answer(conductor.proposal, one, Response.APPROVED)
    withdrawal, _ = await at_once(
        proposals.withdraw(facts.database, CALLER, conductor.proposal.id, None),
        conductor.settle(),
    )
    await settled(conductor)
    status, _ = await end_of(conductor)
    if isinstance(withdrawal, ProposalEnded):
        assert status is ProposalStatus.PUBLISHED
    else:
        assert status is ProposalStatus.WITHDRAWN


@ROUNDS
async def test_many_settlements_at_once_publish_once(facts: Facts, attempt: int) -> None:
    conductor = await breaking(facts)
    ends = await at_once(*(conductor.settle() for _ in range(6)))
    assert set(ends) == {Settled.DONE}
    types = await facts.events(proposal_id=conductor.proposal.id)
    assert types.count(EventType.PROPOSAL_PUBLISHED) == 1
    assert types.count(EventType.CONTRACT_PUBLISHED) == 1


@ROUNDS
async def test_a_compatible_publication_against_the_publication_of_a_proposal(
    facts: Facts, attempt: int
) -> None:
    conductor = await breaking(facts)
    asset = (await facts.detail(conductor.proposal.id)).asset
    added = table("id", "email", "phone")
    ends = await at_once(facts.publish(asset, added), conductor.settle())
    await settled(conductor)
    published = ends[0]
    assert isinstance(published, Published)
    proposal = (await facts.detail(conductor.proposal.id)).proposal
    if published.moved is not None:  # the addition was first: dropping it too needs a yes
        assert proposal.confirmation_asked_at is not None
        assert await facts.active_version(asset) == "1.1.0"
    else:  # the proposal was first: what came second was judged against it
        assert proposal.status is ProposalStatus.PUBLISHED
        assert await facts.active_version(asset) == "2.1.0"


@ROUNDS
async def test_a_registration_against_a_breaking_publication_is_never_overlooked(
    facts: Facts, attempt: int
) -> None:
    asset = await facts.asset(await facts.team("owner"))
    await facts.publish(asset, table("id", "email"))
    reader = await facts.team("reader")
    await at_once(facts.register(asset, reader, ["email"]), facts.publish(asset, table("id")))
    published = await facts.publish(asset, table("id"))
    assert published.proposal is not None
    detail = await facts.detail(published.proposal.id)
    assert [party.team.id for party in detail.parties] == [reader.id]


@ROUNDS
async def test_declaring_at_once_unites_everything(facts: Facts, attempt: int) -> None:
    names = [f"column_{number}" for number in range(6)]
    asset = await facts.asset(await facts.team("owner"))
    await facts.publish(asset, table(*names))
    reader = await facts.team("reader")
    await at_once(*(facts.register(asset, reader, [name]) for name in names))
    assert (await facts.register(asset, reader, names)).fields == tuple(names)
    types = await facts.events(team_id=reader.id)
    assert types.count(EventType.REGISTRATION_CREATED) == 1


@ROUNDS
async def test_a_question_asked_by_several_workers_at_once_is_asked_once(
    facts: Facts, attempt: int
) -> None:
    conductor = await breaking(facts, "one", "two", "three")
    step = await conductor.review()
    told = await at_once(*(conductor.note(step) for _ in range(4)))
    assert sorted(str(each) for each in told) == ["0", "0", "0", "3"]
    types = await facts.events(proposal_id=conductor.proposal.id)
    assert types.count(EventType.PROPOSAL_ASKED) == 3
