"""What stands in Slack of a proposal, and the deliveries that bring it up to date."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from domain.deliveries import REFRESH, AttemptStatus, Delivery, DeliveryStatus
from domain.destinations import Channels, DestinationKind
from store.deliveries import AttemptRow, DeliveryRow
from store.destinations import DestinationRow
from store.events import EventRow
from store.fixed import fixed
from store.rows import among, new_id
from store.sql import Sql

MOST_MESSAGES = 20
"""So many messages of one proposal at one destination are brought up to date, the newest."""

_SHOWING = fixed(
    select(EventRow.proposal_id, DeliveryRow.destination_id)
    .distinct()
    .join_from(EventRow, DeliveryRow, DeliveryRow.event_id == EventRow.id)
    .join(DestinationRow, DestinationRow.id == DeliveryRow.destination_id)
    .where(
        among(EventRow.proposal_id),
        DestinationRow.kind == DestinationKind.SLACK.value,
        DestinationRow.removed_at.is_(None),
        DestinationRow.disabled_at.is_(None),
        DeliveryRow.ordinal != REFRESH,
        or_(DeliveryRow.receipt.is_not(None), DeliveryRow.status == DeliveryStatus.PENDING.value),
    )
)
"""With what is on its way: it may have been written, from what was true before, a moment ago."""


class SlackMessages:
    """Finds the messages of proposals, and has them brought up to date."""

    def __init__(self, sql: Sql, channels: Channels) -> None:
        self._sql = sql
        self._is_used = DestinationKind.SLACK in channels.kinds

    async def refreshes(self, causes: Mapping[UUID, UUID]) -> Sequence[dict[str, object]]:
        """Return a refresh for each place where one of these proposals stands, with its cause.

        The deliveries of the same transaction are written by then.
        """
        if not self._is_used or not causes:
            return ()
        found = await self._sql.execute(_SHOWING, {"ids": list(causes)})
        return [
            {
                "id": new_id(),
                "event_id": causes[proposal_id],
                "destination_id": destination_id,
                "ordinal": REFRESH,
                "alone": True,
                "status": DeliveryStatus.PENDING,
                "attempts": 0,
            }
            for proposal_id, destination_id in found
        ]

    async def insert(self, refreshes: Sequence[dict[str, object]]) -> Sequence[tuple[UUID, UUID]]:
        """Insert refreshes whose events are written; return them as event and delivery."""
        await self._sql.insert(DeliveryRow, list(refreshes))
        return [(UUID(str(row["event_id"])), UUID(str(row["id"]))) for row in refreshes]

    async def told(self, destination_id: UUID, proposal_id: UUID) -> Sequence[tuple[str, UUID]]:
        """Return the receipts of the messages about a proposal, each with the event it told of.

        A digest tells of many things and stays as it was. What was to be one, and of which nothing
        else was true any more, is a message like any other.
        """
        carried = aliased(DeliveryRow)
        told_too = exists().where(
            carried.carried_by == DeliveryRow.id,
            carried.status != DeliveryStatus.SUPERSEDED.value,
        )
        statement = (
            select(DeliveryRow.receipt, DeliveryRow.event_id)
            .join(EventRow, EventRow.id == DeliveryRow.event_id)
            .where(
                EventRow.proposal_id == proposal_id,
                DeliveryRow.destination_id == destination_id,
                DeliveryRow.ordinal != REFRESH,
                DeliveryRow.receipt.is_not(None),
                ~told_too,
            )
            .order_by(DeliveryRow.id.desc())
            .limit(MOST_MESSAGES)
        )
        return [
            (str(receipt), event_id) for receipt, event_id in await self._sql.execute(statement)
        ]

    async def will_be_refreshed_later(self, delivery: Delivery, proposal_id: UUID) -> bool:
        """Whether another refresh of the same messages has yet to begin: it will show all."""
        statement = select(
            exists().where(
                DeliveryRow.destination_id == delivery.destination_id,
                DeliveryRow.ordinal == REFRESH,
                DeliveryRow.status == DeliveryStatus.PENDING.value,
                DeliveryRow.attempts == 0,
                DeliveryRow.id > delivery.id,
                EventRow.id == DeliveryRow.event_id,
                EventRow.proposal_id == proposal_id,
            )
        )
        return bool(await self._sql.value(statement))

    async def waiting(self, delivery: Delivery, lasts: timedelta) -> int | None:
        """Return how many are pending if one is being sent to this destination just now, else None.

        An attempt that is older than it `lasts` was lost with its worker.
        """
        pending = and_(
            DeliveryRow.destination_id == delivery.destination_id,
            DeliveryRow.status == DeliveryStatus.PENDING.value,
        )
        sending = exists().where(
            pending,
            DeliveryRow.id != delivery.id,
            DeliveryRow.attempts > 0,
            AttemptRow.delivery_id == DeliveryRow.id,
            AttemptRow.number == DeliveryRow.attempts,
            AttemptRow.status == AttemptStatus.STARTED.value,
            AttemptRow.started_at > func.clock_timestamp() - lasts,
        )
        if not await self._sql.value(select(sending)):
            return None
        return int(await self._sql.one_value(select(func.count()).where(pending)))
