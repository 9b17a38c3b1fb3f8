"""What people say about the end of a version: its owner sets it, consumers move or need longer.

Each only appends a fact under the retirement's lock and has the workflow woken; the version is
retired by `record/window_steps.py`. Saying the same thing again changes nothing.
"""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from domain.actors import Caller
from domain.assets import Asset
from domain.authorization import Resource, permitted
from domain.bounds import UNBOUNDED, ServerPolicy, effective
from domain.contracts import Contract, ContractStatus
from domain.errors import InvalidRequest, NotAMover, NotDeprecated, RetirementEnded
from domain.events import EventType, NewEvent
from domain.json_types import JsonObject
from domain.permissions import Action
from domain.retirements import (
    LONGEST_WINDOW,
    Extension,
    Moved,
    Retirement,
    RetirementCause,
    RetirementStatus,
    change_of,
)
from domain.timeline import Timeline
from record import events, lookup, movers, registrations, windows
from record.windows import MoverDetail, RetirementDetail
from store.database import Runner
from store.transaction import Transaction

TEXT_LIMIT = 2000


async def set_sunset(
    runner: Runner,
    caller: Caller,
    contract_id: UUID,
    sunset_at: datetime,
    reason: str | None,
    defaults: Timeline,
    server: ServerPolicy = UNBOUNDED,
) -> Retirement:
    """Set when a deprecated version is retired, or set another date; all who are on it are told.

    While teams are on it the date only moves on. Raises `NotDeprecated`, `RetirementEnded` or
    `InvalidRequest`.
    """
    _check_text("reason", reason)

    async def work(tx: Transaction) -> Retirement:
        contract, asset = await _locked_contract(tx, contract_id)
        by = _may_retire(caller, asset)
        before = await tx.retirements.get(contract_id)
        _check_status(contract)
        is_open = before is not None and before.status is RetirementStatus.OPEN
        if before and is_open and (before.sunset_at, before.reason) == (sunset_at, reason):
            return before
        owner = await lookup.team(tx, asset.owner_team_id)
        own = (owner.policy.timeline, asset.policy.timeline)
        timeline = effective(defaults, server.bounds, *own)
        if not is_open:
            before = None if before is None else replace(before, timeline=timeline)
        now = await tx.now()
        after = _dated(contract, before, sunset_at, by, now, timeline)
        after = replace(after, reason=reason, set_by=by.actor)
        await movers.begin(tx, by, asset, after, before)
        await _check_date(tx, before, after, now)
        return after

    return await runner.run(work)


def _dated(
    contract: Contract,
    before: Retirement | None,
    sunset_at: datetime,
    by: Caller,
    now: datetime,
    timeline: Timeline,
) -> Retirement:
    if before is not None:
        return before.dated(sunset_at, now)
    return Retirement(
        contract_id=contract.id,
        asset_id=contract.asset_id,
        version=contract.version,
        status=RetirementStatus.OPEN,
        cause=None,
        revision=1,
        timeline=timeline,
        began_at=now,
        sunset_at=sunset_at,
        set_by=by.actor,
    )


async def _check_date(
    tx: Transaction, before: Retirement | None, after: Retirement, now: datetime
) -> None:
    """Raise `InvalidRequest` for a date that is none, or that comes too early for somebody."""
    if not now < after.sunset_at <= now + LONGEST_WINDOW:
        latest = (now + LONGEST_WINDOW).isoformat()
        raise InvalidRequest.of(
            "sunset_at", f"The date lies in the future, and no later than {latest}."
        )
    detail = await windows.load_one(tx, after.contract_id)
    if not detail.window.pending:
        return
    was_open = before is not None and before.status is RetirementStatus.OPEN
    if was_open and before is not None and after.sunset_at < before.sunset_at:
        raise InvalidRequest.of(
            "sunset_at", "Teams are still on this version: its end may only be later."
        )
    if not was_open and after.sunset_at < now + after.timeline.minimum_notice:
        raise InvalidRequest.of(
            "sunset_at", "Teams are on this version and need `minimum_notice` at least."
        )


