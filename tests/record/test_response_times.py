"""What is kept beside each ask for the report, held to what the facts themselves say."""

from datetime import timedelta
from uuid import UUID

import pytest

from domain.acknowledgments import Response
from domain.pages import PageRequest
from domain.periods import Period
from domain.response_times import About, Asked, By, ResponseTimes
from domain.teams import Team
from record import operators, registrations, retirements
from record.registrations import NewRegistration
from store.transaction import Transaction
from tests.support.conductor import DAY, Conductor, breaking, revised
from tests.support.facts import CALLER, Facts, table
from tests.support.kept_questions import (
    OF_PROPOSALS,
    OF_RETIREMENTS,
    Asks,
    Kept,
    from_facts,
    kept,
)
from tests.support.window_keeper import Keeper, old, replaced, set_on


async def is_kept(facts: Facts, asks: Asks, about: UUID) -> list[Kept]:
    """What stands beside the asks about something, which is what its facts say."""
    now = [each for each in await kept(facts.database, asks) if each.about == about]
    anew = [each for each in await from_facts(facts.database, asks) if each.about == about]
    assert anew == now
    return now


async def proposal_is_kept(conductor: Conductor) -> list[Kept]:
    return await is_kept(conductor.facts, OF_PROPOSALS, conductor.proposal.id)


async def retirement_is_kept(keeper: Keeper) -> list[Kept]:
    return await is_kept(keeper.facts, OF_RETIREMENTS, keeper.contract_id)


async def times(facts: Facts, team: Team, about: About | None = None) -> ResponseTimes:
    async def work(tx: Transaction) -> ResponseTimes:
        now = await tx.now()
        asked = Asked(about=about, team_ids=[team.id])
        period = Period(since=now - DAY, until=now + DAY)
        report = await tx.reports.response_times.of(period, By.TEAM, asked, PageRequest())
        return report.total

    return await facts.database.read(work)


async def test_answers_and_reminders_of_a_proposal_are_kept(facts: Facts) -> None:
    conductor = await breaking(facts, "quick", "slow", "silent")
    await conductor.carry_on()
    quick, slow, silent = [
        each.team for each in (await facts.detail(conductor.proposal.id)).parties
    ]
    await facts.answer(conductor.proposal, quick, Response.APPROVED)
    await conductor.carry_on(timedelta(days=3))
    until = conductor.now + 2 * DAY
    await facts.answer(conductor.proposal, slow, Response.MIGRATING, until=until)
    await facts.answer(conductor.proposal, slow, Response.APPROVED)
    rows = {each.team: each for each in await proposal_is_kept(conductor)}
    assert [rows[each.name].reminders for each in (quick, slow, silent)] == [0, 1, 1]
    assert [rows[each.name].answered_at is None for each in (quick, slow, silent)] == [
        *(False, False, True),
    ]
    assert (await times(facts, silent)).open == 1
    await conductor.carry_on(timedelta(days=40))
    rows = {each.team: each for each in await proposal_is_kept(conductor)}
    assert [rows[each.name].closed for each in (quick, slow, silent)] == [False, False, True]
    assert (await times(facts, silent)).open == 0


@pytest.mark.parametrize("about", About)
async def test_what_time_ran_out_for_is_overdue_whatever_clock_is_behind(
    facts: Facts, about: About
) -> None:
    told: Conductor | Keeper
    if about is About.PROPOSALS:
        told = await breaking(facts, "silent")
        team = (await facts.detail(told.proposal.id)).parties[0].team
    else:
        told = await replaced(facts, "silent")
        (team,) = told.readers
    await told.carry_on()
    assert (await times(facts, team, about)).overdue == 0
    await told.carry_on(timedelta(days=60))
    found = await times(facts, team, about)
    assert (found.asked, found.answered, found.open, found.overdue) == (1, 0, 0, 1)


