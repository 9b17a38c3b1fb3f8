"""Who is to move off a version: as it begins, and while registrations and teams change.

The asset's lock is held, so the registrations stand still; the retirement's is taken here.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from domain.actors import Caller
from domain.assets import Asset
from domain.events import EventType, NewEvent
from domain.retirements import Extension, Retirement, RetirementStatus, change_of
from domain.teams import Team
from domain.timeline import Timeline
from record import events
from store.movers import StoredMover
from store.transaction import Transaction


async def begin(
    tx: Transaction,
    caller: Caller,
    asset: Asset,
    retirement: Retirement,
    before: Retirement | None = None,
) -> None:
    """Write a retirement with a new date and have its workflow tell those who are to move."""
    await tx.retirements.save(retirement)
    await tx.movers.questions.close(retirement.contract_id)
    standing = {each.team.id: each for each in await _of(tx, retirement.contract_id)}
    released, new = await _difference(tx, retirement, standing, {})
    await tx.movers.release(retirement.contract_id, released)
    await tx.movers.put(retirement.contract_id, retirement.revision, new)
    await events.append(
        tx,
        NewEvent(
            type=EventType.RETIREMENT_SET,
            caller=caller,
            summary=f"{asset.fqn} {retirement.version} is to be retired on "
            f"{retirement.sunset_at:%Y-%m-%d}.",
            asset_id=asset.id,
            team_id=asset.owner_team_id,
            payload={
                "contract_id": str(retirement.contract_id),
                "version": retirement.version,
                "sunset_at": retirement.sunset_at.isoformat(),
                "reason": retirement.reason,
                "movers": sorted(map(str, standing.keys() - released | new.keys())),
                **change_of(before, retirement),
            },
            audience=(asset.owner_team_id,),
            notifies=True,
        ),
    )
    tx.outbox.wake_retirement(retirement.contract_id, headline(asset, retirement))


async def begin_after_publication(
    tx: Transaction,
    caller: Caller,
    asset: Asset,
    replaced: tuple[UUID, str],
    timeline: Timeline,
    now: datetime,
) -> None:
    """Give the version that a breaking publication replaced the end that the timeline says."""
    if not timeline.migration_window:
        return
    contract_id, version = replaced
    retirement = Retirement(
        contract_id=contract_id,
        asset_id=asset.id,
        version=version,
        status=RetirementStatus.OPEN,
        cause=None,
        revision=1,
        timeline=timeline,
        began_at=now,
        sunset_at=now + timeline.migration_window,
        set_by=caller.actor,
    )
    await begin(tx, caller, asset, retirement)


async def follow(
    tx: Transaction, caller: Caller, asset: Asset, merged: Mapping[UUID, UUID] | None = None
) -> None:
    """Bring the movers of an asset's open retirements in line with the registrations.

    `merged` are teams that become part of others in this transaction.
    """
    for found in await tx.retirements.open_of([asset.id]):
        await tx.retirements.lock(found.contract_id)
        retirement = await tx.retirements.get(found.contract_id)
        if retirement is not None and retirement.status is RetirementStatus.OPEN:
            await _follow(tx, caller, asset, retirement, merged or {})


async def _follow(
    tx: Transaction,
    caller: Caller,
    asset: Asset,
    retirement: Retirement,
    merged: Mapping[UUID, UUID],
) -> None:
    standing = {each.team.id: each for each in await _of(tx, retirement.contract_id)}
    released, new = await _difference(tx, retirement, standing, merged)
    if not released and not new:
        return
    await tx.movers.release(retirement.contract_id, released)
    await tx.movers.put(retirement.contract_id, retirement.revision, new)
    await _tell_change(tx, caller, asset, retirement, standing)


async def _difference(
    tx: Transaction,
    retirement: Retirement,
    standing: Mapping[UUID, StoredMover],
    merged: Mapping[UUID, UUID],
) -> tuple[frozenset[UUID], Mapping[UUID, str]]:
    """Return who is not to move any more, and who is from now on, with the reason.

    Who has moved stays among them, unless its registration names the version again.
    """
    registrations = await tx.registrations.of_asset(retirement.asset_id)
    pins = {each.consumer_team_id: each.pinned_version for each in registrations}
    wanted = await _wanted(tx, retirement, pins, standing, merged)
    released = (
        team_id
        for team_id, each in standing.items()
        if each.moved is None and team_id not in wanted
    )
    new = {
        team_id: reason
        for team_id, reason in wanted.items()
        if team_id not in standing
        or (standing[team_id].moved and pins[team_id] == retirement.version)
    }
    return frozenset(released), new


async def merge(tx: Transaction, caller: Caller, asset: Asset, team: Team, target: Team) -> None:
    """Let the team that another one is merged into stand for it, as far as that had come.

    So does one that reads the asset in its place. Where both were asked and one of them has yet to
    move, the one that goes on has, and as long as either needs.
    """
    for found in await tx.retirements.open_of([asset.id]):
        await tx.retirements.lock(found.contract_id)
        movers = {each.team.id: each for each in await _of(tx, found.contract_id)}
        ours, theirs = movers.get(team.id), movers.get(target.id)
        if ours is None:
            continue
        if theirs is None:
            await tx.movers.replace(found.contract_id, team.id, target.id)
        else:
            await tx.movers.release(found.contract_id, [team.id])
            await tx.movers.say(
                found.contract_id,
                target.id,
                moved=theirs.moved if ours.moved else None,
                extension=_longest(ours, theirs),
            )
        await _tell_change(tx, caller, asset, found, movers)
    await follow(tx, caller, asset, {team.id: target.id})


def _longest(ours: StoredMover, theirs: StoredMover) -> Extension | None:
    asked = [each.extension for each in (theirs, ours) if each.extension and not each.moved]
    return max(asked, key=lambda each: each.until, default=theirs.extension)


def headline(asset: Asset, retirement: Retirement) -> str:
    """Return the line that Temporal's UI shows of it."""
    return f"{asset.fqn} {retirement.version} is retired on {retirement.sunset_at:%Y-%m-%d}"


