"""Movers in Postgres: the teams that are to move off a version, and what they were told."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from domain.json_types import JsonObject
from domain.parties import Notice, NoticeKind
from domain.retirements import Extension, Moved
from domain.teams import Team
from store.contracts import ContractRow
from store.parties import PartyRow
from store.proposals import ProposalRow
from store.questions import Asked, Questions
from store.rows import Part, Row, Stamp, Wire, among
from store.sql import Sql
from store.teams import TeamRow, team_from

_MOVED, _EXTENSION = Wire(Moved), Wire(Extension)


class MoverRow(Row):
    """One team that is to move off one version."""

    __tablename__ = "movers"

    contract_id: Mapped[UUID] = mapped_column(
        ForeignKey("retirements.contract_id"), primary_key=True
    )
    team_id: Mapped[UUID] = mapped_column(ForeignKey("teams.id"), primary_key=True, index=True)
    reason: Mapped[str]
    moved: Mapped[JsonObject | None]
    extension: Mapped[JsonObject | None]
    released_at: Mapped[datetime | None]
    created_at: Mapped[Stamp]


class MoverNoticeRow(Asked, Row):
    """What one mover was told; the primary key makes every notice happen once."""

    __tablename__ = "mover_notices"

    contract_id: Mapped[UUID] = mapped_column(
        ForeignKey("retirements.contract_id"), primary_key=True
    )
    revision: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[UUID] = mapped_column(ForeignKey("teams.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    ordinal: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[UUID] = mapped_column(index=True)
    noted_at: Mapped[datetime]
    delivered_at: Mapped[datetime | None]
    created_at: Mapped[Stamp]


Index(
    "ix_mover_notices_asked",
    MoverNoticeRow.created_at,
    postgresql_where=MoverNoticeRow.kind == NoticeKind.ASK.value,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMover:
    """A mover as it stands, with all that it was told of any date."""

    contract_id: UUID
    team: Team
    reason: str
    moved: Moved | None
    extension: Extension | None
    notices: Mapping[int, tuple[Notice, ...]]
    """By the retirement's revision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMoverNotice:
    """What a mover is to be told, the event that will say so, and until when it is to move."""

    team_id: UUID
    ordinal: int
    event_id: UUID
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MoverNoticed:
    """Whom an event told, of which date of which version, and how."""

    contract_id: UUID
    team_id: UUID
    revision: int
    kind: NoticeKind


_MOVER = Part(MoverRow, after=None)
_TEAM = Part(TeamRow, after=_MOVER)
_MOVERS = (
    select(*_MOVER.columns, *_TEAM.columns)
    .join_from(MoverRow, TeamRow, TeamRow.id == MoverRow.team_id)
    .where(among(MoverRow.contract_id), MoverRow.released_at.is_(None))
    .order_by(TeamRow.name)
)


_ASKED = (
    select(PartyRow.team_id, PartyRow.reason)
    .join(ProposalRow, ProposalRow.id == PartyRow.proposal_id)
    .join(ContractRow, ContractRow.proposal_id == ProposalRow.id)
    .where(ProposalRow.base_contract_id == bindparam("contract"), PartyRow.released_at.is_(None))
)


