"""The lives of teams: renamed, deleted, restored. `record/merging.py` has the fourth way."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from uuid import UUID

from domain.actors import Caller
from domain.amounts import counted
from domain.assets import Asset
from domain.authorization import Resource, permitted
from domain.errors import Conflict, InvalidRequest, TeamMerged, TeamOwnsAssets
from domain.events import EventType, NewEvent
from domain.json_types import JsonObject
from domain.permissions import Action
from domain.registrations import Registration, fitting
from domain.teams import Team, checked_team_name
from record import events, holding, lookup, movers, ownership, parties, registrations
from record.ownership import Given
from store.database import Runner
from store.transaction import Transaction

_NAMED = 5
"""How many of a team's assets a refusal names."""


async def rename(runner: Runner, caller: Caller, team_id: UUID, name: str) -> Team:
    """Give a team another name; raises `Conflict` when that is taken."""
    name = checked_team_name(name)

    async def work(tx: Transaction) -> Team:
        team = await lookup.locked_team(tx, team_id)
        by = permitted(caller, Action.RENAME_TEAM, Resource(noun="teams", team_id=team_id))
        if team.name == name:
            return team
        if not await tx.teams.rename(team_id, name):
            raise await _taken(tx, name, "")
        after = replace(team, name=name)
        summary = f"{team.name} is called {name} now."
        await _tell(tx, by, EventType.TEAM_RENAMED, summary, team, after)
        return after

    return await runner.run(work)


async def delete(
    runner: Runner, caller: Caller, team_id: UUID, reassign_to: UUID | None = None
) -> Team:
    """Delete a team; what it read counts no more, and nobody waits for it.

    Raises `TeamOwnsAssets` unless its assets go to another team at the same time. A team that is
    deleted stays as it is.
    """
    if reassign_to == team_id:
        raise _itself("reassign_to")

    async def work(tx: Transaction) -> Team:
        by = permitted(caller, Action.DELETE_TEAM, Resource(noun="teams", team_id=team_id))
        await holding.hold(tx, team_id, reassign_to)
        team = await lookup.any_team(tx, team_id)
        if team.deleted_at is not None:
            return team
        owned = await tx.assets.owned_by(team_id)
        if reassign_to is not None:
            receiver = await lookup.team(tx, reassign_to)
            given = [Given(asset=asset, by=by) for asset in owned]
            await ownership.hand_over(tx, given, {team_id: team}, receiver)
        else:
            _refuse_owner(team, [asset for asset in owned if asset.deleted_at is None])
        await _end_registrations(tx, by, team)
        after = await tx.teams.delete(team_id)
        await _tell(tx, by, EventType.TEAM_DELETED, f"Team {team.name} is deleted.", team, after)
        return after

    return await holding.run(runner, work)


async def restore(runner: Runner, caller: Caller, team_id: UUID, name: str | None = None) -> Team:
    """Let a deleted team be there again, with its members, keys and registrations.

    Raises `Conflict` when its name, or the new one, is taken, and `TeamMerged` when another team
    has what it had. A team that is there stays as it is.
    """
    name = None if name is None else checked_team_name(name)

    async def work(tx: Transaction) -> Team:
        by = permitted(caller, Action.DELETE_TEAM, Resource(noun="teams", team_id=team_id))
        await holding.hold(tx, team_id)
        team = await lookup.any_team(tx, team_id)
        if team.deleted_at is None:
            return team
        if team.merged_into is not None:
            raise await merged(tx, team)
        wanted = name or team.name
        if not await tx.teams.restore(team_id, wanted):
            raise await _taken(tx, wanted, " Restore this one under another `name`.")
        after = replace(team, name=wanted, deleted_at=None)
        lost = await _resume_registrations(tx, by, after)
        summary = f"Team {after.name} is restored."
        await _tell(tx, by, EventType.TEAM_RESTORED, summary, team, after, not_restored=lost)
        return after

    return await holding.run(runner, work)


