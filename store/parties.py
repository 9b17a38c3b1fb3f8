"""Parties and what they were told, in Postgres."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, and_, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from domain.parties import Notice, NoticeKind
from domain.proposals import Touched
from store.rows import Row, Stamp


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


class NoticeRow(Row):
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
    created_at: Mapped[Stamp]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Noticed:
    """Whom an event told, of which question, and how."""

    team_id: UUID
    revision: int
    kind: NoticeKind


class Parties:
    """Reads and writes parties and notices; the proposal's lock is held for writing."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def put(self, proposal_id: UUID, revision: int, touched: Iterable[Touched]) -> None:
        """Insert or replace parties whose question is new in this revision."""
        rows = [
            {
                "proposal_id": proposal_id,
                "team_id": each.team_id,
                "revision": revision,
                "reason": each.reason,
                "fields": list(each.fields),
                "changes_hash": each.changes_hash,
                "released_at": None,
            }
            for each in touched
        ]
        if not rows:
            return
        statement = insert(PartyRow).values(rows)
        await self._session.execute(
            statement.on_conflict_do_update(
                index_elements=["proposal_id", "team_id"],
                set_={
                    name: statement.excluded[name]
                    for name in ("revision", "reason", "fields", "changes_hash", "released_at")
                },
            )
        )

    async def release(self, proposal_id: UUID, team_ids: Iterable[UUID]) -> None:
        """Stop waiting for these teams."""
        await self._session.execute(
            update(PartyRow)
            .where(PartyRow.proposal_id == proposal_id, PartyRow.team_id.in_(set(team_ids)))
            .values(released_at=func.clock_timestamp())
        )

    async def of(self, proposal_ids: Iterable[UUID]) -> dict[UUID, tuple[StoredParty, ...]]:
        """Return the parties of each proposal in order of team id, with their notices."""
        wanted = set(proposal_ids)
        notices = await self._notices_of(wanted)
        statement = (
            select(PartyRow)
            .where(PartyRow.proposal_id.in_(wanted), PartyRow.released_at.is_(None))
            .order_by(PartyRow.team_id)
        )
        parties: dict[UUID, list[StoredParty]] = defaultdict(list)
        for row in await self._session.scalars(statement):
            parties[row.proposal_id].append(
                StoredParty(
                    proposal_id=row.proposal_id,
                    team_id=row.team_id,
                    revision=row.revision,
                    reason=row.reason,
                    fields=tuple(row.fields),
                    changes_hash=row.changes_hash,
                    notices=tuple(notices[row.proposal_id, row.team_id]),
                )
            )
        return {proposal_id: tuple(parties[proposal_id]) for proposal_id in wanted}

    async def _notices_of(self, wanted: set[UUID]) -> dict[tuple[UUID, UUID], list[Notice]]:
        """Return the notices of the present questions, oldest first."""
        statement = (
            select(NoticeRow)
            .join(
                PartyRow,
                and_(
                    PartyRow.proposal_id == NoticeRow.proposal_id,
                    PartyRow.team_id == NoticeRow.team_id,
                    PartyRow.revision == NoticeRow.revision,
                ),
            )
            .where(NoticeRow.proposal_id.in_(wanted))
            .order_by(NoticeRow.noted_at, NoticeRow.ordinal)
        )
        notices: dict[tuple[UUID, UUID], list[Notice]] = defaultdict(list)
        for row in await self._session.scalars(statement):
            notices[row.proposal_id, row.team_id].append(
                Notice(
                    kind=NoticeKind(row.kind),
                    ordinal=row.ordinal,
                    noted_at=row.noted_at,
                    delivered_at=row.delivered_at,
                )
            )
        return notices

    async def note(
        self, party: StoredParty, kind: NoticeKind, ordinal: int, noted_at: datetime
    ) -> bool:
        """Write a notice; False when it stands already, so that nobody is told twice."""
        statement = (
            insert(NoticeRow)
            .values(
                proposal_id=party.proposal_id,
                revision=party.revision,
                team_id=party.team_id,
                kind=kind,
                ordinal=ordinal,
                noted_at=noted_at,
            )
            .on_conflict_do_nothing()
            .returning(NoticeRow.ordinal)
        )
        return (await self._session.scalars(statement)).one_or_none() is not None

    async def set_event(
        self, party: StoredParty, kind: NoticeKind, ordinal: int, event_id: UUID
    ) -> None:
        """Tie a notice to the event that carries it, by which its delivery is found."""
        await self._session.execute(
            update(NoticeRow)
            .where(
                NoticeRow.proposal_id == party.proposal_id,
                NoticeRow.revision == party.revision,
                NoticeRow.team_id == party.team_id,
                NoticeRow.kind == kind,
                NoticeRow.ordinal == ordinal,
            )
            .values(event_id=event_id)
        )

    async def mark_delivered(self, event_id: UUID, at: datetime) -> UUID | None:
        """Note that one destination took the notice; return its proposal at the first time."""
        statement = (
            update(NoticeRow)
            .where(NoticeRow.event_id == event_id, NoticeRow.delivered_at.is_(None))
            .values(delivered_at=at)
            .returning(NoticeRow.proposal_id)
        )
        return (await self._session.scalars(statement)).one_or_none()

    async def noticed_by(self, event_id: UUID) -> Noticed | None:
        """Return the notice that an event carries, if it carries one."""
        statement = select(NoticeRow).where(NoticeRow.event_id == event_id)
        row = (await self._session.scalars(statement)).one_or_none()
        if row is None:
            return None
        return Noticed(team_id=row.team_id, revision=row.revision, kind=NoticeKind(row.kind))
