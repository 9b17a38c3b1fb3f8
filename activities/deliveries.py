"""The attempts of a delivery: recorded, sent, recorded."""

import asyncio
import contextlib
import random
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from temporalio import activity

from activities.lanes import AGAIN_AFTER, Lanes, Place
from activities.payloads import (
    ActivityName,
    AttemptInput,
    AttemptOutcome,
    AttemptOutput,
    GiveUpInput,
    RecordAttemptInput,
)
from domain.comparison import Evidence
from domain.deliveries import DeliveryStatus, Sent, pause_after, spread_of
from domain.destinations import DestinationKind
from domain.errors import Unavailable
from domain.events import PROVEN
from domain.json_types import JsonObject
from notify.channels import Channel, not_sent
from notify.messages import About, Message, Question
from record import deliveries
from record.comparison import Comparer
from record.deliveries import Attempt
from record.rounds import ProposalDetail
from record.told import Told
from store.database import Database

BEGINS_WITHIN = 15.0
"""Seconds. What takes longer to begin is not sent: Temporal may take it for lost by then."""
RECORDS_WITHIN = 10.0
"""Seconds. What takes longer to record is left to Temporal, which keeps it until it is."""
NOT_MADE_PAUSE = timedelta(seconds=1)
EVIDENCE_WITHIN = 5.0
"""Seconds: an attempt has a time of its own, and most of it belongs to the receiver."""


class DeliveryActivities:
    """Sends through the channels that this worker has."""

    def __init__(
        self,
        database: Database,
        comparer: Comparer,
        channels: Mapping[DestinationKind, Channel],
        *,
        begins_within: float = BEGINS_WITHIN,
        records_within: float = RECORDS_WITHIN,
        lanes: Lanes | None = None,
    ) -> None:
        self._database = database
        self._comparer = comparer
        self._channels = channels
        self._begins_within = begins_within
        self._records_within = records_within
        self._lanes = lanes or Lanes()

    @activity.defn(name=ActivityName.DELIVER)
    async def deliver(self, given: AttemptInput) -> AttemptOutput:
        """Make one attempt. Not idempotent by nature, so it is never retried by Temporal.

        The attempt is committed as `started` first: if this worker dies now, the next attempt finds
        it and counts it as `unknown`. If Postgres goes away, what is known goes to the workflow.
        """
        async with AsyncExitStack() as lane:
            attempt, place = await self._begin(given, lane)
            if isinstance(attempt, Attempt) and place is not None:
                sent = await self._send(attempt, place)
        if attempt is None:
            return AttemptOutput(status=DeliveryStatus.PENDING.value, recorded=False)
        if isinstance(attempt, timedelta):
            return AttemptOutput(status=DeliveryStatus.PENDING.value, pause=attempt)
        if isinstance(attempt, DeliveryStatus):
            return AttemptOutput(status=attempt.value)
        outcome = _outcome(attempt, sent)
        try:
            async with asyncio.timeout(self._records_within):
                return await self._finish(given.delivery_id, outcome, sent)
        except (Unavailable, TimeoutError):
            return AttemptOutput(
                status=DeliveryStatus.PENDING.value, recorded=False, outcome=outcome
            )

    @activity.defn(name=ActivityName.RECORD_ATTEMPT)
    async def record(self, given: RecordAttemptInput) -> AttemptOutput:
        """Write what came of an attempt while Postgres was away; idempotent by its number."""
        if given.outcome is not None:
            return await self._finish(given.delivery_id, given.outcome)
        status = await deliveries.standing(self._database, given.delivery_id)
        pending = status is DeliveryStatus.PENDING
        return AttemptOutput(status=status.value, pause=NOT_MADE_PAUSE if pending else None)

    @activity.defn(name=ActivityName.GIVE_UP_DELIVERY)
    async def give_up(self, given: GiveUpInput) -> None:
        """End a delivery whose attempts were all lost."""
        await deliveries.give_up(self._database, given.delivery_id, given.error)

    async def _begin(
        self, given: AttemptInput, lane: AsyncExitStack
    ) -> tuple[Attempt | DeliveryStatus | timedelta | None, Place | None]:
        """Return what is to be sent, or how the delivery stands; None if it could not be begun.

        One that is held back gives how long it still is, so does one whose destination is slow.
        Beside it stands its place, which is given back when `lane` is left.
        """
        started = time.monotonic()
        try:
            async with asyncio.timeout(self._begins_within):
                to = await deliveries.destination_of(self._database, given.delivery_id)
                place = await self._lanes.enter(to)
                if place is None:
                    pause = AGAIN_AFTER * (1 + random.random())
                    return await deliveries.put_off(self._database, given.delivery_id, pause), None
                lane.push_async_callback(self._lanes.leave, place)
                attempt = await deliveries.begin(self._database, given.delivery_id)
        except (Unavailable, TimeoutError):
            return None, None
        late = time.monotonic() > started + self._begins_within  # the process may have stood still
        return None if late else attempt, place

    async def _send(self, attempt: Attempt, place: Place) -> Sent:
        kind = attempt.destination.kind
        channel = self._channels.get(kind)
        if channel is None:
            return not_sent(f"not sent: this worker is not set up for {kind.value}")
        message = await self._message(attempt)
        place.sends()
        return await channel.send(attempt.destination, message)

    async def _finish(
        self, delivery_id: UUID, outcome: AttemptOutcome, sent: Sent | None = None
    ) -> AttemptOutput:
        """Record an attempt; `sent` has what passed over the wire, which Temporal never carries."""
        status = await deliveries.finish(
            self._database,
            delivery_id,
            outcome.number,
            sent
            or Sent(
                status_code=outcome.status_code,
                error=outcome.error,
                duration=outcome.duration,
                receipt=outcome.receipt,
                final=outcome.final,
            ),
            outcome.arrived_at,
            pause=outcome.pause,
        )
        pending = status is DeliveryStatus.PENDING
        return AttemptOutput(status=status.value, pause=outcome.pause if pending else None)

    async def _message(self, attempt: Attempt) -> Message:
        return replace(
            _message_of(attempt),
            changes=await self._changes(attempt),
            recipient=attempt.recipient,
            answers_for=attempt.answers_for,
            delivery_id=attempt.delivery.id,
            carried=tuple(_message_of(each) for each in attempt.carried),
            refreshes=attempt.delivery.refreshes,
            earlier=attempt.earlier,
        )

    async def _changes(self, attempt: Attempt) -> list[JsonObject] | None:
        """Return the changes that the event tells of, with a record that breaks and a way round.

        They are searched for here, where the message is made: neither the log nor Temporal carries
        schemas. What is not found in a moment is left out; the message is worth more than that.
        """
        detail, told = attempt.proposal, _sentences(attempt)
        if attempt.told.type not in PROVEN or detail is None or not told:
            return None
        proposal = detail.proposal
        found = Evidence()
        with contextlib.suppress(TimeoutError, Unavailable):
            async with asyncio.timeout(EVIDENCE_WITHIN):
                found = await self._comparer.evidence_of_proposal(proposal, attempt.base)
        return [
            {**change.to_wire(), **found.to_wire(place)}
            for place, change in enumerate(proposal.changes)
            if change.sentence in told
        ]


