"""What was sent where, and what came of it: read by those who are told, and sent again."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, null, or_, select
from sqlalchemy.orm import aliased

from domain.deliveries import (
    REFRESH,
    Delivery,
    DeliveryFilter,
    DeliveryStatus,
    MadeAttempt,
)
from domain.pages import Page, PageRequest
from store.deliveries import AttemptRow, DeliveryRow, attempt_from, delivery_from
from store.destinations import DestinationRow
from store.events import EventRow
from store.pages import page_by_id
from store.rows import new_id
from store.sql import Sql

_FILTERS: Mapping[str, Callable[[Any], ColumnElement[bool]]] = {
    "destination_id": lambda id_: DeliveryRow.destination_id == id_,
    "team_id": lambda id_: _to(DestinationRow.team_id == id_),
    "user_id": lambda id_: _to(DestinationRow.user_id == id_),
    "statuses": DeliveryRow.status.in_,
    "types": lambda types: DeliveryRow.event_id.in_(
        select(EventRow.id).where(EventRow.type.in_(types))
    ),
    "since": lambda at: DeliveryRow.created_at >= at,
    "until": lambda at: DeliveryRow.created_at < at,
}


def _to(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return DeliveryRow.destination_id.in_(select(DestinationRow.id).where(condition))


SeenBy = tuple[Collection[UUID], UUID | None]
"""Teams and a user, to whose destinations something was sent."""


def _seen(statement: Select[Any], seen_by: SeenBy | None) -> Select[Any]:
    if seen_by is None:
        return statement
    teams, user = seen_by
    theirs = DestinationRow.team_id.in_(teams)
    own = theirs if user is None else or_(theirs, DestinationRow.user_id == user)
    return statement.where(_to(own))


class DeliveryHistory:
    """Reads deliveries with their attempts, and makes those that send something again."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def get(self, delivery_id: UUID) -> Delivery | None:
        """Return one delivery."""
        row = await self._sql.row(select(DeliveryRow).where(DeliveryRow.id == delivery_id))
        return None if row is None else delivery_from(row)

    async def attempts(self, delivery_id: UUID) -> tuple[MadeAttempt, ...]:
        """Return the attempts of a delivery, the first one first."""
        statement = (
            select(AttemptRow)
            .where(AttemptRow.delivery_id == delivery_id)
            .order_by(AttemptRow.number)
        )
        return tuple(attempt_from(row) for row in await self._sql.rows(statement))

    async def attempts_of(
        self, delivery_ids: Iterable[UUID]
    ) -> Mapping[UUID, Sequence[MadeAttempt]]:
        """Return the attempts of many deliveries, without what was sent and came back."""
        statement = (
            select(
                AttemptRow.delivery_id,
                AttemptRow.number,
                AttemptRow.status,
                AttemptRow.status_code,
                AttemptRow.error,
                AttemptRow.milliseconds,
                AttemptRow.started_at,
                null().label("request"),
                null().label("response"),
            )
            .where(AttemptRow.delivery_id.in_(list(delivery_ids)))
            .order_by(AttemptRow.number)
        )
        made: dict[UUID, list[MadeAttempt]] = defaultdict(list)
        for row in (await self._sql.execute(statement)).all():
            made[row.delivery_id].append(attempt_from(row))
        return made

    async def last_errors(self, destination_ids: Iterable[UUID]) -> Mapping[UUID, str]:
        """Return what went wrong last at each of these destinations."""
        wanted = list(destination_ids)
        if not wanted:
            return {}
        last = (
            select(DeliveryRow.last_error)
            .where(
                DeliveryRow.destination_id == DestinationRow.id,
                DeliveryRow.status == DeliveryStatus.FAILED.value,
            )
            .order_by(DeliveryRow.id.desc())
            .limit(1)
            .scalar_subquery()
        )
        statement = select(DestinationRow.id, last).where(DestinationRow.id.in_(wanted))
        rows = (await self._sql.execute(statement)).all()
        return {row[0]: row[1] for row in rows if row[1] is not None}

    async def page(
        self,
        request: PageRequest,
        wanted: DeliveryFilter,
        seen_by: SeenBy | None = None,
    ) -> Page[Delivery]:
        """Return deliveries, newest first; with `seen_by` only to these teams and this user."""
        statement = select(DeliveryRow)
        for name, condition in _FILTERS.items():
            if value := getattr(wanted, name):
                statement = statement.where(condition(value))
        statement = _seen(statement, seen_by)
        return await page_by_id(
            self._sql, "deliveries", statement, DeliveryRow.id, request, delivery_from
        )

    async def of_events(
        self, event_ids: Iterable[UUID], limit: int, seen_by: SeenBy | None = None
    ) -> tuple[Delivery, ...]:
        """Return what was sent of these events, newest first, without what only refreshes.

        With `seen_by` only to these teams and this user.
        """
        statement = _seen(
            select(DeliveryRow).where(
                DeliveryRow.event_id.in_(list(event_ids)), DeliveryRow.ordinal != REFRESH
            ),
            seen_by,
        )
        rows = await self._sql.rows(statement.order_by(DeliveryRow.id.desc()).limit(limit))
        return tuple(delivery_from(row) for row in rows)

    async def newest(self, event_id: UUID, destination_id: UUID) -> Delivery:
        """Return the last delivery of an event to a destination, of which there is one at least."""
        statement = (
            select(DeliveryRow)
            .where(DeliveryRow.event_id == event_id, DeliveryRow.destination_id == destination_id)
            .order_by(DeliveryRow.ordinal.desc())
            .limit(1)
        )
        return delivery_from(await self._sql.one(statement))

    async def failed(
        self, destination_id: UUID, since: datetime, limit: int
    ) -> tuple[Delivery, ...]:
        """Return what failed since a time and was not sent again, the oldest first.

        It counts when it was given up, three days after it was made.
        """
        statement = select(DeliveryRow).where(*_failed(destination_id, since))
        rows = await self._sql.rows(statement.order_by(DeliveryRow.id).limit(limit))
        return tuple(delivery_from(row) for row in rows)

    async def count_failed(self, destination_id: UUID, since: datetime) -> int:
        """Return how many those are."""
        statement = (
            select(func.count()).select_from(DeliveryRow).where(*_failed(destination_id, since))
        )
        return int(await self._sql.one_value(statement))

    async def replay(
        self, deliveries: Sequence[Delivery], *, together: bool = False
    ) -> tuple[UUID, ...]:
        """Insert a delivery after each of these, which are the newest of their events.

        `together` they wait for the digest that is due now, else a workflow carries each alone. The
        destination is locked, so nobody else takes the ordinal.
        """
        rows = [
            {
                "id": new_id(),
                "event_id": each.event_id,
                "destination_id": each.destination_id,
                "ordinal": each.ordinal + 1,
                "alone": not together,
                "status": DeliveryStatus.GATHERED if together else DeliveryStatus.PENDING,
                "attempts": 0,
            }
            for each in deliveries
        ]
        await self._sql.insert(DeliveryRow, rows)
        return tuple(row["id"] for row in rows if isinstance(row["id"], UUID))


def _failed(destination_id: UUID, since: datetime) -> tuple[ColumnElement[bool], ...]:
    later = aliased(DeliveryRow)
    sent_again = select(later.id).where(
        later.event_id == DeliveryRow.event_id,
        later.destination_id == DeliveryRow.destination_id,
        later.ordinal > DeliveryRow.ordinal,
    )
    return (
        DeliveryRow.destination_id == destination_id,
        DeliveryRow.status == DeliveryStatus.FAILED.value,
        DeliveryRow.ordinal != REFRESH,
        DeliveryRow.due_at >= since,
        ~sent_again.exists(),
    )