async def cancel(runner: Runner, caller: Caller, contract_id: UUID, reason: str | None) -> None:
    """Take the end back; the version stays deprecated, and those who were to move are told."""
    _check_text("reason", reason)

    async def work(tx: Transaction) -> None:
        _, asset = await _locked_contract(tx, contract_id)
        by = _may_retire(caller, asset)
        detail = await windows.locked(tx, contract_id)
        before = detail.retirement
        if before.status is RetirementStatus.CANCELLED:
            return
        _check_open(detail)
        after = before.ended(RetirementStatus.CANCELLED, RetirementCause.CANCELLED, detail.read_at)
        await tx.retirements.save(after)
        await events.append(
            tx,
            NewEvent(
                type=EventType.RETIREMENT_CANCELLED,
                caller=by,
                summary=f"{asset.fqn} {after.version} is not retired; it stays deprecated.",
                asset_id=asset.id,
                team_id=asset.owner_team_id,
                payload={**_names(after), "reason": reason, **change_of(before, after)},
                audience=(asset.owner_team_id, *(each.team.id for each in detail.movers)),
                notifies=True,
            ),
        )
        tx.outbox.wake_retirement(contract_id, movers.headline(asset, after))

    await runner.run(work)


async def move(
    runner: Runner, caller: Caller, contract_id: UUID, team_id: UUID, note: str | None
) -> None:
    """Record that a team has moved off the version; its registration is pinned to it no more.

    Raises `NotAMover` or `RetirementEnded`.
    """
    _check_text("note", note)

    async def work(tx: Transaction) -> None:
        await _locked_contract(tx, contract_id)
        by = _may_move(caller, team_id)
        detail = await windows.locked(tx, contract_id)
        mover = _mover(detail, team_id)
        if mover.stored.moved is not None:
            return
        _check_open(detail)
        moved = Moved(by=by.actor, at=detail.read_at, note=note)
        await tx.movers.say(contract_id, team_id, moved=moved, extension=mover.stored.extension)
        await tx.movers.questions.answer(contract_id, team_id, detail.read_at)
        await _unpin(tx, by, detail, mover)
        payload = {"moved": True, "note": note, "until": None}
        await _tell(tx, by, detail, mover, EventType.MOVED, payload)

    await runner.run(work)


async def extend(
    runner: Runner,
    caller: Caller,
    contract_id: UUID,
    team_id: UUID,
    until: datetime,
    note: str | None,
) -> None:
    """Record until when a team needs the version: past its end, at most `max_extension`.

    Raises `NotAMover`, `RetirementEnded` or `InvalidRequest`.
    """
    _check_text("note", note)

    async def work(tx: Transaction) -> None:
        by = _may_move(caller, team_id)
        detail = await windows.locked(tx, contract_id)
        mover = _mover(detail, team_id)
        _check_open(detail)
        _check_until(detail, until)
        standing = mover.stored.extension
        given = (None if standing is None else (standing.until, standing.note), mover.stored.moved)
        if given == ((until, note), None):
            return
        extension = Extension(by=by.actor, at=detail.read_at, until=until, note=note)
        await tx.movers.say(contract_id, team_id, moved=None, extension=extension)
        await tx.movers.questions.answer(contract_id, team_id, detail.read_at)
        payload = {"moved": False, "note": note, "until": until.isoformat()}
        await _tell(tx, by, detail, mover, EventType.RETIREMENT_EXTENDED, payload)

    await runner.run(work)


async def _locked_contract(tx: Transaction, contract_id: UUID) -> tuple[Contract, Asset]:
    """Lock the asset and its retirement, then return the contract as it is now, and the asset."""
    found = await lookup.contract(tx, contract_id)
    asset = await lookup.locked_asset(tx, found.asset_id)
    await tx.retirements.lock(contract_id)
    return await lookup.contract(tx, contract_id), asset


