"""Whose assets are: giving them to another team, with what is open about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.actors import Caller
from domain.assets import Asset
from domain.authorization import Resource, permitted
from domain.events import EventType, NewEvent
from domain.permissions import Action
from domain.teams import Team
from record import events
from store.outbox import Wake
from store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An asset that changes hands, and who stands in the log for it."""

    asset: Asset
    by: Caller


def may_give(caller: Caller, asset: Asset, receiver_id: UUID) -> Caller:
    """Return who stands in the log, or raise `Forbidden`.

    Both teams have to agree: whoever gives is an owner of the one and works for the other, or is an
    administrator.
    """
    by = permitted(
        caller, Action.ASSIGN_ASSET, Resource(noun="assets", team_id=asset.owner_team_id)
    )
    permitted(caller, Action.RECEIVE_ASSET, Resource(noun="assets", team_id=receiver_id))
    return by


async def hand_over(
    tx: Transaction, given: Sequence[Given], owners: Mapping[UUID, Team], receiver: Team
) -> None:
    """Make assets a team's; open proposals go with them, and their workflows hear of it.

    The locks of assets and open proposals are held.
    """
    ids = [each.asset.id for each in given]
    await tx.assets.assign(ids, receiver.id)
    proposals = await tx.proposals.all_open_of(ids)
    await tx.proposals.hand_over([proposal.id for proposal in proposals], receiver.id)
    for each in given:
        await events.append(tx, _told(each, owners[each.asset.owner_team_id], receiver))
    names = {each.asset.id: each.asset.fqn for each in given}
    for proposal in proposals:
        tx.outbox.wake(proposal.id, Wake.REVISED, names[proposal.asset_id])


def _told(given: Given, owner: Team, receiver: Team) -> NewEvent:
    asset = given.asset
    return NewEvent(
        type=EventType.ASSET_REASSIGNED,
        caller=given.by,
        summary=f"{asset.fqn} in {asset.environment} goes from {owner.name} to {receiver.name}.",
        asset_id=asset.id,
        team_id=receiver.id,
        payload={
            "before": {"owner_team_id": str(owner.id), "owner": owner.name},
            "after": {"owner_team_id": str(receiver.id), "owner": receiver.name},
        },
        audience=(owner.id, receiver.id),
        notifies=True,
    )
