"""What an asset that only observes would have asked: what gating costs, before it gates."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from domain.actors import Caller
from domain.amounts import counted
from domain.assets import Asset
from domain.changes import Change
from domain.events import EventType, NewEvent
from domain.proposals import Proposal, Touched, touched_by
from domain.publication import Verdict
from domain.registrations import Registration
from domain.teams import Team
from record import events
from store.registrations import Consumers
from store.transaction import Transaction

_MOST_TOLD = 20


async def observes(tx: Transaction, asset: Asset, default: bool) -> bool:
    """Whether nothing gates; who owns the asset is read only if it matters."""
    asks_owner = asset.policy.observe is None
    owner = await tx.teams.get(asset.owner_team_id) if asks_owner else None
    return observes_by(asset, owner, default)


def observes_by(asset: Asset, owner: Team | None, default: bool) -> bool:
    """Whether nothing gates: as the asset says, else its owner, else the server."""
    if asset.policy.observe is not None:
        return asset.policy.observe
    return default if owner is None or owner.observe is None else owner.observe


async def note(
    tx: Transaction,
    caller: Caller,
    asset: Asset,
    verdict: Verdict,
    consumers: Consumers,
) -> None:
    """Write whom this publication would have asked, were its asset not observing."""
    if not verdict.observed:
        return
    asked = touched_by(verdict.observed, consumers.registrations)
    await _tell(tx, caller, asset, verdict.version, verdict.observed, asked, consumers.teams)


async def note_revision(
    tx: Transaction,
    caller: Caller,
    asset: Asset,
    before: Proposal,
    after: Proposal,
    registrations: Collection[Registration],
) -> None:
    """Write whom a revision would have asked anew; whose changes are the same is asked nothing."""
    were = {each.team_id: each.changes_hash for each in touched_by(before.observed, registrations)}
    asked = [
        each
        for each in touched_by(after.observed, registrations)
        if were.get(each.team_id) != each.changes_hash
    ]
    if asked:
        teams = await tx.teams.by_id(each.team_id for each in asked)
        await _tell(tx, caller, asset, after.version, after.observed, asked, teams)


async def _tell(
    tx: Transaction,
    caller: Caller,
    asset: Asset,
    version: str,
    observed: Sequence[Change],
    asked: Sequence[Touched],
    teams: Mapping[UUID, Team],
) -> None:
    names = ", ".join(sorted(teams[each.team_id].name for each in asked)) or "nobody"
    await events.append(
        tx,
        NewEvent(
            type=EventType.CONTRACT_OBSERVED,
            caller=caller,
            summary=f"{asset.fqn} {version} would have asked {names}: "
            f"{counted(len(observed), 'breaking change')}.",
            asset_id=asset.id,
            team_id=asset.owner_team_id,
            payload={
                "version": version,
                "breaking": [change.sentence for change in observed[:_MOST_TOLD]],
                "would_ask": [
                    {
                        "team_id": str(each.team_id),
                        "name": teams[each.team_id].name,
                        "reason": each.reason,
                        "breaking": [change.sentence for change in each.changes[:_MOST_TOLD]],
                    }
                    for each in asked
                ],
            },
        ),
    )
