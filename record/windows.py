"""The migration window of a version as the facts have it, and what the workflow does next."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from domain.actors import SERVER
from domain.assets import Asset
from domain.events import EventType, NewEvent
from domain.retirements import Mover, Retirement, RetirementStep, Window, change_of
from domain.steps import StepKind
from domain.teams import Team
from record import events, lookup
from record.proposals import STUCK_FOR
from store.database import Database, Runner
from store.movers import StoredMover
from store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class MoverDetail:
    """A mover with everything that is shown of it."""

    stored: StoredMover
    mover: Mover
    due_at: datetime | None

    @property
    def team(self) -> Team:
        """The team that is to move."""
        return self.stored.team


@dataclass(frozen=True, slots=True, kw_only=True)
class RetirementDetail:
    """A retirement with all that belongs to it."""

    retirement: Retirement
    asset: Asset
    owner: Team
    window: Window
    movers: tuple[MoverDetail, ...]
    ends_at: datetime
    """When the version is retired, if nobody says anything more."""
    read_at: datetime
    """Postgres' time when this was so."""


async def load(
    tx: Transaction, contract_ids: Iterable[UUID], now: datetime | None = None
) -> tuple[RetirementDetail, ...]:
    """Return the details of these contracts' retirements in their order, of those that have one.

    `now` is the workflow's clock; who only shows them leaves it out.
    """
    ids = tuple(dict.fromkeys(contract_ids))
    found = await tx.retirements.by_id(ids) if ids else {}
    if not found:
        return ()
    read_at = await tx.now()
    assets = await tx.assets.by_id({each.asset_id for each in found.values()})
    owners = await tx.teams.by_id({asset.owner_team_id for asset in assets.values()})
    movers = await tx.movers.of(found)
    details = []
    for contract_id in ids:
        if (retirement := found.get(contract_id)) is not None:
            asset = assets[retirement.asset_id]
            details.append(
                _detail(
                    retirement,
                    asset,
                    owners[asset.owner_team_id],
                    movers.get(contract_id, ()),
                    now or read_at,
                    read_at,
                )
            )
    return tuple(details)


async def load_one(
    tx: Transaction, contract_id: UUID, now: datetime | None = None
) -> RetirementDetail:
    """Return the detail of one retirement, or raise `NotFound`."""
    found = await load(tx, [contract_id], now)
    return lookup.found(found[0] if found else None, "retirement", contract_id)


async def locked(
    tx: Transaction, contract_id: UUID, now: datetime | None = None
) -> RetirementDetail:
    """Lock the retirement, then return its detail as it is now, or raise `NotFound`."""
    await tx.retirements.lock(contract_id)
    return await load_one(tx, contract_id, now)


async def detail(database: Database, contract_id: UUID) -> RetirementDetail:
    """Return the detail of a retirement, or raise `NotFound`."""

    async def work(tx: Transaction) -> RetirementDetail:
        return await load_one(tx, contract_id)

    return await database.read(work)


async def review(
    runner: Runner, contract_id: UUID, now: datetime
) -> tuple[RetirementStep, RetirementDetail | None]:
    """Return the next step, and the detail it was taken from; unknown retirements have ended.

    Writes when the workflow will look again, by which vanished workflows are found.
    """

    async def work(tx: Transaction) -> tuple[RetirementStep, RetirementDetail | None]:
        found = await load(tx, [contract_id], now)
        if not found:
            return RetirementStep(kind=StepKind.ENDED), None
        step = found[0].window.next_step(now)
        if step.kind is not StepKind.ENDED:
            await tx.retirements.set_next_review(contract_id, step.until or now)
        return step, found[0]

    return await runner.run(work)


async def mark_stuck(runner: Runner, contract_id: UUID, error: str | None) -> None:
    """Note that no retry can mend a step (None: that it works again); said once per change."""

    async def work(tx: Transaction) -> None:
        await tx.retirements.lock(contract_id)
        found = await load(tx, [contract_id])
        if not found or found[0].window.next_step(found[0].read_at).kind is StepKind.ENDED:
            return
        before = found[0].retirement
        if before.stuck == error:
            return
        again = None if error is None else found[0].read_at + STUCK_FOR
        after = replace(before, stuck=error, next_review_at=again or before.next_review_at)
        await tx.retirements.save(after)
        await events.append(tx, _marked(found[0], after))

    await runner.run(work)


def _marked(detail: RetirementDetail, after: Retirement) -> NewEvent:
    before, error = detail.retirement, after.stuck
    what = f"The retirement of {detail.asset.fqn} {after.version}"
    return NewEvent(
        type=EventType.RETIREMENT_UNSTUCK if error is None else EventType.RETIREMENT_STUCK,
        caller=SERVER,
        summary=f"{what} is not stuck any more." if error is None else f"{what} is stuck: {error}",
        asset_id=detail.asset.id,
        team_id=detail.owner.id,
        payload={
            "contract_id": str(after.contract_id),
            "version": after.version,
            "error": error or before.stuck,
            **change_of(before, after),
        },
        audience=(detail.owner.id,),
        notifies=True,
    )


def _detail(
    retirement: Retirement,
    asset: Asset,
    owner: Team,
    stored: tuple[StoredMover, ...],
    now: datetime,
    read_at: datetime,
) -> RetirementDetail:
    movers = tuple(mover_of(each, retirement.revision) for each in stored)
    window = Window(
        status=retirement.status,
        timeline=retirement.timeline,
        began_at=retirement.began_at,
        sunset_at=retirement.sunset_at,
        movers=movers,
        asset_deleted=asset.deleted_at is not None,
    )
    return RetirementDetail(
        retirement=retirement,
        asset=asset,
        owner=owner,
        window=window,
        movers=tuple(
            MoverDetail(stored=each, mover=mover, due_at=window.due_at(mover, now))
            for each, mover in zip(stored, movers, strict=True)
        ),
        ends_at=window.ends_at(now),
        read_at=read_at,
    )


def mover_of(stored: StoredMover, revision: int) -> Mover:
    """Return what the rules need to know of a mover."""
    extension = stored.extension
    return Mover(
        team_id=stored.team.id,
        name=stored.team.name,
        moved_at=None if stored.moved is None else stored.moved.at,
        extended_until=None if extension is None else extension.until,
        extended_at=None if extension is None else extension.at,
        notices=stored.notices.get(revision, ()),
    )
