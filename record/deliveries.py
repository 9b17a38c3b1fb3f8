"""The facts of deliveries: an attempt is recorded before it is made and after it was answered."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from domain.assets import Asset
from domain.contracts import ContractContent
from domain.deliveries import Delivery, DeliveryStatus, Sent
from domain.destinations import Destination
from domain.events import PROVEN, Event
from domain.members import WORKING
from domain.parties import NoticeKind
from domain.teams import Team
from domain.users import User
from notify.messages import Earlier
from record import destinations, digests, lookup, movers, rounds, slack_turns, windows
from record.rounds import ProposalDetail
from record.told import Told
from store.database import Runner
from store.deliveries import parts
from store.outbox import Wake
from store.transaction import Transaction

ATTEMPT_LASTS = timedelta(seconds=70)
"""After so long an attempt was lost with its worker, and the next one is made."""
NOTHING = timedelta(0)
OVERDUE_BY = timedelta(minutes=2)
_BATCH = 500
FAILURES_UNTIL_DISABLED = 10
"""So many deliveries given up in a row, and the destination is disabled with an event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """An attempt that is about to be made."""

    delivery: Delivery
    number: int
    destination: Destination
    event: Event
    asset: Asset | None
    producer: Team | None
    proposal: ProposalDetail | None
    carried: tuple[Told, ...] = ()
    """What the same message tells of besides: then it is a digest."""
    recipient: User | None = None
    """Whom it is for, if that is one person."""
    answers_for: frozenset[UUID] = frozenset()
    """The teams for which that person may answer."""
    base: ContractContent | None = None
    """What the proposal is compared with, for an event that shows what proves its changes."""
    earlier: Sequence[Earlier] = ()
    """The messages that a refresh brings up to date."""

    @property
    def told(self) -> Event:
        """The event whose changes are shown: a refresh tells of what it refreshes."""
        asking = (each.event for each in self.earlier if _still_asks(each))
        return next(asking, self.event)


def _still_asks(message: Earlier) -> bool:
    return message.is_current and message.event.type in PROVEN


async def begin(runner: Runner, delivery_id: UUID) -> Attempt | DeliveryStatus | timedelta:
    """Write that an attempt starts; or return the end of a delivery that needs none.

    One that is held back, so that many become one message, says for how long it still is.

    Everything is read again: what was delivered is skipped, an ask or reminder that is no longer
    true is `superseded`, a destination that is gone or disabled is `failed`.
    """

    async def work(tx: Transaction) -> Attempt | DeliveryStatus | timedelta:
        for_people = await tx.digests.lock_reader(delivery_id)
        delivery = await _locked(tx, delivery_id)
        if delivery.status is not DeliveryStatus.PENDING:
            return delivery.status
        if not delivery.attempts and (wait := delivery.due_at - await tx.now()) > NOTHING:
            return wait
        destination = await tx.destinations.get(delivery.destination_id)
        if destination is None or destination.disabled_at is not None:
            error = "The destination is removed or disabled."
            return await _ended(tx, delivery_id, DeliveryStatus.FAILED, error)
        # Whose turn it is not carries nothing: it would be gathered itself, with what it carries.
        turn = await slack_turns.turn(tx, delivery, destination, ATTEMPT_LASTS)
        if turn is not None:
            return turn
        if for_people and await digests.postponed(tx, delivery):
            return DeliveryStatus.GATHERED
        may_carry = for_people or delivery.alone
        told = await digests.told_by(tx, delivery, may_carry=may_carry)
        if not told:
            return await _ended(tx, delivery_id, DeliveryStatus.SUPERSEDED)
        return await _attempt(tx, delivery, destination, told)

    return await runner.run(work)


