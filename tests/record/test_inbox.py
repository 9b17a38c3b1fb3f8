"""What waits for a team, in the order in which its time is up."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from domain.acknowledgments import Response
from domain.events import EventType
from domain.inbox import Counts, Task
from domain.pages import PageRequest
from domain.proposals import ProposalStatus
from domain.teams import Team
from record import inbox, proposals, registrations
from record.inbox import Inbox
from record.rounds import ProposalDetail
from store.transaction import Transaction
from tests.support.conductor import DAY, Conductor, breaking
from tests.support.counting import Counting
from tests.support.facts import CALLER, Facts, table
from tests.support.window_keeper import replaced

ALL = PageRequest(limit=200)


async def of(facts: Facts, *teams: UUID, request: PageRequest = ALL) -> Inbox:
    async def work(tx: Transaction) -> Inbox:
        return await inbox.read(tx, teams, request)

    return await facts.database.read(work)


async def team_named(conductor: Conductor, facts: Facts, name: str) -> Team:
    detail: ProposalDetail = await facts.detail(conductor.proposal.id)
    return next(each.team for each in detail.parties if each.team.name.startswith(name))


async def test_a_question_waits_with_what_breaks_for_the_team(facts: Facts) -> None:
    conductor = await breaking(facts, "reader", "other")
    await conductor.carry_on()
    reader = await team_named(conductor, facts, "reader")
    (item,) = (found := await of(facts, reader.id)).items
    assert (item.waiting.task, item.team.id) == (Task.ANSWER, reader.id)
    assert item.proposal.id == conductor.proposal.id
    assert [change.path for change in item.breaking] == ["email"]
    assert item.waiting.due_at is not None
    assert (found.counts.answer, found.counts.own, found.counts.overdue) == (1, 0, 0)


async def test_what_is_answered_waits_no_more_and_who_needs_time_still_does(facts: Facts) -> None:
    conductor = await breaking(facts, "reader")
    await conductor.carry_on()
    reader = await team_named(conductor, facts, "reader")
    asked = (await of(facts, reader.id)).items[0]
    assert asked.waiting.due_at is not None
    until = asked.waiting.due_at + DAY
    await facts.answer(conductor.proposal, reader, Response.MIGRATING, until=until)
    (item,) = (await of(facts, reader.id)).items
    assert item.waiting.due_at == until
    assert item.member is not None
    assert item.member.acknowledgment is not None
    await facts.answer(conductor.proposal, reader, Response.APPROVED)
    assert (await of(facts, reader.id)).items == ()


async def test_what_ends_waits_for_nobody(facts: Facts) -> None:
    conductor = await breaking(facts, "reader")
    await conductor.carry_on()
    reader = await team_named(conductor, facts, "reader")
    await proposals.withdraw(facts.database, CALLER, conductor.proposal.id, None)
    await conductor.carry_on()
    found = await of(facts, reader.id, conductor.proposal.producer_team_id)
    assert (found.items, found.own, found.counts) == ((), (), Counts())


async def test_what_is_decided_without_a_team_waits_for_it_no_more(facts: Facts) -> None:
    conductor = await breaking(facts, "reader", publish="on_demand", on_deadline="approve")
    await conductor.carry_on()
    (ask,) = await facts.log(proposal_id=conductor.proposal.id, type=EventType.PROPOSAL_ASKED)
    await facts.database.run(lambda tx: tx.parties.mark_delivered(ask.id, conductor.now))
    await conductor.carry_on(after=15 * DAY)
    decided = (await facts.detail(conductor.proposal.id)).proposal
    assert decided.status is ProposalStatus.APPROVED
    assert (await of(facts, (await team_named(conductor, facts, "reader")).id)).items == ()


async def test_what_ended_last_comes_first_to_who_proposed_it_or_was_asked(facts: Facts) -> None:
    reader, released = await facts.team("reader"), await facts.team("released")
    made = []
    for _ in range(3):
        asset = await facts.asset(await facts.team("owner"))
        await facts.publish(asset, table("id", "email"))
        await facts.register(asset, reader, ["email"])
        left = await facts.register(asset, released, ["email"])
        made.append(Conductor(facts, await facts.proposed(asset, table("id"))))
        await registrations.unregister(facts.database, CALLER, left.id)
    second, first, still_open = made
    for conductor in (first, second):
        await proposals.withdraw(facts.database, CALLER, conductor.proposal.id, None)
        await conductor.carry_on()
    last, before = second.proposal, first.proposal

    async def seen_by(team_id: UUID, limit: int = 5) -> list[UUID]:
        async def work(tx: Transaction) -> list[UUID]:
            return [each.proposal.id for each in await inbox.ended(tx, [team_id], limit)]

        return await facts.database.read(work)

    assert await seen_by(reader.id) == [last.id, before.id]
    assert await seen_by(reader.id, limit=1) == [last.id]
    assert await seen_by(before.producer_team_id) == [before.id]
    assert await seen_by(still_open.proposal.producer_team_id) == []
    assert await seen_by(released.id) == []


async def test_the_most_urgent_comes_first_over_pages_without_gaps(facts: Facts) -> None:
    reader = await facts.team("reader")
    deadlines = (9, 3, 7, 5, 1)
    expected = {}
    for days in deadlines:
        asset = await facts.asset(await facts.team("owner"), deadline=f"{days}d")
        await facts.publish(asset, table("id", "email"))
        await facts.register(asset, reader, ["email"])
        conductor = Conductor(facts, await facts.proposed(asset, table("id")))
        await conductor.carry_on()
        expected[days] = conductor.proposal.id
    seen, request = [], PageRequest(limit=2)
    while True:
        page = await of(facts, reader.id, request=request)
        assert page.counts.answer == 5
        seen += [item.proposal.id for item in page.items]
        if page.next is None:
            break
        request = PageRequest(limit=2, cursor=page.next)
    assert seen == [expected[days] for days in sorted(deadlines)]


async def test_an_answer_between_two_pages_shifts_nothing(facts: Facts) -> None:
    reader = await facts.team("reader")
    found = []
    for days in (1, 2, 3):
        asset = await facts.asset(await facts.team("owner"), deadline=f"{days}d")
        await facts.publish(asset, table("id", "email"))
        await facts.register(asset, reader, ["email"])
        conductor = Conductor(facts, await facts.proposed(asset, table("id")))
        await conductor.carry_on()
        found.append(conductor.proposal)
    first = await of(facts, reader.id, request=PageRequest(limit=1))
    await facts.answer(found[0], reader, Response.APPROVED)
    rest = await of(facts, reader.id, request=PageRequest(limit=5, cursor=first.next))
    assert [item.proposal.id for item in rest.items] == [found[1].id, found[2].id]


async def test_what_is_due_within_a_day_or_overdue_is_counted(facts: Facts) -> None:
    conductor = await breaking(facts, "reader")
    await conductor.carry_on()

    async def over(tx: Transaction) -> None:
        await tx.sql.execute(
            text("UPDATE acknowledgments SET until = clock_timestamp() WHERE proposal_id = :id"),
            {"id": conductor.proposal.id},
        )

    reader = await team_named(conductor, facts, "reader")
    later = (await of(facts, reader.id)).counts
    until = (await of(facts)).read_at + timedelta(hours=3)
    await facts.answer(conductor.proposal, reader, Response.MIGRATING, until=until)
    soon = (await of(facts, reader.id)).counts
    await facts.database.run(over)
    late = (await of(facts, reader.id)).counts
    seen = [(each.overdue, each.due_soon) for each in (later, soon, late)]
    assert seen == [(0, 0), (0, 1), (1, 0)]


async def test_the_producer_sees_what_its_own_proposals_wait_for(facts: Facts) -> None:
    conductor = await breaking(facts, "reader", publish="on_demand")
    await conductor.carry_on()
    producer, reader = conductor.proposal.producer_team_id, "reader"
    waiting = await of(facts, producer)
    assert (waiting.items, waiting.counts.own) == ((), 1)
    assert [each.name.startswith(reader) for each in waiting.own[0].round.pending] == [True]
    await facts.answer(
        conductor.proposal, await team_named(conductor, facts, reader), Response.APPROVED
    )
    await conductor.carry_on()
    (item,) = (approved := await of(facts, producer)).items
    assert (item.waiting.task, approved.counts.publish) == (Task.PUBLISH, 1)
    assert item.waiting.due_at is not None
    await proposals.request_publication(facts.database, CALLER, conductor.proposal.id)
    assert (await of(facts, producer)).items == ()


async def test_a_base_that_moved_waits_for_the_producer_to_confirm(facts: Facts) -> None:
    conductor = await breaking(facts, "reader")
    await conductor.carry_on()
    asset = (await facts.detail(conductor.proposal.id)).asset
    await facts.publish(asset, table("id", "email", "phone"))
    await conductor.carry_on()
    (item,) = (found := await of(facts, conductor.proposal.producer_team_id)).items
    assert (item.waiting.task, found.counts.confirm) == (Task.CONFIRM, 1)


async def test_a_team_that_reads_everything_is_told_of_every_break(facts: Facts) -> None:
    asset = await facts.asset(await facts.team("owner"))
    await facts.publish(asset, table("id", "email", "phone"))
    whole, part = await facts.team("whole"), await facts.team("part")
    await facts.register(asset, whole)
    await facts.register(asset, part, ["phone"])
    await Conductor(facts, await facts.proposed(asset, table("id"))).carry_on()
    seen = {
        item.team.id: [change.path for change in item.breaking]
        for item in (await of(facts, whole.id, part.id)).items
    }
    assert seen == {whole.id: ["email", "phone"], part.id: ["phone"]}


async def test_it_takes_as_many_statements_for_thirty_as_for_three(facts: Facts) -> None:
    reader = await facts.team("reader")
    counts = []
    for more in (3, 27):
        for _ in range(more):
            asset = await facts.asset(await facts.team("owner"))
            await facts.publish(asset, table("id", "email"))
            await facts.register(asset, reader, ["email"])
            await facts.proposed(asset, table("id"))
        counting = Counting(facts.database)
        found = await counting.run(lambda tx: inbox.read(tx, [reader.id], ALL))
        counts.append((len(found.items), counting.statements))
    assert counts == [(3, counts[0][1]), (30, counts[0][1])]


async def test_a_move_waits_for_the_team_that_has_to_move(facts: Facts) -> None:
    keeper = await replaced(facts, "one", "two")
    await keeper.carry_on()
    one, two = [each.id for each in keeper.readers]
    assert [each.mover.team.id for each in (await of(facts, one)).moves] == [one]
    assert {each.mover.team.id for each in (await of(facts, one, two)).moves} == {one, two}
