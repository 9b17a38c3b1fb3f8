"""The append-only log in Postgres, and its reading in an order that never skips.

Sequence numbers are given before the commit, so they are not in commit order; a reader that
remembers the largest one it saw would lose an event committed late. Reading in `(transaction,
sequence)` below the snapshot's xmin never does: everything below it is committed or gone.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Executable,
    Identity,
    Index,
    Result,
    Select,
    Text,
    bindparam,
    cast,
    func,
    literal,
    or_,
    select,
    tuple_,
)
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from domain.actors import Caller
from domain.errors import InvalidCursor
from domain.events import (
    ASKED,
    EVERY_EVENT,
    UPSTREAM,
    Cursor,
    Event,
    EventFilter,
    EventType,
    NewEvent,
)
from domain.json_types import JsonObject
from domain.pages import Page, PageRequest
from domain.refreshing import REFRESHING
from store.batches import Batch
from store.fixed import fixed
from store.notifier import EVENTS
from store.pages import read_cursor, written_cursor
from store.rows import Id, Row, Stamp, Wire, Xid8, among, new_id
from store.sql import Sql

_CALLER = Wire(Caller)


class EventRow(Row):
    """One line of the log; a trigger refuses to change or delete it."""

    __tablename__ = "events"

    id: Mapped[Id]
    transaction: Mapped[int] = mapped_column(
        Xid8, server_default=sql("pg_current_xact_id()"), nullable=False
    )
    sequence: Mapped[int] = mapped_column(BigInteger, Identity(always=True), unique=True)
    type: Mapped[str]
    caller: Mapped[JsonObject]
    summary: Mapped[str]
    asset_id: Mapped[UUID | None] = mapped_column(index=True)
    proposal_id: Mapped[UUID | None] = mapped_column(index=True)
    team_id: Mapped[UUID | None] = mapped_column(index=True)
    payload: Mapped[JsonObject]
    at: Mapped[Stamp]


Index("ix_events_feed", EventRow.transaction, EventRow.sequence)
Index(
    "ix_events_observed",
    EventRow.at,
    postgresql_where=EventRow.type == EventType.CONTRACT_OBSERVED.value,
)

NEW_EVENTS = Batch(
    EventRow,
    ("id", "type", "caller", "summary", "asset_id", "proposal_id", "team_id", "payload"),
)

TRANSACTION_NUMBER = cast(cast(EventRow.transaction, Text), BigInteger).label("transaction_number")
_XMIN = func.pg_snapshot_xmin(func.pg_current_snapshot())


def _is_about(ids: frozenset[UUID]) -> ColumnElement[bool]:
    named = sorted(map(str, ids))
    return or_(
        *(each.in_(ids) for each in (EventRow.asset_id, EventRow.proposal_id, EventRow.team_id)),
        *(EventRow.payload[end][UPSTREAM].astext.in_(named) for end in ("before", "after")),
        EventRow.payload[ASKED].op("?|", is_comparison=True)(cast(named, ARRAY(Text))),
    )


_FILTERS: Mapping[str, Callable[[Any], ColumnElement[bool]]] = {
    "types": lambda types: EventRow.type.in_(sorted(types)),
    "about": _is_about,
    "asset_id": lambda asset_id: EventRow.asset_id == asset_id,
    "proposal_id": lambda proposal_id: EventRow.proposal_id == proposal_id,
    "team_id": lambda team_id: EventRow.team_id == team_id,
    "actor_kind": lambda kind: EventRow.caller["actor"]["kind"].astext == kind,
    "actor": lambda name: EventRow.caller["actor"]["name"].astext == name,
    "origin": lambda origin: EventRow.caller["origin"].astext == origin,
    "since": lambda since: EventRow.at >= since,
    "until": lambda until: EventRow.at < until,
}
"""How each wish of an `EventFilter` is said in SQL."""


_FOLLOWED = (
    select(EventRow, TRANSACTION_NUMBER)
    .where(
        EventRow.transaction < _XMIN,
        tuple_(EventRow.transaction, EventRow.sequence)
        > tuple_(cast(bindparam("number", type_=Text), Xid8), bindparam("sequence")),
    )
    .order_by(EventRow.transaction, EventRow.sequence)
    .limit(bindparam("most", type_=BigInteger))
)


_OF_PROPOSALS = fixed(
    select(EventRow, TRANSACTION_NUMBER)
    .where(among(EventRow.proposal_id), EventRow.type == bindparam("kind"))
    .order_by(EventRow.sequence)
)

_BY_ID = fixed(select(EventRow, TRANSACTION_NUMBER).where(among(EventRow.id)))


class Events:
    """Appends and reads events."""

    def __init__(self, sql: Sql, topics: set[str]) -> None:
        self._sql = sql
        self._topics = topics
        self._unwritten: list[JsonObject] = []
        self._notifying: dict[UUID, NewEvent] = {}
        self._refreshing: dict[UUID, UUID] = {}

    def append(self, event: NewEvent, event_id: UUID | None = None) -> UUID:
        """Append an event and return its id, new if none is given; listeners are notified later.

        It is written with the other events of the transaction, before the commit or the first time
        that the log is read.
        """
        event_id = event_id or new_id()
        self._unwritten.append(_columns(event_id, event))
        if event.notifies:
            self._notifying[event_id] = event
        if event.type in REFRESHING and event.proposal_id is not None:
            self._refreshing[event.proposal_id] = event_id
        self._topics.add(EVENTS)
        return event_id

    def taken(self) -> list[JsonObject]:
        """Hand over the rows that are not written yet, to be written before the commit."""
        rows, self._unwritten = self._unwritten, []
        return rows

    def notifying(self) -> dict[UUID, NewEvent]:
        """Hand over the events that notify, each once, whether they are written or not."""
        notifying, self._notifying = self._notifying, {}
        return notifying

    def refreshing(self) -> dict[UUID, UUID]:
        """Hand over the last event of each proposal that changes what is shown of it, once."""
        refreshing, self._refreshing = self._refreshing, {}
        return refreshing

    async def write(self) -> None:
        """Write the rows that are not written yet: something else refers to them, or reads them."""
        if self._unwritten:
            await self._sql.execute(NEW_EVENTS.insertion, NEW_EVENTS.arrays(self.taken()))

    async def get(self, event_id: UUID) -> Event | None:
        """Return one event by its id."""
        statement = select(EventRow, TRANSACTION_NUMBER).where(EventRow.id == event_id)
        found = (await self._read(statement)).one_or_none()
        return None if found is None else event_from(found)

    async def by_id(self, event_ids: Iterable[UUID]) -> dict[UUID, Event]:
        """Return these events by their ids."""
        found = await self._read(_BY_ID, {"ids": list(set(event_ids))})
        return {row.id: event_from(row) for row in found}

    async def of_proposals(
        self, kind: EventType, proposal_ids: Iterable[UUID]
    ) -> tuple[Event, ...]:
        """Return the events of one type of these proposals, oldest first."""
        wanted = {"ids": list(set(proposal_ids)), "kind": kind}
        return tuple(event_from(found) for found in await self._read(_OF_PROPOSALS, wanted))

    async def after(
        self, cursor: Cursor | None, limit: int, wanted: EventFilter = EVERY_EVENT
    ) -> tuple[Event, ...]:
        """Return settled events after a cursor, oldest first: what a follower reads."""
        if cursor is not None and wanted == EVERY_EVENT:
            return await self._followed(cursor, limit)
        statement = _filtered(wanted).where(EventRow.transaction < _XMIN)
        if cursor is not None:
            statement = statement.where(
                tuple_(EventRow.transaction, EventRow.sequence)
                > tuple_(_xid8(cursor.transaction), literal(cursor.sequence))
            )
        statement = statement.order_by(EventRow.transaction, EventRow.sequence).limit(limit)
        return tuple(event_from(found) for found in await self._read(statement))

    async def _followed(self, cursor: Cursor, limit: int) -> tuple[Event, ...]:
        """What the feed of each process asks for all the time."""
        place = {"number": str(cursor.transaction), "sequence": cursor.sequence, "most": limit}
        return tuple(event_from(found) for found in await self._sql.execute(_FOLLOWED, place))

    async def latest(self) -> Cursor:
        """Return the place below which everything is settled: where a new follower starts."""
        statement = select(cast(cast(_XMIN, Text), BigInteger))
        return Cursor(int(await self._sql.one_value(statement)), -1)

    async def page(self, request: PageRequest, wanted: EventFilter = EVERY_EVENT) -> Page[Event]:
        """Return events, newest first."""
        statement = _filtered(wanted)
        if request.cursor is not None:
            at = parsed_cursor(read_cursor("events", request.cursor))
            statement = statement.where(
                tuple_(EventRow.transaction, EventRow.sequence)
                < tuple_(_xid8(at.transaction), literal(at.sequence))
            )
        statement = statement.order_by(EventRow.transaction.desc(), EventRow.sequence.desc())
        found = (await self._read(statement.limit(request.limit + 1))).all()
        events = tuple(event_from(each) for each in found[: request.limit])
        more = len(found) > request.limit
        following = written_cursor("events", format_cursor(events[-1].cursor)) if more else None
        return Page(items=events, next=following)

    async def _read(
        self, statement: Executable, parameters: Mapping[str, object] | None = None
    ) -> Result[*tuple[Any, ...]]:
        """Read the log, this transaction's own events among it."""
        await self.write()
        return await self._sql.execute(statement, parameters)