async def _attempt(
    tx: Transaction, delivery: Delivery, destination: Destination, told: Sequence[Told]
) -> Attempt:
    """Write that an attempt starts, and return what it says to whom."""
    first, *carried = told
    recipient, answers_for = await _recipient(tx, destination, told)
    attempt = Attempt(
        delivery=delivery,
        number=await tx.deliveries.start_attempt(delivery, ATTEMPT_LASTS),
        destination=destination,
        event=first.event,
        asset=first.asset,
        producer=first.producer,
        proposal=first.proposal,
        carried=tuple(carried),
        recipient=recipient,
        answers_for=answers_for,
        earlier=await slack_turns.earlier(tx, delivery, first.proposal),
    )
    return replace(attempt, base=await _base_of(tx, attempt.told, first.proposal))


async def _recipient(
    tx: Transaction, destination: Destination, told: Sequence[Told]
) -> tuple[User | None, frozenset[UUID]]:
    """Return whom a destination is of, and the teams for which they may answer."""
    user_id = destination.user_id
    if user_id is None:
        return None, frozenset()
    members = await tx.members.of_user(user_id)
    roles = {each.team_id: each.role for each in members if each.role in WORKING}
    parties = [
        party
        for each in told
        if each.proposal is not None
        for party in each.proposal.parties
        if party.team.id in roles
    ]
    refused = {
        party.team.id
        for party in parties
        if not party.team.policy.admits(roles[party.team.id], user_id)
    }
    handed = {
        party.team.id
        for party in parties
        if party.stored.delegate is not None and party.stored.delegate.id == user_id
    }
    return await tx.users.get(user_id), frozenset(roles) - (refused - handed)


async def _ended(
    tx: Transaction, delivery_id: UUID, status: DeliveryStatus, error: str | None = None
) -> DeliveryStatus:
    """End a delivery without an attempt, and with it what it carries."""
    await tx.deliveries.settle(delivery_id, status, error)
    await tx.digests.end(delivery_id, status, error)
    return status


async def destination_of(runner: Runner, delivery_id: UUID) -> UUID:
    """Return where a delivery goes."""

    async def work(tx: Transaction) -> UUID:
        found = await tx.delivery_history.get(delivery_id)
        return lookup.found(found, "delivery", delivery_id).destination_id

    return await runner.run(work)


async def put_off(
    runner: Runner, delivery_id: UUID, pause: timedelta
) -> DeliveryStatus | timedelta:
    """Have a delivery wait without an attempt; return for how long, or how it ended meanwhile."""

    async def work(tx: Transaction) -> DeliveryStatus | timedelta:
        delivery = await _locked(tx, delivery_id)
        if delivery.status is not DeliveryStatus.PENDING:
            return delivery.status
        await tx.deliveries.settle(delivery_id, DeliveryStatus.PENDING, delivery.last_error, pause)
        return pause

    return await runner.run(work)


async def finish(
    runner: Runner,
    delivery_id: UUID,
    number: int,
    sent: Sent,
    now: datetime,
    *,
    pause: timedelta | None,
) -> DeliveryStatus:
    """Write what came of an attempt; one that was not taken is repeated after `pause`.

    Without one the delivery is given up. Safe to repeat. Until it is committed the receiver has
    what the record does not know of, so it asks Postgres as little as it can.
    """
    error = None if sent.taken else sent.error or f"answered {sent.status_code}"
    status = _status_after(sent, pause)

    async def work(tx: Transaction) -> DeliveryStatus:
        delivery = await tx.deliveries.settle(delivery_id, status, error, pause, sent.receipt)
        await tx.deliveries.finish_attempt(delivery_id, number, sent)
        if delivery is None:
            return (await _locked(tx, delivery_id)).status
        if status is DeliveryStatus.PENDING:
            return status
        carried = await tx.digests.end(delivery_id, status, error)
        if status is DeliveryStatus.DELIVERED:
            for event_id in sorted((delivery.event_id, *carried)):
                await _note_arrival(tx, event_id, now)
        else:
            await _disable_if_hopeless(tx, delivery, number, error, gone=sent.gone)
        return status

    return await runner.run(work)


def _status_after(sent: Sent, pause: timedelta | None) -> DeliveryStatus:
    if sent.taken:
        return DeliveryStatus.DELIVERED
    ended = pause is None or sent.gone or sent.final
    return DeliveryStatus.FAILED if ended else DeliveryStatus.PENDING


