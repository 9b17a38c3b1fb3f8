"""Deliveries as facts: an attempt is written before it is made, and what is stale is not sent."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from domain.acknowledgments import Response
from domain.deliveries import AttemptStatus, Delivery, DeliveryStatus, Sent
from domain.errors import NotFound
from domain.events import EventType
from domain.teams import Team
from record import deliveries, destinations, registrations
from record.deliveries import FAILURES_UNTIL_DISABLED, Attempt
from store.outbox import OutboxItem, OutboxKind, Wake
from store.rows import new_id
from store.transaction import Transaction
from tests.support import webhooks
from tests.support.conductor import DAY, Conductor, breaking, revised
from tests.support.facts import CALLER, Facts, table

NOW = datetime(2026, 3, 2, tzinfo=UTC)
LATER = timedelta(seconds=5)
URL = "https://hooks.example/tessera"


def sent(code: int | None = 204, error: str | None = None) -> Sent:
    return Sent(status_code=code, error=error, duration=timedelta(milliseconds=12))


async def hooked(facts: Facts, name: str = "team") -> Team:
    team = await facts.team(name)
    await webhooks.set_webhook(facts.database, CALLER, team.id, URL, None)
    return team


async def told(facts: Facts, *teams: Team) -> UUID:
    """Append an event for these teams and return its id."""

    return await facts.tell(*(team.id for team in teams))


async def of_event(facts: Facts, event_id: UUID) -> tuple[Delivery, ...]:
    async def work(tx: Transaction) -> tuple[Delivery, ...]:
        return await tx.deliveries.of_event(event_id)

    return await facts.database.run(work)


async def only(facts: Facts, event_id: UUID) -> Delivery:
    (delivery,) = await of_event(facts, event_id)
    return delivery


async def begun(facts: Facts, delivery: Delivery) -> Attempt:
    attempt = await deliveries.begin(facts.database, delivery.id)
    assert isinstance(attempt, Attempt)
    return attempt


async def finished(
    facts: Facts, attempt: Attempt, result: Sent, *, last: bool = False
) -> DeliveryStatus:
    return await deliveries.finish(
        facts.database,
        attempt.delivery.id,
        attempt.number,
        result,
        NOW,
        pause=None if last else LATER,
    )


async def attempts(facts: Facts, delivery: Delivery) -> list[tuple[int, str]]:
    async def work(tx: Transaction) -> list[tuple[int, str]]:
        rows = await tx.sql.execute(
            text(
                "SELECT number, status FROM delivery_attempts WHERE delivery_id = :id "
                "ORDER BY number"
            ),
            {"id": delivery.id},
        )
        return [(number, status) for number, status in rows]

    return await facts.database.run(work)


# --- one transaction with the event ---


async def test_each_destination_has_one_delivery_and_who_has_none_starts_nothing(
    lonely: Facts,
) -> None:
    teams = [await hooked(lonely) for _ in range(27)]
    bare = await lonely.team("without")
    assert await of_event(lonely, await told(lonely, bare)) == ()
    event_id = await told(lonely, bare, *teams, teams[0])
    made = await of_event(lonely, event_id)
    assert len(made) == 27
    assert {each.status for each in made} == {DeliveryStatus.PENDING}

    async def claim(tx: Transaction) -> Sequence[OutboxItem]:
        return await tx.outbox.claim(10, DAY)

    items = await lonely.database.run(claim)
    assert [(item.kind, item.subject_id, item.payload["part"]) for item in items] == [
        (OutboxKind.DELIVERY, event_id, 0),
        (OutboxKind.DELIVERY, event_id, 1),
    ]
    ids = [one for item in items for one in item.payload["delivery_ids"]]
    assert sorted(ids) == sorted(str(each.id) for each in made)


async def test_the_server_s_own_webhook_receives_every_event_that_notifies(
    lonely: Facts,
) -> None:
    await destinations.ensure_server_webhook(lonely.database, URL, None)
    team = await hooked(lonely)
    assert len(await of_event(lonely, await told(lonely))) == 1
    assert len(await of_event(lonely, await told(lonely, team))) == 2


async def test_an_event_for_the_log_only_leaves_the_house_nowhere(facts: Facts) -> None:
    team = await hooked(facts)
    (created,) = await facts.log(team_id=team.id, type=EventType.TEAM_CREATED)
    assert await of_event(facts, created.id) == ()


# --- attempts ---


async def test_an_attempt_is_written_as_started_before_anything_is_sent(facts: Facts) -> None:
    delivery = await only(facts, await told(facts, await hooked(facts)))
    attempt = await begun(facts, delivery)
    assert (attempt.number, attempt.destination.address) == (1, URL)
    assert await attempts(facts, delivery) == [(1, AttemptStatus.STARTED)]
    assert await finished(facts, attempt, sent()) is DeliveryStatus.DELIVERED
    assert await attempts(facts, delivery) == [(1, AttemptStatus.DELIVERED)]
    delivered = await only(facts, delivery.event_id)
    assert delivered.delivered_at is not None


async def test_what_is_delivered_is_not_sent_again(facts: Facts) -> None:
    delivery = await only(facts, await told(facts, await hooked(facts)))
    await finished(facts, await begun(facts, delivery), sent())
    assert await deliveries.begin(facts.database, delivery.id) is DeliveryStatus.DELIVERED
    assert len(await attempts(facts, delivery)) == 1


async def test_an_attempt_lost_with_its_worker_is_unknown_and_the_next_one_is_made(
    facts: Facts,
) -> None:
    delivery = await only(facts, await told(facts, await hooked(facts)))
    await begun(facts, delivery)
    second = await begun(facts, delivery)
    assert second.number == 2
    await finished(facts, second, sent())
    assert await attempts(facts, delivery) == [
        (1, AttemptStatus.UNKNOWN),
        (2, AttemptStatus.DELIVERED),
    ]


@pytest.mark.parametrize(
    ("result", "last", "status", "error"),
    [
        (sent(500), False, DeliveryStatus.PENDING, "answered 500"),
        (sent(302), False, DeliveryStatus.PENDING, "answered 302"),
        (sent(None, "ConnectError: nobody"), False, DeliveryStatus.PENDING, "ConnectError: nobody"),
        (sent(500), True, DeliveryStatus.FAILED, "answered 500"),
        (sent(410), False, DeliveryStatus.FAILED, "answered 410"),
    ],
)
async def test_what_is_not_taken_is_tried_again_until_the_last(
    facts: Facts, result: Sent, last: bool, status: DeliveryStatus, error: str
) -> None:
    delivery = await only(facts, await told(facts, await hooked(facts)))
    assert await finished(facts, await begun(facts, delivery), result, last=last) is status
    after = await only(facts, delivery.event_id)
    assert (after.status, after.last_error) == (status, error)


async def test_giving_up_never_undoes_a_delivery(facts: Facts) -> None:
    delivery = await only(facts, await told(facts, await hooked(facts)))
    await finished(facts, await begun(facts, delivery), sent())
    await deliveries.give_up(facts.database, delivery.id, "every attempt was lost")
    assert (await only(facts, delivery.event_id)).status is DeliveryStatus.DELIVERED


async def test_what_has_ended_is_not_begun_again_by_who_comes_late(facts: Facts) -> None:
    """A worker that stood still tells of its attempt when another one has made the last."""
    delivery = await only(facts, await told(facts, await hooked(facts)))
    late, last = await begun(facts, delivery), await begun(facts, delivery)
    await finished(facts, last, sent(500), last=True)
    assert await finished(facts, late, sent(503)) is DeliveryStatus.FAILED
    after = await only(facts, delivery.event_id)
    assert (after.status, after.last_error) == (DeliveryStatus.FAILED, "answered 500")
    assert await finished(facts, late, sent()) is DeliveryStatus.DELIVERED


async def test_an_unknown_delivery_is_not_found(facts: Facts) -> None:
    with pytest.raises(NotFound):
        await deliveries.begin(facts.database, new_id())


# --- destinations that keep failing ---


async def test_a_destination_that_keeps_failing_is_disabled_with_an_event(facts: Facts) -> None:
    team = await hooked(facts)
    for number in range(FAILURES_UNTIL_DISABLED):
        disabled = await facts.events(team_id=team.id, type=EventType.DESTINATION_DISABLED)
        assert disabled == [], number
        delivery = await only(facts, await told(facts, team))
        await finished(facts, await begun(facts, delivery), sent(500), last=True)
    assert await facts.events(team_id=team.id, type=EventType.DESTINATION_DISABLED) != []
    assert await of_event(facts, await told(facts, team)) == ()
    await webhooks.set_webhook(facts.database, CALLER, team.id, URL, None)
    assert len(await of_event(facts, await told(facts, team))) == 1


async def test_one_success_starts_the_count_again(facts: Facts) -> None:
    team = await hooked(facts)
    for number in range(FAILURES_UNTIL_DISABLED + 3):
        delivery = await only(facts, await told(facts, team))
        code = 204 if number == 5 else 500
        await finished(facts, await begun(facts, delivery), sent(code), last=True)
    assert await facts.events(team_id=team.id, type=EventType.DESTINATION_DISABLED) == []


async def test_a_receiver_that_says_gone_is_disabled_at_once(facts: Facts) -> None:
    team = await hooked(facts)
    delivery = await only(facts, await told(facts, team))
    await finished(facts, await begun(facts, delivery), sent(410))
    types = await facts.events(team_id=team.id)
    assert types.count(EventType.DESTINATION_DISABLED) == 1


async def test_what_went_to_where_it_led_before_says_nothing_of_it(facts: Facts) -> None:
    team = await hooked(facts)
    delivery = await only(facts, await told(facts, team))
    to_the_old_address = await begun(facts, delivery)
    await webhooks.set_webhook(facts.database, CALLER, team.id, f"{URL}/new", None)
    await finished(facts, to_the_old_address, sent(410))
    assert await facts.events(team_id=team.id, type=EventType.DESTINATION_DISABLED) == []
    await finished(facts, await begun(facts, await only(facts, await told(facts, team))), sent(410))
    assert await facts.events(team_id=team.id, type=EventType.DESTINATION_DISABLED) != []


async def test_who_sets_a_destination_anew_starts_the_count_again(facts: Facts) -> None:
    team = await hooked(facts)
    for number in range(FAILURES_UNTIL_DISABLED + 3):
        if number == 5:
            await webhooks.set_webhook(facts.database, CALLER, team.id, f"{URL}/new", None)
        delivery = await only(facts, await told(facts, team))
        await finished(facts, await begun(facts, delivery), sent(500), last=True)
    assert await facts.events(team_id=team.id, type=EventType.DESTINATION_DISABLED) == []


async def test_to_a_disabled_or_removed_destination_nothing_is_sent(facts: Facts) -> None:
    gone, removed = await hooked(facts), await hooked(facts)
    to_gone = await only(facts, await told(facts, gone))
    to_removed = await only(facts, await told(facts, removed))
    other = await only(facts, await told(facts, gone))
    await finished(facts, await begun(facts, other), sent(410))
    await webhooks.remove_webhook(facts.database, CALLER, removed.id)
    for delivery in (to_gone, to_removed):
        assert await deliveries.begin(facts.database, delivery.id) is DeliveryStatus.FAILED
        assert await attempts(facts, delivery) == []


# --- what is no longer true is not said ---


async def asked(facts: Facts, **timeline: object) -> tuple[Conductor, Team, Delivery]:
    """A proposal whose one party has a webhook and was asked; the ask's delivery."""
    conductor = await breaking(facts, "reader", **timeline)
    team = (await facts.detail(conductor.proposal.id)).parties[0].team
    await webhooks.set_webhook(facts.database, CALLER, team.id, URL, None)
    await conductor.carry_on()
    (ask,) = await facts.log(proposal_id=conductor.proposal.id, type=EventType.PROPOSAL_ASKED)
    return conductor, team, await only(facts, ask.id)


