"""The lives of assets: changed, given to another team, deleted, restored.

`record/asset_bulk.py` does the same to many; what is decided and told stands here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from domain.actors import Caller
from domain.assets import Asset, AssetKind, checked_description, checked_tags
from domain.authorization import Resource, permitted
from domain.errors import OwnerDeleted
from domain.events import EventType, NewEvent
from domain.json_types import JsonObject
from domain.permissions import Action
from record import assets, events, lookup, movers, ownership
from record.ownership import Given
from store.database import Runner
from store.outbox import Wake
from store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetChange:
    """What is to be otherwise; None stays as it is, an empty description goes away."""

    kind: AssetKind | None = None
    tags: tuple[str, ...] | None = None
    description: str | None = None
    owner_team_id: UUID | None = None

    @property
    def only_owner(self) -> bool:
        """Whether it changes nothing but whose the asset is."""
        own = (self.kind, self.tags, self.description)
        return self.owner_team_id is not None and own == (None, None, None)


async def change(runner: Runner, caller: Caller, asset_id: UUID, wanted: AssetChange) -> Asset:
    """Change what is said of an asset, and whose it is; raises `NotFound` and `Forbidden`."""

    async def work(tx: Transaction) -> Asset:
        asset = await lookup.locked_asset(tx, asset_id)
        if not wanted.only_owner:
            by = may_change(caller, asset)
            after = _changed(asset, wanted)
            if after != asset:
                await tx.assets.save(after)
                await events.append(tx, told_changed(by, asset, after))
                asset = after
        if wanted.owner_team_id is None:
            return asset
        return await _assign(tx, caller, asset, wanted.owner_team_id)

    return await runner.run(work)


async def delete(runner: Runner, caller: Caller, asset_id: UUID) -> Asset:
    """Delete an asset softly; an open proposal for it is rejected by its workflow.

    An asset that is deleted stays as it is.
    """

    async def work(tx: Transaction) -> Asset:
        asset = await lookup.any_locked_asset(tx, asset_id)
        by = may_delete(caller, asset)
        if asset.deleted_at is None:
            await discard(tx, [Given(asset=asset, by=by)])
        return asset

    return await runner.run(work)


async def restore(runner: Runner, caller: Caller, asset_id: UUID) -> Asset:
    """Let a deleted asset be there again, with its contracts and those who read it.

    Raises `Conflict` when its FQN is taken meanwhile, `OwnerDeleted` when its team is deleted. An
    asset that is there stays as it is.
    """

    async def work(tx: Transaction) -> Asset:
        asset = await lookup.any_locked_asset(tx, asset_id)
        by = may_delete(caller, asset)
        if asset.deleted_at is None:
            return asset
        await tx.proposals.lock_open_of([asset_id])
        if await tx.teams.standing(asset.owner_team_id) is None:
            raise OwnerDeleted(
                f"The team that owns {asset.fqn} is deleted; restore it before.",
                owner_team_id=str(asset.owner_team_id),
            )
        if not await tx.assets.restore(asset_id):
            raise await assets.taken(tx, asset.fqn, asset.environment)
        await _tell_lives(tx, [Given(asset=asset, by=by)], EventType.ASSET_RESTORED)
        return replace(asset, deleted_at=None)

    return await runner.run(work)


def may_change(caller: Caller, asset: Asset) -> Caller:
    """Return who stands in the log for a change of what is said of an asset."""
    return permitted(
        caller, Action.CHANGE_ASSET, Resource(noun="assets", team_id=asset.owner_team_id)
    )


def may_delete(caller: Caller, asset: Asset) -> Caller:
    """Return who stands in the log for a deletion or a restoration."""
    return permitted(
        caller, Action.DELETE_ASSET, Resource(noun="assets", team_id=asset.owner_team_id)
    )


async def discard(tx: Transaction, given: Sequence[Given]) -> None:
    """Delete assets whose locks are held, and have the workflows of open proposals hear of it."""
    await tx.assets.delete([each.asset.id for each in given])
    await _tell_lives(tx, given, EventType.ASSET_DELETED)


def told_changed(caller: Caller, before: Asset, after: Asset) -> NewEvent:
    """Return the event that tells what is said of an asset now."""
    return NewEvent(
        type=EventType.ASSET_CHANGED,
        caller=caller,
        summary=f"{after.fqn} in {after.environment} is changed.",
        asset_id=after.id,
        team_id=after.owner_team_id,
        payload={"before": _to_wire(before), "after": _to_wire(after)},
    )


def _changed(asset: Asset, wanted: AssetChange) -> Asset:
    return replace(
        asset,
        kind=wanted.kind or asset.kind,
        tags=asset.tags if wanted.tags is None else checked_tags(wanted.tags),
        description=(
            asset.description
            if wanted.description is None
            else checked_description(wanted.description)
        ),
    )


async def _assign(tx: Transaction, caller: Caller, asset: Asset, receiver_id: UUID) -> Asset:
    await tx.proposals.lock_open_of([asset.id])
    receiver = await lookup.standing_team(tx, receiver_id)
    by = ownership.may_give(caller, asset, receiver_id)
    if asset.owner_team_id == receiver_id:
        return asset
    owners = await tx.teams.by_id([asset.owner_team_id])
    await ownership.hand_over(tx, [Given(asset=asset, by=by)], owners, receiver)
    return replace(asset, owner_team_id=receiver_id)


async def _tell_lives(tx: Transaction, given: Sequence[Given], kind: EventType) -> None:
    """Tell owners and readers, and wake the workflows of open proposals."""
    by_id = {each.asset.id: each for each in given}
    readers: dict[UUID, set[UUID]] = {asset_id: set() for asset_id in by_id}
    for registration in await tx.registrations.of_assets(by_id):
        readers[registration.asset_id].add(registration.consumer_team_id)
    deleted = kind is EventType.ASSET_DELETED
    for asset_id, each in by_id.items():
        asset = each.asset
        await events.append(
            tx,
            NewEvent(
                type=kind,
                caller=each.by,
                summary=f"{asset.fqn} in {asset.environment} is "
                f"{'deleted' if deleted else 'restored'}.",
                asset_id=asset_id,
                team_id=asset.owner_team_id,
                payload={"before": {"deleted": not deleted}, "after": {"deleted": deleted}},
                audience=tuple(sorted({asset.owner_team_id, *readers[asset_id]})),
                notifies=True,
            ),
        )
    for proposal in await tx.proposals.all_open_of(by_id):
        tx.outbox.wake(proposal.id, Wake.REVISED, by_id[proposal.asset_id].asset.fqn)
    for retirement in await tx.retirements.open_of(by_id):
        asset = by_id[retirement.asset_id].asset
        tx.outbox.wake_retirement(retirement.contract_id, movers.headline(asset, retirement))


def _to_wire(asset: Asset) -> JsonObject:
    return {
        "kind": asset.kind.value,
        "tags": list(asset.tags),
        "description": asset.description,
    }
