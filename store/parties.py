"""Parties and what they were told, in Postgres."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, delete, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from domain.consent import EarlierAnswer
from domain.json_types import JsonObject
from domain.parties import Notice, NoticeKind, Person
from domain.proposals import Touched
from domain.working_days import WorkCalendar
from store.batches import Batch
from store.questions import Asked, Questions
from store.rows import Row, Stamp, Wire
from store.sql import Sql

_EARLIER = Wire(EarlierAnswer)


class PartyRow(Row):
    """`revision` is the proposal's revision in which the present question was put together."""

    __tablename__ = "parties"

    proposal_id: Mapped[UUID] = mapped_column(ForeignKey("proposals.id"), primary_key=True)
    team_id: Mapped[UUID] = mapped_column(ForeignKey("teams.id"), primary_key=True, index=True)
    revision: Mapped[int]
    reason: Mapped[str]
    fields: Mapped[list[str]]
    changes_hash: Mapped[str]
    released_at: Mapped[datetime | None]
    earlier: Mapped[JsonObject | None]
    """What the team answered to the same question of an earlier proposal."""
    calendar: Mapped[JsonObject | None]
    """The team's when the question was put, where working days count."""
    delegate_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))


class NoticeRow(Asked, Row):
    """What one party was told; the primary key makes every notice happen once."""

    __tablename__ = "notices"

    proposal_id: Mapped[UUID] = mapped_column(ForeignKey("proposals.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[UUID] = mapped_column(ForeignKey("teams.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    ordinal: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[UUID | None] = mapped_column(index=True)
    noted_at: Mapped[datetime]
    delivered_at: Mapped[datetime | None]
    reach_by: Mapped[datetime | None]
    """Of an ask: until when it must arrive for `due_at` to stand as long as nobody answers."""
    created_at: Mapped[Stamp]


Index(
    "ix_notices_asked",
    NoticeRow.created_at,
    postgresql_where=NoticeRow.kind == NoticeKind.ASK.value,
)

_KEY = ("proposal_id", "team_id")
_QUESTION = (
    *("revision", "reason", "fields", "changes_hash", "released_at"),
    *("earlier", "calendar"),
)
_PARTIES = Batch(PartyRow, _KEY + _QUESTION)
PUT_PARTIES = _PARTIES.insertion.on_conflict_do_update(
    index_elements=_KEY, set_={name: _PARTIES.insertion.excluded[name] for name in _QUESTION}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredParty:
    """A party as it stands: its present question and what it was told of it."""

    proposal_id: UUID
    team_id: UUID
    revision: int
    reason: str
    fields: tuple[str, ...]
    changes_hash: str
    notices: tuple[Notice, ...]
    earlier: EarlierAnswer | None = None
    calendar: WorkCalendar | None = None
    delegate: Person | None = None
    """To whom the team has handed its answer, as long as they work for it."""
    owners: tuple[Person, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Noticed:
    """Whom an event told, of which question, and how."""

    team_id: UUID
    revision: int
    kind: NoticeKind


@dataclass(frozen=True, slots=True, kw_only=True)
class NewNotice:
    """What a party is to be told, and the event that will say so."""

    party: StoredParty
    kind: NoticeKind
    ordinal: int
    noted_at: datetime
    event_id: UUID
    due_at: datetime | None
    reach_by: datetime | None
    """Of an ask: until when it asks for an answer, and must arrive for that to stand."""


def new_party(
    proposal_id: UUID, revision: int, touched: Touched, calendar: WorkCalendar | None = None
) -> StoredParty:
    """Return the party of a team whose question is new in this revision."""
    return StoredParty(
        proposal_id=proposal_id,
        team_id=touched.team_id,
        revision=revision,
        reason=touched.reason,
        fields=touched.fields,
        changes_hash=touched.changes_hash,
        notices=(),
        calendar=calendar,
    )


def party_arrays(parties: Iterable[StoredParty]) -> dict[str, object]:
    """Return the parameters of `PUT_PARTIES`, which puts the questions of these parties."""
    return _PARTIES.arrays(
        [
            {
                "proposal_id": each.proposal_id,
                "team_id": each.team_id,
                "revision": each.revision,
                "reason": each.reason,
                "fields": list(each.fields),
                "changes_hash": each.changes_hash,
                "released_at": None,
                "earlier": None if each.earlier is None else _EARLIER.write(each.earlier),
                "calendar": None if each.calendar is None else each.calendar.to_wire(),
            }
            for each in parties
        ]
    )


class Parties:
    """Reads and writes parties and notices; the proposal's lock is held for writing."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql
        self.questions = Questions(sql, "notices", "proposal_id")

    async def put(self, proposal_id: UUID, parties: Sequence[StoredParty]) -> None:
        """Insert or replace parties whose question is new; what they were asked before is over."""
        await self._sql.execute(PUT_PARTIES, party_arrays(parties))
        await self.questions.close(proposal_id, [each.team_id for each in parties])

    async def release(self, proposal_id: UUID, team_ids: Iterable[UUID]) -> None:
        """Stop waiting for these teams."""
        await self._sql.execute(
            update(PartyRow)
            .where(PartyRow.proposal_id == proposal_id, PartyRow.team_id.in_(set(team_ids)))
            .values(released_at=func.clock_timestamp(), delegate_id=None)
        )
        await self.questions.close(proposal_id, team_ids)

    async def delegate(self, proposal_id: UUID, team_id: UUID, user_id: UUID | None) -> None:
        """Note to whom a team hands its answer."""
        await self._sql.execute(
            update(PartyRow)
            .where(PartyRow.proposal_id == proposal_id, PartyRow.team_id == team_id)
            .values(delegate_id=user_id)
        )

    async def ever(self, proposal_id: UUID) -> frozenset[UUID]:
        """Return the teams that are or once were parties of a proposal."""
        statement = select(PartyRow.team_id).where(PartyRow.proposal_id == proposal_id)
        return frozenset(await self._sql.values(statement))

    async def standing(self, proposal_id: UUID) -> dict[UUID, str]:
        """Return the teams that are waited for, each with the hash of what it is asked about."""
        statement = select(PartyRow.team_id, PartyRow.changes_hash).where(
            PartyRow.proposal_id == proposal_id, PartyRow.released_at.is_(None)
        )
        return {found.team_id: found.changes_hash for found in await self._sql.execute(statement)}

    async def move(self, proposal_id: UUID, team_id: UUID, to_team_id: UUID) -> None:
        """Ask another team, which is not asked now, in the place of one: as far as it has come."""
        for row in (NoticeRow, PartyRow):
            await self._sql.execute(
                delete(row).where(row.proposal_id == proposal_id, row.team_id == to_team_id)
            )
        for row in (PartyRow, NoticeRow):
            await self._sql.execute(
                update(row)
                .where(row.proposal_id == proposal_id, row.team_id == team_id)
                .values(team_id=to_team_id)
            )

    async def note(self, notices: Sequence[NewNotice]) -> frozenset[UUID]:
        """Write notices and return the events of those that did not stand before.

        So nobody is told twice; and by its event the delivery of a notice finds it.
        """
        rows = [
            {
                "proposal_id": each.party.proposal_id,
                "revision": each.party.revision,
                "team_id": each.party.team_id,
                "kind": each.kind,
                "ordinal": each.ordinal,
                "noted_at": each.noted_at,
                "event_id": each.event_id,
                "due_at": each.due_at,
                "reach_by": each.reach_by,
            }
            for each in notices
        ]
        if not rows:
            return frozenset()
        statement = insert(NoticeRow).on_conflict_do_nothing().returning(NoticeRow.event_id)
        written = await self._sql.execute(statement, rows if len(rows) > 1 else rows[0])
        new = frozenset(written.scalars())
        reminded = [
            (each.party.team_id, each.party.revision)
            for each in notices
            if each.kind is NoticeKind.REMIND and each.event_id in new
        ]
        await self.questions.remind(notices[0].party.proposal_id, reminded)
        return new

    async def mark_delivered(self, event_id: UUID, at: datetime) -> UUID | None:
        """Note that one destination took the notice; return its proposal at the first time."""
        statement = (
            update(NoticeRow)
            .where(NoticeRow.event_id == event_id, NoticeRow.delivered_at.is_(None))
            .values(delivered_at=at)
            .returning(NoticeRow.proposal_id)
        )
        return await self._sql.value(statement)

    async def any_noticed(self, proposal_id: UUID, kind: NoticeKind) -> bool:
        """Whether a notice of this kind was ever written about a proposal."""
        found = exists().where(NoticeRow.proposal_id == proposal_id, NoticeRow.kind == kind)
        return await self._sql.one_value(select(found))

    async def noticed_by(self, event_ids: Iterable[UUID]) -> dict[UUID, Noticed]:
        """Return the notices that these events carry, of those that carry one."""
        statement = select(NoticeRow).where(NoticeRow.event_id.in_(set(event_ids)))
        return {
            row.event_id: Noticed(
                team_id=row.team_id, revision=row.revision, kind=NoticeKind(row.kind)
            )
            for row in await self._sql.rows(statement)
            if row.event_id is not None
        }


def earlier_from(stored: JsonObject | None) -> EarlierAnswer | None:
    """Return what stands in the column."""
    return None if stored is None else _EARLIER.read(stored)
