"""What the record holds that may be wrong, read across the tables."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    and_,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from domain.deliveries import DeliveryStatus
from domain.destinations import DestinationKind
from domain.health import Backlog, DestinationSeen, Group, LogSeen, OpenProposal, OpenRetirement
from store import retirements
from store.assets import AssetRow
from store.deliveries import DeliveryRow
from store.destinations import DestinationRow
from store.fixed import fixed
from store.log_guard import LogGuard
from store.outbox import OutboxRow
from store.proposals import IS_OPEN, LATE, WILL_BE_WOKEN, ProposalRow
from store.retirements import RetirementRow
from store.sql import Sql
from store.teams import TeamRow

LISTED = 1000
"""So many parked rows and late events are looked at."""
PAGE = 1000
"""So many proposals are read at a time; all of them are looked at."""
SETTLED_AFTER = timedelta(minutes=1)
_UNPARKED = OutboxRow.parked_at.is_(None)
_BACKLOG = fixed(
    select(
        func.count(),
        func.coalesce(
            func.clock_timestamp() - func.min(OutboxRow.created_at), literal_column("interval '0'")
        ),
        select(OutboxRow.last_error)
        .where(_UNPARKED, OutboxRow.last_error.is_not(None))
        .order_by(OutboxRow.id)
        .limit(literal_column("1"))
        .scalar_subquery(),
    ).where(_UNPARKED)
)


class Health:
    """Reads only."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def backlog(self) -> Backlog:
        """Return what waits for the relay."""
        waiting, oldest, said = (await self._sql.execute(_BACKLOG)).one()
        return Backlog(waiting=waiting, oldest=oldest, last_error=said)

    async def overdue(self, by: timedelta) -> Group:
        """Return open proposals whose review is late by so much and that no row will wake."""
        return await self._group(~WILL_BE_WOKEN, by < LATE)

    async def stuck(self) -> Group:
        """Return open proposals whose step fails in a way that no retry mends."""
        return await self._group(ProposalRow.stuck.is_not(None))

    async def settled(self) -> Group:
        """Return open proposals that a workflow must look after by now."""
        opened_before = func.clock_timestamp() - SETTLED_AFTER
        return await self._group(~WILL_BE_WOKEN, ProposalRow.opened_at < opened_before)

    async def stuck_retirements(self) -> tuple[OpenRetirement, ...]:
        """Return open retirements whose step fails in a way that no retry mends."""
        return await self._retirements(RetirementRow.stuck.is_not(None))

    async def settled_retirements(self) -> tuple[OpenRetirement, ...]:
        """Return open retirements that a workflow must look after by now."""
        set_before = func.clock_timestamp() - SETTLED_AFTER
        return await self._retirements(
            ~retirements.WILL_BE_WOKEN, RetirementRow.created_at < set_before
        )

    async def _retirements(self, *conditions: ColumnElement[bool]) -> tuple[OpenRetirement, ...]:
        statement = (
            select(
                RetirementRow.contract_id,
                AssetRow.fqn,
                RetirementRow.version,
                RetirementRow.stuck,
            )
            .join(AssetRow, AssetRow.id == RetirementRow.asset_id)
            .where(retirements.IS_OPEN, *conditions)
            .order_by(RetirementRow.contract_id)
        )
        return tuple(
            OpenRetirement(id=id_, asset=asset, version=version, stuck=stuck)
            for id_, asset, version, stuck in await self._sql.execute(statement)
        )

    async def _group(self, *conditions: object) -> Group:
        statement: Select[UUID, str, timedelta, str | None] = (
            select(ProposalRow.id, AssetRow.fqn, LATE, ProposalRow.stuck)
            .join(AssetRow, AssetRow.id == ProposalRow.asset_id)
            .where(IS_OPEN, *conditions)  # type: ignore[arg-type]  # made in this class alone
            .order_by(ProposalRow.id)
            .limit(PAGE)
        )
        listed: list[OpenProposal] = []
        page = await self._open_proposals(statement)
        while page:
            listed += page
            page = await self._open_proposals(statement.where(ProposalRow.id > page[-1].id))
        return Group(listed=tuple(listed))

    async def _open_proposals(
        self, statement: Select[UUID, str, timedelta, str | None]
    ) -> Sequence[OpenProposal]:
        return [
            OpenProposal(id=id_, asset=asset, late=late, stuck=stuck)
            for id_, asset, late, stuck in await self._sql.execute(statement)
        ]

    async def log(self) -> LogSeen:
        """Return how the log is guarded and sealed, as whoever is connected sees it."""
        return await LogGuard(self._sql).seen()

    async def destinations(self) -> tuple[DestinationSeen, ...]:
        """Return every webhook in use, with the deliveries that are in trouble."""
        trouble = _trouble()
        statement = (
            select(
                TeamRow.name,
                DestinationRow.name,
                DestinationRow.address,
                DestinationRow.disabled_at,
                func.coalesce(trouble.c.retrying, 0),
                func.coalesce(trouble.c.given_up, 0),
                trouble.c.error,
            )
            .select_from(DestinationRow)
            .outerjoin(TeamRow, TeamRow.id == DestinationRow.team_id)
            .outerjoin(trouble, trouble.c.destination_id == DestinationRow.id)
            .where(
                DestinationRow.removed_at.is_(None),
                DestinationRow.kind == DestinationKind.WEBHOOK.value,
            )
            .order_by(DestinationRow.id)
        )
        return tuple(
            DestinationSeen(
                team=team,
                name=name,
                url=url or "",
                disabled_at=disabled_at,
                retrying=retrying,
                given_up=given_up,
                last_error=error,
            )
            for team, name, url, disabled_at, retrying, given_up, error in await self._sql.execute(
                statement
            )
        )


def _trouble() -> Subquery:
    """Per destination: what is tried again, and what was given up since its last success."""
    success = aliased(DeliveryRow)
    last_success = (
        select(func.coalesce(func.max(success.created_at), func.to_timestamp(0)))
        .where(
            success.destination_id == DeliveryRow.destination_id,
            success.status == DeliveryStatus.DELIVERED,
        )
        .scalar_subquery()
    )
    retrying = DeliveryRow.status == DeliveryStatus.PENDING
    given_up = and_(
        DeliveryRow.status == DeliveryStatus.FAILED, DeliveryRow.created_at > last_success
    )
    return (
        select(
            DeliveryRow.destination_id,
            func.count().filter(retrying).label("retrying"),
            func.count().filter(given_up).label("given_up"),
            func.max(DeliveryRow.last_error).label("error"),
        )
        .where(DeliveryRow.last_error.is_not(None), or_(retrying, given_up))
        .group_by(DeliveryRow.destination_id)
        .subquery()
    )
