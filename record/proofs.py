"""The proof of a proposal: all that the record says of it, put together on one snapshot.

Whatever is said about a proposal, and about the end of the version that it has replaced, is an
event and stands among `events`; what has facts of its own is added to `Proof` here and shown by
`api/proofs.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from domain.contracts import Contract
from domain.events import Event, EventType
from domain.proofs import (
    NOTICES,
    Answered,
    Asked,
    Chain,
    Logged,
    Question,
    Remark,
    Told,
    with_events,
    with_standing,
)
from domain.proposals import Proposal, ProposalStatus
from domain.seals import Seal
from record import rounds, windows
from record.rounds import ProposalDetail
from record.windows import RetirementDetail
from store.transaction import Transaction

_GIVEN = (EventType.ACKNOWLEDGED, EventType.ANSWER_CARRIED)
_REMARKS = {EventType.OBJECTED: "objection_id", EventType.COMMENTED: "comment_id"}
_SAID = ("reason", "breaking", "due_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Everything about one proposal; `events` are all of its log, the oldest first.

    With them are those of the end of the version that it has replaced.
    """

    read_at: datetime
    detail: ProposalDetail
    base: Contract | None
    asked: tuple[Asked, ...]
    answers: tuple[Answered, ...]
    objections: tuple[Remark, ...]
    comments: tuple[Remark, ...]
    retirement: RetirementDetail | None
    """The end of the version that it has replaced, as it stands."""
    events: tuple[Logged, ...]
    seals: tuple[Seal, ...]
    """Those that cover the events, in their order."""
    head: Seal | None
    """The newest seal of the log."""

    @property
    def unsealed(self) -> int:
        """How many of the events no seal covers yet."""
        return sum(each.place is None for each in self.events)


async def read(tx: Transaction, proposal_id: UUID) -> Proof:
    """Return the proof of a proposal, or raise `NotFound`; to be run on one snapshot."""
    detail = await rounds.load_one(tx, proposal_id)
    base_id = detail.proposal.base_contract_id
    questions = await tx.proofs.questions(proposal_id)
    end = await _end_of_replaced(tx, detail.proposal)
    lines = await tx.proofs.logged(proposal_id, None if end is None else end.retirement)
    events = [event for event, _ in lines]
    seals = await tx.proofs.seals(event.cursor for event in events)
    objections, comments = await _remarks(tx, proposal_id, events)
    return Proof(
        read_at=detail.read_at,
        detail=detail,
        base=None if base_id is None else await tx.contracts.get(base_id),
        asked=_asked(questions, await tx.proofs.told(proposal_id), events),
        answers=_answers(await tx.proofs.answers(proposal_id), questions, events),
        objections=objections,
        comments=comments,
        retirement=end,
        events=await _logged(tx, lines, seals),
        seals=seals,
        head=await tx.seals.head(),
    )


async def _end_of_replaced(tx: Transaction, proposal: Proposal) -> RetirementDetail | None:
    base_id = proposal.base_contract_id
    if base_id is None or proposal.status is not ProposalStatus.PUBLISHED:
        return None
    found = await windows.load(tx, [base_id])
    return found[0] if found else None


async def _remarks(
    tx: Transaction, proposal_id: UUID, events: Sequence[Event]
) -> tuple[tuple[Remark, ...], tuple[Remark, ...]]:
    """Return the objections and the comments, the oldest first, each with its event."""
    objections = await tx.objections.of_proposals([proposal_id])
    comments = await tx.comments.all_of(proposal_id)
    speaking = {each.team_id for each in objections} | {each.team_id for each in comments}
    teams = await tx.teams.by_id(speaking)
    told = {each.payload.get(name): each.id for each in events if (name := _REMARKS.get(each.type))}
    objected = tuple(
        Remark(
            id=each.id,
            team=teams[each.team_id],
            text=each.reason,
            caller=each.caller,
            at=each.recorded_at,
            event_id=told.get(str(each.id)),
        )
        for each in objections
    )
    commented = tuple(
        Remark(
            id=each.id,
            reply_to=each.reply_to,
            team=teams[each.team_id],
            text=each.text,
            caller=each.caller,
            at=each.recorded_at,
            event_id=told.get(str(each.id)),
        )
        for each in comments
    )
    return objected, commented


async def _logged(
    tx: Transaction, lines: Sequence[tuple[Event, str]], seals: Sequence[Seal]
) -> tuple[Logged, ...]:
    sendings = await tx.proofs.sendings(event.id for event, _ in lines)
    chain = Chain(seals, await tx.proofs.leaves(each.number for each in seals))
    return tuple(
        chain.placed(Logged(event=event, line=line, sendings=tuple(sendings.get(event.id, ()))))
        for event, line in lines
    )


def _answers(
    answers: Sequence[Answered], questions: Sequence[Question], events: Sequence[Event]
) -> tuple[Answered, ...]:
    given = [each for each in events if each.type in _GIVEN]
    by_team = {each.team.id: each for each in questions}
    return with_standing(with_events(answers, given), by_team)


def _asked(
    questions: Sequence[Question], told: Mapping[UUID, Sequence[Told]], events: Sequence[Event]
) -> tuple[Asked, ...]:
    """Beside each notice stands what it said, as long as its event is in the log."""
    said = {each.id: each.payload for each in events if each.type in NOTICES}
    return tuple(
        Asked(
            question=question,
            told=tuple(_with_words(each, said) for each in told.get(question.team.id, ())),
        )
        for question in questions
    )


def _with_words(told: Told, said: Mapping[UUID, Mapping[str, object]]) -> Told:
    payload = None if told.event_id is None else said.get(told.event_id)
    if payload is None:
        return replace(told, event_id=None)
    return replace(told, said={name: payload.get(name) for name in _SAID})
