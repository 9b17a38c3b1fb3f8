"""Consent is bound to content: the same question made again has been answered, another one not."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from domain.acknowledgments import Response
from domain.consent import LASTS
from domain.events import EventType
from domain.json_types import JsonObject
from domain.proposals import Cause, ProposalStatus
from domain.teams import Team
from record import merging, proposals, registrations
from record.rounds import PartyDetail
from store.transaction import Transaction
from tests.support.conductor import DAY, Conductor, breaking, revised
from tests.support.facts import CALLER, Facts, table
from tests.support.webhooks import set_webhook


async def withdrawn(
    facts: Facts, response: Response | None, *, until: datetime | None = None
) -> tuple[Conductor, Team]:
    """A proposal to drop `email`, as its reader has answered it; it was taken back."""
    conductor = await breaking(facts, "reader")
    team = (await facts.detail(conductor.proposal.id)).parties[0].team
    if response is not None:
        await facts.answer(conductor.proposal, team, response, note="as we said", until=until)
    await proposals.withdraw(facts.database, CALLER, conductor.proposal.id, None)
    await conductor.carry_on()
    return conductor, team


async def again(conductor: Conductor, schema: JsonObject | None = None) -> Conductor:
    """Propose it once more, or something else in its place."""
    facts = conductor.facts
    asset = (await facts.detail(conductor.proposal.id)).asset
    return Conductor(facts, await facts.proposed(asset, schema or table("id")))


async def party(conductor: Conductor) -> PartyDetail:
    (only,) = (await conductor.facts.detail(conductor.proposal.id)).parties
    return only


async def end_of(conductor: Conductor) -> tuple[ProposalStatus, Cause | None]:
    await conductor.carry_on()
    proposal = (await conductor.facts.detail(conductor.proposal.id)).proposal
    return proposal.status, proposal.cause


async def aged(conductor: Conductor, by: timedelta) -> None:
    async def work(tx: Transaction) -> None:
        await tx.sql.execute(
            text(
                "UPDATE acknowledgments SET recorded_at = recorded_at - CAST(:by AS interval)"
                " WHERE proposal_id = :id"
            ),
            {"by": by, "id": conductor.proposal.id},
        )

    await conductor.facts.database.run(work)


async def carried(conductor: Conductor) -> list[UUID | None]:
    log = await conductor.facts.log(
        proposal_id=conductor.proposal.id, type=EventType.ANSWER_CARRIED
    )
    return [event.team_id for event in log]


async def test_who_was_ready_is_ready_for_the_same_made_again(facts: Facts) -> None:
    first, team = await withdrawn(facts, Response.APPROVED)
    second = await again(first)
    answer = (await party(second)).acknowledgment
    assert answer is not None
    assert (answer.response, answer.note, answer.caller) == (
        *(Response.APPROVED, "as we said", CALLER),
    )
    earlier = (await party(second)).stored.earlier
    assert earlier is not None
    assert (earlier.proposal_id, earlier.carried) == (first.proposal.id, True)
    assert await carried(second) == [team.id]
    assert await end_of(second) == (ProposalStatus.PUBLISHED, Cause.ALL_APPROVED)


async def test_whose_answer_is_carried_hears_of_it_and_so_does_the_producer(facts: Facts) -> None:
    first, team = await withdrawn(facts, Response.APPROVED)
    teams = {team.id, first.proposal.producer_team_id}
    for each in teams:
        await set_webhook(facts.database, CALLER, each, "https://hooks.example.com/x", None)
    second = await again(first)
    (event,) = await facts.log(proposal_id=second.proposal.id, type=EventType.ANSWER_CARRIED)

    async def told(tx: Transaction) -> set[UUID | None]:
        sent = await tx.deliveries.of_event(event.id)
        found = [await tx.destinations.get(each.destination_id) for each in sent]
        return {each.team_id for each in found if each is not None}

    assert await facts.database.read(told) == teams


async def test_the_opening_shows_what_reading_it_shows(facts: Facts) -> None:
    first, _ = await withdrawn(facts, Response.APPROVED)
    asset = (await facts.detail(first.proposal.id)).asset
    published = await facts.publish(asset, table("id"))
    assert published.opened is not None
    read = await facts.detail(published.opened.proposal.id)
    assert published.opened.parties == read.parties


async def test_who_needs_time_until_a_date_to_come_needs_it_still_and_is_asked(
    facts: Facts,
) -> None:
    until = datetime.now(UTC) + 5 * DAY
    first, team = await withdrawn(facts, Response.MIGRATING, until=until)
    second = await again(first)
    assert await end_of(second) == (ProposalStatus.PENDING, None)
    shown = await party(second)
    assert shown.acknowledgment is not None
    assert (shown.acknowledgment.response, shown.due_at) == (Response.MIGRATING, until)
    assert shown.party.asked_at is not None
    assert await carried(second) == [team.id]


async def test_a_date_that_has_passed_is_shown_and_asked_about_again(facts: Facts) -> None:
    until = datetime.now(UTC) + DAY
    first, _ = await withdrawn(facts, Response.MIGRATING, until=until)

    async def pass_by(tx: Transaction) -> None:
        await tx.sql.execute(
            text("UPDATE acknowledgments SET until = recorded_at WHERE proposal_id = :id"),
            {"id": first.proposal.id},
        )

    await facts.database.run(pass_by)
    await assert_asked_again(await again(first), Response.MIGRATING)


async def test_a_block_is_shown_and_asked_about_again(facts: Facts) -> None:
    first = await breaking(facts, "reader")
    await facts.answer(first.proposal, (await party(first)).team, Response.BLOCKED)
    assert await end_of(first) == (ProposalStatus.REJECTED, Cause.BLOCKED)
    await assert_asked_again(await again(first), Response.BLOCKED)


async def test_the_last_answer_is_what_counts_again(facts: Facts) -> None:
    first = await breaking(facts, "reader")
    for response in (Response.APPROVED, Response.BLOCKED):
        await facts.answer(first.proposal, (await party(first)).team, response)
    await first.carry_on()
    await assert_asked_again(await again(first), Response.BLOCKED)


async def assert_asked_again(second: Conductor, response: Response) -> None:
    shown = await party(second)
    assert shown.acknowledgment is None
    assert shown.stored.earlier is not None
    assert (shown.stored.earlier.response, shown.stored.earlier.carried) == (response, False)
    assert await end_of(second) == (ProposalStatus.PENDING, None)
    assert (await party(second)).party.asked_at is not None
    assert await carried(second) == []


async def test_an_old_answer_counts_no_more_not_even_by_way_of_a_younger_one(facts: Facts) -> None:
    first, _ = await withdrawn(facts, Response.APPROVED)
    await aged(first, LASTS - DAY)
    second = await again(first)
    assert (await party(second)).acknowledgment is not None
    await proposals.withdraw(facts.database, CALLER, second.proposal.id, None)
    await second.carry_on()
    await aged(first, DAY)
    await assert_asked_again(await again(second), Response.APPROVED)


async def test_another_question_has_not_been_answered(facts: Facts) -> None:
    first, _ = await withdrawn(facts, Response.APPROVED)
    second = await again(first, table("id", email={"type": "integer"}))
    shown = await party(second)
    assert (shown.acknowledgment, shown.stored.earlier) == (None, None)
    await revised(second, table("id"))
    assert (await party(second)).acknowledgment is not None, "it is the same again by revision"
    assert len(await carried(second)) == 1


async def test_what_was_answered_here_is_not_overruled_by_an_older_answer(facts: Facts) -> None:
    first, team = await withdrawn(facts, Response.APPROVED)
    second = await again(first)
    await facts.answer(second.proposal, team, Response.MIGRATING, until=second.now + 3 * DAY)
    await revised(second, table("id", email={"type": "integer"}))
    await revised(second, table("id"))
    answer = (await party(second)).acknowledgment
    assert answer is not None
    assert answer.response is Response.MIGRATING


async def test_a_consent_is_used_up_by_what_was_published(facts: Facts) -> None:
    """Although an earlier proposal, which nobody answered, ended without being published."""
    first, team = await withdrawn(facts, None)
    second = await again(first)
    await facts.answer(second.proposal, team, Response.APPROVED)
    assert await end_of(second) == (ProposalStatus.PUBLISHED, Cause.ALL_APPROVED)
    asset = (await facts.detail(first.proposal.id)).asset
    await facts.publish(asset, table("id", "email"))
    shown = await party(await again(first))
    assert (shown.acknowledgment, shown.stored.earlier) == (None, None)


@pytest.mark.parametrize("silent", [True, False])
async def test_other_assets_and_silence_carry_nothing(facts: Facts, silent: bool) -> None:
    first, team = await withdrawn(facts, None if silent else Response.APPROVED)
    if silent:
        second = await again(first)
    else:
        asset = await facts.asset(await facts.team("owner"))
        await facts.publish(asset, table("id", "email"))
        await facts.register(asset, team, ["email"])
        unanswered = Conductor(facts, await facts.proposed(asset, table("id")))
        await proposals.withdraw(facts.database, CALLER, unanswered.proposal.id, None)
        await unanswered.carry_on()
        second = await again(unanswered)
    shown = await party(second)
    assert (shown.acknowledgment, shown.stored.earlier) == (None, None)


async def test_what_was_answered_is_no_answer_to_what_another_team_was_asked(facts: Facts) -> None:
    asset = await facts.asset(await facts.team("owner"))
    await facts.publish(asset, table("id", "email", "phone"))
    one, other, gone = [await facts.team(name) for name in ("one", "other", "gone")]
    registered = [
        await facts.register(asset, team, [field])
        for team, field in ((one, "email"), (other, "phone"), (gone, "email"))
    ]
    first = Conductor(facts, await facts.proposed(asset, table("id")))
    for team in (one, other, gone):
        await facts.answer(first.proposal, team, Response.APPROVED)
    await proposals.withdraw(facts.database, CALLER, first.proposal.id, None)
    await first.carry_on()
    for each in registered:
        await registrations.unregister(facts.database, CALLER, each.id)
    await facts.register(asset, one, ["phone"])
    await facts.register(asset, other, ["email"])
    second = await again(first)
    shown = (await facts.detail(second.proposal.id)).parties
    assert {each.team.id: each.stored.earlier for each in shown} == {one.id: None, other.id: None}
    assert await carried(second) == []


async def test_a_team_that_has_become_a_larger_one_answers_anew(facts: Facts) -> None:
    first, team = await withdrawn(facts, Response.APPROVED)
    small = await facts.team("small")
    await merging.merge(facts.database, CALLER, small.id, team.id)
    shown = await party(await again(first))
    assert (shown.acknowledgment, shown.stored.earlier) == (None, None)


async def test_what_the_larger_team_has_answered_counts_again(facts: Facts) -> None:
    first, team = await withdrawn(facts, None)
    small = await facts.team("small")
    await merging.merge(facts.database, CALLER, small.id, team.id)
    second = await again(first)
    await facts.answer(second.proposal, team, Response.APPROVED)
    await proposals.withdraw(facts.database, CALLER, second.proposal.id, None)
    await second.carry_on()
    assert await carried(await again(second)) == [team.id]
