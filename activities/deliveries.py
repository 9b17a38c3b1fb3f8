"""The attempts of a delivery: recorded, sent, recorded."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from temporalio import activity

from activities.payloads import ActivityName, AttemptInput, AttemptOutput, GiveUpInput
from domain.comparison import Evidence
from domain.deliveries import DeliveryStatus, pause_after
from domain.errors import Unavailable
from domain.events import PROVEN
from domain.json_types import JsonObject
from notify.messages import About, webhook_body
from notify.webhook import WebhookSender
from record import deliveries
from record.comparison import Comparer
from record.deliveries import Attempt
from store.database import Database

AGAIN_AFTER = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds: a Postgres that restarts is back by then, and the attempt's own time is not over."""

EVIDENCE_WITHIN = 5.0
"""Seconds: an attempt has a time of its own, and most of it belongs to the receiver."""

T = TypeVar("T")


class DeliveryActivities:
    """Sends through the worker's one webhook sender."""

    def __init__(
        self, database: Database, comparer: Comparer, webhooks: WebhookSender, *, public_url: str
    ) -> None:
        self._database = database
        self._comparer = comparer
        self._webhooks = webhooks
        self._public_url = public_url

    @activity.defn(name=ActivityName.DELIVER)
    async def deliver(self, given: AttemptInput) -> AttemptOutput:
        """Make one attempt. Not idempotent by nature, so it is never retried by Temporal.

        The attempt is committed as `started` first: if this worker dies now, the next attempt finds
        it and counts it as `unknown`.
        """
        attempt = await _patiently(lambda: deliveries.begin(self._database, given.delivery_id))
        if isinstance(attempt, DeliveryStatus):
            return AttemptOutput(status=attempt.value)
        sent = await self._webhooks.send(
            url=attempt.destination.url,
            secret=attempt.destination.secret,
            message_id=str(attempt.event.id),
            timestamp=int(time.time()),
            body=webhook_body(
                attempt.event, _about(attempt), self._public_url, await self._changes(attempt)
            ),
        )
        # The server's clock when this attempt started, not when it was scheduled: the time that a
        # worker was away is not time that somebody had to read it.
        arrived_at = activity.info().started_time
        pause = pause_after(attempt.number, sent.retry_after)
        status = await _patiently(
            lambda: deliveries.finish(self._database, attempt, sent, arrived_at, pause=pause)
        )
        return AttemptOutput(
            status=status.value, pause=pause if status is DeliveryStatus.PENDING else None
        )

    async def _changes(self, attempt: Attempt) -> list[JsonObject] | None:
        """Return the changes that the event tells of, with a record that breaks and a way round.

        They are searched for here, where the message is made: neither the log nor Temporal carries
        schemas. What is not found in a moment is left out; the message is worth more than that.
        """
        detail, told = attempt.proposal, attempt.event.payload.get("breaking")
        if attempt.event.type not in PROVEN or detail is None or not told:
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

    @activity.defn(name=ActivityName.GIVE_UP_DELIVERY)
    async def give_up(self, given: GiveUpInput) -> None:
        """End a delivery whose attempts were all lost."""
        await deliveries.give_up(self._database, given.delivery_id, given.error)


async def _patiently(work: Callable[[], Awaitable[T]]) -> T:
    """Do it again while Postgres is away for a moment.

    What cannot be begun counts as lost otherwise, and what is sent and not recorded is sent again.
    """
    for seconds in AGAIN_AFTER:
        try:
            return await work()
        except Unavailable:
            await asyncio.sleep(seconds)
    return await work()


def _about(attempt: Attempt) -> About:
    proposal = None if attempt.proposal is None else attempt.proposal.proposal
    return About(
        asset_fqn=None if attempt.asset is None else attempt.asset.fqn,
        environment=None if attempt.asset is None else attempt.asset.environment,
        producer=None if attempt.producer is None else attempt.producer.name,
        status=None if proposal is None else proposal.status.value,
        version=None if proposal is None else proposal.version,
    )
