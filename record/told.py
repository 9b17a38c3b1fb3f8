"""What a message tells of: an event, and what is true of it at the moment of sending."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.assets import Asset
from domain.events import Event
from domain.parties import NoticeKind
from domain.retirements import RetirementStatus
from domain.teams import Team
from record import rounds, windows
from record.rounds import ProposalDetail
from store.parties import Noticed
from store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An event with what belongs to it."""

    event: Event
    asset: Asset | None
    producer: Team | None
    proposal: ProposalDetail | None


async def still_true(
    tx: Transaction, event_ids: Sequence[UUID], *, stale_too: bool = False
) -> Mapping[UUID, Told]:
    """Return these events, without asks and reminders for which nobody waits any more.

    However many they are, all are read together.
    """
    events = await tx.events.by_id(event_ids)
    proposals = await _proposals(tx, events.values())
    noticed = await tx.parties.noticed_by(events)
    staying = await _staying(tx, events)
    asset_ids = {event.asset_id for event in events.values() if event.asset_id is not None}
    assets = await tx.assets.by_id(asset_ids) if asset_ids else {}
    owners = await tx.teams.by_id({asset.owner_team_id for asset in assets.values()})
    told = {}
    for event in events.values():
        proposal = None if event.proposal_id is None else proposals.get(event.proposal_id)
        asset = None if event.asset_id is None else assets.get(event.asset_id)
        stale = _is_stale(noticed.get(event.id), proposal) or staying.get(event.id) is False
        if stale_too or not stale:
            told[event.id] = Told(
                event=event,
                asset=asset,
                producer=None if asset is None else owners.get(asset.owner_team_id),
                proposal=proposal,
            )
    return told


async def _proposals(tx: Transaction, events: Iterable[Event]) -> Mapping[UUID, ProposalDetail]:
    ids = {event.proposal_id for event in events if event.proposal_id is not None}
    return {each.proposal.id: each for each in await rounds.load(tx, ids)}


async def _staying(tx: Transaction, event_ids: Iterable[UUID]) -> Mapping[UUID, bool]:
    """Whether those whom events ask to move off a version are still on it, by event."""
    noticed = await tx.movers.noticed_by(event_ids)
    details = await windows.load(tx, {each.contract_id for each in noticed.values()})
    pending = {
        (each.retirement.contract_id, each.retirement.revision, mover.team_id)
        for each in details
        if each.retirement.status is RetirementStatus.OPEN
        for mover in each.window.pending
    }
    return {
        event_id: (each.contract_id, each.revision, each.team_id) in pending
        for event_id, each in noticed.items()
        if each.kind in (NoticeKind.ASK, NoticeKind.REMIND)
    }


def _is_stale(noticed: Noticed | None, detail: ProposalDetail | None) -> bool:
    """Whether an ask or a reminder would ask for an answer that nobody waits for any more."""
    if noticed is None or detail is None:
        return False
    if not detail.proposal.status.is_open:
        return True
    if noticed.kind not in (NoticeKind.ASK, NoticeKind.REMIND):
        return False
    party = next((each for each in detail.parties if each.team.id == noticed.team_id), None)
    return party is None or party.stored.revision != noticed.revision or not party.party.pending
