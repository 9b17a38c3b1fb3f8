"""Carrying answers over to a proposal that puts the same question again, each with an event."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from domain.acknowledgments import Acknowledgment
from domain.actors import SERVER
from domain.consent import earlier_answer
from domain.events import EventType, NewEvent
from domain.json_types import JsonObject
from domain.proposals import Proposal
from domain.teams import Team
from record import events
from store.parties import StoredParty
from store.transaction import Transaction


async def recalled(
    tx: Transaction, proposal: Proposal, parties: Sequence[StoredParty], now: datetime
) -> tuple[list[StoredParty], list[Acknowledgment]]:
    """Return parties whose question is new with what they answered to it before, and those answers.

    They are not written yet. The asset's lock is held, so no earlier proposal changes meanwhile.
    """
    if not parties:
        return [], []
    asked = {each.team_id: each.changes_hash for each in parties}
    given = await tx.consent.earlier(proposal.asset_id, proposal.id, asked)
    earlier = {each.team_id: earlier_answer(each, now) for each in given}
    recalling = [replace(each, earlier=earlier.get(each.team_id)) for each in parties]
    return recalling, [each for each in given if earlier[each.team_id].carried]


async def carry(
    tx: Transaction, proposal: Proposal, given: Sequence[Acknowledgment]
) -> dict[UUID, Acknowledgment]:
    """Let answers to an earlier proposal count for this one, by team; parties can change them."""
    carried: dict[UUID, Acknowledgment] = {}
    teams = await tx.teams.by_id(each.team_id for each in given) if given else {}
    for each in given:
        carried[each.team_id] = await tx.acknowledgments.append(
            proposal_id=proposal.id,
            team_id=each.team_id,
            revision=proposal.revision,
            changes_hash=each.changes_hash,
            response=each.response,
            note=each.note,
            until=each.until,
            caller=each.caller,
            carried_from=each.id,
        )
        await events.append(tx, _told(proposal, teams[each.team_id], each))
    return carried


def _told(proposal: Proposal, team: Team, given: Acknowledgment) -> NewEvent:
    until = given.until
    after: JsonObject = {
        "response": given.response.value,
        "note": given.note,
        "until": None if until is None else until.isoformat(),
        "revision": proposal.revision,
    }
    return NewEvent(
        type=EventType.ANSWER_CARRIED,
        caller=SERVER,
        summary=f"{team.name} answered {given.response.plain} to the same changes before; that "
        f"counts for {proposal.version} too.",
        asset_id=proposal.asset_id,
        proposal_id=proposal.id,
        team_id=given.team_id,
        payload={
            **after,
            "changes_hash": given.changes_hash,
            "from_proposal_id": str(given.proposal_id),
            "answered_at": given.recorded_at.isoformat(),
            "answered_by": given.caller.actor.name,
            "before": None,
            "after": after,
        },
        audience=(given.team_id, proposal.producer_team_id),
        notifies=True,
    )
