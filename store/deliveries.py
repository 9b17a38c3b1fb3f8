"""Deliveries and their attempts in Postgres: unique per event and destination."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, false, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from domain.deliveries import (
    REFRESH,
    AttemptStatus,
    Delivery,
    DeliveryStatus,
    MadeAttempt,
    Sent,
)
from domain.destinations import Channels, Routed
from domain.json_types import JsonObject
from store.destinations import DestinationRow
from store.outbox import is_attended
from store.rows import Id, Row, Stamp, new_id
from store.sql import Sql

DELIVERIES_PER_WORKFLOW = 25

T = TypeVar("T")


class DeliveryRow(Row):
    """One event to one destination."""

    __tablename__ = "deliveries"
    __table_args__ = (UniqueConstraint("event_id", "destination_id", "ordinal"),)

    id: Mapped[Id]
    event_id: Mapped[UUID] = mapped_column(ForeignKey("events.id"))
    destination_id: Mapped[UUID] = mapped_column(ForeignKey("destinations.id"))
    ordinal: Mapped[int] = mapped_column(server_default="0")
    alone: Mapped[bool] = mapped_column(server_default=false())
    urgent: Mapped[bool] = mapped_column(server_default=false())
    carried_by: Mapped[UUID | None] = mapped_column(
        ForeignKey("deliveries.id", ondelete="SET NULL")
    )
    receipt: Mapped[str | None]
    status: Mapped[str]
    attempts: Mapped[int]
    last_error: Mapped[str | None]
    delivered_at: Mapped[datetime | None]
    created_at: Mapped[Stamp]
    due_at: Mapped[Stamp]
    """When the next attempt, or the digest, is due; of one that failed, when it was given up."""


Index(
    "ix_deliveries_due",
    DeliveryRow.due_at,
    postgresql_where=DeliveryRow.status == DeliveryStatus.PENDING.value,
)


Index(
    "ix_deliveries_pending",
    DeliveryRow.destination_id,
    postgresql_where=DeliveryRow.status == DeliveryStatus.PENDING.value,
)
Index(
    "ix_deliveries_gathered",
    DeliveryRow.destination_id,
    DeliveryRow.due_at,
    postgresql_where=DeliveryRow.status == DeliveryStatus.GATHERED.value,
)
Index(
    "ix_deliveries_failed",
    DeliveryRow.due_at,
    postgresql_where=DeliveryRow.status == DeliveryStatus.FAILED.value,
)
Index("ix_deliveries_destination_id", DeliveryRow.destination_id, DeliveryRow.id)
Index(
    "ix_deliveries_carried_by",
    DeliveryRow.carried_by,
    postgresql_where=DeliveryRow.carried_by.is_not(None),
)


class AttemptRow(Row):
    """One attempt of a delivery; `started` is committed before anything is sent."""

    __tablename__ = "delivery_attempts"

    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("deliveries.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    status: Mapped[str]
    status_code: Mapped[int | None]
    error: Mapped[str | None]
    milliseconds: Mapped[int | None]
    request: Mapped[JsonObject | None]
    response: Mapped[JsonObject | None]
    started_at: Mapped[Stamp]


class Deliveries:
    """Reads and writes deliveries."""

    def __init__(self, sql: Sql, channels: Channels) -> None:
        self._sql = sql
        self._channels = channels

    async def insert(
        self, routed: Mapping[UUID, Sequence[Routed]], together_at: datetime | None = None
    ) -> Sequence[tuple[UUID, int, Sequence[UUID]]]:
        """Insert the deliveries of events; return what is to be carried now, workflow by workflow.

        Each is an event, the number of its part, and the ids. With `together_at` nothing is, but
        for what is urgent: it is gathered, and goes out then.
        """
        new = {event_id: [(new_id(), each) for each in those] for event_id, those in routed.items()}
        rows = [self._row(e, id_, to, together_at) for e, those in new.items() for id_, to in those]
        await self._insert(rows)
        carried = (
            (event_id, part, [id_ for id_, to in batch if not _is_gathered(to, together_at)])
            for event_id, those in new.items()
            for part, batch in parts(those)
        )
        return [each for each in carried if each[2]]

    async def _insert(self, rows: Sequence[dict[str, object]]) -> None:
        """Those of programs are due at once; what people read and what is gathered says when."""
        for said in (False, True):
            await self._sql.insert(DeliveryRow, [row for row in rows if ("due_at" in row) is said])

    def _row(
        self, event_id: UUID, delivery_id: UUID, to: Routed, together_at: datetime | None
    ) -> dict[str, object]:
        gathered = _is_gathered(to, together_at)
        row: dict[str, object] = {
            "id": delivery_id,
            "event_id": event_id,
            "destination_id": to.destination_id,
            "status": DeliveryStatus.GATHERED if gathered else DeliveryStatus.PENDING,
            "attempts": 0,
        }
        if to.kind.is_read_by_people or gathered:
            row["due_at"] = self._due_at(to, together_at if gathered else None)
            row["urgent"] = to.urgent
        return row

    def _due_at(self, to: Routed, together_at: datetime | None) -> datetime:
        now = datetime.now(UTC)
        if to.in_digest:
            return self._channels.next_digest(now)
        return together_at or now + self._channels.hold

    async def lock(self, delivery_id: UUID) -> Delivery | None:
        """Wait for a delivery's row, then read it."""
        await self._sql.execute(
            select(DeliveryRow.id)
            .where(DeliveryRow.id == delivery_id)
            .with_for_update(key_share=True)
        )
        row = await self._sql.row(select(DeliveryRow).where(DeliveryRow.id == delivery_id))
        return None if row is None else delivery_from(row)

    async def of_event(self, event_id: UUID) -> tuple[Delivery, ...]:
        """Return the deliveries of one event."""
        statement = (
            select(DeliveryRow).where(DeliveryRow.event_id == event_id).order_by(DeliveryRow.id)
        )
        return tuple(delivery_from(row) for row in await self._sql.rows(statement))

    async def overdue(self, by: timedelta, limit: int) -> tuple[UUID, ...]:
        """Return the events of pending deliveries whose next attempt is late by `by`, oldest first.

        Those whose wake is on its way are left out, so that a long backlog does not hide the rest.
        """
        statement = (
            select(DeliveryRow.event_id)
            .where(
                DeliveryRow.status == DeliveryStatus.PENDING.value,
                DeliveryRow.due_at < func.clock_timestamp() - by,
                ~is_attended(DeliveryRow.event_id),
            )
            .group_by(DeliveryRow.event_id)
            .order_by(func.min(DeliveryRow.due_at), DeliveryRow.event_id)
            .limit(limit)
        )
        return tuple(await self._sql.values(statement))

    async def start_attempt(self, delivery: Delivery, lasts: timedelta) -> int:
        """Write that an attempt starts and return its number; lost ones become `unknown`.

        The next one is due when this one, which `lasts` so long at the most, was lost.
        """
        await self._sql.execute(
            update(AttemptRow)
            .where(
                AttemptRow.delivery_id == delivery.id, AttemptRow.status == AttemptStatus.STARTED
            )
            .values(status=AttemptStatus.UNKNOWN)
        )
        number = delivery.attempts + 1
        await self._sql.execute(
            insert(AttemptRow).values(
                delivery_id=delivery.id, number=number, status=AttemptStatus.STARTED
            )
        )
        await self._sql.execute(
            update(DeliveryRow)
            .where(DeliveryRow.id == delivery.id)
            .values(attempts=number, due_at=func.clock_timestamp() + lasts)
        )
        return number

    async def finish_attempt(self, delivery_id: UUID, number: int, sent: Sent) -> None:
        """Write what came of an attempt."""
        status = AttemptStatus.DELIVERED if sent.taken else AttemptStatus.FAILED
        await self._sql.execute(
            update(AttemptRow)
            .where(AttemptRow.delivery_id == delivery_id, AttemptRow.number == number)
            .values(
                status=status,
                status_code=sent.status_code,
                error=sent.error,
                milliseconds=round(sent.duration.total_seconds() * 1000),
                request=sent.request,
                response=sent.response,
            )
        )

    async def failures_in_a_row(self, destination_id: UUID, limit: int) -> int:
        """Return how many of the last `limit` ended deliveries were given up without a success.

        What ended before the destination was set as it is now does not count, and what was carried
        by another one was no message of its own.
        A refresh posts nothing: that it found nothing to do says nothing of the next message.
        """
        ended = (DeliveryStatus.FAILED, DeliveryStatus.DELIVERED)
        set_at = (
            select(DestinationRow.set_at)
            .where(DestinationRow.id == destination_id)
            .scalar_subquery()
        )
        statement = (
            select(DeliveryRow.status)
            .where(
                DeliveryRow.destination_id == destination_id,
                DeliveryRow.status.in_(ended),
                DeliveryRow.due_at >= set_at,
                DeliveryRow.carried_by.is_(None),
                DeliveryRow.ordinal != REFRESH,
            )
            .order_by(DeliveryRow.id.desc())
            .limit(limit)
        )
        statuses = list(await self._sql.values(statement))
        first_success = next(
            (at for at, each in enumerate(statuses) if each == DeliveryStatus.DELIVERED), None
        )
        return len(statuses) if first_success is None else first_success

    async def began_before_it_was_set(self, delivery_id: UUID, number: int) -> bool:
        """Whether an attempt began before its destination was set as it is now."""
        statement = (
            select(AttemptRow.started_at < DestinationRow.set_at)
            .join_from(AttemptRow, DeliveryRow, DeliveryRow.id == AttemptRow.delivery_id)
            .join(DestinationRow, DestinationRow.id == DeliveryRow.destination_id)
            .where(AttemptRow.delivery_id == delivery_id, AttemptRow.number == number)
        )
        return bool(await self._sql.value(statement))

    async def settle(
        self,
        delivery_id: UUID,
        status: DeliveryStatus,
        error: str | None = None,
        pause: timedelta | None = None,
        receipt: str | None = None,
    ) -> Delivery | None:
        """Write how a delivery stands now and return it; None for one that stays as it is.

        What has ended stays so, but for what was given up and turns out to be delivered.
        `pause` is how long a pending one waits for its next attempt, `receipt` what the channel
        says of the message that it took.
        """
        values: dict[str, object] = {"status": status, "last_error": error}
        if receipt is not None:
            values["receipt"] = receipt
        if status is DeliveryStatus.PENDING:
            values["due_at"] = func.clock_timestamp() + (pause or timedelta(0))
        if status is DeliveryStatus.FAILED:
            values["due_at"] = func.clock_timestamp()
        may_change = DeliveryRow.status == DeliveryStatus.PENDING
        if status is DeliveryStatus.DELIVERED:
            values["delivered_at"] = func.clock_timestamp()
            may_change = DeliveryRow.status != DeliveryStatus.DELIVERED
        statement = (
            update(DeliveryRow)
            .where(DeliveryRow.id == delivery_id, may_change)
            .values(**values)
            .returning(DeliveryRow)
        )
        row = await self._sql.row(statement)
        return None if row is None else delivery_from(row)


