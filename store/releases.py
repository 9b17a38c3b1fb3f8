"""Releases in Postgres: a proposal is in one at most, by its own column."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Text, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from domain.actors import Actor
from domain.json_types import JsonObject
from domain.pages import Page, PageRequest
from domain.proposals import Decree, ProposalStatus
from domain.releases import Member, Release, ReleaseStanding, ReleaseStatus
from domain.timeline import PublishWhen
from store.assets import AssetRow
from store.pages import page_by_id
from store.proposal_rows import policy_from
from store.proposals import ProposalRow
from store.rows import Id, Row, Stamp, Wire, among
from store.sql import Sql

_ACTOR = Wire(Actor)
_DECREE = Wire(Decree)


class ReleaseRow(Row):
    """What is published together."""

    __tablename__ = "releases"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(Text)
    status: Mapped[str]
    opened_by: Mapped[JsonObject]
    opened_at: Mapped[Stamp]
    cancelled: Mapped[JsonObject | None]
    failed_proposal_id: Mapped[UUID | None]
    ended_at: Mapped[datetime | None]


_LOCK = (
    select(ReleaseRow.id)
    .where(ReleaseRow.id == bindparam("release_id"))
    .with_for_update(key_share=True)
)
_STATUSES = select(ReleaseRow.id, ReleaseRow.status).where(among(ReleaseRow.id))
_MEMBERS = (
    select(
        ProposalRow.release_id,
        ProposalRow.id,
        ProposalRow.asset_id,
        ProposalRow.status,
        ProposalRow.base_moved,
        ProposalRow.confirmation_asked_at,
        ProposalRow.withdrawn,
        ProposalRow.cancelled,
        AssetRow.deleted_at,
        ProposalRow.forced,
        ProposalRow.publish_requested,
        ProposalRow.publish_at,
        ProposalRow.policy,
    )
    .join(AssetRow, AssetRow.id == ProposalRow.asset_id)
    .where(among(ProposalRow.release_id))
    .order_by(ProposalRow.id)
)


class Releases:
    """Reads, writes and locks releases; their locks come after those of proposals."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def insert(self, release: Release) -> None:
        """Insert a release that opens."""
        await self._sql.execute(insert(ReleaseRow).values(id=release.id, **_columns(release)))

    async def lock(self, release_id: UUID) -> None:
        """Wait for the release's row; read everything after this, not before."""
        await self._sql.execute(_LOCK, {"release_id": release_id})

    async def save(self, release: Release) -> None:
        """Write everything of a release whose lock is held."""
        await self._sql.execute(
            update(ReleaseRow).where(ReleaseRow.id == release.id).values(**_columns(release))
        )

    async def get(self, release_id: UUID) -> Release | None:
        """Return one release."""
        row = await self._sql.row(select(ReleaseRow).where(ReleaseRow.id == release_id))
        return None if row is None else _release(row)

    async def by_id(self, release_ids: Iterable[UUID]) -> Mapping[UUID, Release]:
        """Return these releases by their ids."""
        statement = select(ReleaseRow).where(among(ReleaseRow.id))
        rows = await self._sql.rows(statement, {"ids": list(set(release_ids))})
        return {row.id: _release(row) for row in rows}

    async def standing(
        self, release_ids: Iterable[UUID], now: datetime
    ) -> Mapping[UUID, ReleaseStanding]:
        """Return how these releases stand at `now`, with their members in order of id.

        It is the clock of who asks: the workflow's, if that is to publish what has come due by it.
        """
        given = {"ids": list(set(release_ids))}
        if not given["ids"]:
            return {}
        statuses = (await self._sql.execute(_STATUSES, given)).all()
        members: dict[UUID, list[Member]] = defaultdict(list)
        for row in await self._sql.execute(_MEMBERS, given):
            members[row.release_id].append(_member(row, now))
        return {
            release_id: ReleaseStanding(
                status=ReleaseStatus(status), members=tuple(members[release_id])
            )
            for release_id, status in statuses
        }

    async def members(self, release_id: UUID) -> Mapping[UUID, UUID]:
        """Return the proposals of a release with their assets, in order of id."""
        found = await self._sql.execute(_MEMBERS, {"ids": [release_id]})
        return {row.id: row.asset_id for row in found}

    async def place(self, proposal_ids: Iterable[UUID], release_id: UUID | None) -> None:
        """Put proposals, whose locks are held, into a release, or let them go their own way."""
        await self._sql.execute(
            update(ProposalRow)
            .where(ProposalRow.id.in_(set(proposal_ids)))
            .values(release_id=release_id)
        )

    async def page(self, request: PageRequest, statuses: Iterable[str]) -> Page[Release]:
        """Return releases, newest first."""
        statement: Select[ReleaseRow] = select(ReleaseRow)
        if wanted := list(statuses):
            statement = statement.where(ReleaseRow.status.in_(wanted))
        return await page_by_id(self._sql, "releases", statement, ReleaseRow.id, request, _release)


def _columns(release: Release) -> JsonObject:
    return {
        "name": release.name,
        "status": release.status,
        "opened_by": _ACTOR.write(release.opened_by),
        "opened_at": release.opened_at,
        "cancelled": None if release.cancelled is None else _DECREE.write(release.cancelled),
        "failed_proposal_id": release.failed_proposal_id,
        "ended_at": release.ended_at,
    }


def _release(row: ReleaseRow) -> Release:
    return Release(
        id=row.id,
        name=row.name,
        status=ReleaseStatus(row.status),
        opened_by=_ACTOR.read(row.opened_by),
        opened_at=row.opened_at,
        cancelled=None if row.cancelled is None else _DECREE.read(row.cancelled),
        failed_proposal_id=row.failed_proposal_id,
        ended_at=row.ended_at,
    )


def _member(row: Any, now: datetime) -> Member:
    """Say whether nothing of its own keeps a proposal from being published."""
    status = ProposalStatus(row.status)
    at_once = policy_from(row.policy).timeline.publish is PublishWhen.AT_ONCE
    if row.publish_at is not None:
        at_once = row.publish_at <= now
    unsettled = row.base_moved or row.confirmation_asked_at
    ends = row.withdrawn or row.cancelled or row.deleted_at
    return Member(
        proposal_id=row.id,
        asset_id=row.asset_id,
        status=status,
        is_ready=status is ProposalStatus.PUBLISHED
        or (
            status is ProposalStatus.APPROVED
            and not (unsettled or ends)
            and bool(at_once or row.forced or row.publish_requested)
        ),
        publish_at=row.publish_at,
    )