async def test_an_ask_whose_answer_is_in_is_superseded(facts: Facts) -> None:
    conductor, team, delivery = await asked(facts)
    await facts.answer(conductor.proposal, team, Response.APPROVED)
    assert await deliveries.begin(facts.database, delivery.id) is DeliveryStatus.SUPERSEDED
    assert await deliveries.begin(facts.database, delivery.id) is DeliveryStatus.SUPERSEDED


async def test_an_ask_of_who_needs_time_is_still_sent(facts: Facts) -> None:
    conductor, team, delivery = await asked(facts)
    until = datetime.now(UTC) + 3 * DAY
    await facts.answer(conductor.proposal, team, Response.MIGRATING, until=until)
    await begun(facts, delivery)


async def test_an_ask_of_an_ended_proposal_is_superseded(facts: Facts) -> None:
    conductor, team, delivery = await asked(facts)
    await facts.answer(conductor.proposal, team, Response.BLOCKED)
    await conductor.carry_on()
    assert await deliveries.begin(facts.database, delivery.id) is DeliveryStatus.SUPERSEDED


async def test_an_ask_of_who_is_no_party_any_more_is_superseded(facts: Facts) -> None:
    conductor, team, delivery = await asked(facts)
    asset = (await facts.detail(conductor.proposal.id)).asset
    standing = await facts.register(asset, team)
    await registrations.unregister(facts.database, CALLER, standing.id)
    assert await deliveries.begin(facts.database, delivery.id) is DeliveryStatus.SUPERSEDED


