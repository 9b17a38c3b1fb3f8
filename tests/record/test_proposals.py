"""Withdrawing, forcing, confirming, publishing: each a fact, each said once."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from domain.acknowledgments import Response
from domain.errors import InvalidRequest, NotFound, NotReady, ProposalEnded
from domain.events import EventType
from domain.proposals import Cause, Proposal, ProposalStatus
from record import proposals
from record.decrees import REASON_LIMIT
from store.rows import new_id
from tests.support.conductor import DAY, Conductor, breaking
from tests.support.facts import CALLER, Facts, table

Say = Callable[[Facts, Proposal], Awaitable[Proposal]]


async def withdraw(facts: Facts, proposal: Proposal) -> Proposal:
    return await proposals.withdraw(facts.database, CALLER, proposal.id, "not needed")


async def force(facts: Facts, proposal: Proposal) -> Proposal:
    return await proposals.force(facts.database, CALLER, proposal.id, "the data must go, by law")


async def publish(facts: Facts, proposal: Proposal) -> Proposal:
    return await proposals.request_publication(facts.database, CALLER, proposal.id)


async def confirm(facts: Facts, proposal: Proposal) -> Proposal:
    return await proposals.confirm(facts.database, CALLER, proposal.id)


async def end_of(conductor: Conductor) -> tuple[ProposalStatus, Cause | None]:
    await conductor.carry_on()
    proposal = (await conductor.facts.detail(conductor.proposal.id)).proposal
    return proposal.status, proposal.cause


async def blocked(facts: Facts, **timeline: object) -> Conductor:
    conductor = await breaking(facts, "reader", **timeline)
    party = (await facts.detail(conductor.proposal.id)).parties[0]
    await facts.answer(conductor.proposal, party.team, Response.BLOCKED)
    return conductor


# --- each decides as the design says ---


async def test_withdrawn_wins_over_forced_and_blocked(facts: Facts) -> None:
    conductor = await blocked(facts)
    await force(facts, conductor.proposal)
    await withdraw(facts, conductor.proposal)
    assert await end_of(conductor) == (ProposalStatus.WITHDRAWN, Cause.WITHDRAWN)


async def test_the_log_says_what_a_proposal_was_before_and_is_after(facts: Facts) -> None:
    conductor = await blocked(facts)
    await withdraw(facts, conductor.proposal)
    await end_of(conductor)

    async def change(kind: EventType) -> tuple[object, object]:
        (payload,) = await facts.payloads(proposal_id=conductor.proposal.id, type=kind)
        return payload["before"], payload["after"]

    before, after = await change(EventType.PROPOSAL_OPENED)
    assert before is None
    assert isinstance(after, dict)
    assert (after["status"], after["version"], after["forced"]) == ("pending", "2.0.0", False)
    recorded = await change(EventType.WITHDRAWAL_RECORDED)
    assert recorded == ({"withdrawn": False}, {"withdrawn": True})
    assert await change(EventType.PROPOSAL_WITHDRAWN) == (
        {"status": "pending", "cause": None},
        {"status": "withdrawn", "cause": "withdrawn"},
    )


async def test_forced_wins_over_blocked_and_tells_everybody_why(facts: Facts) -> None:
    conductor = await blocked(facts)
    await force(facts, conductor.proposal)
    assert await end_of(conductor) == (ProposalStatus.PUBLISHED, Cause.FORCED)
    asset = (await facts.detail(conductor.proposal.id)).asset
    assert await facts.active_version(asset) == "2.0.0"
    (payload,) = await facts.payloads(
        proposal_id=conductor.proposal.id, type=EventType.FORCE_RECORDED
    )
    assert payload["reason"] == "the data must go, by law"


async def test_a_force_ships_at_once_even_where_publishing_is_on_demand(facts: Facts) -> None:
    conductor = await blocked(facts, publish="on_demand")
    await force(facts, conductor.proposal)
    assert await end_of(conductor) == (ProposalStatus.PUBLISHED, Cause.FORCED)


async def test_an_approved_proposal_publishes_when_asked(facts: Facts) -> None:
    conductor = await breaking(facts, publish="on_demand")
    await conductor.carry_on()
    await publish(facts, conductor.proposal)
    assert await end_of(conductor) == (ProposalStatus.PUBLISHED, Cause.NO_PARTIES)


async def test_an_approved_proposal_can_be_withdrawn_and_forced(facts: Facts) -> None:
    first, second = [await breaking(facts, publish="on_demand") for _ in range(2)]
    for conductor, say, end in (
        (first, withdraw, ProposalStatus.WITHDRAWN),
        (second, force, ProposalStatus.PUBLISHED),
    ):
        await conductor.carry_on()
        await say(facts, conductor.proposal)
        assert (await end_of(conductor))[0] is end


# --- said twice ---


@pytest.mark.parametrize(
    ("say", "event"),
    [(withdraw, EventType.WITHDRAWAL_RECORDED), (force, EventType.FORCE_RECORDED)],
)
async def test_saying_it_twice_is_one_event_before_and_after_the_end(
    facts: Facts, say: Say, event: EventType
) -> None:
    conductor = await breaking(facts, "reader")
    await say(facts, conductor.proposal)
    await say(facts, conductor.proposal)
    await conductor.carry_on()
    again = await say(facts, conductor.proposal)
    assert not again.status.is_open
    assert (await facts.events(proposal_id=conductor.proposal.id)).count(event) == 1


async def test_asking_twice_for_publication_is_one_event(facts: Facts) -> None:
    conductor = await breaking(facts, publish="on_demand")
    await conductor.carry_on()
    await publish(facts, conductor.proposal)
    await publish(facts, conductor.proposal)
    await conductor.carry_on()
    assert (await publish(facts, conductor.proposal)).status is ProposalStatus.PUBLISHED
    types = await facts.events(proposal_id=conductor.proposal.id)
    assert types.count(EventType.PUBLICATION_REQUESTED) == 1


# --- refusals ---


@pytest.mark.parametrize("say", [withdraw, force, publish, confirm])
async def test_what_is_unknown_is_not_found(facts: Facts, say: Say) -> None:
    conductor = await breaking(facts)
    with pytest.raises(NotFound):
        await say(facts, replace(conductor.proposal, id=new_id()))


@pytest.mark.parametrize("say", [withdraw, force, publish, confirm])
async def test_after_another_end_it_comes_too_late(facts: Facts, say: Say) -> None:
    conductor = await blocked(facts)
    assert (await end_of(conductor))[0] is ProposalStatus.REJECTED
    before = await facts.events(proposal_id=conductor.proposal.id)
    with pytest.raises(ProposalEnded) as refusal:
        await say(facts, conductor.proposal)
    assert refusal.value.extra["proposal_status"] == "rejected"
    assert await facts.events(proposal_id=conductor.proposal.id) == before


async def test_a_force_of_what_was_published_without_it_comes_too_late(facts: Facts) -> None:
    conductor = await breaking(facts)
    await conductor.carry_on()
    with pytest.raises(ProposalEnded):
        await force(facts, conductor.proposal)


@pytest.mark.parametrize("reason", ["", "  \n "])
async def test_a_force_says_why(facts: Facts, reason: str) -> None:
    conductor = await breaking(facts, "reader")
    with pytest.raises(InvalidRequest, match="needs a reason"):
        await proposals.force(facts.database, CALLER, conductor.proposal.id, reason)


async def test_a_reason_has_an_end(facts: Facts) -> None:
    conductor = await breaking(facts, "reader")
    with pytest.raises(InvalidRequest, match="characters"):
        await proposals.withdraw(
            facts.database, CALLER, conductor.proposal.id, "x" * (REASON_LIMIT + 1)
        )


async def test_what_is_not_approved_cannot_be_published(facts: Facts) -> None:
    conductor = await breaking(facts, "reader", publish="on_demand")
    with pytest.raises(NotReady) as refusal:
        await publish(facts, conductor.proposal)
    assert refusal.value.extra["proposal_status"] == "pending"


async def test_what_waits_for_no_confirmation_takes_none(facts: Facts) -> None:
    conductor = await breaking(facts, "reader")
    with pytest.raises(NotReady, match="no confirmation"):
        await confirm(facts, conductor.proposal)


# --- a moved base ---


async def moved(facts: Facts, *columns: str, **timeline: object) -> Conductor:
    """A proposal to drop `email` under which a table with these columns was published."""
    conductor = await breaking(facts, "reader", **timeline)
    await conductor.carry_on()
    asset = (await facts.detail(conductor.proposal.id)).asset
    await facts.publish(asset, table("id", "email", *columns))
    return conductor


async def test_a_base_that_moved_without_new_breaks_keeps_the_answers(facts: Facts) -> None:
    conductor = await breaking(facts, "reader")
    await conductor.carry_on()
    detail = await facts.detail(conductor.proposal.id)
    await facts.publish(
        detail.asset, table("id", email={"type": "string", "description": "where we write to"})
    )
    await conductor.carry_on()
    after = await facts.detail(conductor.proposal.id)
    assert (after.proposal.base_moved, after.proposal.revision) == (False, 1)
    assert (after.proposal.base_version, after.proposal.version) == ("1.0.1", "2.0.0")
    await facts.answer(conductor.proposal, detail.parties[0].team, Response.APPROVED)
    assert await end_of(conductor) == (ProposalStatus.PUBLISHED, Cause.ALL_APPROVED)


async def test_breaking_what_nobody_was_asked_about_waits_for_a_confirmation(
    facts: Facts,
) -> None:
    conductor = await moved(facts, "phone")
    await conductor.carry_on()
    detail = await facts.detail(conductor.proposal.id)
    assert detail.proposal.confirmation_asked_at is not None
    await facts.answer(conductor.proposal, detail.parties[0].team, Response.APPROVED)
    assert (await end_of(conductor))[0] is ProposalStatus.PENDING
    await confirm(facts, conductor.proposal)
    await confirm(facts, conductor.proposal)
    assert await end_of(conductor) == (ProposalStatus.PUBLISHED, Cause.ALL_APPROVED)
    types = await facts.events(proposal_id=conductor.proposal.id)
    assert types.count(EventType.CONFIRMATION_ASKED) == 1
    assert types.count(EventType.CONFIRMED) == 1


async def test_a_confirmation_is_of_one_base_and_asked_for_again_when_it_moves_on(
    facts: Facts,
) -> None:
    conductor = await moved(facts, "phone")
    await conductor.carry_on()
    await confirm(facts, conductor.proposal)
    asset = (await facts.detail(conductor.proposal.id)).asset
    await facts.publish(asset, table("id", "email", "phone", "fax"))
    await conductor.carry_on()
    assert (await facts.detail(conductor.proposal.id)).proposal.confirmation_asked_at is not None


async def test_who_reads_what_now_breaks_is_asked_after_the_confirmation(facts: Facts) -> None:
    conductor = await moved(facts, "phone")
    asset = (await facts.detail(conductor.proposal.id)).asset
    caller_team = await facts.team("caller")
    await facts.register(asset, caller_team, ["phone"])
    await conductor.carry_on()
    await confirm(facts, conductor.proposal)
    await conductor.carry_on()
    detail = await facts.detail(conductor.proposal.id)
    assert caller_team.id in {party.team.id for party in detail.parties}
    assert all(party.party.asked_at for party in detail.parties)


async def test_an_unconfirmed_base_expires_in_time(facts: Facts) -> None:
    conductor = await moved(facts, "phone")
    await conductor.carry_on()
    await conductor.carry_on(after=14 * DAY)
    proposal = (await facts.detail(conductor.proposal.id)).proposal
    assert (proposal.status, proposal.cause) == (ProposalStatus.EXPIRED, Cause.BASE_MOVED)


async def test_an_approved_proposal_is_open_again_when_its_base_brings_a_new_party(
    facts: Facts,
) -> None:
    conductor = await breaking(facts, publish="on_demand")
    await conductor.carry_on()
    asset = (await facts.detail(conductor.proposal.id)).asset
    await facts.publish(asset, table("id", "email", "phone"))
    await facts.register(asset, await facts.team("late"), ["phone"])
    await conductor.carry_on()
    await confirm(facts, conductor.proposal)
    await conductor.carry_on()
    detail = await facts.detail(conductor.proposal.id)
    assert detail.proposal.status is ProposalStatus.PENDING
    assert [party.party.asked_at is not None for party in detail.parties] == [True]
    assert EventType.REOPENED in await facts.events(proposal_id=conductor.proposal.id)


async def test_content_that_was_published_meanwhile_ends_it_without_a_new_version(
    facts: Facts,
) -> None:
    conductor = await breaking(facts, "reader")
    asset = (await facts.detail(conductor.proposal.id)).asset
    await facts.policy(asset, observe=True)
    await facts.publish(asset, table("id"))
    assert await end_of(conductor) == (ProposalStatus.PUBLISHED, Cause.NO_PARTIES)
    assert await facts.active_version(asset) == "2.0.0"


# --- stuck ---


async def test_being_stuck_and_moving_again_are_said_once_each(facts: Facts) -> None:
    conductor = await breaking(facts, "reader")
    for error in ("no such column", "no such column", "disk full", None, None):
        await proposals.mark_stuck(facts.database, conductor.proposal.id, error)
    types = await facts.events(proposal_id=conductor.proposal.id)
    assert types.count(EventType.STUCK) == 2
    assert types[-1] == EventType.UNSTUCK
    assert types.count(EventType.UNSTUCK) == 1
    assert (await facts.detail(conductor.proposal.id)).proposal.stuck is None
