"""The facts of stewards: whom to turn to about an asset. It gives nobody any rights."""

from uuid import UUID

from domain.actors import Caller
from domain.assets import Asset
from domain.events import EventType, NewEvent
from domain.json_types import JsonObject
from domain.stewards import Steward
from domain.users import User
from record import asset_lives, events, lookup
from store.database import Runner
from store.transaction import Transaction


async def put(runner: Runner, caller: Caller, asset_id: UUID, user_id: UUID) -> Steward:
    """Make a user a steward of an asset; one who is one stays one."""

    async def work(tx: Transaction) -> Steward:
        asset = await lookup.locked_asset(tx, asset_id)
        by = asset_lives.may_change(caller, asset)
        user = await lookup.user(tx, user_id)
        standing = await tx.stewards.get(asset_id, user_id)
        if standing is not None:
            return standing
        await tx.stewards.add(asset_id, user_id)
        await events.append(tx, _told(by, EventType.STEWARD_ADDED, asset, user))
        return lookup.found(await tx.stewards.get(asset_id, user_id), "steward", user_id)

    return await runner.run(work)


async def remove(runner: Runner, caller: Caller, asset_id: UUID, user_id: UUID) -> None:
    """Let a user be no steward of an asset; nothing happens if they are none."""

    async def work(tx: Transaction) -> None:
        asset = await lookup.locked_asset(tx, asset_id)
        by = asset_lives.may_change(caller, asset)
        standing = await tx.stewards.get(asset_id, user_id)
        if standing is None:
            return
        await tx.stewards.remove(asset_id, user_id)
        await events.append(tx, _told(by, EventType.STEWARD_REMOVED, asset, standing.user))

    await runner.run(work)


def _told(caller: Caller, kind: EventType, asset: Asset, user: User) -> NewEvent:
    added = kind is EventType.STEWARD_ADDED
    steward: JsonObject = {"user_id": str(user.id), "name": user.name}
    return NewEvent(
        type=kind,
        caller=caller,
        summary=f"{user.name} is {'a' if added else 'no longer a'} steward of {asset.fqn}.",
        asset_id=asset.id,
        team_id=asset.owner_team_id,
        payload={"before": None if added else steward, "after": steward if added else None},
    )