async def test_an_ask_of_what_was_revised_since_is_superseded(facts: Facts) -> None:
    conductor, _, delivery = await asked(facts)
    kept, _, still_asked = await asked(facts)
    await revised(conductor, table("id", email={"type": "integer"}))
    await revised(kept, table("id", "phone"))
    assert await deliveries.begin(facts.database, delivery.id) is DeliveryStatus.SUPERSEDED
    await begun(facts, still_asked)


async def test_the_news_of_an_end_is_sent_after_the_end(facts: Facts) -> None:
    conductor, team, _ = await asked(facts)
    await facts.answer(conductor.proposal, team, Response.BLOCKED)
    await conductor.carry_on()
    (end,) = await facts.log(proposal_id=conductor.proposal.id, type=EventType.PROPOSAL_REJECTED)
    attempt = await begun(facts, await only(facts, end.id))
    assert attempt.proposal is not None
    assert attempt.proposal.proposal.status.value == "rejected"


# --- arrival ---


async def test_the_first_arrival_of_an_ask_is_when_the_party_was_reached(facts: Facts) -> None:
    conductor, _, delivery = await asked(facts)
    await finished(facts, await begun(facts, delivery), sent())
    party = (await facts.detail(conductor.proposal.id)).parties[0].party
    assert party.reached_at == NOW


