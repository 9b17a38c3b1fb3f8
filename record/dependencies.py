"""The facts of dependencies: which asset is made of which, and who is affected only downstream."""

from collections import defaultdict
from collections.abc import Mapping
from uuid import UUID

from domain.actors import Caller
from domain.assets import Asset
from domain.dependencies import MOST_UPSTREAM, Dependency
from domain.errors import InvalidRequest
from domain.events import UPSTREAM, EventType, NewEvent
from domain.json_types import JsonObject
from record import asset_lives, events, lookup
from store.database import Runner
from store.transaction import Transaction


async def put(runner: Runner, caller: Caller, asset_id: UUID, upstream_id: UUID) -> Dependency:
    """Say that an asset is made of another one; what was said before stays."""
    if asset_id == upstream_id:
        raise InvalidRequest.of("upstream_id", "An asset is not made of itself.")

    async def work(tx: Transaction) -> Dependency:
        asset, upstream = await _locked(tx, asset_id, upstream_id)
        by = asset_lives.may_change(caller, asset)
        standing = await tx.dependencies.get(upstream_id, asset_id)
        if standing is not None:
            return standing
        if await tx.dependencies.count_upstream(asset_id) >= MOST_UPSTREAM:
            raise InvalidRequest.of(
                "upstream_id", f"An asset is made of at most {MOST_UPSTREAM} others."
            )
        await tx.dependencies.add(upstream_id, asset_id, by.actor.name)
        await events.append(tx, _told(by, EventType.DEPENDENCY_ADDED, asset, upstream))
        added = await tx.dependencies.get(upstream_id, asset_id)
        return lookup.found(added, "dependency", upstream_id)

    return await runner.run(work)


async def remove(runner: Runner, caller: Caller, asset_id: UUID, upstream_id: UUID) -> None:
    """Say that an asset is not made of another one; nothing happens if nobody said that it is."""

    async def work(tx: Transaction) -> None:
        await tx.assets.lock_these([asset_id, upstream_id])
        asset = await lookup.asset(tx, asset_id)
        by = asset_lives.may_change(caller, asset)
        if await tx.dependencies.get(upstream_id, asset_id) is None:
            return
        upstream = (await tx.assets.by_id([upstream_id]))[upstream_id]
        await tx.dependencies.remove(upstream_id, asset_id)
        await events.append(tx, _told(by, EventType.DEPENDENCY_REMOVED, asset, upstream))

    await runner.run(work)


async def affected(tx: Transaction, asset: Asset) -> Mapping[UUID, tuple[Asset, ...]]:
    """Return the teams downstream of an asset, with what of theirs is made of it; not its owner."""
    owned: dict[UUID, list[Asset]] = defaultdict(list)
    for each in await tx.dependencies.downstream(asset.id):
        if each.owner_team_id != asset.owner_team_id:
            owned[each.owner_team_id].append(each)
    return {team_id: tuple(assets) for team_id, assets in owned.items()}


async def _locked(tx: Transaction, asset_id: UUID, upstream_id: UUID) -> tuple[Asset, Asset]:
    await tx.assets.lock_these([asset_id, upstream_id])
    return await lookup.asset(tx, asset_id), await lookup.asset(tx, upstream_id)


def _told(caller: Caller, kind: EventType, asset: Asset, upstream: Asset) -> NewEvent:
    added = kind is EventType.DEPENDENCY_ADDED
    edge: JsonObject = {UPSTREAM: str(upstream.id), "upstream": upstream.fqn}
    return NewEvent(
        type=kind,
        caller=caller,
        summary=f"{asset.fqn} is {'' if added else 'no longer '}made of {upstream.fqn}.",
        asset_id=asset.id,
        team_id=asset.owner_team_id,
        payload={"before": None if added else edge, "after": edge if added else None},
    )
