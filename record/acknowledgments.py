"""Recording a party's answer: the only thing an answer does; what follows is the workflow's."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.acknowledgments import Acknowledgment, Response
from domain.actors import Caller
from domain.authorization import Action, Resource, permitted
from domain.errors import AnswersClosed, InvalidRequest, NotAParty, NotReady, ProposalEnded
from domain.events import EventType, NewEvent
from domain.json_types import JsonObject
from domain.proposals import Proposal, ProposalStatus
from record import events, lookup, rounds
from record.rounds import PartyDetail, ProposalDetail
from store.database import Runner
from store.outbox import Wake
from store.transaction import Transaction

NOTE_LIMIT = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAnswer:
    """What a team answers; `until` belongs to `migrating` and nothing else.

    `seen` is the revision that was shown where the answer comes from: another one is not answered
    by it. `once` says that the answer which stands already is not given again.
    """

    team_id: UUID
    response: Response
    note: str | None = None
    until: datetime | None = None
    seen: int | None = None
    once: bool = False


async def acknowledge(
    runner: Runner, caller: Caller, proposal_id: UUID, answer: NewAnswer
) -> Acknowledgment:
    """Append an answer under the proposal's lock and have its workflow woken.

    An answer can be changed until the proposal settles. Raises `ProposalEnded`, `AnswersClosed`,
    `NotAParty`, `NotReady` (something else was shown) or `InvalidRequest`.
    """

    async def work(tx: Transaction) -> Acknowledgment:
        detail = await rounds.locked(tx, proposal_id, answer.team_id)
        proposal = detail.proposal
        by = permitted(
            caller, Action.ACKNOWLEDGE, Resource(noun="proposals", team_id=answer.team_id)
        )
        _check_open(proposal)
        _check_seen(proposal, answer)
        party = await _party(tx, detail, answer.team_id)
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

    return await runner.run(work)


def _check_open(proposal: Proposal) -> None:
    if not proposal.status.is_open:
        raise ProposalEnded(
            f"This proposal has ended: it is {proposal.status.value}.",
            proposal_status=proposal.status.value,
            cause=None if proposal.cause is None else proposal.cause.value,
        )
    if proposal.status is ProposalStatus.APPROVED:
        raise AnswersClosed("This proposal is approved; answers are closed.")


def _check_seen(proposal: Proposal, answer: NewAnswer) -> None:
    if answer.seen not in (None, proposal.revision):
        raise NotReady("The proposal was changed since you were shown it: look at it again.")


async def _party(tx: Transaction, detail: ProposalDetail, team_id: UUID) -> PartyDetail:
    if detail.parties:
        return detail.parties[0]
    team = await lookup.team(tx, team_id)
    whole = await rounds.load_one(tx, detail.proposal.id)
    asked = ", ".join(party.team.name for party in whole.parties) or "nobody"
    raise NotAParty(f"{team.name} is not asked by this proposal; it asks {asked}.")


def _check(detail: ProposalDetail, party: PartyDetail, answer: NewAnswer) -> None:
    if answer.note is not None and len(answer.note) > NOTE_LIMIT:
        raise _invalid("note", f"A note has at most {NOTE_LIMIT} characters.")
    if answer.response is not Response.MIGRATING:
        if answer.until is not None:
            raise _invalid("until", "A date belongs to `migrating` (needs time) only.")
        return
    if answer.until is None:
        raise _invalid("until", "`migrating` (needs time) says until when.")
    now = detail.read_at
    if answer.until <= now:
        raise _invalid("until", "The date lies in the past.")
    latest = detail.round.latest_until(party.party)
    timeline = detail.proposal.policy.timeline
    if latest is None:  # answered before the workflow has asked, which it is about to do
        latest = now + timeline.deadline + timeline.max_extension
    if answer.until > latest:
        raise _invalid("until", f"The date may lie no later than {latest.isoformat()}.")


def _given_already(party: PartyDetail, answer: NewAnswer) -> Acknowledgment | None:
    standing = party.acknowledgment
    if not answer.once or standing is None:
        return None
    same = (standing.response, standing.note, standing.until) == (
        *(answer.response, answer.note, answer.until),
    )
    return standing if same else None


def _invalid(path: str, message: str) -> InvalidRequest:
    return InvalidRequest(message, errors=[{"path": path, "message": message}])


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
