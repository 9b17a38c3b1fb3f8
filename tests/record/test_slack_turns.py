"""Messages in Slack are brought up to date by deliveries, in an order that holds."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text, update

from domain.acknowledgments import Response
from domain.deliveries import REFRESH, Delivery, DeliveryStatus, Sent
from domain.destinations import Channels, DestinationKind
from domain.errors import Conflict, NotReady, QuestionChanged
from domain.events import EventType, NewEvent
from record import acknowledgments, deliveries, destinations, events, replays
from record.acknowledgments import NewAnswer
from record.deliveries import Attempt
from record.destinations import Wanted
from record.slack import OncePerRequest
from store.database import Database
from store.deliveries import DeliveryRow
from store.destinations import Owner
from store.idempotency import RequestKey
from store.transaction import Transaction
from tests.support.conductor import Conductor, breaking
from tests.support.facts import CALLER, Facts

AT_ONCE = Channels(
    kinds=frozenset({DestinationKind.WEBHOOK, DestinationKind.SLACK}), hold=timedelta(0)
)


@pytest.fixture
async def world(database_url: str, facts: Facts) -> AsyncIterator[Facts]:
    """A server that speaks Slack and holds nothing back."""
    async with Database.connect(database_url, channels=AT_ONCE).closing() as database:
        yield Facts(database, facts.comparer)


@dataclass
class Told:
    """A proposal whose one party has a channel, with the delivery of its ask."""

    facts: Facts
    conductor: Conductor
    ask: Delivery

    @classmethod
    async def so(cls, facts: Facts) -> "Told":
        conductor = await breaking(facts, "reader")
        detail = await facts.detail(conductor.proposal.id)
        wanted = Wanted(kind=DestinationKind.SLACK, address="C024BE91L")
        owner = Owner(detail.parties[0].team.id)
        await destinations.put(facts.database, CALLER, owner, "slack", wanted)
        await conductor.carry_on()
        (ask,) = await cls.made(facts, conductor, EventType.PROPOSAL_ASKED)
        return cls(facts, conductor, ask)

    @staticmethod
    async def made(facts: Facts, conductor: Conductor, kind: EventType) -> list[Delivery]:
        log = await facts.log(proposal_id=conductor.proposal.id, type=kind)

        async def work(tx: Transaction) -> list[Delivery]:
            return [each for event in log for each in await tx.deliveries.of_event(event.id)]

        return await facts.database.run(work)

    async def refreshes(self) -> list[Delivery]:
        made = await self.made(self.facts, self.conductor, EventType.ACKNOWLEDGED)
        return [each for each in made if each.refreshes]

    async def begun(self, delivery: Delivery) -> Attempt | DeliveryStatus | timedelta:
        return await deliveries.begin(self.facts.database, delivery.id)

    async def sent(self, delivery: Delivery, receipt: str | None = "C024BE91L/1.1") -> None:
        attempt = await self.begun(delivery)
        assert isinstance(attempt, Attempt)
        await self.finished(attempt, receipt)

    async def finished(self, attempt: Attempt, receipt: str | None) -> None:
        took = Sent(status_code=200, error=None, duration=timedelta(0), receipt=receipt)
        now = self.conductor.now
        status = await deliveries.finish(
            *(self.facts.database, attempt.delivery.id, attempt.number, took, now), pause=None
        )
        assert status is DeliveryStatus.DELIVERED

    async def answer(self, response: Response = Response.MIGRATING, days: int = 1) -> None:
        detail = await self.facts.detail(self.conductor.proposal.id)
        until = None
        if response is Response.MIGRATING:
            until = detail.read_at + timedelta(days=days)
        team = detail.parties[0].team
        await self.facts.answer(self.conductor.proposal, team, response, until=until)

    async def events(self, count: int, *, urgent: bool = False) -> list[Delivery]:
        """Return the deliveries of further events to the same channel."""
        detail = await self.facts.detail(self.conductor.proposal.id)
        event = NewEvent(
            type=EventType.PROPOSAL_ASKED,
            caller=CALLER,
            summary="A further one.",
            audience=(detail.parties[0].team.id,),
            notifies=True,
            urgent=urgent,
        )

        async def append(tx: Transaction) -> list[UUID]:
            return [await events.append(tx, event) for _ in range(count)]

        ids = await self.facts.database.run(append)

        async def read(tx: Transaction) -> list[Delivery]:
            found = [each for id_ in ids for each in await tx.deliveries.of_event(id_)]
            return [each for each in found if each.destination_id == self.ask.destination_id]

        return await self.facts.database.run(read)

    async def refused(self, delivery: Delivery) -> None:
        attempt = await self.begun(delivery)
        assert isinstance(attempt, Attempt)
        no = Sent(status_code=None, error="is_archived", duration=timedelta(0), final=True)
        ended = await deliveries.finish(
            *(self.facts.database, delivery.id, attempt.number, no, self.conductor.now), pause=None
        )
        assert ended is DeliveryStatus.FAILED

    async def long_ago(self) -> None:
        """Let the ask, of which nothing was sent yet, be from years before."""
        old = UUID(int=(0x01700000_0000_7000_8000 << 48) + secrets.randbits(40))

        async def work(tx: Transaction) -> Delivery | None:
            await tx.sql.execute(
                update(DeliveryRow).where(DeliveryRow.id == self.ask.id).values(id=old)
            )
            return await tx.deliveries.lock(old)

        moved = await self.facts.database.run(work)
        assert moved is not None
        self.ask = moved

    async def status(self, delivery: Delivery) -> DeliveryStatus:
        return await deliveries.standing(self.facts.database, delivery.id)


async def test_an_answer_brings_up_to_date_what_stands_in_slack(world: Facts) -> None:
    told = await Told.so(world)
    await told.sent(told.ask)
    await told.answer()
    (refresh,) = await told.refreshes()
    assert (refresh.ordinal, refresh.alone) == (REFRESH, True)
    attempt = await told.begun(refresh)
    assert isinstance(attempt, Attempt)
    (earlier,) = attempt.earlier
    assert (earlier.receipt, earlier.is_current) == ("C024BE91L/1.1", True)
    assert earlier.event.type is EventType.PROPOSAL_ASKED
    assert attempt.told == earlier.event
    assert attempt.proposal is not None
    assert attempt.proposal.round.parties[0].answer is not None


async def test_where_nothing_stands_nothing_is_brought_up_to_date(facts: Facts) -> None:
    """Neither for a server without Slack, nor where no message was posted."""
    conductor = await breaking(facts, "reader")
    await conductor.carry_on()
    told = Told(facts, conductor, None)  # type: ignore[arg-type]  # there is no ask to look at
    await told.answer()
    assert await told.refreshes() == []


async def test_a_message_that_is_posted_later_is_made_of_what_is_true_then(world: Facts) -> None:
    told = await Told.so(world)
    await told.answer()
    (refresh,) = await told.refreshes()
    assert await told.begun(refresh) is DeliveryStatus.SUPERSEDED
    attempt = await told.begun(told.ask)
    assert isinstance(attempt, Attempt)
    assert attempt.proposal is not None
    assert attempt.proposal.round.parties[0].answer is not None


async def test_an_answer_while_the_message_is_being_posted_waits_for_its_receipt(
    world: Facts,
) -> None:
    """Else it would say for ever what was true before the answer."""
    told = await Told.so(world)
    posting = await told.begun(told.ask)
    assert isinstance(posting, Attempt)
    await told.answer()
    (refresh,) = await told.refreshes()
    waits = await told.begun(refresh)
    assert isinstance(waits, timedelta)
    assert timedelta(0) < waits < timedelta(seconds=5)
    await told.finished(posting, "C024BE91L/1.1")
    attempt = await told.begun(refresh)
    assert isinstance(attempt, Attempt)
    assert [each.receipt for each in attempt.earlier] == ["C024BE91L/1.1"]


async def test_of_many_answers_the_last_is_shown_and_one_at_a_time(world: Facts) -> None:
    told = await Told.so(world)
    await told.sent(told.ask)
    for days in (1, 2, 3):
        await told.answer(days=days)
    first, second, third = await told.refreshes()
    assert await told.begun(first) is DeliveryStatus.SUPERSEDED
    last = await told.begun(third)
    assert isinstance(last, Attempt)
    assert isinstance(await told.begun(second), timedelta)
    await told.finished(last, None)
    await told.sent(second, None)  # what it says is made now, so it does no harm


async def test_two_that_begin_at_once_do_not_write_at_once(world: Facts) -> None:
    """They stand in line for the destination, and who comes second sees who writes."""
    told = await Told.so(world)
    await told.sent(told.ask)
    for days in (1, 2):
        await told.answer(days=days)
    locked, go = asyncio.Event(), asyncio.Event()

    async def hold(tx: Transaction) -> None:
        await tx.destinations.lock(told.ask.destination_id)
        locked.set()
        await go.wait()

    holding = asyncio.create_task(world.database.run(hold))
    await locked.wait()
    beginning = [asyncio.create_task(told.begun(each)) for each in await told.refreshes()]
    done, _ = await asyncio.wait(beginning, timeout=0.5)
    assert not done
    go.set()
    await holding
    begun = await asyncio.gather(*beginning)
    assert len([each for each in begun if isinstance(each, Attempt)]) == 1


async def test_an_attempt_that_was_lost_holds_nobody_up_for_ever(world: Facts) -> None:
    told = await Told.so(world)
    await told.sent(told.ask)
    await told.answer(days=1)
    (lost,) = await told.refreshes()
    assert isinstance(await told.begun(lost), Attempt)
    await told.answer(days=2)
    later = (await told.refreshes())[-1]
    assert isinstance(await told.begun(later), timedelta)

    async def age(tx: Transaction) -> None:
        await tx.sql.execute(
            text(
                "UPDATE delivery_attempts SET started_at = started_at - interval '80 seconds'"
                " WHERE delivery_id = :id"
            ),
            {"id": lost.id},
        )

    await world.database.run(age)
    assert isinstance(await told.begun(later), Attempt)


# --- beside digests and what is counted ---


async def test_what_begins_while_another_is_written_carries_nothing_yet(world: Facts) -> None:
    """Else it would be gathered itself when its turn comes, and what it carries would be lost."""
    told = await Told.so(world)
    await told.long_ago()
    await told.sent(told.ask)
    await told.answer()
    (refresh,) = await told.refreshes()
    writing = await told.begun(refresh)
    assert isinstance(writing, Attempt)
    many = await told.events(12)
    for each in many * 2:
        assert isinstance(await told.begun(each), timedelta)
    await told.finished(writing, None)
    attempt = await told.begun(many[3])
    assert isinstance(attempt, Attempt)
    assert len(attempt.carried) == 11
    await told.finished(attempt, "C024BE91L/2.2")
    assert {await told.status(each) for each in many} == {DeliveryStatus.DELIVERED}


async def test_a_refresh_is_neither_gathered_nor_counted(world: Facts) -> None:
    told = await Told.so(world)
    await told.sent(told.ask)
    for days in (1, 2, 3):
        await told.answer(days=days)
        await told.sent((await told.refreshes())[-1], None)
    await told.answer(days=4)
    for each in await told.events(AT_ONCE.few - 1):  # with the ask as many as go one by one
        attempt = await told.begun(each)
        assert isinstance(attempt, Attempt)
        assert attempt.carried == ()
        await told.finished(attempt, None)
    assert isinstance(await told.begun((await told.refreshes())[-1]), Attempt)


async def test_a_refresh_is_not_carried_by_a_digest(world: Facts) -> None:
    told = await Told.so(world)
    await told.long_ago()
    await told.sent(told.ask)
    await told.answer()
    first, *others = await told.events(12)
    attempt = await told.begun(first)
    assert isinstance(attempt, Attempt)
    assert sorted(each.event.id for each in attempt.carried) == [each.event_id for each in others]
    (refresh,) = await told.refreshes()
    assert (await told.status(refresh), refresh.carried_by) == (DeliveryStatus.PENDING, None)


async def test_a_message_that_is_a_digest_is_never_written_again(world: Facts) -> None:
    told = await Told.so(world)
    await told.events(12)
    attempt = await told.begun(told.ask)
    assert isinstance(attempt, Attempt)
    assert len(attempt.carried) == 12
    await told.finished(attempt, "C024BE91L/1.1")
    await told.answer()
    (refresh,) = await told.refreshes()
    assert await told.begun(refresh) is DeliveryStatus.SUPERSEDED


async def test_what_was_left_of_a_digest_alone_is_a_message_like_any_other(world: Facts) -> None:
    told = await Told.so(world)
    others = await told.events(12)
    assert isinstance(await told.begun(told.ask), Attempt)

    async def work(tx: Transaction) -> None:
        await tx.digests.supersede([each.id for each in others])

    await world.database.run(work)
    await told.sent(told.ask)
    await told.answer()
    (refresh,) = await told.refreshes()
    attempt = await told.begun(refresh)
    assert isinstance(attempt, Attempt)
    assert [each.receipt for each in attempt.earlier] == ["C024BE91L/1.1"]


async def test_a_channel_that_takes_nothing_is_disabled_whatever_refreshes_say(
    world: Facts,
) -> None:
    """Where nobody writes any more there is nothing to refresh, which is no success."""
    told = await Told.so(world)
    await told.sent(told.ask)
    for number in range(deliveries.FAILURES_UNTIL_DISABLED):
        await told.answer(days=number + 1)
        await told.sent((await told.refreshes())[-1], None)
        (lost,) = await told.events(1, urgent=True)
        await told.refused(lost)
    wanted = await world.database.run(lambda tx: tx.destinations.get(told.ask.destination_id))
    assert wanted is not None
    assert wanted.disabled_at is not None


async def test_a_refresh_is_not_sent_again_as_a_message(world: Facts) -> None:
    told = await Told.so(world)
    await told.sent(told.ask)
    await told.answer()
    (refresh,) = await told.refreshes()
    await told.refused(refresh)
    whole = await replays.replay_failed(
        *(world.database, CALLER, refresh.destination_id), told.ask.created_at - timedelta(days=1)
    )
    assert (whole.replayed, whole.remaining) == (0, 0)
    with pytest.raises(NotReady, match="told nobody anything"):
        await replays.replay(world.database, CALLER, refresh.id)


# --- what an answer from a message is bound to ---


async def test_what_was_not_shown_is_not_answered(world: Facts) -> None:
    told = await Told.so(world)
    detail = await world.detail(told.conductor.proposal.id)
    answer = NewAnswer(
        team_id=detail.parties[0].team.id,
        response=Response.APPROVED,
        revision=detail.proposal.revision + 1,
    )
    with pytest.raises(QuestionChanged, match="was revised"):
        await acknowledgments.acknowledge(world.database, CALLER, detail.proposal.id, answer)


async def test_the_answer_that_stands_is_not_given_again(world: Facts) -> None:
    told = await Told.so(world)
    detail = await world.detail(told.conductor.proposal.id)
    answer = NewAnswer(team_id=detail.parties[0].team.id, response=Response.APPROVED, once=True)
    given = [
        await acknowledgments.acknowledge(world.database, CALLER, detail.proposal.id, answer)
        for _ in range(2)
    ]
    assert given[0].id == given[1].id
    assert len(await world.events(proposal_id=detail.proposal.id, type=EventType.ACKNOWLEDGED)) == 1


async def test_a_request_is_taken_once_and_a_refused_one_may_come_again(world: Facts) -> None:
    told = await Told.so(world)
    detail = await world.detail(told.conductor.proposal.id)
    key = RequestKey(principal="slack:ada", route="slack", key=f"{told.ask.id}", body_hash="")
    runner = OncePerRequest(world.database, key)
    team_id = detail.parties[0].team.id
    wrong = NewAnswer(team_id=team_id, response=Response.MIGRATING)
    right = NewAnswer(team_id=team_id, response=Response.APPROVED)
    proposal_id = detail.proposal.id
    with pytest.raises(Exception, match="until when"):
        await acknowledgments.acknowledge(runner, CALLER, proposal_id, wrong)
    await acknowledgments.acknowledge(runner, CALLER, proposal_id, right)
    with pytest.raises(Conflict, match="taken before"):
        await acknowledgments.acknowledge(runner, CALLER, proposal_id, right)


async def test_a_refresh_is_nothing_to_be_sent_again(world: Facts) -> None:
    """Sent again it would be a message about an answer, to those who are told of no answers."""
    told = await Told.so(world)
    await told.sent(told.ask)
    await told.answer()
    (refresh,) = await told.refreshes()
    attempt = await told.begun(refresh)
    assert isinstance(attempt, Attempt)
    down = Sent(status_code=500, error="down", duration=timedelta(0))
    await deliveries.finish(
        *(world.database, refresh.id, attempt.number, down, told.conductor.now), pause=None
    )
    made = await replays.replay_failed(
        world.database, CALLER, refresh.destination_id, refresh.created_at
    )
    assert (made.replayed, made.remaining) == (0, 0)
    with pytest.raises(NotReady):
        await replays.replay(world.database, CALLER, refresh.id)
