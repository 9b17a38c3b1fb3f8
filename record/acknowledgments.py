"""Recording a party's answer: the only thing an answer does; what follows is the workflow's."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.acknowledgments import Acknowledgment, Response
from domain.actors import Caller
from domain.authorization import Requester, Resource, permitted
from domain.errors import (
    AnswersClosed,
    Forbidden,
    InvalidRequest,
    NotAParty,
    QuestionChanged,
)
from domain.events import EventType, NewEvent
from domain.json_types import JsonObject
from domain.permissions import Action
from domain.proposals import Proposal, ProposalStatus
from domain.team_policies import may_answer
from record import events, lookup, rounds
from record.decrees import ended
from record.rounds import PartyDetail, ProposalDetail
from store.database import Runner
from store.outbox import Wake
from store.transaction import Transaction

NOTE_LIMIT = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAnswer:
    """What a team answers; `until` belongs to `migrating` and nothing else.

    `revision`, `changes_hash` and `content_hash` are of what was shown where the answer comes from:
    another question is not answered by it. With `changes_hash` the revision is that of the team's
    own question, which may be older than the proposal's. `once` says that the answer which stands
    already is not given again.
    """

    team_id: UUID
    response: Response
    note: str | None = None
    until: datetime | None = None
    revision: int | None = None
    changes_hash: str | None = None
    content_hash: str | None = None
    once: bool = False


async def acknowledge(
    runner: Runner, caller: Caller, proposal_id: UUID, answer: NewAnswer
) -> Acknowledgment:
    """Append an answer under the proposal's lock and have its workflow woken.

    An answer can be changed until the proposal settles. Raises `ProposalEnded`, `AnswersClosed`,
    `NotAParty`, `QuestionChanged` or `InvalidRequest`.
    """

    async def work(tx: Transaction) -> Acknowledgment:
        return await acknowledged(tx, caller, proposal_id, answer)

    return await runner.run(work)


async def acknowledged(
    tx: Transaction, caller: Caller, proposal_id: UUID, answer: NewAnswer
) -> Acknowledgment:
    """Do what `acknowledge` does, in a transaction that has asked something else before."""
    detail = await rounds.locked(tx, proposal_id, answer.team_id)
    proposal = detail.proposal
    by = permitted(caller, Action.ACKNOWLEDGE, Resource(noun="proposals", team_id=answer.team_id))
    check_open(proposal)
    party = await party_of(tx, detail, answer.team_id)
    check_may_answer(caller, party)
    _check(detail, party, answer)
    if (standing := _given_already(party, answer)) is not None:
        return standing
    acknowledgment = await tx.acknowledgments.append(
        proposal_id=proposal_id,
        team_id=answer.team_id,
        revision=proposal.revision,
        changes_hash=party.stored.changes_hash,
        response=answer.response,
        note=answer.note,
        until=answer.until,
        caller=by,
    )
    await _tell(tx, by, detail, party, acknowledgment)
    tx.outbox.wake(proposal_id, Wake.ANSWERED, detail.asset.fqn)
    return acknowledgment


def check_open(proposal: Proposal) -> None:
    """Return if answers are taken, else raise `ProposalEnded` or `AnswersClosed`."""
    if not proposal.status.is_open:
        raise ended(proposal)
    if proposal.status is ProposalStatus.APPROVED:
        raise AnswersClosed("This proposal is approved; answers are closed.")


async def party_of(tx: Transaction, detail: ProposalDetail, team_id: UUID) -> PartyDetail:
    """Return the one party of a detail that was read for it, or raise `NotAParty`."""
    if detail.parties:
        return detail.parties[0]
    team = await lookup.team(tx, team_id)
    whole = await rounds.load_one(tx, detail.proposal.id)
    asked = ", ".join(party.team.name for party in whole.parties) or "nobody"
    raise NotAParty(f"{team.name} is not asked by this proposal; it asks {asked}.")


def check_may_answer(caller: Caller, party: PartyDetail) -> None:
    """Return if the team's own rule lets this caller answer for it, else raise `Forbidden`.

    The server itself is asked nothing; that somebody works for the team was asked before.
    """
    if not isinstance(caller, Requester):
        return
    team, delegate = party.team, party.stored.delegate
    delegate_id = None if delegate is None else delegate.id
    if not may_answer(caller.principal, team.id, team.policy, delegate_id):
        who = {"owners": "its owners", "named": "those whom it names"}
        raise Forbidden(
            f"{caller.actor.name} may not answer for {team.name}: that is for "
            f"{who[team.policy.who_answers.value]}, and whom they hand it to.",
            action=Action.ACKNOWLEDGE.value,
        )


def _check(detail: ProposalDetail, party: PartyDetail, answer: NewAnswer) -> None:
    _check_question(detail.proposal, party, answer)
    if answer.note is not None and len(answer.note) > NOTE_LIMIT:
        raise InvalidRequest.of("note", f"A note has at most {NOTE_LIMIT} characters.")
    if answer.response is not Response.MIGRATING:
        if answer.until is not None:
            raise InvalidRequest.of("until", "A date belongs to `migrating` (needs time) only.")
        return
    if answer.until is None:
        raise InvalidRequest.of("until", "`migrating` (needs time) says until when.")
    now = detail.read_at
    if answer.until <= now:
        raise InvalidRequest.of("until", "The date lies in the past.")
    # it may be answered before the workflow has asked, which it is about to do
    latest = detail.round.latest_until(party.party, now)
    if latest is not None and answer.until > latest:
        raise InvalidRequest.of("until", f"The date may lie no later than {latest.isoformat()}.")


def _check_question(proposal: Proposal, party: PartyDetail, answer: NewAnswer) -> None:
    """Whoever says what was shown to them answers that, whatever is asked by now."""
    asked = party.stored
    revision = proposal.revision if answer.changes_hash is None else asked.revision
    same = (
        answer.revision in (None, revision)
        and answer.changes_hash in (None, asked.changes_hash)
        and answer.content_hash in (None, proposal.content_hash)
    )
    if not same:
        raise QuestionChanged("The proposal was revised, and asks something else by now.")


def _given_already(party: PartyDetail, answer: NewAnswer) -> Acknowledgment | None:
    standing = party.acknowledgment
    if not answer.once or standing is None:
        return None
    same = (standing.response, standing.note, standing.until) == (
        *(answer.response, answer.note, answer.until),
    )
    return standing if same else None


async def _tell(
    tx: Transaction,
    caller: Caller,
    detail: ProposalDetail,
    party: PartyDetail,
    acknowledgment: Acknowledgment,
) -> None:
    before = party.acknowledgment
    until = acknowledgment.until
    await events.append(
        tx,
        NewEvent(
            type=EventType.ACKNOWLEDGED,
            caller=caller,
            summary=f"{party.team.name} answers {acknowledgment.response.plain} "
            f"to {detail.asset.fqn} {detail.proposal.version}.",
            asset_id=detail.asset.id,
            proposal_id=detail.proposal.id,
            team_id=party.team.id,
            payload={
                "response": acknowledgment.response.value,
                "note": acknowledgment.note,
                "until": None if until is None else until.isoformat(),
                "revision": acknowledgment.revision,
                "changes_hash": acknowledgment.changes_hash,
                "before": None if before is None else _to_wire(before),
                "after": _to_wire(acknowledgment),
            },
            audience=(detail.producer.id,),
            notifies=True,
        ),
    )


def _to_wire(acknowledgment: Acknowledgment) -> JsonObject:
    until = acknowledgment.until
    return {
        "response": acknowledgment.response.value,
        "note": acknowledgment.note,
        "until": None if until is None else until.isoformat(),
        "revision": acknowledgment.revision,
    }