async def test_an_arrival_that_the_end_waits_for_wakes_the_proposal(lonely: Facts) -> None:
    conductor, _, delivery = await asked(lonely, remind_every="300d", escalate_after="300d")
    await conductor.carry_on(after=14 * DAY)
    types = await lonely.events(proposal_id=conductor.proposal.id)
    assert EventType.PARTY_UNREACHABLE in types

    async def wakes(tx: Transaction) -> list[str]:
        return [
            item.payload["signal"]
            for item in await tx.outbox.claim(100, timedelta(0))
            if item.kind is OutboxKind.PROPOSAL
        ]

    assert Wake.PARTIES_CHANGED not in await lonely.database.run(wakes)
    await finished(lonely, await begun(lonely, delivery), sent())
    assert Wake.PARTIES_CHANGED in await lonely.database.run(wakes)


async def carried(facts: Facts) -> list[OutboxItem]:
    """Take everything out of the outbox, as a relay does."""

    async def work(tx: Transaction) -> list[OutboxItem]:
        items = list(await tx.outbox.claim(100, timedelta(minutes=5)))
        await tx.outbox.finish(items)
        return items

    return await facts.database.run(work)


async def test_deliveries_that_nobody_carries_on_are_woken_until_they_have_ended(
    lonely: Facts,
) -> None:
    event_id = await told(lonely, await hooked(lonely))
    (first,) = await carried(lonely)
    assert await deliveries.wake_overdue(lonely.database) == 0
    soon = timedelta(seconds=-5)
    assert await deliveries.wake_overdue(lonely.database, soon) == 1
    assert await deliveries.wake_overdue(lonely.database, soon) == 0
    (again,) = await carried(lonely)
    assert (again.kind, again.subject_id, again.payload) == (
        OutboxKind.DELIVERY,
        event_id,
        first.payload,
    )
    (delivery,) = await of_event(lonely, event_id)
    attempt = await begun(lonely, delivery)
    assert await deliveries.wake_overdue(lonely.database, soon) == 0
    await finished(lonely, attempt, sent(500))
    assert await deliveries.wake_overdue(lonely.database) == 0
    assert await deliveries.wake_overdue(lonely.database, timedelta(seconds=-10)) == 1
    await carried(lonely)
    await finished(lonely, await begun(lonely, delivery), sent())
    assert await deliveries.wake_overdue(lonely.database, timedelta(days=-1)) == 0


BACKLOG = """
WITH told AS (
  INSERT INTO events (id, type, caller, summary, payload)
  SELECT ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid,
    type, caller, summary, payload
  FROM events, generate_series(1, 500) n WHERE id = :event_id RETURNING id
), late AS (
  INSERT INTO deliveries (id, event_id, destination_id, status, attempts, due_at)
  SELECT gen_random_uuid(), told.id, destination_id, status, 0, now() - interval '1 hour'
  FROM told, deliveries WHERE event_id = :event_id
)
INSERT INTO outbox (kind, subject_id, payload) SELECT 'delivery', id, '{}' FROM told
"""
"""As many late events as are woken at once, their ids before every other one."""


async def test_what_waits_for_temporal_does_not_hide_what_nobody_carries(lonely: Facts) -> None:
    async def said(statement: str) -> None:
        given = {"event_id": event_id} if ":event_id" in statement else {}
        await lonely.database.run(lambda tx: tx.sql.execute(text(statement), given))

    async def waiting() -> frozenset[UUID]:
        return await lonely.database.run(lambda tx: tx.outbox.waiting_for([event_id]))

    event_id = await told(lonely, await hooked(lonely))
    await carried(lonely)
    await said(BACKLOG)
    await said(
        "UPDATE deliveries SET due_at = now() - interval '2 hours' WHERE event_id = :event_id"
    )
    assert await deliveries.wake_overdue(lonely.database) == 1
    assert await waiting() == {event_id}
    assert await deliveries.wake_overdue(lonely.database) == 0
    await said("UPDATE outbox SET parked_at = now()")
    assert await deliveries.wake_overdue(lonely.database) == 0
    await said("UPDATE outbox SET parked_at = now() - interval '2 hours'")
    assert await deliveries.wake_overdue(lonely.database) == 500
    assert await waiting() == {event_id}, "it is the one that is late for longest"
    assert await deliveries.wake_overdue(lonely.database) == 1
