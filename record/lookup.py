"""Finding what a request names, or saying clearly that it is not there."""

from datetime import datetime
from typing import TypeVar
from uuid import UUID

from domain.api_keys import ApiKey
from domain.assets import Asset
from domain.contracts import Contract
from domain.errors import NotFound
from domain.pages import Deleted
from domain.proposals import Proposal
from domain.registrations import Registration
from domain.teams import Team
from domain.users import User
from store.transaction import Transaction

T = TypeVar("T")


async def team(tx: Transaction, team_id: UUID) -> Team:
    """Return the team, or raise `NotFound`."""
    return found(await tx.teams.get(team_id), "team", team_id)


async def standing_team(tx: Transaction, team_id: UUID) -> Team:
    """Return the team, which nobody deletes before this transaction ends, or raise `NotFound`.

    Assets and proposals are locked before.
    """
    return found(await tx.teams.standing(team_id), "team", team_id)


async def shown_team(tx: Transaction, team_id: UUID, deleted: Deleted) -> Team:
    """Return the team if it is to be shown, or raise `NotFound` that says what became of it."""
    there = (await tx.teams.by_id([team_id])).get(team_id)
    if there is None or _is_shown(there.deleted_at, deleted):
        return found(there, "team", team_id)
    raise NotFound(
        f"Team {there.name} is deleted; `deleted=include` shows it.",
        noun="team",
        key=str(team_id),
        deleted_at=there.deleted_at.isoformat() if there.deleted_at else None,
        merged_into=None if there.merged_into is None else str(there.merged_into),
    )


async def shown_asset(tx: Transaction, asset_id: UUID, deleted: Deleted) -> tuple[Asset, Team]:
    """Return the asset with its owner, or raise `NotFound` that says what became of it."""
    if deleted is Deleted.EXCLUDE and (there := await tx.assets.with_owner(asset_id)):
        return there
    asset = (await tx.assets.by_id([asset_id])).get(asset_id)
    if asset is None or _is_shown(asset.deleted_at, deleted):
        asset = found(asset, "asset", asset_id)
        return asset, (await tx.teams.by_id([asset.owner_team_id]))[asset.owner_team_id]
    raise NotFound(
        f"{asset.fqn} in {asset.environment} is deleted; `deleted=include` shows it.",
        noun="asset",
        key=str(asset_id),
        deleted_at=asset.deleted_at.isoformat() if asset.deleted_at else None,
    )


def _is_shown(deleted_at: datetime | None, deleted: Deleted) -> bool:
    if deleted is Deleted.INCLUDE:
        return True
    return (deleted_at is not None) == (deleted is Deleted.ONLY)


async def any_team(tx: Transaction, team_id: UUID) -> Team:
    """Return the team, a deleted one too, or raise `NotFound`."""
    return found((await tx.teams.by_id([team_id])).get(team_id), "team", team_id)


async def user(tx: Transaction, user_id: UUID) -> User:
    """Return the user, or raise `NotFound`."""
    return found(await tx.users.get(user_id), "user", user_id)


async def locked_user(tx: Transaction, user_id: UUID) -> User:
    """Lock the user, then return it as it is now, or raise `NotFound`."""
    await tx.users.lock(user_id)
    return await user(tx, user_id)


async def locked_team(tx: Transaction, team_id: UUID) -> Team:
    """Lock the team, then return it as it is now, or raise `NotFound`."""
    await tx.teams.lock(team_id)
    return await team(tx, team_id)


async def api_key(tx: Transaction, key_id: UUID) -> ApiKey:
    """Return the key, or raise `NotFound`."""
    return found(await tx.api_keys.get(key_id), "API key", key_id)


async def locked_api_key(tx: Transaction, key_id: UUID) -> ApiKey:
    """Lock the key, then return it as it is now, or raise `NotFound`."""
    await tx.api_keys.lock(key_id)
    return await api_key(tx, key_id)


async def asset(tx: Transaction, asset_id: UUID) -> Asset:
    """Return the asset, or raise `NotFound`."""
    return found(await tx.assets.get(asset_id), "asset", asset_id)


async def any_locked_asset(tx: Transaction, asset_id: UUID) -> Asset:
    """Lock the asset, then return it as it is now, a deleted one too, or raise `NotFound`."""
    await tx.assets.lock(asset_id)
    return found((await tx.assets.by_id([asset_id])).get(asset_id), "asset", asset_id)


async def locked_asset(tx: Transaction, asset_id: UUID) -> Asset:
    """Lock the asset, then return it as it is now, or raise `NotFound`."""
    await tx.assets.lock(asset_id)
    return await asset(tx, asset_id)


async def contract(tx: Transaction, contract_id: UUID) -> Contract:
    """Return the contract, or raise `NotFound`."""
    return found(await tx.contracts.get(contract_id), "contract", contract_id)


async def contract_of_version(tx: Transaction, asset_id: UUID, version: str) -> Contract:
    """Return the version of an asset (`active` is the active one), or raise `NotFound`."""
    await asset(tx, asset_id)
    if version == "active":
        there = await tx.contracts.active(asset_id)
    else:
        there = await tx.contracts.of_version(asset_id, version)
    return found(there, "contract version", version)


async def registration(tx: Transaction, registration_id: UUID) -> Registration:
    """Return the registration, or raise `NotFound`."""
    return found(await tx.registrations.get(registration_id), "registration", registration_id)


async def proposal(tx: Transaction, proposal_id: UUID) -> Proposal:
    """Return the proposal, or raise `NotFound`."""
    return found(await tx.proposals.get(proposal_id), "proposal", proposal_id)


async def locked_proposal(tx: Transaction, proposal_id: UUID) -> Proposal:
    """Lock the proposal, then return it as it is now, or raise `NotFound`."""
    await tx.proposals.lock(proposal_id)
    return await proposal(tx, proposal_id)


def found(value: T | None, noun: str, key: object) -> T:
    """Return what is there, or raise `NotFound`."""
    if value is None:
        raise NotFound(f"There is no {noun} `{key}`.", noun=noun, key=str(key))
    return value