def _sentences(attempt: Attempt) -> set[str]:
    """Return what is said to break by the event and by the messages that it refreshes."""
    events = [attempt.event, *(each.event for each in attempt.earlier)]
    return {str(sentence) for each in events for sentence in each.payload.get("breaking") or ()}


def _outcome(attempt: Attempt, sent: Sent) -> AttemptOutcome:
    number = attempt.number
    spread = spread_of(attempt.delivery.id, number)
    return AttemptOutcome(
        number=number,
        status_code=sent.status_code,
        error=sent.error,
        duration=sent.duration,
        # The server's clock when this attempt started, not when it was scheduled: the time that a
        # worker was away is not time that somebody had to read it.
        arrived_at=activity.info().started_time,
        pause=pause_after(number, sent.retry_after, spread),
        final=sent.final,
        receipt=sent.receipt,
    )


def _message_of(told: Attempt | Told) -> Message:
    detail = told.proposal
    return Message(
        event=told.event,
        about=_about(told),
        proposal=None if detail is None else detail.proposal,
        round=None if detail is None else detail.round,
        questions={} if detail is None else _questions(detail),
        at=None if detail is None else detail.read_at,
    )


def _questions(detail: ProposalDetail) -> Mapping[UUID, Question]:
    """Return what each party is asked about, and until when."""
    return {
        each.team.id: Question(
            revision=each.stored.revision,
            changes_hash=each.stored.changes_hash,
            due_at=each.due_at,
        )
        for each in detail.parties
    }


def _about(told: Attempt | Told) -> About:
    proposal = None if told.proposal is None else told.proposal.proposal
    return About(
        asset_fqn=None if told.asset is None else told.asset.fqn,
        environment=None if told.asset is None else told.asset.environment,
        producer=None if told.producer is None else told.producer.name,
        status=None if proposal is None else proposal.status.value,
        version=None if proposal is None else proposal.version,
    )
