"""What a message asks of whom, and what happens if nobody answers: pure, for every channel."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from domain.events import Event, EventType
from domain.proposals import ProposalStatus
from domain.timeline import OnDeadline
from notify.messages import Message, Question

ASKING = frozenset(
    {
        EventType.PROPOSAL_ASKED,
        EventType.PROPOSAL_REMINDED,
        EventType.PROPOSAL_ESCALATED,
        EventType.ESCALATED_TO_OWNERS,
        EventType.ESCALATED_TO_FALLBACK,
        EventType.DELEGATED,
    }
)

_SILENCE = {
    OnDeadline.EXPIRE: "the proposal expires and nothing is published",
    OnDeadline.APPROVE: "that counts as consent and the change is published",
    OnDeadline.ESCALATE: "it is escalated; then the proposal expires and nothing is published",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A team that the readers of a message answer for, and what it is asked."""

    message: Message
    team_id: UUID
    team: str
    question: Question

    @property
    def due_at(self) -> datetime | None:
        """When its time is up."""
        return self.question.due_at

    @property
    def what(self) -> str:
        """What it is asked about: `orders.customers 2.0.0`."""
        return what_of(self.message)


def what_of(message: Message) -> str:
    """Return what a message is about: `orders.customers 2.0.0`."""
    names = (message.about.asset_fqn, message.about.version)
    return " ".join(name for name in names if name)


def ask_of(message: Message, teams: frozenset[UUID]) -> Ask | None:
    """Return the question that an event puts to one of these teams, if it still waits."""
    team_id, proposal, round_ = message.event.team_id, message.proposal, message.round
    if message.event.type not in ASKING or team_id not in teams or team_id is None:
        return None
    if proposal is None or round_ is None or proposal.status is not ProposalStatus.PENDING:
        return None
    question = message.questions.get(team_id)
    party = next((each for each in round_.pending if each.team_id == team_id), None)
    if question is None or party is None or not is_current(message, message.event):
        return None
    return Ask(message=message, team_id=team_id, team=party.name, question=question)


def is_current(message: Message, event: Event) -> bool:
    """Whether an event put the question that is asked now: what breaks is told of that one."""
    question = None if event.team_id is None else message.questions.get(event.team_id)
    return question is not None and question.revision == event.payload.get("revision")


def silence(message: Message, ask: Ask | None = None) -> str | None:
    """Return what happens if nobody answers, and by when; None when nobody is waited for."""
    proposal, round_ = message.proposal, message.round
    if proposal is None or round_ is None or proposal.status is not ProposalStatus.PENDING:
        return None
    if not round_.pending:
        return None
    timeline = proposal.timeline
    due_at = round_.deadline_at(message.at or message.event.at)
    if ask is not None:
        due_at = ask.due_at or due_at
    who = "nobody answers" if ask is None else f"{ask.team} does not answer"
    when = "in time" if due_at is None else f"by {moment(due_at)}"
    return f"If {who} {when}, {_SILENCE[timeline.on_deadline]}."


def waited_for(message: Message) -> Iterator[str]:
    """Yield the names of the teams that are waited for."""
    proposal, round_ = message.proposal, message.round
    if proposal is None or round_ is None or proposal.status is not ProposalStatus.PENDING:
        return
    yield from (party.name for party in round_.pending)


def sentences(message: Message) -> list[str]:
    """Return what breaks, in words."""
    if message.changes is not None:
        return [str(change["sentence"]) for change in message.changes]
    return told_by(message.event)


def told_by(event: Event) -> list[str]:
    """Return the sentences of an event about what breaks for whom it tells."""
    told = event.payload.get("breaking")
    return [str(each) for each in told] if isinstance(told, list) else []


def day(at: datetime) -> str:
    """Return `10 Dec 2026`."""
    at = at.astimezone(UTC)
    return f"{at.day} {at:%b %Y}"


def moment(at: datetime) -> str:
    """Return `10 Dec 2026, 12:00 UTC`."""
    return f"{day(at)}, {at.astimezone(UTC):%H:%M} UTC"
