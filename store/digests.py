"""Digests in Postgres: one delivery carries others of its destination in its message."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, update

from domain.deliveries import REFRESH, Delivery, DeliveryStatus
from domain.destinations import Channels, DestinationKind
from store.deliveries import DeliveryRow, delivery_from
from store.destinations import DestinationRow
from store.sql import Sql

LARGEST = 500
"""So many events are in one message; the rest is in the next."""

_FOR_PEOPLE = DestinationRow.kind.in_(
    [kind.value for kind in DestinationKind if kind.is_read_by_people]
)
_WAITS = and_(DeliveryRow.status == DeliveryStatus.GATHERED.value, DeliveryRow.carried_by.is_(None))
_CARRIED = and_(
    DeliveryRow.status == DeliveryStatus.GATHERED.value, DeliveryRow.carried_by.is_not(None)
)
_NOT_BEGUN = and_(
    DeliveryRow.status == DeliveryStatus.PENDING.value,
    DeliveryRow.attempts == 0,
    DeliveryRow.alone.is_(False),
    DeliveryRow.urgent.is_(False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """What else there is of a destination."""

    waiting: int
    """Has not been begun, however long it has been there."""
    sent: int
    """Of the last lull: is on its way or has ended, in a message of its own or in another's."""


class Digests:
    """Gathers deliveries; the destination's lock is held, so that one gathers at a time."""

    def __init__(self, sql: Sql, channels: Channels) -> None:
        self._sql = sql
        self._channels = channels

    async def lock_reader(self, delivery_id: UUID) -> bool:
        """Lock the destination of a delivery that people read; False if it is a program's.

        It comes before the delivery's own lock. Where nothing is sent to people, nothing is asked.
        """
        if not self._channels.reach_people:
            return False
        statement = (
            select(DestinationRow.id)
            .join(DeliveryRow, DeliveryRow.destination_id == DestinationRow.id)
            .where(DeliveryRow.id == delivery_id, _FOR_PEOPLE)
            .with_for_update(key_share=True, of=DestinationRow)
        )
        return await self._sql.value(statement) is not None

    def is_crowded(self, crowd: Crowd) -> bool:
        """Whether so much happens at once that one message has to tell the rest."""
        return crowd.waiting + crowd.sent >= self._channels.few

    async def crowd(self, delivery: Delivery) -> Crowd:
        """Return what waits for this destination, and what else was sent there within a lull.

        Ids are in the order of their time, so the index gives those of the lull alone.
        """
        others = (
            DeliveryRow.destination_id == delivery.destination_id,
            DeliveryRow.id != delivery.id,
            DeliveryRow.ordinal != REFRESH,
        )
        since = datetime.now(UTC) - self._channels.lull
        begun = or_(DeliveryRow.attempts > 0, DeliveryRow.carried_by.is_not(None))
        sent = (
            DeliveryRow.id > _first_id(since),
            DeliveryRow.status != DeliveryStatus.SUPERSEDED,
            begun,
        )
        waiting = select(func.count()).select_from(DeliveryRow).where(*others, _NOT_BEGUN)
        lately = select(func.count()).select_from(DeliveryRow).where(*others, *sent)
        counts = select(waiting.scalar_subquery(), lately.scalar_subquery())
        found = (await self._sql.execute(counts)).one()
        return Crowd(waiting=found[0], sent=found[1])

    async def postpone(self, delivery: Delivery) -> None:
        """Have a delivery wait for the next message, which goes out when a lull has passed."""
        later = func.clock_timestamp() + self._channels.lull
        soonest = (
            select(func.min(DeliveryRow.due_at))
            .where(
                DeliveryRow.destination_id == delivery.destination_id,
                DeliveryRow.due_at > func.clock_timestamp(),
                _WAITS,
            )
            .scalar_subquery()
        )
        await self._sql.execute(
            update(DeliveryRow)
            .where(DeliveryRow.id == delivery.id)
            .values(status=DeliveryStatus.GATHERED, due_at=func.least(later, soonest))
        )

    async def gather_waiting(self, carrier: Delivery) -> int:
        """Have this delivery carry what has not been begun of its destination; return how many."""
        waiting = (
            select(DeliveryRow.id)
            .where(
                DeliveryRow.destination_id == carrier.destination_id,
                DeliveryRow.id != carrier.id,
                _NOT_BEGUN,
            )
            .order_by(DeliveryRow.id)
            .limit(LARGEST)
            .with_for_update(skip_locked=True)
        )
        return await self._carry(carrier.id, DeliveryRow.id.in_(waiting))

    async def lock_due(self, limit: int, late: timedelta) -> tuple[UUID, ...]:
        """Lock destinations whose digest is due since `late`; those of others are passed over."""
        due = (
            select(DeliveryRow.destination_id)
            .where(_WAITS, DeliveryRow.due_at <= func.clock_timestamp() - late)
            .distinct()
        )
        statement = (
            select(DestinationRow.id)
            .where(DestinationRow.id.in_(due))
            .order_by(DestinationRow.id)
            .limit(limit)
            .with_for_update(key_share=True, skip_locked=True)
        )
        return tuple(await self._sql.values(statement))

    async def gather_due(self, destination_id: UUID) -> Delivery | None:
        """Have the oldest delivery that is due carry the others; return it, if there is one."""
        due = and_(
            DeliveryRow.destination_id == destination_id,
            _WAITS,
            DeliveryRow.due_at <= func.clock_timestamp(),
        )
        oldest = select(DeliveryRow.id).where(due).order_by(DeliveryRow.id).limit(1)
        statement = (
            update(DeliveryRow)
            .where(DeliveryRow.id == oldest.scalar_subquery())
            .values(status=DeliveryStatus.PENDING, alone=True, due_at=func.clock_timestamp())
            .returning(DeliveryRow)
        )
        row = await self._sql.row(statement)
        if row is None:
            return None
        others = select(DeliveryRow.id).where(due).order_by(DeliveryRow.id).limit(LARGEST)
        await self._carry(row.id, DeliveryRow.id.in_(others))
        return delivery_from(row)

    async def _carry(self, carrier_id: UUID, which: ColumnElement[bool]) -> int:
        statement = (
            update(DeliveryRow)
            .where(which)
            .values(status=DeliveryStatus.GATHERED, carried_by=carrier_id)
        )
        return await self._sql.touched(statement)

    async def carried(self, carrier_id: UUID) -> tuple[Delivery, ...]:
        """Return what a delivery carries that has not ended, the oldest first."""
        statement = (
            select(DeliveryRow)
            .where(DeliveryRow.carried_by == carrier_id, _CARRIED)
            .order_by(DeliveryRow.id)
        )
        return tuple(delivery_from(row) for row in await self._sql.rows(statement))

    async def supersede(self, deliveries: Sequence[UUID]) -> None:
        """Write that these say nothing true any more."""
        if deliveries:
            await self._sql.execute(
                update(DeliveryRow)
                .where(DeliveryRow.id.in_(deliveries))
                .values(status=DeliveryStatus.SUPERSEDED)
            )

    async def end(
        self, carrier_id: UUID, status: DeliveryStatus, error: str | None
    ) -> tuple[UUID, ...]:
        """Write that what a delivery carries has ended as it has; return the events."""
        values: dict[str, object] = {"status": status, "last_error": error}
        if status is DeliveryStatus.DELIVERED:
            values["delivered_at"] = func.clock_timestamp()
        if status is DeliveryStatus.FAILED:
            values["due_at"] = func.clock_timestamp()
        statement = (
            update(DeliveryRow)
            .where(DeliveryRow.carried_by == carrier_id, _CARRIED)
            .values(**values)
            .returning(DeliveryRow.event_id)
        )
        return tuple(await self._sql.values(statement))

    async def late(self, by: timedelta) -> int:
        """Return for how many destinations a digest is late by so much."""
        late: Select[Any] = select(func.count(DeliveryRow.destination_id.distinct())).where(
            _WAITS, DeliveryRow.due_at < func.clock_timestamp() - by
        )
        count: int = await self._sql.one_value(late)
        return count


def _first_id(at: datetime) -> UUID:
    """Return what every UUIDv7 that was made since then is greater than."""
    return UUID(int=int(at.timestamp() * 1000) << 80)
