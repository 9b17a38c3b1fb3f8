"""The attempts of a delivery: recorded, sent, recorded."""

import asyncio
import time
from datetime import datetime, timedelta

from temporalio import activity

from activities.payloads import ActivityName, AttemptInput, AttemptOutput, GiveUpInput
from domain.deliveries import DeliveryStatus, Sent, pause_after
from domain.errors import Unavailable
from notify.messages import About, webhook_body
from notify.webhook import WebhookSender
from record import deliveries
from record.deliveries import Attempt
from store.database import Database

RECORD_AGAIN_AFTER = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds: a Postgres that restarts is back by then, and the attempt's own time is not over."""


class DeliveryActivities:
    """Sends through the worker's one webhook sender."""

    def __init__(self, database: Database, webhooks: WebhookSender, *, public_url: str) -> None:
        self._database = database
        self._webhooks = webhooks
        self._public_url = public_url

    @activity.defn(name=ActivityName.DELIVER)
    async def deliver(self, given: AttemptInput) -> AttemptOutput:
        """Make one attempt. Not idempotent by nature, so it is never retried by Temporal.

        The attempt is committed as `started` first: if this worker dies now, the next attempt finds
        it and counts it as `unknown`.
        """
        attempt = await deliveries.begin(self._database, given.delivery_id)
        if isinstance(attempt, DeliveryStatus):
            return AttemptOutput(status=attempt.value)
        sent = await self._webhooks.send(
            url=attempt.destination.url,
            secret=attempt.destination.secret,
            message_id=str(attempt.event.id),
            timestamp=int(time.time()),
            body=webhook_body(attempt.event, _about(attempt), self._public_url),
        )
        pause = pause_after(attempt.number, sent.retry_after)
        status = await self._record(attempt, sent, given.now, pause)
        return AttemptOutput(
            status=status.value, pause=pause if status is DeliveryStatus.PENDING else None
        )

    async def _record(
        self, attempt: Attempt, sent: Sent, now: datetime, pause: timedelta | None
    ) -> DeliveryStatus:
        """Record what came of it, patiently: what is sent and not recorded will be sent again."""
        for again_after in RECORD_AGAIN_AFTER:
            try:
                return await deliveries.finish(self._database, attempt, sent, now, pause=pause)
            except Unavailable:
                await asyncio.sleep(again_after)
        return await deliveries.finish(self._database, attempt, sent, now, pause=pause)

    @activity.defn(name=ActivityName.GIVE_UP_DELIVERY)
    async def give_up(self, given: GiveUpInput) -> None:
        """End a delivery whose attempts were all lost."""
        await deliveries.give_up(self._database, given.delivery_id, given.error)


def _about(attempt: Attempt) -> About:
    proposal = None if attempt.proposal is None else attempt.proposal.proposal
    return About(
        asset_fqn=None if attempt.asset is None else attempt.asset.fqn,
        environment=None if attempt.asset is None else attempt.asset.environment,
        producer=None if attempt.producer is None else attempt.producer.name,
        status=None if proposal is None else proposal.status.value,
        version=None if proposal is None else proposal.version,
    )
