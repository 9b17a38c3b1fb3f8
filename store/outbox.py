"""The outbox in Postgres: what must reach Temporal, claimed by any number of relays.

A claim is a lease: it is committed before Temporal is called, and a row is deleted only by the
claim that holds it, so a relay that dies leaves its rows to the others when the lease ends.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Identity,
    Index,
    Select,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, QueryableAttribute, mapped_column

from domain.health import ParkedRow
from domain.json_types import JsonObject
from store.batches import Batch
from store.notifier import OUTBOX
from store.rows import Row, Stamp, new_id
from store.sql import Sql


class OutboxKind(StrEnum):
    """Which workflow a row is for."""

    PROPOSAL = "proposal"
    DELIVERY = "delivery"
    RETIREMENT = "retirement"


class Wake(StrEnum):
    """The signals of a proposal's workflow; each only wakes it."""

    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"
    FORCED = "forced"
    REVISED = "revised"
    PARTIES_CHANGED = "parties_changed"
    AUDIT_PASSED = "audit_passed"


CHANGED = "changed"
"""The signal of a retirement's workflow; it only wakes it."""


class OutboxRow(Row):
    """`subject_id` is the proposal; for deliveries the event, for a retirement the contract."""

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    kind: Mapped[str]
    subject_id: Mapped[UUID] = mapped_column(index=True)
    payload: Mapped[JsonObject]
    attempts: Mapped[int] = mapped_column(server_default="0")
    claim: Mapped[UUID | None]
    claimed_until: Mapped[datetime | None]
    last_error: Mapped[str | None]
    parked_at: Mapped[datetime | None]
    created_at: Mapped[Stamp]


Index("ix_outbox_due", OutboxRow.id, postgresql_where=OutboxRow.parked_at.is_(None))


_PARKED = select(OutboxRow).where(OutboxRow.parked_at.is_not(None)).order_by(OutboxRow.id)
_ATTENDED = or_(
    OutboxRow.parked_at.is_(None),
    OutboxRow.parked_at > func.clock_timestamp() - timedelta(hours=1),
)
"""What Temporal refuses is refused again: a parked row is not doubled every minute."""
NEW_OUTBOX = Batch(OutboxRow, ("kind", "subject_id", "payload"))


def will_be_woken(subject: QueryableAttribute[UUID]) -> ColumnElement[bool]:
    """Whether a subject has a row under way."""
    return exists().where(OutboxRow.subject_id == subject, OutboxRow.parked_at.is_(None))