async def standing(runner: Runner, delivery_id: UUID) -> DeliveryStatus:
    """Return how a delivery stands; waits for who is about to change that."""

    async def work(tx: Transaction) -> DeliveryStatus:
        return (await _locked(tx, delivery_id)).status

    return await runner.run(work)


async def give_up(runner: Runner, delivery_id: UUID, error: str) -> None:
    """End a delivery whose last attempt was lost with its worker."""

    async def work(tx: Transaction) -> None:
        await _ended(tx, delivery_id, DeliveryStatus.FAILED, error)

    await runner.run(work)


async def wake_overdue(runner: Runner, by: timedelta = OVERDUE_BY) -> int:
    """Put a wake for every event with a delivery that is late by `by`; return how many events.

    Their workflows are gone, with Temporal's database or by hand. Where one still runs, or ran to
    its end, the wake finds it by its id and changes nothing.
    """

    async def work(tx: Transaction) -> int:
        late = await tx.deliveries.overdue(by, _BATCH)
        for event_id in late:
            _carry_again(tx, event_id, await tx.deliveries.of_event(event_id))
        return len(late)

    return await runner.run(work)


def _carry_again(tx: Transaction, event_id: UUID, deliveries: Sequence[Delivery]) -> None:
    """Put what is pending of an event into the outbox, by the workflows that have it."""
    pending = {each.id for each in deliveries if each.status is DeliveryStatus.PENDING}
    for part, batch in parts([each for each in deliveries if not each.ordinal]):
        together = [each.id for each in batch if not each.alone]
        if pending.intersection(together):
            tx.outbox.deliver(event_id, part, together)
    for each in deliveries:
        if each.alone and each.id in pending:
            tx.outbox.deliver_alone(event_id, each.id)


async def _locked(tx: Transaction, delivery_id: UUID) -> Delivery:
    return lookup.found(await tx.deliveries.lock(delivery_id), "delivery", delivery_id)


async def _base_of(
    tx: Transaction, event: Event, detail: ProposalDetail | None
) -> ContractContent | None:
    if event.type not in PROVEN or detail is None or detail.proposal.base_contract_id is None:
        return None
    base = await tx.contracts.get(detail.proposal.base_contract_id)
    return None if base is None else base.content


async def _note_arrival(tx: Transaction, event_id: UUID, now: datetime) -> None:
    """Let silence count from now on, and wake a proposal whose end waits for this arrival."""
    contract_id = await tx.movers.mark_delivered(event_id, now)
    if contract_id is not None:
        await _wake_late_retirement(tx, contract_id, now)
        return
    proposal_id = await tx.parties.mark_delivered(event_id, now)
    if proposal_id is None or not await tx.parties.any_noticed(proposal_id, NoticeKind.UNREACHABLE):
        return
    detail = await rounds.load_one(tx, proposal_id)
    tx.outbox.wake(proposal_id, Wake.PARTIES_CHANGED, detail.asset.fqn)


async def _wake_late_retirement(tx: Transaction, contract_id: UUID, now: datetime) -> None:
    """Before its sunset an arrival changes nothing that the workflow would not see by itself."""
    detail = await windows.load_one(tx, contract_id)
    if now >= detail.retirement.sunset_at:
        tx.outbox.wake_retirement(contract_id, movers.headline(detail.asset, detail.retirement))


async def _disable_if_hopeless(
    tx: Transaction, delivery: Delivery, number: int, error: str | None, *, gone: bool
) -> None:
    """Disable a destination; what was sent to where it led before says nothing of it."""
    if await tx.deliveries.began_before_it_was_set(delivery.id, number):
        return
    failures = await tx.deliveries.failures_in_a_row(
        delivery.destination_id, FAILURES_UNTIL_DISABLED
    )
    if gone or failures >= FAILURES_UNTIL_DISABLED:
        await destinations.disable(tx, delivery.destination_id, error)