class Movers:
    """Reads and writes movers; the retirement's lock is held for writing."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql
        self.questions = Questions(sql, "mover_notices", "contract_id")

    async def put(self, contract_id: UUID, revision: int, reasons: Mapping[UUID, str]) -> None:
        """Have these teams among those that are to move, whatever they said before.

        Who was told of the date of this revision already is not told again.
        """
        if not reasons:
            return
        rows = [
            {"contract_id": contract_id, "team_id": team_id, "reason": reason}
            for team_id, reason in reasons.items()
        ]
        statement = insert(MoverRow).values(rows)
        await self._sql.execute(
            statement.on_conflict_do_update(
                index_elements=["contract_id", "team_id"],
                set_={
                    "reason": statement.excluded.reason,
                    "moved": None,
                    "extension": None,
                    "released_at": None,
                },
            )
        )
        await self.questions.reopen(contract_id, reasons, revision)

    async def release(self, contract_id: UUID, team_ids: Iterable[UUID]) -> None:
        """Ask these teams no more."""
        await self._sql.execute(
            update(MoverRow)
            .where(MoverRow.contract_id == contract_id, MoverRow.team_id.in_(set(team_ids)))
            .values(released_at=func.clock_timestamp())
        )
        await self.questions.close(contract_id, team_ids)

    async def say(
        self,
        contract_id: UUID,
        team_id: UUID,
        *,
        moved: Moved | None,
        extension: Extension | None,
    ) -> None:
        """Write what a mover says now."""
        await self._sql.execute(
            update(MoverRow)
            .where(MoverRow.contract_id == contract_id, MoverRow.team_id == team_id)
            .values(
                moved=None if moved is None else _MOVED.write(moved),
                extension=None if extension is None else _EXTENSION.write(extension),
            )
        )

    async def replace(self, contract_id: UUID, team_id: UUID, to_team_id: UUID) -> None:
        """Ask another team, which is not asked now, in the place of one: as far as it has come."""
        for row in (MoverNoticeRow, MoverRow):
            await self._sql.execute(
                delete(row).where(row.contract_id == contract_id, row.team_id == to_team_id)
            )
        for row in (MoverRow, MoverNoticeRow):
            await self._sql.execute(
                update(row)
                .where(row.contract_id == contract_id, row.team_id == team_id)
                .values(team_id=to_team_id)
            )

    async def of(self, contract_ids: Iterable[UUID]) -> Mapping[UUID, tuple[StoredMover, ...]]:
        """Return the movers of these retirements by contract, in order of the teams' names."""
        wanted = {"ids": list(set(contract_ids))}
        notices: dict[tuple[UUID, UUID], dict[int, list[Notice]]] = defaultdict(
            lambda: defaultdict(list)
        )
        told = select(MoverNoticeRow).where(among(MoverNoticeRow.contract_id))
        for each in await self._sql.rows(told.order_by(MoverNoticeRow.noted_at), wanted):
            notices[each.contract_id, each.team_id][each.revision].append(_notice(each))
        movers: dict[UUID, list[StoredMover]] = defaultdict(list)
        for found in await self._sql.execute(_MOVERS, wanted):
            row = _MOVER.of(found)
            movers[row.contract_id].append(
                StoredMover(
                    contract_id=row.contract_id,
                    team=team_from(_TEAM.of(found)),
                    reason=row.reason,
                    moved=None if row.moved is None else _MOVED.read(row.moved),
                    extension=None if row.extension is None else _EXTENSION.read(row.extension),
                    notices={
                        revision: tuple(those)
                        for revision, those in notices[row.contract_id, row.team_id].items()
                    },
                )
            )
        return {contract_id: tuple(those) for contract_id, those in movers.items()}

    async def asked_about(self, contract_id: UUID) -> Mapping[UUID, str]:
        """Return who was asked about what replaced a contract, each with the reason."""
        found = await self._sql.execute(_ASKED, {"contract": contract_id})
        return {row.team_id: row.reason for row in found}

    async def note(
        self,
        contract_id: UUID,
        revision: int,
        kind: NoticeKind,
        notes: Sequence[NewMoverNotice],
        now: datetime,
    ) -> frozenset[UUID]:
        """Write notices; return the events of those that are new."""
        if not notes:
            return frozenset()
        rows = [
            {
                "contract_id": contract_id,
                "revision": revision,
                "team_id": each.team_id,
                "kind": kind,
                "ordinal": each.ordinal,
                "event_id": each.event_id,
                "noted_at": now,
                "due_at": each.due_at if kind is NoticeKind.ASK else None,
            }
            for each in notes
        ]
        statement = (
            insert(MoverNoticeRow)
            .values(rows)
            .on_conflict_do_nothing()
            .returning(MoverNoticeRow.event_id)
        )
        new = frozenset(await self._sql.values(statement))
        if kind is NoticeKind.REMIND:
            reminded = [(each.team_id, revision) for each in notes if each.event_id in new]
            await self.questions.remind(contract_id, reminded)
        return new

    async def mark_delivered(self, event_id: UUID, at: datetime) -> UUID | None:
        """Note that one destination took the notice; return its contract at the first time."""
        statement = (
            update(MoverNoticeRow)
            .where(MoverNoticeRow.event_id == event_id, MoverNoticeRow.delivered_at.is_(None))
            .values(delivered_at=at)
            .returning(MoverNoticeRow.contract_id)
        )
        return await self._sql.value(statement)

    async def noticed_by(self, event_ids: Iterable[UUID]) -> dict[UUID, MoverNoticed]:
        """Return the notices that these events carry, of those that carry one."""
        statement = select(MoverNoticeRow).where(MoverNoticeRow.event_id.in_(set(event_ids)))
        return {
            row.event_id: MoverNoticed(
                contract_id=row.contract_id,
                team_id=row.team_id,
                revision=row.revision,
                kind=NoticeKind(row.kind),
            )
            for row in await self._sql.rows(statement)
        }


def _notice(row: MoverNoticeRow) -> Notice:
    return Notice(
        kind=NoticeKind(row.kind),
        ordinal=row.ordinal,
        noted_at=row.noted_at,
        delivered_at=row.delivered_at,
    )