def is_attended(subject: QueryableAttribute[UUID]) -> ColumnElement[bool]:
    """Whether a subject has a row under way, or one parked within the last hour."""
    return exists().where(OutboxRow.subject_id == subject, _ATTENDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxItem:
    """A claimed row."""

    id: int
    kind: OutboxKind
    subject_id: UUID
    payload: JsonObject
    attempts: int
    claim: UUID


class Outbox:
    """Puts, claims and finishes rows."""

    def __init__(self, sql: Sql, topics: set[str]) -> None:
        self._sql = sql
        self._topics = topics
        self._unwritten: list[JsonObject] = []

    def wake(self, proposal_id: UUID, signal: Wake, summary: str) -> None:
        """Have the proposal's workflow started or woken; `summary` is what Temporal's UI shows."""
        self._put(OutboxKind.PROPOSAL, proposal_id, {"signal": signal.value, "summary": summary})

    def wake_retirement(self, contract_id: UUID, summary: str) -> None:
        """Have the workflow of a version's retirement started or woken."""
        self._put(OutboxKind.RETIREMENT, contract_id, {"signal": CHANGED, "summary": summary})

    async def wake_unattended(
        self,
        subject_ids: Sequence[UUID],
        why: str,
        kind: OutboxKind = OutboxKind.PROPOSAL,
    ) -> tuple[UUID, ...]:
        """Have those woken that have no row under way or parked lately; return which."""
        waiting = await self.waiting_for(subject_ids)
        left = tuple(each for each in subject_ids if each not in waiting)
        signal = Wake.REVISED.value if kind is OutboxKind.PROPOSAL else CHANGED
        for each in left:
            self._put(kind, each, {"signal": signal, "summary": f"woken: {why}"})
        return left

    def deliver(self, event_id: UUID, part: int | str, delivery_ids: Sequence[UUID]) -> None:
        """Have these deliveries of an event carried out, by a workflow that `part` names."""
        self._put(
            OutboxKind.DELIVERY,
            event_id,
            {"part": part, "delivery_ids": [str(delivery_id) for delivery_id in delivery_ids]},
        )

    def deliver_alone(self, event_id: UUID, delivery_id: UUID) -> None:
        """Have a delivery carried out by a workflow of its own: a digest, or a replay."""
        self.deliver(event_id, str(delivery_id), [delivery_id])

    def _put(self, kind: OutboxKind, subject_id: UUID, payload: JsonObject) -> None:
        self._unwritten.append({"kind": kind, "subject_id": subject_id, "payload": payload})
        self._topics.add(OUTBOX)

    def taken(self) -> list[JsonObject]:
        """Hand over the rows that were put, to be written before the commit."""
        rows, self._unwritten = self._unwritten, []
        return rows

    async def write(self) -> None:
        """Write the rows that are not written yet: something reads them."""
        if self._unwritten:
            await self._sql.execute(NEW_OUTBOX.insertion, NEW_OUTBOX.arrays(self.taken()))

    async def claim(self, limit: int, lease: timedelta) -> tuple[OutboxItem, ...]:
        """Take up to `limit` due rows for `lease`; rows that others look at are passed over."""
        claim = new_id()
        now = func.clock_timestamp()
        due = (
            select(OutboxRow.id)
            .where(
                OutboxRow.parked_at.is_(None),
                or_(OutboxRow.claimed_until.is_(None), OutboxRow.claimed_until < now),
            )
            .order_by(OutboxRow.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        statement = (
            update(OutboxRow)
            .where(OutboxRow.id.in_(due))
            .values(claim=claim, claimed_until=now + lease, attempts=OutboxRow.attempts + 1)
            .returning(OutboxRow)
        )
        rows = await self._sql.rows(statement)
        return tuple(
            OutboxItem(
                id=row.id,
                kind=OutboxKind(row.kind),
                subject_id=row.subject_id,
                payload=row.payload,
                attempts=row.attempts,
                claim=claim,
            )
            for row in sorted(rows, key=lambda row: row.id)
        )

    async def finish(self, items: Sequence[OutboxItem]) -> None:
        """Delete rows that reached Temporal, if the claim is still ours."""
        if items:
            await self._sql.execute(
                delete(OutboxRow).where(
                    OutboxRow.id.in_([item.id for item in items]),
                    OutboxRow.claim.in_({item.claim for item in items}),
                )
            )

    async def back_off(self, items: Sequence[OutboxItem], pause: timedelta, error: str) -> None:
        """Leave rows alone for a while after Temporal did not answer."""
        if items:
            await self._sql.execute(
                update(OutboxRow)
                .where(
                    OutboxRow.id.in_([item.id for item in items]),
                    OutboxRow.claim.in_({item.claim for item in items}),
                )
                .values(claimed_until=func.clock_timestamp() + pause, last_error=error)
            )

    async def park(self, item: OutboxItem, error: str) -> bool:
        """Set aside a row that Temporal will never take; False if it is not ours, or was before."""
        statement = (
            update(OutboxRow)
            .where(
                OutboxRow.id == item.id,
                OutboxRow.claim == item.claim,
                OutboxRow.parked_at.is_(None),
            )
            .values(parked_at=func.clock_timestamp(), last_error=error)
            .returning(OutboxRow.id)
        )
        return await self._sql.value(statement) is not None

    async def parked(self, limit: int) -> tuple[ParkedRow, ...]:
        """Return the rows that are set aside, the oldest first."""
        return await self._parked(_PARKED.limit(limit))

    async def _parked(self, statement: Select[OutboxRow]) -> tuple[ParkedRow, ...]:
        return tuple(
            ParkedRow(
                id=row.id,
                kind=row.kind,
                subject_id=row.subject_id,
                error=row.last_error or "",
                parked_at=row.parked_at,
            )
            for row in await self._sql.rows(statement)
            if row.parked_at is not None
        )

    async def unpark(self, limit: int, before: datetime) -> tuple[ParkedRow, ...]:
        """Let rows that were set aside before then be carried again, as if new; return them."""
        due = _PARKED.where(OutboxRow.parked_at < before).limit(limit)
        rows = await self._parked(due.with_for_update(skip_locked=True))
        if rows:
            await self._sql.execute(
                update(OutboxRow)
                .where(OutboxRow.id.in_([row.id for row in rows]))
                .values(parked_at=None, claim=None, claimed_until=None, attempts=0)
            )
            self._topics.add(OUTBOX)
        return rows

    async def waiting_for(self, subject_ids: Sequence[UUID]) -> frozenset[UUID]:
        """Return the subjects that have a row under way, or one parked within the last hour."""
        await self.write()
        statement = select(OutboxRow.subject_id).where(
            OutboxRow.subject_id.in_(subject_ids), _ATTENDED
        )
        return frozenset(await self._sql.values(statement))