def _is_gathered(to: Routed, together_at: datetime | None) -> bool:
    return to.in_digest or (together_at is not None and not to.urgent)


def parts(deliveries: Sequence[T]) -> Iterator[tuple[int, Sequence[T]]]:
    """Yield the deliveries of an event, in the order of their ids, workflow by workflow."""
    for start in range(0, len(deliveries), DELIVERIES_PER_WORKFLOW):
        part = start // DELIVERIES_PER_WORKFLOW
        yield part, deliveries[start : start + DELIVERIES_PER_WORKFLOW]


def delivery_from(row: DeliveryRow) -> Delivery:
    """Return the domain value of a row."""
    return Delivery(
        id=row.id,
        event_id=row.event_id,
        destination_id=row.destination_id,
        ordinal=row.ordinal,
        alone=row.alone,
        urgent=row.urgent,
        carried_by=row.carried_by,
        receipt=row.receipt,
        status=DeliveryStatus(row.status),
        attempts=row.attempts,
        last_error=row.last_error,
        delivered_at=row.delivered_at,
        created_at=row.created_at,
        due_at=row.due_at,
    )


def attempt_from(row: Any) -> MadeAttempt:
    """Return the domain value of a row with the columns of `AttemptRow`."""
    return MadeAttempt(
        number=row.number,
        status=AttemptStatus(row.status),
        status_code=row.status_code,
        error=row.error,
        milliseconds=row.milliseconds,
        request=row.request,
        response=row.response,
        started_at=row.started_at,
    )