def _may_retire(caller: Caller, asset: Asset) -> Caller:
    return permitted(
        caller, Action.PUBLISH, Resource(noun="retirements", team_id=asset.owner_team_id)
    )


def _may_move(caller: Caller, team_id: UUID) -> Caller:
    return permitted(caller, Action.ACKNOWLEDGE, Resource(noun="retirements", team_id=team_id))


def _mover(detail: RetirementDetail, team_id: UUID) -> MoverDetail:
    for each in detail.movers:
        if each.team.id == team_id:
            return each
    asked = ", ".join(each.team.name for each in detail.movers) or "nobody"
    raise NotAMover(
        f"This team is not asked to move off {detail.asset.fqn} {detail.retirement.version}; "
        f"asked is {asked}."
    )


def _check_status(contract: Contract) -> None:
    if contract.status is ContractStatus.ACTIVE:
        raise NotDeprecated(
            f"{contract.version} is the active version; publish another one before it is retired.",
            contract_status=contract.status.value,
        )
    if contract.status is ContractStatus.RETIRED:
        raise RetirementEnded(
            f"{contract.version} is retired.", retirement_status=RetirementStatus.RETIRED.value
        )


def _check_open(detail: RetirementDetail) -> None:
    status = detail.retirement.status
    if status is not RetirementStatus.OPEN:
        raise RetirementEnded(
            f"The retirement of {detail.asset.fqn} {detail.retirement.version} has ended: it is "
            f"{status.value}.",
            retirement_status=status.value,
        )


def _check_until(detail: RetirementDetail, until: datetime) -> None:
    retirement = detail.retirement
    if until <= max(retirement.sunset_at, detail.read_at):
        raise InvalidRequest.of("until", "The date lies after the end that is set.")
    if until > retirement.latest_until:
        latest = retirement.latest_until.isoformat()
        raise InvalidRequest.of("until", f"The date may lie no later than {latest}.")


def _check_text(path: str, text: str | None) -> None:
    if text is not None and len(text) > TEXT_LIMIT:
        raise InvalidRequest.of(path, f"It has at most {TEXT_LIMIT} characters.")


async def _unpin(
    tx: Transaction, caller: Caller, detail: RetirementDetail, mover: MoverDetail
) -> None:
    """Let a registration name the version no more that its team says it does not use."""
    before = await tx.registrations.of_team(detail.asset.id, mover.team.id)
    if before is None or before.pinned_version != detail.retirement.version:
        return
    after = await tx.registrations.save(replace(before, pinned_version=None))
    told = registrations.told(caller, detail.asset, mover.team, before, after)
    await events.append(tx, told)


async def _tell(
    tx: Transaction,
    caller: Caller,
    detail: RetirementDetail,
    mover: MoverDetail,
    type_: EventType,
    said: JsonObject,
) -> None:
    retirement, stored = detail.retirement, mover.stored
    word = "has moved off" if type_ is EventType.MOVED else "needs longer"
    before = {
        "moved": stored.moved is not None,
        "until": None if stored.extension is None else stored.extension.until.isoformat(),
    }
    await events.append(
        tx,
        NewEvent(
            type=type_,
            caller=caller,
            summary=f"{mover.team.name} {word} {detail.asset.fqn} {retirement.version}.",
            asset_id=detail.asset.id,
            team_id=mover.team.id,
            payload={
                **_names(retirement),
                **said,
                "before": before,
                "after": {"moved": said["moved"], "until": said["until"]},
            },
            audience=(detail.owner.id,),
            notifies=True,
        ),
    )
    tx.outbox.wake_retirement(retirement.contract_id, movers.headline(detail.asset, retirement))


def _names(retirement: Retirement) -> JsonObject:
    return {"contract_id": str(retirement.contract_id), "version": retirement.version}
