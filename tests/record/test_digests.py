"""Digests: many events of one destination in one message, each of which counts as its own."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from domain.acknowledgments import Response
from domain.actors import KEEPER
from domain.deliveries import Delivery, DeliveryStatus, Sent
from domain.destinations import Channels, DestinationKind, Pace
from domain.events import EventType, NewEvent
from domain.members import TeamRole
from domain.teams import Team
from domain.users import User
from record import (
    deliveries,
    destinations,
    digests,
    events,
    health,
    members,
    pings,
    replays,
    retention,
    users,
)
from record.comparison import Comparer
from record.deliveries import Attempt
from record.destinations import Wanted
from record.users import NewUser
from store.database import Database
from store.deliveries import DeliveryRow
from store.destinations import Owner
from store.outbox import OutboxItem
from store.transaction import Transaction
from tests.support.conductor import Conductor, breaking
from tests.support.facts import CALLER, Facts, table
from tests.support.sealing import sealed_up_to_now

NOW = datetime(2026, 3, 2, tzinfo=UTC)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
TAKEN = Sent(status_code=250, error=None, duration=timedelta(milliseconds=5), receipt="<1@x>")
REFUSED = Sent(status_code=550, error="no such user", duration=timedelta(0), final=True)
CHANNELS = Channels(
    kinds=frozenset({DestinationKind.WEBHOOK, DestinationKind.EMAIL}),
    digest_at=time(8, tzinfo=UTC),
    hold=timedelta(0),
    lull=timedelta(minutes=2),
)


@pytest.fixture
async def mailing(fresh_database_url: str, comparer: Comparer) -> AsyncIterator[Facts]:
    """A world of its own with a mail server, in which nothing is held back at first."""
    connecting = Database.connect(fresh_database_url, channels=CHANNELS)
    async with connecting.closing() as database:
        yield Facts(database, comparer)


async def listed(facts: Facts, pace: Pace = Pace.AT_ONCE, name: str = "growth") -> Team:
    """A team with an address that it is told at."""
    team = await facts.team(name)
    wanted = Wanted(kind=DestinationKind.EMAIL, address=f"{name}@example.com", pace=pace)
    await destinations.put(facts.database, CALLER, Owner(team.id), "list", wanted)
    return team


async def member(facts: Facts, team: Team, pace: Pace) -> User:
    new = NewUser(name="ada", email=f"ada-{team.id}@example.com")
    user = await users.create(facts.database, CALLER, new)
    await members.put(facts.database, CALLER, team.id, user.id, TeamRole.MEMBER)
    wanted = Wanted(kind=DestinationKind.EMAIL, pace=pace)
    await destinations.put(facts.database, CALLER, Owner(user_id=user.id), "email", wanted)
    return user


async def told(facts: Facts, team: Team, count: int = 1, *, urgent: bool = False) -> list[UUID]:
    async def work(tx: Transaction) -> list[UUID]:
        return [
            await events.append(
                tx,
                NewEvent(
                    type=EventType.PROPOSAL_ASKED,
                    caller=CALLER,
                    summary=f"Number {number}.",
                    audience=(team.id,),
                    notifies=True,
                    urgent=urgent,
                ),
            )
            for number in range(count)
        ]

    return await facts.database.run(work)


async def everything(facts: Facts) -> list[Delivery]:
    async def work(tx: Transaction) -> list[Delivery]:
        found = await tx.sql.values(select(DeliveryRow.event_id).distinct())
        return [each for id_ in found for each in await tx.deliveries.of_event(id_)]

    return sorted(await facts.database.run(work), key=lambda each: each.id)


async def carried_out(facts: Facts) -> list[OutboxItem]:
    async def work(tx: Transaction) -> list[OutboxItem]:
        items = list(await tx.outbox.claim(1000, timedelta(minutes=5)))
        await tx.outbox.finish(items)
        return items

    return await facts.database.run(work)


async def due_now(facts: Facts, ago: timedelta = timedelta(seconds=1)) -> None:
    """Let the time of everything that is gathered have come."""

    async def work(tx: Transaction) -> None:
        await tx.sql.execute(
            update(DeliveryRow)
            .where(DeliveryRow.status == DeliveryStatus.GATHERED)
            .values(due_at=func.clock_timestamp() - ago)
        )

    await facts.database.run(work)


async def begun(facts: Facts, delivery_id: UUID) -> Attempt:
    attempt = await deliveries.begin(facts.database, delivery_id)
    assert isinstance(attempt, Attempt), attempt
    return attempt


async def finished(
    facts: Facts, attempt: Attempt, sent: Sent = TAKEN, pause: timedelta | None = None
) -> DeliveryStatus:
    return await deliveries.finish(
        facts.database, attempt.delivery.id, attempt.number, sent, NOW, pause=pause
    )


def statuses(found: Sequence[Delivery]) -> dict[str, int]:
    return dict(Counter(each.status.value for each in found))


# --- the daily digest ---


async def test_what_waits_for_a_digest_goes_out_as_one_message_when_it_is_due(
    mailing: Facts,
) -> None:
    team = await listed(mailing, Pace.DIGEST)
    await told(mailing, team, 7)
    assert await carried_out(mailing) == []
    assert await digests.send_due(mailing.database) == 0
    waiting = await everything(mailing)
    assert {each.due_at.astimezone(UTC).time() for each in waiting} == {time(8)}
    await due_now(mailing)
    assert await digests.send_due(mailing.database) == 1
    assert await digests.send_due(mailing.database) == 0
    (item,) = await carried_out(mailing)
    carrier, *others = await everything(mailing)
    assert item.payload == {"part": str(carrier.id), "delivery_ids": [str(carrier.id)]}
    assert (carrier.status, carrier.alone) == (DeliveryStatus.PENDING, True)
    assert {each.carried_by for each in others} == {carrier.id}
    attempt = await begun(mailing, carrier.id)
    assert [each.event.summary for each in attempt.carried] == [
        f"Number {number}." for number in range(1, 7)
    ]
    await finished(mailing, attempt)
    assert statuses(await everything(mailing)) == {"delivered": 7}


async def test_two_workers_at_once_make_one_digest_of_each_destination(mailing: Facts) -> None:
    teams = [await listed(mailing, Pace.DIGEST, f"team{n}") for n in range(6)]
    for team in teams:
        await told(mailing, team, 4)
    await due_now(mailing)
    sent = await asyncio.gather(*(digests.send_due(mailing.database) for _ in range(4)))
    items = await carried_out(mailing)
    assert len(items) == len({item.subject_id for item in items}) == 6
    assert sum(sent) >= 6
    assert statuses(await everything(mailing)) == {"pending": 6, "gathered": 18}


async def test_an_ask_that_arrived_in_a_digest_has_arrived(mailing: Facts) -> None:
    conductor = await breaking(mailing, "one", "two")
    parties = (await mailing.detail(conductor.proposal.id)).parties
    user = await member(mailing, parties[0].team, Pace.DIGEST)
    await members.put(mailing.database, CALLER, parties[1].team.id, user.id, TeamRole.MEMBER)
    await conductor.carry_on()
    await due_now(mailing)
    await digests.send_due(mailing.database)
    carrier = next(each for each in await everything(mailing) if each.alone)
    attempt = await begun(mailing, carrier.id)
    assert attempt.answers_for == {each.team.id for each in parties}
    assert await reached(mailing, conductor) == [False, False]
    await finished(mailing, attempt)
    assert await reached(mailing, conductor) == [True, True]


async def reached(facts: Facts, conductor: Conductor) -> list[bool]:
    detail = await facts.detail(conductor.proposal.id)
    return [each.party.reached_at is not None for each in detail.parties]


async def test_what_nobody_waits_for_is_left_out_and_a_digest_of_that_is_not_sent(
    mailing: Facts,
) -> None:
    conductor = await breaking(mailing, "one", "two")
    parties = (await mailing.detail(conductor.proposal.id)).parties
    user = await member(mailing, parties[0].team, Pace.DIGEST)
    await members.put(mailing.database, CALLER, parties[1].team.id, user.id, TeamRole.MEMBER)
    await conductor.carry_on()
    await due_now(mailing)
    await digests.send_due(mailing.database)
    carrier = next(each for each in await everything(mailing) if each.alone)
    await mailing.answer(conductor.proposal, parties[0].team, Response.APPROVED)
    attempt = await begun(mailing, carrier.id)
    # The carrier's own ask is answered: the message tells of the other one alone.
    assert attempt.event.team_id == parties[1].team.id
    assert attempt.carried == ()
    await finished(mailing, attempt, Sent(status_code=451, error="later", duration=NOTHING), LATER)
    await mailing.answer(conductor.proposal, parties[1].team, Response.APPROVED)
    assert await deliveries.begin(mailing.database, carrier.id) is DeliveryStatus.SUPERSEDED
    asks = [each for each in await everything(mailing) if each.id >= carrier.id]
    assert {each.status for each in asks if each.carried_by or each.alone} == {
        DeliveryStatus.SUPERSEDED
    }


NOTHING, LATER = timedelta(0), timedelta(seconds=5)


async def test_what_a_digest_carries_fails_with_it(mailing: Facts) -> None:
    team = await listed(mailing, Pace.DIGEST)
    await told(mailing, team, 3)
    await due_now(mailing)
    await digests.send_due(mailing.database)
    carrier = (await everything(mailing))[0]
    attempt = await begun(mailing, carrier.id)
    again = Sent(status_code=451, error="later", duration=NOTHING)
    assert await finished(mailing, attempt, again, LATER) is DeliveryStatus.PENDING
    assert statuses(await everything(mailing)) == {"pending": 1, "gathered": 2}
    await finished(mailing, await begun(mailing, carrier.id), REFUSED)
    assert statuses(await everything(mailing)) == {"failed": 3}


async def test_a_digest_that_fails_is_one_failure_however_much_it_carries(mailing: Facts) -> None:
    team = await listed(mailing, Pace.DIGEST)
    await told(mailing, team, deliveries.FAILURES_UNTIL_DISABLED + 1)
    await due_now(mailing)
    await digests.send_due(mailing.database)
    carrier = (await everything(mailing))[0]
    await finished(mailing, await begun(mailing, carrier.id), REFUSED)
    standing = await destinations.named(mailing.database, Owner(team.id), "list")
    assert standing.disabled_at is None


async def test_what_failed_together_is_sent_again_as_one_message(mailing: Facts) -> None:
    team = await listed(mailing, Pace.DIGEST)
    await told(mailing, team, 7)
    await due_now(mailing)
    await digests.send_due(mailing.database)
    carrier = (await everything(mailing))[0]
    await finished(mailing, await begun(mailing, carrier.id), REFUSED)
    await carried_out(mailing)
    made = await replays.replay_failed(
        mailing.database, CALLER, carrier.destination_id, LONG_AGO, limit=6
    )
    assert (made.replayed, made.remaining) == (6, 1)
    assert await carried_out(mailing) == []
    assert await digests.send_due(mailing.database) == 1
    (item,) = await carried_out(mailing)
    attempt = await begun(mailing, UUID(item.payload["delivery_ids"][0]))
    assert len(attempt.carried) == 5
    await finished(mailing, attempt)
    assert statuses(await everything(mailing)) == {"failed": 7, "delivered": 6}
    made = await replays.replay_failed(mailing.database, CALLER, carrier.destination_id, LONG_AGO)
    assert made.replayed == 1
    assert len(await carried_out(mailing)) == 1  # one alone is sent at once


async def test_a_test_is_a_message_of_its_own_however_much_else_there_is(mailing: Facts) -> None:
    team = await listed(mailing)
    await told(mailing, team, 10)
    crowd = await everything(mailing)
    hook = await destinations.named(mailing.database, Owner(team.id), "list")
    pinged = await pings.ping(mailing.database, CALLER, hook.id)
    first = await begun(mailing, crowd[0].id)
    assert len(first.carried) == 9
    assert (await begun(mailing, pinged.id)).carried == ()


async def test_a_digest_whose_destination_is_gone_fails_whole(mailing: Facts) -> None:
    team = await listed(mailing, Pace.DIGEST)
    await told(mailing, team, 3)
    await due_now(mailing)
    await digests.send_due(mailing.database)
    await destinations.remove(mailing.database, CALLER, Owner(team.id), "list")
    carrier = (await everything(mailing))[0]
    assert await deliveries.begin(mailing.database, carrier.id) is DeliveryStatus.FAILED
    assert statuses(await everything(mailing)) == {"failed": 3}


async def test_a_digest_that_nobody_sends_is_seen_and_sent_by_the_watch(mailing: Facts) -> None:
    team = await listed(mailing, Pace.DIGEST)
    await told(mailing, team, 3)
    await due_now(mailing)
    assert (await health.look(mailing.database)).late_digests == 0
    assert await digests.send_due(mailing.database, digests.OVERDUE_BY) == 0
    await due_now(mailing, timedelta(minutes=6))
    assert (await health.look(mailing.database)).late_digests == 1
    assert await digests.send_due(mailing.database, digests.OVERDUE_BY) == 1
    assert (await health.look(mailing.database)).late_digests == 0
    # Its carrier is a delivery as any other: where its workflow is lost, that is seen and mended.
    await carried_out(mailing)
    soon = timedelta(seconds=-5)
    assert await deliveries.wake_overdue(mailing.database, soon) == 1
    (again,) = await carried_out(mailing)
    assert again.payload["part"] == again.payload["delivery_ids"][0]


async def test_what_waits_for_a_digest_stays_in_the_log_and_may_go_once_it_is_told(
    mailing: Facts,
) -> None:
    team = await listed(mailing, Pace.DIGEST)
    for _ in range(3):
        await told(mailing, team)
    await sealed_up_to_now(mailing.database, 5, 1)
    later = datetime.now(UTC) + timedelta(days=1)
    assert (await retention.plan(mailing.database, later)).events == 2
    await due_now(mailing)
    await digests.send_due(mailing.database)
    attempt = await begun(mailing, (await everything(mailing))[0].id)
    assert (await retention.plan(mailing.database, later)).events == 2
    await finished(mailing, attempt)
    assert (await retention.prune(mailing.database, KEEPER, later)).events == 5
    assert await everything(mailing) == []


# --- much at once ---


async def test_a_hundred_events_at_once_are_one_message(mailing: Facts) -> None:
    team = await listed(mailing)
    for _ in range(100):
        await told(mailing, team)
    first, *others = await everything(mailing)
    attempt = await begun(mailing, first.id)
    assert len(attempt.carried) == 99
    ended = {await deliveries.begin(mailing.database, each.id) for each in others}
    assert ended == {DeliveryStatus.GATHERED}
    await finished(mailing, attempt)
    assert statuses(await everything(mailing)) == {"delivered": 100}


async def test_what_piled_up_while_nothing_was_sent_is_one_message_too(mailing: Facts) -> None:
    team = await listed(mailing)
    await told(mailing, team, 30)
    early = UUID("01900000-0000-7000-8000-000000000000")  # years ago

    async def work(tx: Transaction) -> None:
        found = await tx.sql.values(select(DeliveryRow.id))
        for number, id_ in enumerate(found):
            old = UUID(int=early.int + number)
            await tx.sql.execute(update(DeliveryRow).where(DeliveryRow.id == id_).values(id=old))

    await mailing.database.run(work)
    first, *others = await everything(mailing)
    assert len((await begun(mailing, first.id)).carried) == 29
    for each in others:
        assert await deliveries.begin(mailing.database, each.id) is DeliveryStatus.GATHERED


async def test_what_comes_soon_after_waits_for_a_lull_and_is_one_more(mailing: Facts) -> None:
    team = await listed(mailing)
    await told(mailing, team, 20)
    await finished(mailing, await begun(mailing, (await everything(mailing))[0].id))
    late = [each.id for each in await everything(mailing)]
    await told(mailing, team, 30)
    further = [each for each in await everything(mailing) if each.id not in late]
    for each in further:
        assert await deliveries.begin(mailing.database, each.id) is DeliveryStatus.GATHERED
    due = {each.due_at for each in await everything(mailing) if each.id not in late}
    assert len(due) == 1  # all of them at the same time, however long it goes on
    assert timedelta(0) < due.pop() - datetime.now(UTC) <= CHANNELS.lull
    await due_now(mailing)
    assert await digests.send_due(mailing.database) == 1
    carrier = next(each for each in await everything(mailing) if each.alone)
    assert len((await begun(mailing, carrier.id)).carried) == 29


async def test_a_few_are_sent_one_by_one(mailing: Facts) -> None:
    team = await listed(mailing)
    for _ in range(CHANNELS.few):
        await told(mailing, team)
    for each in await everything(mailing):
        attempt = await begun(mailing, each.id)
        assert attempt.carried == ()
        await finished(mailing, attempt)
    await told(mailing, team)
    last = (await everything(mailing))[-1]
    assert await deliveries.begin(mailing.database, last.id) is DeliveryStatus.GATHERED


async def test_what_is_urgent_is_gathered_with_nothing(mailing: Facts) -> None:
    team = await listed(mailing)
    user = await member(mailing, team, Pace.OFF)
    await told(mailing, team, 20)
    (urgent,) = await told(mailing, team, urgent=True)
    hurried = [each for each in await everything(mailing) if each.event_id == urgent]
    assert len(hurried) == 2  # to the list, and to who wants nothing
    first = await begun(mailing, (await everything(mailing))[0].id)
    assert urgent not in [each.event.id for each in first.carried]
    for each in hurried:
        assert each.urgent
        assert (await begun(mailing, each.id)).event.id == urgent
    assert user.active


async def test_a_program_gets_each_of_a_hundred(mailing: Facts) -> None:
    team = await mailing.team("program")
    url = Wanted(address="https://hooks.example/x")
    await destinations.put(mailing.database, CALLER, Owner(team.id), "webhook", url)
    await told(mailing, team, 30)
    for each in await everything(mailing):
        assert (await begun(mailing, each.id)).carried == ()


# --- what is told together ---


async def programmed(facts: Facts) -> Team:
    """A team with a program and an address."""
    team = await listed(facts)
    url = Wanted(address="https://hooks.example/x")
    await destinations.put(facts.database, CALLER, Owner(team.id), "webhook", url)
    return team


async def told_together(facts: Facts, team: Team, at: datetime, count: int) -> None:
    async def work(tx: Transaction) -> None:
        tx.together_at = at
        for number in range(count):
            await events.append(
                tx,
                NewEvent(
                    type=EventType.PROPOSAL_ASKED,
                    caller=CALLER,
                    summary=f"Number {number}.",
                    audience=(team.id,),
                    notifies=True,
                    urgent=number == 0,
                ),
            )

    await facts.database.run(work)


async def test_what_is_told_together_is_one_message_to_each_program_and_to_people(
    mailing: Facts,
) -> None:
    team, at = await programmed(mailing), datetime.now(UTC) + timedelta(hours=1)
    await told_together(mailing, team, at, 3)
    await told_together(mailing, team, at, 3)
    waiting = {each.id for each in await everything(mailing) if each.due_at == at}
    assert statuses(await everything(mailing)) == {"gathered": 8, "pending": 4}
    assert len(waiting) == 8
    assert await digests.send_due(mailing.database) == 0
    await due_now(mailing)
    assert await digests.send_due(mailing.database) == 2
    carriers = [each for each in await everything(mailing) if each.alone]
    assert len({each.destination_id for each in carriers}) == 2
    for carrier in carriers:
        attempt = await begun(mailing, carrier.id)
        summaries = [attempt.event.summary, *(each.event.summary for each in attempt.carried)]
        assert summaries == ["Number 1.", "Number 2."] * 2
        await finished(mailing, attempt)
    arrived = [each for each in await everything(mailing) if each.id in waiting]
    assert statuses(arrived) == {"delivered": 8}


async def test_a_party_of_many_proposals_is_asked_by_one_message_that_arrives_for_each(
    mailing: Facts,
) -> None:
    team, owner = await programmed(mailing), await mailing.team("owner")
    proposals = []
    at = datetime.now(UTC) + timedelta(hours=1)
    for _ in range(3):
        asset = await mailing.asset(owner)
        await mailing.publish(asset, table("id", "email"))
        await mailing.register(asset, team, ["email"])
        published = await mailing.publish(asset, table("id"), together_at=at)
        assert published.proposal is not None
        proposals.append(Conductor(mailing, published.proposal))
    await carried_out(mailing)
    for each in proposals:
        await each.carry_on()
    assert [item.kind for item in await carried_out(mailing)] == []
    await due_now(mailing)
    assert await digests.send_due(mailing.database) == 2
    for carrier in [each for each in await everything(mailing) if each.alone]:
        attempt = await begun(mailing, carrier.id)
        assert len(attempt.carried) == 2
        await finished(mailing, attempt)
    for each in proposals:
        (party,) = (await mailing.detail(each.proposal.id)).parties
        assert party.party.reached_at == NOW


async def test_asked_after_that_time_it_is_told_at_once(mailing: Facts) -> None:
    team, owner = await programmed(mailing), await mailing.team("owner")
    asset = await mailing.asset(owner)
    await mailing.publish(asset, table("id", "email"))
    await mailing.register(asset, team, ["email"])
    gone = datetime.now(UTC) - timedelta(seconds=1)
    published = await mailing.publish(asset, table("id"), together_at=gone)
    assert published.proposal is not None
    await Conductor(mailing, published.proposal).carry_on()
    asked = await everything(mailing)
    assert statuses(asked[-2:]) == {"pending": 2}


async def test_many_begin_at_once_and_one_of_them_carries_all(mailing: Facts) -> None:
    team = await listed(mailing)
    await told(mailing, team, 40)
    ids = [each.id for each in await everything(mailing)]
    outcomes = await asyncio.gather(
        *(deliveries.begin(mailing.database, delivery_id) for delivery_id in ids)
    )
    attempts = [each for each in outcomes if isinstance(each, Attempt)]
    assert len(attempts) == 1
    assert len(attempts[0].carried) == 39
