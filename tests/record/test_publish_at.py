"""A publication that waits for its time: compatible or breaking, it is a proposal until then."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.acknowledgments import Response
from domain.assets import Asset
from domain.errors import InvalidRequest, ProposalOpen
from domain.events import EventType
from domain.proposals import Cause, ProposalStatus
from domain.publication import LATEST_PUBLICATION, PublishAction
from domain.steps import StepKind
from record import proposals
from tests.support.conductor import DAY, Conductor, revised
from tests.support.facts import CALLER, Facts, table


def soon() -> datetime:
    return datetime.now(UTC) + 3 * DAY


async def published(facts: Facts, *readers: str) -> Asset:
    asset = await facts.asset(await facts.team("owner"))
    await facts.publish(asset, table("id", "email"))
    for name in readers:
        await facts.register(asset, await facts.team(name), ["email"])
    return asset


async def test_a_compatible_change_waits_as_approved_until_its_time(facts: Facts) -> None:
    asset = await published(facts, "reader")
    at = soon()
    proposal = await facts.proposed(asset, worded("clearer"), at)
    conductor = Conductor(facts, proposal)
    step = await conductor.carry_on()
    detail = await facts.detail(proposal.id)
    assert (step.kind, step.until) == (StepKind.WAIT, at)
    assert (detail.proposal.status, detail.parties) == (ProposalStatus.APPROVED, ())
    assert await facts.active_version(asset) == "1.0.0"
    await conductor.carry_on(3 * DAY)
    assert (await facts.detail(proposal.id)).proposal.status is ProposalStatus.PUBLISHED
    assert await facts.active_version(asset) == proposal.version


async def test_a_breaking_change_waits_for_its_parties_and_its_time(facts: Facts) -> None:
    asset = await published(facts, "reader")
    proposal = await facts.proposed(asset, table("id"), soon())
    conductor = Conductor(facts, proposal)
    await conductor.carry_on()
    (party,) = (await facts.detail(proposal.id)).parties
    await facts.answer(proposal, party.team, Response.APPROVED)
    await conductor.carry_on()
    assert (await facts.detail(proposal.id)).proposal.status is ProposalStatus.APPROVED
    await conductor.carry_on(3 * DAY)
    assert await facts.active_version(asset) == "2.0.0"


async def test_who_answers_after_the_time_has_it_published_at_once(facts: Facts) -> None:
    asset = await published(facts, "reader")
    proposal = await facts.proposed(asset, table("id"), soon())
    conductor = Conductor(facts, proposal)
    await conductor.carry_on()
    await conductor.carry_on(4 * DAY)
    assert await facts.active_version(asset) == "1.0.0"
    (party,) = (await facts.detail(proposal.id)).parties
    await facts.answer(proposal, party.team, Response.APPROVED)
    await conductor.carry_on()
    assert await facts.active_version(asset) == "2.0.0"


async def test_it_can_be_published_before_and_forced_and_withdrawn(facts: Facts) -> None:
    for word, status in (("ask", "published"), ("force", "published"), ("withdraw", "withdrawn")):
        asset = await published(facts)
        proposal = await facts.proposed(asset, table("id"), soon())
        conductor = Conductor(facts, proposal)
        await conductor.carry_on()
        if word == "ask":
            await proposals.request_publication(facts.database, CALLER, proposal.id)
        elif word == "force":
            await proposals.force(facts.database, CALLER, proposal.id, "now, by law")
        else:
            await proposals.withdraw(facts.database, CALLER, proposal.id, None)
        await conductor.carry_on()
        assert (await facts.detail(proposal.id)).proposal.status.value == status
        assert await facts.active_version(asset) == ("1.0.0" if word == "withdraw" else "2.0.0")


async def test_it_may_be_put_off_only_so_far_and_not_into_the_past(facts: Facts) -> None:
    asset = await published(facts)
    now = datetime.now(UTC)
    for at in (now - timedelta(seconds=1), now + LATEST_PUBLICATION + DAY):
        with pytest.raises(InvalidRequest) as refused:
            await facts.publish(asset, table("id"), publish_at=at)
        assert "publish_at" in str(refused.value.extra["errors"])


async def test_the_same_content_is_the_same_proposal_but_not_for_another_time(facts: Facts) -> None:
    asset = await published(facts)
    at = soon()
    proposal = await facts.proposed(asset, table("id"), at)
    assert (await facts.proposed(asset, table("id"), at)).id == proposal.id
    assert (await facts.proposed(asset, table("id"))).id == proposal.id
    with pytest.raises(ProposalOpen, match="another time"):
        await facts.publish(asset, table("id"), publish_at=at + DAY)


async def test_an_asset_that_observes_asks_nobody_at_any_time(facts: Facts) -> None:
    asset = await published(facts, "reader")
    await facts.policy(asset, observe=True)
    proposal = await facts.proposed(asset, table("id"), soon())
    assert EventType.CONTRACT_OBSERVED.value in await facts.events(asset_id=asset.id)
    await facts.register(asset, await facts.team("later"), ["email"])
    conductor = Conductor(facts, proposal)
    await conductor.carry_on()
    detail = await facts.detail(proposal.id)
    assert (detail.parties, detail.proposal.gating) == ((), ())
    await conductor.carry_on(3 * DAY)
    assert await facts.active_version(asset) == proposal.version


async def test_a_base_that_moves_before_the_time_is_compared_again(facts: Facts) -> None:
    """What nobody was asked about is not dropped because a date has come."""
    asset = await published(facts)
    proposal = await facts.proposed(asset, table("id"), soon())
    conductor = Conductor(facts, proposal)
    await conductor.carry_on()
    moved = await facts.publish(asset, table("id", "email", "phone"))
    assert moved.moved is not None
    await conductor.carry_on()
    await conductor.carry_on(4 * DAY)
    detail = await facts.detail(proposal.id)
    assert detail.proposal.confirmation_asked_at is not None
    assert await facts.active_version(asset) == "1.1.0"
    await proposals.confirm(facts.database, CALLER, proposal.id)
    await conductor.carry_on()
    assert await facts.active_version(asset) == "2.0.0"


async def test_an_approved_one_whose_base_moves_asks_again_and_keeps_its_time(facts: Facts) -> None:
    asset = await published(facts)
    at = soon()
    proposal = await facts.proposed(asset, table("id"), at)
    conductor = Conductor(facts, proposal)
    await conductor.carry_on()
    await facts.register(asset, await facts.team("late"), ["email"])
    await facts.publish(asset, worded("clearer", "email"))
    await conductor.carry_on()
    detail = await facts.detail(proposal.id)
    assert detail.proposal.status is ProposalStatus.PENDING
    assert detail.proposal.publish_at == at
    await facts.answer(proposal, detail.parties[0].team, Response.APPROVED)
    await conductor.carry_on()
    assert (await facts.detail(proposal.id)).proposal.status is ProposalStatus.APPROVED
    await conductor.carry_on(3 * DAY)
    assert await facts.active_version(asset) == "2.0.0"


async def test_what_is_published_meanwhile_leaves_nothing_to_publish(facts: Facts) -> None:
    asset = await published(facts)
    proposal = await facts.proposed(asset, worded("clearer", "email"), soon())
    conductor = Conductor(facts, proposal)
    await conductor.carry_on()
    again = await facts.publish(asset, worded("clearer", "email"))
    assert again.verdict.action is PublishAction.PUBLISHED
    await conductor.carry_on()
    await conductor.carry_on(4 * DAY)
    detail = await facts.detail(proposal.id)
    assert (detail.proposal.status, detail.proposal.cause) == (
        ProposalStatus.PUBLISHED,
        Cause.NO_PARTIES,
    )


def worded(*columns: str) -> dict[str, object]:
    return {**table("id", "email"), "description": columns[0]}


async def test_a_revision_of_what_an_asset_observes_would_have_asked_anew(facts: Facts) -> None:
    asset = await facts.asset(await facts.team("owner"))
    await facts.publish(asset, table("id", "email", "phone"))
    mails, calls = await facts.team("mails"), await facts.team("calls")
    await facts.register(asset, mails, ["email"])
    await facts.register(asset, calls, ["phone"])
    await facts.policy(asset, observe=True)
    at = datetime.now(UTC) + timedelta(days=5)
    waiting = Conductor(facts, await facts.proposed(asset, table("id", "phone"), at))
    await revised(waiting, table("id"))

    async def would_ask() -> list[list[str]]:
        found = await facts.payloads(asset_id=asset.id, type=EventType.CONTRACT_OBSERVED)
        teams = (each["would_ask"] for each in found)
        return [[each["name"] for each in those] for those in teams if isinstance(those, list)]

    assert await would_ask() == [[mails.name], [calls.name]], "the question to mails is the same"
    await revised(waiting, table("id", "email", "phone", more={"type": "string"}))
    assert len(await would_ask()) == 2, "that breaks nobody"
