"""The whole at a glance says of each part what its own page says."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from domain.acknowledgments import Response
from domain.destinations import EVERYTHING, DestinationKind, Pace
from domain.inbox import Task
from domain.overview import InFlight
from domain.proposals import ProposalStatus
from record import overview, proposals, rounds
from record.overview import Overview
from record.rounds import ProposalDetail
from store.destinations import Owner
from store.rows import new_id
from store.transaction import Transaction
from tests.support.asked_stories import STORIES, Story
from tests.support.conductor import DAY, breaking
from tests.support.counting import Counting
from tests.support.facts import CALLER, Facts
from tests.support.window_keeper import replaced


async def whole(facts: Facts) -> Overview:
    return await facts.database.read(overview.read)


async def flight(facts: Facts, proposal_id: UUID) -> InFlight:
    found = (await whole(facts)).in_flight
    return next(each for each in found if each.proposal.id == proposal_id)


async def test_a_proposal_is_due_when_its_own_page_says_so(facts: Facts) -> None:
    for timeline in ({}, {"days": "working"}, {"on_deadline": "approve", "minimum_notice": "3d"}):
        conductor = await breaking(facts, "reader", "other", **timeline)
        assert (await flight(facts, conductor.proposal.id)).due_at is None
        await conductor.carry_on()
        reader, other = (await facts.detail(conductor.proposal.id)).parties
        assert (await whole(facts)).waited_for(
            await flight(facts, conductor.proposal.id)
        ) == sorted([reader.team.name, other.team.name])
        for response, until in ((None, None), (Response.MIGRATING, 40 * DAY)):
            if response is not None and until is not None:
                until_then = conductor.now + until
                await facts.answer(conductor.proposal, reader.team, response, until=until_then)
            detail = await facts.detail(conductor.proposal.id)
            found = await flight(facts, conductor.proposal.id)
            assert detail.deadline_at is not None
            assert found.due_at == detail.deadline_at
            assert set(found.pending) == {reader.team.id, other.team.id}
        await facts.answer(conductor.proposal, reader.team, Response.APPROVED)
        assert (await flight(facts, conductor.proposal.id)).pending == (other.team.id,)


async def test_what_its_own_team_is_to_do_is_said(facts: Facts) -> None:
    conductor = await breaking(facts, publish="on_demand")
    await conductor.carry_on()
    found = await flight(facts, conductor.proposal.id)
    status = (await facts.detail(conductor.proposal.id)).proposal.status
    assert (status, found.task) == (ProposalStatus.APPROVED, Task.PUBLISH)
    assert found.due_at is not None
    assert found.due_at > conductor.now + 29 * DAY


async def test_who_is_overdue_stands_first_and_how_long_all_are_waited_for(lonely: Facts) -> None:
    late = await breaking(lonely, "late", deadline="3d")
    late.now -= 10 * DAY
    await late.carry_on()
    await lonely.database.run(_everything_was_delivered)
    patient = await breaking(lonely, "patient", deadline="40d")
    patient.now -= 20 * DAY
    await patient.carry_on()
    found = await whole(lonely)
    first, second = found.slow
    assert (first.name[:4], first.open, first.overdue) == ("late", 1, 1)
    assert (second.name[:7], second.overdue, second.longest_since) == ("patient", 0, patient.now)
    assert (found.questions, found.overdue, found.awaited) == (2, 1, 2)
    assert [each.is_overdue(found.read_at) for each in found.in_flight] == [True, False]


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
async def test_what_is_kept_with_a_question_leads_to_what_its_facts_say(
    facts: Facts, story: Story
) -> None:
    conductor = await story.told(facts)
    detail = await facts.detail(conductor.proposal.id)
    asked = await facts.database.read(lambda tx: tx.overview.questions([conductor.proposal.id]))
    found = {
        team_id: asked.due_at(conductor.proposal.id, question, detail.read_at)
        for question in asked.of[conductor.proposal.id]
        for team_id in question.team_ids
    }
    pending = [each for each in detail.parties if each.party.pending]
    assert found == {each.team.id: each.due_at for each in pending}
    assert asked.names == {each.team.id: each.team.name for each in pending}


async def test_those_who_heard_in_time_are_one_question_whose_time_stands(facts: Facts) -> None:
    conductor = await STORIES["both in time"].told(facts)
    detail = await facts.detail(conductor.proposal.id)
    asked = await facts.database.read(lambda tx: tx.overview.questions([conductor.proposal.id]))
    (question,) = asked.of[conductor.proposal.id]
    assert set(question.team_ids) == {each.team.id for each in detail.parties}
    assert question.stands_until == detail.deadline_at
    assert asked.timelines == {}


async def test_all_of_it_is_what_the_proposals_say_put_together(lonely: Facts) -> None:
    told = [await story.told(lonely) for story in STORIES.values()]
    found = await whole(lonely)

    async def work(tx: Transaction) -> Sequence[ProposalDetail]:
        return await rounds.load(tx, [each.proposal.id for each in told])

    details = await lonely.database.read(work)
    assert {each.proposal.id: each.due_at for each in found.in_flight} == {
        each.proposal.id: each.deadline_at for each in details
    }
    due = [each.due_at for each in found.in_flight if each.due_at is not None]
    assert due == sorted(due)
    pending = [party for detail in details for party in detail.parties if party.party.pending]
    late = [each for each in pending if each.due_at is not None and each.due_at <= found.read_at]
    assert (found.questions, found.awaited) == (len(pending), len(pending))
    assert found.overdue == len(late) > 3
    slow = {(each.name, each.overdue, each.longest_since) for each in found.slow}
    assert slow <= {(each.team.name, int(each in late), each.party.asked_at) for each in pending}


async def test_it_takes_as_many_statements_however_much_there_is(lonely: Facts) -> None:
    counting = Counting(lonely.database)
    numbers = []
    for readers in (["one"], ["one", "two", "three"]):
        await (await breaking(lonely, *readers)).carry_on()
        counting.statements = 0
        await counting.run(overview.read)
        numbers.append(counting.statements)
    assert numbers[0] == numbers[1] <= 12


async def test_ends_are_counted_by_the_week_in_which_they_fell(lonely: Facts) -> None:
    for reader in ("one", "two"):
        conductor = await breaking(lonely, reader)
        await proposals.withdraw(lonely.database, CALLER, conductor.proposal.id, None)
        await conductor.carry_on()
    (count,) = (await whole(lonely)).ended
    assert (count.status, count.count) == (ProposalStatus.WITHDRAWN, 2)
    assert count.week <= conductor.now < count.week + timedelta(weeks=1)
    await lonely.database.run(_a_year_passes)
    assert (await whole(lonely)).ended == []


async def test_a_destination_fails_until_something_arrives_there(lonely: Facts) -> None:
    team = await lonely.team("told")

    async def work(tx: Transaction) -> UUID:
        made = await tx.destinations.insert(
            Owner(team_id=team.id),
            kind=DestinationKind.WEBHOOK,
            name="hook",
            address="https://hooks.example.com/t",
            secret=None,
            subscription=EVERYTHING,
            pace=Pace.AT_ONCE,
        )
        assert made is not None
        return made.id

    hook = await lonely.database.run(work)
    assert (await whole(lonely)).failing == []
    for status, given_up, retrying in (("failed", 1, 0), ("pending", 1, 1), ("failed", 2, 1)):
        await lonely.database.run(_delivery(hook, status))
        (found,) = (await whole(lonely)).failing
        assert (found.owner, found.kind) == (team.name, DestinationKind.WEBHOOK)
        assert (found.given_up, found.retrying, found.error) == (given_up, retrying, "it broke")
    await lonely.database.run(_delivery(hook, "delivered"))
    await lonely.database.run(_nothing_is_tried_again)
    assert (await whole(lonely)).failing == []
    await lonely.database.run(_delivery(hook, "failed"))
    (found,) = (await whole(lonely)).failing
    assert found.given_up == 1, "since the last one that arrived"
    await lonely.database.run(_set_anew(hook))
    await lonely.database.run(_delivery(hook, "failed"))
    (found,) = (await whole(lonely)).failing
    assert found.given_up == 1, "since it is what it is"
    await lonely.database.run(_delivery(hook, "delivered"))
    await lonely.database.run(_disabled(hook))
    (found,) = (await whole(lonely)).failing
    assert found.disabled_at is not None


async def test_the_next_end_of_an_old_version_comes_with_who_is_still_on_it(lonely: Facts) -> None:
    later = await replaced(lonely, "reader", window="60d")
    sooner = await replaced(lonely, window="30d")
    first, second = (await whole(lonely)).ends
    assert (first.asset_id, first.pending) == (sooner.asset.id, ())
    assert (second.asset_id, second.pending) == (later.asset.id, (later.readers[0].name,))
    assert second.version == "1.0.0"


async def test_what_nobody_looks_after_is_found_unless_a_wake_is_on_its_way(lonely: Facts) -> None:
    conductor = await breaking(lonely, "reader")

    async def unattended() -> bool:
        return (await flight(lonely, conductor.proposal.id)).proposal.is_unattended

    await lonely.database.run(_late_by_an_hour)
    assert not await unattended()
    await lonely.database.run(_no_wakes)
    assert await unattended()


def _done(statement: str, **values: object) -> Callable[[Transaction], Awaitable[None]]:
    async def work(tx: Transaction) -> None:
        await tx.sql.execute(text(statement), values)

    return work


_everything_was_delivered = _done("UPDATE notices SET delivered_at = noted_at")
_a_year_passes = _done("UPDATE proposals SET ended_at = ended_at - interval '1 year'")
_nothing_is_tried_again = _done("UPDATE deliveries SET last_error = NULL WHERE status = 'pending'")
_late_by_an_hour = _done("UPDATE proposals SET next_review_at = now() - interval '1 hour'")
_no_wakes = _done("DELETE FROM outbox")


def _set_anew(destination: UUID) -> Callable[[Transaction], Awaitable[None]]:
    statement = "UPDATE destinations SET set_at = clock_timestamp() WHERE id = :id"
    return _done(statement, id=destination)


def _disabled(destination: UUID) -> Callable[[Transaction], Awaitable[None]]:
    return _done("UPDATE destinations SET disabled_at = now() WHERE id = :id", id=destination)


def _delivery(destination: UUID, status: str) -> Callable[[Transaction], Awaitable[None]]:
    """One more delivery, of an event that any fact of this world has left."""
    return _done(
        "INSERT INTO deliveries (id, event_id, destination_id, ordinal, status, attempts,"
        " last_error) SELECT CAST(:new AS uuid), (SELECT id FROM events ORDER BY id LIMIT 1),"
        " CAST(:to AS uuid), (SELECT count(*) FROM deliveries), CAST(:status AS text), 1,"
        " 'it broke'",
        new=str(new_id()),
        to=str(destination),
        status=status,
    )