def format_cursor(cursor: Cursor) -> str:
    """Write a cursor as the `id` of a server-sent event: `<transaction>-<sequence>`."""
    return f"{cursor.transaction}-{cursor.sequence}"


def parsed_cursor(text: str) -> Cursor:
    """Read `<transaction>-<sequence>`; raises `InvalidCursor`."""
    transaction, _, sequence = text.partition("-")
    try:
        cursor = Cursor(int(transaction), int(sequence))
    except ValueError:
        raise InvalidCursor("An event id looks like `1234-56`.") from None
    if not (0 <= cursor.transaction < 2**63 and -1 <= cursor.sequence < 2**63):
        raise InvalidCursor("An event id looks like `1234-56`.")
    return cursor


def _filtered(wanted: EventFilter) -> Select[EventRow, int]:
    statement = select(EventRow, TRANSACTION_NUMBER)
    for name, condition in _FILTERS.items():
        if value := getattr(wanted, name):
            statement = statement.where(condition(value))
    return statement


def _xid8(number: int) -> object:
    return cast(literal(str(number), Text), Xid8)


def _columns(event_id: UUID, event: NewEvent) -> JsonObject:
    return {
        "id": event_id,
        "type": event.type,
        "caller": _CALLER.write(event.caller),
        "summary": event.summary,
        "asset_id": event.asset_id,
        "proposal_id": event.proposal_id,
        "team_id": event.team_id,
        "payload": event.payload or {},
    }


def event_from(row: Any) -> Event:  # the columns of the log and the transaction as a number
    """Return the domain value of a row."""
    return Event(
        id=row.id,
        cursor=Cursor(row.transaction_number, row.sequence),
        type=EventType(row.type),
        caller=_CALLER.read(row.caller),
        summary=row.summary,
        asset_id=row.asset_id,
        proposal_id=row.proposal_id,
        team_id=row.team_id,
        payload=row.payload,
        at=row.at,
    )
