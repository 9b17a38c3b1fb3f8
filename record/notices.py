"""Asking, reminding and escalating: each notice once, with its event and deliveries."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from domain.actors import WORKFLOW, Caller
from domain.events import EventType, NewEvent
from domain.parties import NoticeKind
from domain.proposals import Proposal, touched_by
from domain.steps import Note
from record import escalations, events, rounds
from record.rounds import PartyDetail, ProposalDetail
from store.database import Runner
from store.parties import NewNotice
from store.rows import new_id
from store.transaction import Transaction

_TYPES = {
    NoticeKind.ASK: EventType.PROPOSAL_ASKED,
    NoticeKind.REMIND: EventType.PROPOSAL_REMINDED,
    NoticeKind.ESCALATE: EventType.PROPOSAL_ESCALATED,
    NoticeKind.ESCALATE_OWNERS: EventType.ESCALATED_TO_OWNERS,
    NoticeKind.ESCALATE_FALLBACK: EventType.ESCALATED_TO_FALLBACK,
    NoticeKind.UNREACHABLE: EventType.PARTY_UNREACHABLE,
}


async def note(
    runner: Runner,
    proposal_id: UUID,
    revision: int,
    kind: NoticeKind,
    notes: Sequence[Note],
    now: datetime,
) -> int:
    """Tell these parties, or the owner about them, and return how many were told now.

    Idempotent by (proposal, revision, party, kind, ordinal). A proposal that has moved on or ended
    tells nobody.
    """

    async def work(tx: Transaction) -> int:
        await tx.proposals.lock(proposal_id)
        found = await rounds.load(tx, [proposal_id], now)
        if not found or not _still_asks(found[0].proposal, revision):
            return 0
        detail = found[0]
        by_team = {each.team.id: each for each in detail.parties}
        wanted = [
            (by_team[each.team_id], each.ordinal) for each in notes if each.team_id in by_team
        ]
        return await tell(tx, WORKFLOW, detail, kind, wanted, now)

    return await runner.run(work)


def _still_asks(proposal: Proposal, revision: int) -> bool:
    return proposal.status.is_open and proposal.revision == revision


async def tell(
    tx: Transaction,
    caller: Caller,
    detail: ProposalDetail,
    kind: NoticeKind,
    wanted: Sequence[tuple[PartyDetail, int]],
    now: datetime,
) -> int:
    """Write what is new of these notices, each with its event; statements are few for all."""
    if kind is NoticeKind.ASK:
        tx.together_at = _together_at(detail.proposal)
    notices = {new_id(): (party, ordinal) for party, ordinal in wanted}
    asks = kind is NoticeKind.ASK
    new = await tx.parties.note(
        [
            NewNotice(
                party=party.stored,
                kind=kind,
                ordinal=ordinal,
                noted_at=now,
                event_id=event_id,
                due_at=_due_at(detail, party, now) if asks else None,
                reach_by=detail.round.times(party.party).reach_by(now) if asks else None,
            )
            for event_id, (party, ordinal) in notices.items()
        ]
    )
    told = {event_id: told for event_id, told in notices.items() if event_id in new}
    breaking = await _breaking(tx, detail, [party.team.id for party, _ in told.values()])
    for event_id, (party, ordinal) in told.items():
        event = _event(caller, detail, party, kind, ordinal, now, breaking.get(party.team.id, []))
        to = await escalations.told(tx, detail, party, kind)
        summary = _summary(detail, party, kind, to.names)
        event = replace(event, audience=to.teams, persons=to.persons, summary=summary)
        await events.append(tx, event, event_id)
    return len(told)


def _together_at(proposal: Proposal) -> datetime | None:
    """When what it asks goes out, with what is asked beside it; None once that time has passed."""
    at = proposal.together_at
    return None if at is None or at <= datetime.now(UTC) else at


def _event(
    caller: Caller,
    detail: ProposalDetail,
    party: PartyDetail,
    kind: NoticeKind,
    ordinal: int,
    now: datetime,
    breaking: list[str],
) -> NewEvent:
    team = party.team.id
    return NewEvent(
        type=_TYPES[kind],
        caller=caller,
        summary="",
        asset_id=detail.asset.id,
        proposal_id=detail.proposal.id,
        team_id=team,
        payload={
            "revision": party.stored.revision,
            "ordinal": ordinal,
            "reason": party.stored.reason,
            "breaking": breaking,
            "due_at": _due_at(detail, party, now).isoformat(),
        },
        notifies=True,
        urgent=kind is not NoticeKind.UNREACHABLE and detail.round.is_near_end(party.party, now),
    )


async def _breaking(
    tx: Transaction, detail: ProposalDetail, team_ids: Sequence[UUID]
) -> Mapping[UUID, list[str]]:
    """Return the sentences about what breaks for each of these teams."""
    if not team_ids:
        return {}
    registrations = await tx.registrations.of_teams(detail.asset.id, team_ids)
    touched = touched_by(detail.proposal.gating, registrations)
    return {each.team_id: [change.sentence for change in each.changes[:20]] for each in touched}


def _due_at(detail: ProposalDetail, party: PartyDetail, now: datetime) -> datetime:
    """When the party's time is up; it is being asked now if it was not before."""
    return detail.round.due_if_asked(party.party, now)


def _summary(detail: ProposalDetail, party: PartyDetail, kind: NoticeKind, to: str) -> str:
    what = f"{detail.asset.fqn} {detail.proposal.version}"
    return {
        NoticeKind.ASK: f"{party.team.name} is asked about {what}.",
        NoticeKind.REMIND: f"{party.team.name} is reminded of {what}.",
        NoticeKind.ESCALATE: f"{party.team.name} has not settled {what}: escalated.",
        NoticeKind.ESCALATE_OWNERS: f"{party.team.name} is silent about {what}: escalated to {to}.",
        NoticeKind.ESCALATE_FALLBACK: f"{party.team.name} is silent about {what}: escalated to "
        f"{to}.",
        NoticeKind.UNREACHABLE: f"{party.team.name} cannot be reached about {what}.",
    }[kind]
