"""Handing a team's answer to one of its people: who is asked and reminded from then on."""

from dataclasses import dataclass
from uuid import UUID

from domain.actors import Caller
from domain.authorization import Resource, permitted
from domain.errors import InvalidRequest
from domain.events import EventType, NewEvent
from domain.json_types import JsonObject
from domain.members import WORKING
from domain.parties import Person
from domain.permissions import Action
from domain.proposals import touched_by
from record import acknowledgments, events, rounds
from record.rounds import PartyDetail, ProposalDetail
from store.database import Runner
from store.outbox import Wake
from store.transaction import Transaction

_TOLD_AT_MOST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """To whom a team hands its answer; None: to nobody any more."""

    team_id: UUID
    user_id: UUID | None


async def delegate(runner: Runner, caller: Caller, proposal_id: UUID, handed: Handed) -> None:
    """Hand a team's answer to one of its people, or take it back; for those who may give it.

    Whoever has it is asked and reminded in the place of the team's other people, and may answer
    whatever the team's rule is. Raises `ProposalEnded`, `AnswersClosed`, `NotAParty`, `Forbidden`
    or `InvalidRequest`.
    """

    async def work(tx: Transaction) -> None:
        detail = await rounds.locked(tx, proposal_id, handed.team_id)
        resource = Resource(noun="proposals", team_id=handed.team_id)
        by = permitted(caller, Action.ACKNOWLEDGE, resource)
        acknowledgments.check_open(detail.proposal)
        party = await acknowledgments.party_of(tx, detail, handed.team_id)
        acknowledgments.check_may_answer(caller, party)
        before = party.stored.delegate
        after = await _person(tx, party, handed.user_id)
        if before == after:
            return
        await tx.parties.delegate(proposal_id, handed.team_id, handed.user_id)
        await _tell(tx, by, detail, party, before, after)
        tx.outbox.wake(proposal_id, Wake.PARTIES_CHANGED, detail.asset.fqn)

    await runner.run(work)


async def _person(tx: Transaction, party: PartyDetail, user_id: UUID | None) -> Person | None:
    if user_id is None:
        return None
    member = await tx.members.get(party.team.id, user_id)
    if member is None or member.role not in WORKING or not member.user.active:
        raise InvalidRequest(
            f"An answer is handed to an owner or a member of {party.team.name}.",
            errors=[{"path": "user_id", "message": "does not work for the team"}],
        )
    return Person(id=user_id, name=member.user.name)


async def _tell(
    tx: Transaction,
    caller: Caller,
    detail: ProposalDetail,
    party: PartyDetail,
    before: Person | None,
    after: Person | None,
) -> None:
    registrations = await tx.registrations.of_teams(detail.asset.id, [party.team.id])
    touched = touched_by(detail.proposal.gating, registrations)
    breaking = [change.sentence for each in touched for change in each.changes]
    what = f"{party.team.name}'s answer about {detail.asset.fqn} {detail.proposal.version}"
    await events.append(
        tx,
        NewEvent(
            type=EventType.DELEGATED,
            caller=caller,
            summary=f"{what} is handed to {'nobody any more' if after is None else after.name}.",
            asset_id=detail.asset.id,
            proposal_id=detail.proposal.id,
            team_id=party.team.id,
            payload={
                "revision": party.stored.revision,
                "reason": party.stored.reason,
                "breaking": breaking[:_TOLD_AT_MOST],
                "due_at": detail.round.due_if_asked(party.party, detail.read_at).isoformat(),
                "before": _to_wire(before),
                "after": _to_wire(after),
            },
            persons=() if after is None else (after.id,),
            notifies=after is not None,
            urgent=detail.round.is_near_end(party.party, detail.read_at),
        ),
    )


def _to_wire(person: Person | None) -> JsonObject:
    if person is None:
        return {"delegate": None, "delegate_id": None}
    return {"delegate": person.name, "delegate_id": str(person.id)}