async def _of(tx: Transaction, contract_id: UUID) -> tuple[StoredMover, ...]:
    return (await tx.movers.of([contract_id])).get(contract_id, ())


async def _wanted(
    tx: Transaction,
    retirement: Retirement,
    pins: Mapping[UUID, str | None],
    standing: Mapping[UUID, StoredMover],
    merged: Mapping[UUID, UUID],
) -> Mapping[UUID, str]:
    """Return who is on the version, with the reason.

    Whoever was asked about what replaced it, or reads in the place of one that was, and still reads
    the asset, unless its registration names another version; and whoever is pinned to it.
    `pins` has everybody who reads the asset.
    """
    pin = f"is pinned to {retirement.version}"
    asked = {team_id: each.reason for team_id, each in standing.items() if each.reason != pin}
    asked |= await _asked(tx, retirement, merged)
    wanted = {}
    for team_id, pinned_version in pins.items():
        if pinned_version == retirement.version:
            wanted[team_id] = f"{asked[team_id]} and {pin}" if team_id in asked else pin
        elif pinned_version is None and team_id in asked:
            wanted[team_id] = asked[team_id]
    return wanted


async def _asked(
    tx: Transaction, retirement: Retirement, merged: Mapping[UUID, UUID]
) -> Mapping[UUID, str]:
    """Return who was asked about what replaced the version; a merged team's part is the other's."""
    asked = dict(await tx.movers.asked_about(retirement.contract_id))
    while True:
        teams = await tx.teams.by_id(asked) if asked else {}
        gone = {each.id: each.merged_into for each in teams.values() if each.merged_into}
        gone |= {team_id: into for team_id, into in merged.items() if team_id in asked}
        if not gone:
            return asked
        for team_id, into in gone.items():
            reason = asked.pop(team_id)
            asked.setdefault(into, reason)


async def _tell_change(
    tx: Transaction,
    caller: Caller,
    asset: Asset,
    retirement: Retirement,
    before: Mapping[UUID, StoredMover],
) -> None:
    after = {each.team.id: each for each in await _of(tx, retirement.contract_id)}
    await events.append(
        tx,
        NewEvent(
            type=EventType.MOVERS_CHANGED,
            caller=caller,
            summary=f"Who is to move off {asset.fqn} {retirement.version} changed.",
            asset_id=asset.id,
            payload={
                "contract_id": str(retirement.contract_id),
                "version": retirement.version,
                "before": {"movers": _to_wire(before)},
                "after": {"movers": _to_wire(after)},
            },
        ),
    )
    tx.outbox.wake_retirement(retirement.contract_id, headline(asset, retirement))


def _to_wire(movers: Mapping[UUID, StoredMover]) -> dict[str, bool]:
    """Return who there is, and whether they have moved."""
    return {str(team_id): each.moved is not None for team_id, each in sorted(movers.items())}