async def merged(tx: Transaction, team: Team) -> TeamMerged:
    """Return the refusal that says where everything of a merged team is."""
    assert team.merged_into is not None
    into = await lookup.any_team(tx, team.merged_into)
    return TeamMerged(
        f"{team.name} was merged into {into.name}, which has all that it had.",
        merged_into=str(into.id),
    )


def _itself(path: str) -> InvalidRequest:
    return InvalidRequest(
        "A team's things go to another team, not to itself.",
        errors=[{"path": path, "message": "is the team itself"}],
    )


async def _taken(tx: Transaction, name: str, advice: str) -> Conflict:
    there = await tx.teams.named(name)
    return Conflict(
        f"There is a team `{name}` already.{advice}",
        existing_id=None if there is None else str(there.id),
    )


def _refuse_owner(team: Team, assets: Sequence[Asset]) -> None:
    if not assets:
        return
    names = ", ".join(f"{asset.fqn}@{asset.environment}" for asset in assets[:_NAMED])
    more = " and others" if len(assets) > _NAMED else ""
    raise TeamOwnsAssets(
        f"{team.name} owns {counted(len(assets), 'asset')}: {names}{more}. Say which team gets "
        "them (`reassign_to`), or delete them before.",
        assets=len(assets),
        first=[
            {"id": str(asset.id), "fqn": asset.fqn, "environment": asset.environment}
            for asset in assets[:_NAMED]
        ],
    )


async def _end_registrations(tx: Transaction, caller: Caller, team: Team) -> None:
    standing = await tx.registrations.of_consumer(team.id)
    assets = await tx.assets.by_id(each.asset_id for each in standing)
    await tx.registrations.end(team.id)
    for each in standing:
        told = registrations.told(caller, assets[each.asset_id], team, each, None)
        await events.append(tx, told)
    await _follow(tx, caller, {*assets, *await tx.proposals.waiting_for(team.id)})
    for asset in assets.values():
        await movers.follow(tx, caller, asset)


async def _resume_registrations(tx: Transaction, caller: Caller, team: Team) -> list[JsonObject]:
    """Let what ended with the team count again where it fits; return what does not."""
    ended = await tx.registrations.of_consumer(team.id, ended=True)
    assets = await tx.assets.by_id(each.asset_id for each in ended)
    known = await tx.contracts.active_paths(assets)
    lost: list[JsonObject] = []
    resumed: list[Registration] = []
    for each in ended:
        fits = fitting(each, known.get(each.asset_id))
        if fits is None:
            await tx.registrations.delete(each.id)
            lost.append({"asset_id": str(each.asset_id), "fields": list(each.fields or ())})
            continue
        if fits != each:
            await tx.registrations.save(fits)
        resumed.append(fits)
    await tx.registrations.resume(each.id for each in resumed)
    for each in resumed:
        told = registrations.told(caller, assets[each.asset_id], team, None, each)
        await events.append(tx, told)
    await _follow(tx, caller, assets)
    for asset in assets.values():
        await movers.follow(tx, caller, asset)
    return lost


async def _follow(tx: Transaction, caller: Caller, asset_ids: Iterable[UUID]) -> None:
    """Bring the parties of the open proposals of these assets in line."""
    open_ones = await tx.proposals.all_open_of(asset_ids)
    assets = await tx.assets.by_id(each.asset_id for each in open_ones)
    for asset in assets.values():
        await parties.follow(tx, caller, asset.id, asset.fqn)


async def _tell(
    tx: Transaction,
    caller: Caller,
    kind: EventType,
    summary: str,
    before: Team,
    after: Team,
    **more: object,
) -> None:
    await events.append(
        tx,
        NewEvent(
            type=kind,
            caller=caller,
            summary=summary,
            team_id=after.id,
            payload={"before": to_wire(before), "after": to_wire(after), **more},
        ),
    )


def to_wire(team: Team) -> JsonObject:
    """Return what the log keeps of a team's life."""
    return {"name": team.name, "deleted": team.deleted_at is not None}
