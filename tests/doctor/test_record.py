"""Looking at the record: what waits, what is late, what is stuck, and mending it by the outbox."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from domain.actors import DOCTOR
from domain.destinations import DestinationKind
from domain.diagnosis import of_facts
from domain.events import EventType
from domain.health import Check, FactsSeen, OpenProposal, State
from domain.members import TeamRole
from domain.team_policies import Fallback
from record import (
    destinations,
    health,
    proposals,
    team_lives,
    team_policies,
    users,
    wakes,
    windows,
)
from record.destinations import Wanted
from record.team_policies import ServerSays, TeamPolicyChange
from record.users import NewUser
from store.destinations import Owner
from store.outbox import OutboxItem
from store.revisions import HEAD
from store.transaction import Transaction
from tests.support import webhooks
from tests.support.conductor import breaking
from tests.support.facts import CALLER, Facts
from tests.support.window_keeper import replaced


async def said(facts: Facts, *statements: str) -> None:
    async def work(tx: Transaction) -> None:
        for statement in statements:
            await tx.sql.execute(text(statement))

    await facts.database.run(work)


async def claimed(facts: Facts) -> Sequence[OutboxItem]:
    async def work(tx: Transaction) -> Sequence[OutboxItem]:
        return await tx.outbox.claim(100, timedelta(0))

    return await facts.database.run(work)


async def parked(facts: Facts) -> OutboxItem:
    """The only row of the outbox, set aside as the relay does it."""
    (item,) = await claimed(facts)
    await wakes.park(facts.database, item, "too long")
    return item


async def look(facts: Facts) -> FactsSeen:
    return await health.look(facts.database)


def ids(listed: Sequence[OpenProposal]) -> list[UUID]:
    return [each.id for each in listed]


LATE = "UPDATE proposals SET next_review_at = now() - interval '3 minutes'"
OLD = "UPDATE proposals SET opened_at = now() - interval '2 minutes'"
CARRIED = "DELETE FROM outbox"
OLD_RETIREMENT = "UPDATE retirements SET created_at = now() - interval '2 minutes'"
LATE_RETIREMENT = "UPDATE retirements SET next_review_at = now() - interval '3 minutes'"


async def test_an_empty_record_is_well(facts: Facts) -> None:
    seen = await look(facts)
    assert (seen.backlog.waiting, seen.backlog.oldest) == (0, timedelta(0))
    assert (seen.parked, seen.destinations, seen.late_events) == ((), (), 0)
    assert (seen.overdue.count, seen.stuck.count, seen.settled.count) == (0, 0, 0)
    revisions = await health.revisions(facts.database)
    assert revisions.current == revisions.known[0] == HEAD


async def test_a_fallback_that_is_gone_or_that_nothing_reaches_is_seen(facts: Facts) -> None:
    async def names(name: str, fallback: Fallback) -> None:
        team = await facts.team(name)
        change = TeamPolicyChange(named=frozenset({"fallback"}), fallback=fallback)
        await team_policies.change(facts.database, CALLER, team.id, change, ServerSays())

    gone, silent, reached = [await facts.team(name) for name in ("gone", "silent", "reached")]
    await webhooks.set_webhook(
        facts.database, CALLER, reached.id, "https://hooks.example.com/r", None
    )
    for name, target in (("one", gone), ("two", silent), ("three", reached)):
        await names(name, Fallback(team_id=target.id))
    await team_lives.delete(facts.database, CALLER, gone.id)
    seen = await health.look(facts.database, "team:nobody")
    assert [(each.named.split("-")[0], each.there, each.reached) for each in seen.fallbacks] == [
        ("team:nobody", False, False),
        ("gone", False, False),
        ("reached", True, True),
        ("silent", True, False),
    ]
    assert [each.whose is None for each in seen.fallbacks] == [True, False, False, False]
    found = next(each for each in of_facts(seen) if each.check is Check.FALLBACKS)
    assert (found.state, len(found.items)) == (State.WARNING, 3)
    assert "the server's fallback, team:nobody, is not there any more" in found.found


async def test_a_person_is_reached_by_an_own_destination_while_active(facts: Facts) -> None:
    new = NewUser(name="ann", email="ann@example.com")
    person = await users.create(facts.database, CALLER, new)

    async def seen() -> tuple[bool, bool]:
        (one,) = (await health.look(facts.database, "user:ann@example.com")).fallbacks
        return one.there, one.reached

    for each in await own(facts, person.id):
        await destinations.remove(facts.database, CALLER, Owner(user_id=person.id), each)
    assert await seen() == (True, False)
    wanted = Wanted(kind=DestinationKind.EMAIL)
    await destinations.put(facts.database, CALLER, Owner(user_id=person.id), "mail", wanted)
    assert await seen() == (True, True)
    await users.deactivate(facts.database, CALLER, person.id)
    assert (await seen())[0] is False


async def test_a_team_is_reached_by_those_who_work_for_it_while_they_are_there(
    facts: Facts,
) -> None:
    team = await facts.team("team")
    new = NewUser(name="bob", email=f"{team.name}@example.com")
    person = await users.create(facts.database, CALLER, new)
    owner, wanted = Owner(user_id=person.id), Wanted(kind=DestinationKind.EMAIL)
    await destinations.put(facts.database, CALLER, owner, "mail", wanted)

    async def reached_as(role: TeamRole) -> bool:
        async def work(tx: Transaction) -> bool:
            await tx.members.put(team.id, person.id, role)
            return (await tx.fallbacks.reach([Fallback(team_id=team.id)]))[team.id].reached

        return await facts.database.run(work)

    assert not await reached_as(TeamRole.VIEWER)
    assert await reached_as(TeamRole.MEMBER)

    async def disabled(tx: Transaction, at: str) -> None:
        set_ = text(f"UPDATE destinations SET disabled_at = {at} WHERE user_id = :id")
        await tx.sql.execute(set_, {"id": person.id})

    await facts.database.run(lambda tx: disabled(tx, "clock_timestamp()"))
    assert not await reached_as(TeamRole.MEMBER)
    await facts.database.run(lambda tx: disabled(tx, "NULL"))
    assert await reached_as(TeamRole.MEMBER)
    await users.deactivate(facts.database, CALLER, person.id)
    assert not await reached_as(TeamRole.MEMBER)


async def own(facts: Facts, user_id: UUID) -> Sequence[str]:
    async def work(tx: Transaction) -> Sequence[str]:
        found = await tx.sql.execute(
            text("SELECT name FROM destinations WHERE user_id = :id AND removed_at IS NULL"),
            {"id": user_id},
        )
        return found.scalars().all()

    return await facts.database.read(work)


async def test_what_waits_for_the_relay_is_counted_with_its_age_and_error(facts: Facts) -> None:
    await breaking(facts, "reader")
    await said(
        facts,
        "UPDATE outbox SET created_at = now() - interval '40 seconds', last_error = 'away'",
    )
    backlog = (await look(facts)).backlog
    assert backlog.waiting == await health.waiting(facts.database) == 1
    assert timedelta(seconds=39) < backlog.oldest < timedelta(minutes=5)
    assert backlog.last_error == "away"


async def test_a_late_proposal_is_overdue_unless_a_row_will_wake_it(facts: Facts) -> None:
    late = (await breaking(facts, "reader")).proposal
    await said(facts, LATE, OLD)
    assert (await look(facts)).overdue.count == 0
    await said(facts, CARRIED)
    seen = await look(facts)
    assert ids(seen.overdue.listed) == ids(seen.settled.listed) == [late.id]
    assert seen.overdue.listed[0].asset.startswith("orders.customers")
    assert seen.overdue.listed[0].late > timedelta(minutes=2)


async def test_a_proposal_that_was_just_opened_needs_no_workflow_yet(facts: Facts) -> None:
    await breaking(facts, "reader")
    await said(facts, CARRIED)
    assert (await look(facts)).settled.count == 0


async def test_a_stuck_proposal_is_found_with_its_error(facts: Facts) -> None:
    proposal = (await breaking(facts, "reader")).proposal
    await proposals.mark_stuck(facts.database, proposal.id, "defect: boom")
    (stuck,) = (await look(facts)).stuck.listed
    assert (stuck.id, stuck.stuck) == (proposal.id, "defect: boom")


async def test_only_what_has_no_row_is_woken(facts: Facts) -> None:
    first = (await breaking(facts, "reader")).proposal
    await said(facts, CARRIED)
    second = (await breaking(facts, "reader")).proposal
    both = [first.id, second.id]
    assert await wakes.wake(facts.database, both, "it was stuck") == (first.id,)
    assert await wakes.wake(facts.database, both, "it was stuck") == ()
    summaries = [item.payload["summary"] for item in await claimed(facts)]
    assert "woken: it was stuck" in summaries


async def test_a_parked_row_is_carried_again_with_an_event_that_says_so(facts: Facts) -> None:
    proposal = (await breaking(facts, "reader")).proposal
    item = await parked(facts)
    (shown,) = (await look(facts)).parked
    assert (shown.id, shown.subject_id, shown.error) == (item.id, proposal.id, "too long")
    assert await claimed(facts) == ()
    assert await wakes.unpark(facts.database, DOCTOR) == 1
    assert (await look(facts)).parked == ()
    (again,) = await claimed(facts)
    assert (again.id, again.attempts) == (item.id, 1)
    (event,) = await facts.log(type=EventType.OUTBOX_UNPARKED)
    assert event.proposal_id == proposal.id
    assert event.caller.actor.name == "tessera doctor"
    assert event.payload == {"outbox_id": item.id, "kind": "proposal", "error": "too long"}
    assert await wakes.unpark(facts.database, DOCTOR) == 0


async def test_webhooks_are_seen_with_what_failed_since_their_last_success(facts: Facts) -> None:
    await destinations.ensure_server_webhook(facts.database, "http://127.0.0.1:1/own", None)
    conductor = await breaking(facts, "reader")
    (party,) = (await facts.detail(conductor.proposal.id)).parties
    await webhooks.set_webhook(
        facts.database, CALLER, party.team.id, "http://127.0.0.1:1/reader", None
    )
    await conductor.carry_on()
    await said(facts, "UPDATE deliveries SET last_error = 'refused', due_at = now()")
    own, reader = (await look(facts)).destinations
    assert (own.team, own.url) == (None, "http://127.0.0.1:1/own")
    assert (reader.team, reader.retrying, reader.given_up) == (party.team.name, 1, 0)
    assert reader.last_error == "refused"
    await said(facts, "UPDATE deliveries SET status = 'failed'")
    _, reader = (await look(facts)).destinations
    assert (reader.retrying, reader.given_up) == (0, 1)
    await said(
        facts,
        "INSERT INTO deliveries (id, event_id, destination_id, status, attempts)"
        " SELECT gen_random_uuid(), (SELECT id FROM events WHERE type = 'team.created' LIMIT 1),"
        " destination_id, 'delivered', 1 FROM (SELECT DISTINCT destination_id FROM deliveries) d",
    )
    _, reader = (await look(facts)).destinations
    assert (reader.given_up, reader.last_error) == (0, None)


async def test_a_late_delivery_is_found_unless_a_row_will_wake_it(facts: Facts) -> None:
    await destinations.ensure_server_webhook(facts.database, "http://127.0.0.1:1/own", None)
    await (await breaking(facts, "reader")).carry_on()
    await said(facts, "UPDATE deliveries SET due_at = now() - interval '1 hour'")
    assert (await look(facts)).late_events == 0
    await said(facts, CARRIED)
    assert (await look(facts)).late_events > 0


async def test_a_late_retirement_is_found_unless_a_row_will_wake_it(facts: Facts) -> None:
    await replaced(facts, "reader")
    await said(facts, LATE_RETIREMENT)
    assert (await look(facts)).late_retirements == 0
    await said(facts, CARRIED)
    assert (await look(facts)).late_retirements == 1
    await said(facts, "UPDATE retirements SET next_review_at = now()")
    assert (await look(facts)).late_retirements == 0
    await said(facts, LATE_RETIREMENT, "UPDATE retirements SET status = 'retired'")
    assert (await look(facts)).late_retirements == 0


async def test_a_retirement_that_no_workflow_ever_looked_at_is_late_from_its_beginning(
    facts: Facts,
) -> None:
    await replaced(facts, "reader")
    await said(facts, CARRIED, "UPDATE retirements SET next_review_at = NULL")
    assert (await look(facts)).late_retirements == 0
    await said(facts, "UPDATE retirements SET created_at = now() - interval '3 minutes'")
    assert (await look(facts)).late_retirements == 1


async def test_a_stuck_retirement_is_found_until_it_works_again_or_ends(facts: Facts) -> None:
    keeper = await replaced(facts, "reader")
    assert (await look(facts)).stuck_retirements == ()
    await windows.mark_stuck(facts.database, keeper.contract_id, "defect: boom")
    (found,) = (await look(facts)).stuck_retirements
    assert (found.id, found.asset) == (keeper.contract_id, keeper.asset.fqn)
    assert (found.version, found.stuck) == ("1.0.0", "defect: boom")
    await windows.mark_stuck(facts.database, keeper.contract_id, None)
    assert (await look(facts)).stuck_retirements == ()
    await windows.mark_stuck(facts.database, keeper.contract_id, "defect: boom")
    await said(facts, "UPDATE retirements SET status = 'retired'")
    assert (await look(facts)).stuck_retirements == ()


async def test_a_retirement_needs_a_workflow_once_its_row_was_carried_a_while_ago(
    facts: Facts,
) -> None:
    keeper = await replaced(facts, "reader")
    await said(facts, OLD_RETIREMENT)
    assert (await look(facts)).settled_retirements == ()
    await said(facts, CARRIED)
    assert [each.id for each in (await look(facts)).settled_retirements] == [keeper.contract_id]
    await said(facts, "UPDATE retirements SET created_at = now()")
    assert (await look(facts)).settled_retirements == ()
    await said(facts, OLD_RETIREMENT, "UPDATE retirements SET status = 'retired'")
    assert (await look(facts)).settled_retirements == ()