async def test_a_question_ends_where_it_is_asked_anew_or_nobody_waits(facts: Facts) -> None:
    conductor = await breaking(facts, "one", "two")
    await conductor.carry_on()
    one, two = [each.team for each in (await facts.detail(conductor.proposal.id)).parties]
    await revised(conductor, table("id", email={"type": "integer"}))
    await conductor.carry_on()
    assert [(each.revision, each.closed) for each in await proposal_is_kept(conductor)] == [
        *((1, True), (2, False)) * 2,
    ]
    asset_id = conductor.proposal.asset_id
    (registration,) = [each for each in await _registrations(facts, asset_id) if each[1] == one.id]
    await registrations.unregister(facts.database, CALLER, registration[0])
    rows = [each for each in await proposal_is_kept(conductor) if each.team == one.name]
    assert all(each.closed for each in rows)
    other = await facts.team("other")
    await operators.reassign(
        facts.database, CALLER, conductor.proposal.id, two.id, other.id, "it reads it now"
    )
    await conductor.carry_on()
    await proposal_is_kept(conductor)
    assert (await times(facts, other)).open == 1


async def test_who_answers_before_being_asked_anew_has_answered_what_was_asked(
    facts: Facts,
) -> None:
    conductor = await breaking(facts, "quick", "slow")
    await conductor.carry_on()
    quick = (await facts.detail(conductor.proposal.id)).parties[0].team
    await revised(conductor, table("id", email={"type": "integer"}))
    await facts.answer(conductor.proposal, quick, Response.APPROVED)
    await conductor.carry_on()
    rows = {each.team: each for each in await proposal_is_kept(conductor)}
    assert rows[quick.name].answered_at is not None
    assert not rows[quick.name].closed
    assert (await times(facts, quick)).answered == 1


async def _registrations(facts: Facts, asset_id: UUID) -> list[tuple[UUID, UUID]]:
    async def work(tx: Transaction) -> list[tuple[UUID, UUID]]:
        found = await tx.registrations.of_asset(asset_id)
        return [(each.id, each.consumer_team_id) for each in found]

    return await facts.database.read(work)


@pytest.mark.parametrize("moves", [True, False])
async def test_what_is_said_about_the_end_of_a_version_is_kept(facts: Facts, moves: bool) -> None:
    keeper = await replaced(facts, "one", "two")
    await keeper.carry_on()
    one, two = keeper.readers
    if moves:
        await keeper.moved()
    else:
        await keeper.extended((await keeper.detail()).retirement.sunset_at + DAY)
    await keeper.carry_on(timedelta(days=20))
    rows = {each.team: each for each in await retirement_is_kept(keeper)}
    assert rows[one.name].answered_at is not None
    assert rows[two.name].reminders == 1
    assert [(await times(facts, each, About.RETIREMENTS)).open for each in (one, two)] == [0, 1]
    assert (await times(facts, one)).asked == 2, "about the proposal, and to move"
    await keeper.carry_on(timedelta(days=60))
    rows = {each.team: each for each in await retirement_is_kept(keeper)}
    assert rows[two.name].closed
    assert (await times(facts, two, About.RETIREMENTS)).open == 0


async def test_a_later_date_and_taking_the_end_back_end_what_was_asked(facts: Facts) -> None:
    keeper = await replaced(facts, "one")
    await keeper.carry_on()
    await set_on(keeper, (await keeper.detail()).retirement.sunset_at + 30 * DAY)
    await keeper.carry_on()
    first, second = await retirement_is_kept(keeper)
    assert (first.closed, second.closed) == (True, False)
    assert second.due_at > first.due_at
    await retirements.cancel(facts.database, CALLER, keeper.contract_id, None)
    assert [each.closed for each in await retirement_is_kept(keeper)] == [True, True]


async def test_who_is_to_move_again_is_waited_for_by_what_it_was_asked(facts: Facts) -> None:
    keeper = await old(facts)
    (team,) = keeper.readers
    await set_on(keeper, keeper.now + 30 * DAY)
    await keeper.carry_on()
    ((registration_id, _),) = await _registrations(facts, keeper.asset.id)
    await registrations.unregister(facts.database, CALLER, registration_id)
    assert [each.closed for each in await retirement_is_kept(keeper)] == [True]
    new = NewRegistration(
        asset_id=keeper.asset.id, consumer_team_id=team.id, pinned_version="1.0.0"
    )
    await registrations.register(facts.database, CALLER, new)
    await keeper.carry_on()
    assert [each.closed for each in await retirement_is_kept(keeper)] == [False]
    assert (await times(facts, team, About.RETIREMENTS)).open == 1
