"""The proof of a proposal: who was told what and when, who answered, and where that is sealed.

Pure: what stands in the record is put together here, and nothing is judged anew.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.acknowledgments import Acknowledgment
from domain.actors import Caller
from domain.deliveries import Delivery, MadeAttempt
from domain.destinations import DestinationKind
from domain.events import Event, EventType
from domain.inclusion import Beside, Tree
from domain.json_types import JsonObject
from domain.parties import NoticeKind
from domain.seals import Leaves, Seal, leaf_hash
from domain.teams import Team

FORM = 1
"""How a proof is written; a change of that is another number."""
NOTICES = {
    EventType.PROPOSAL_ASKED: NoticeKind.ASK,
    EventType.PROPOSAL_REMINDED: NoticeKind.REMIND,
    EventType.PROPOSAL_ESCALATED: NoticeKind.ESCALATE,
    EventType.ESCALATED_TO_OWNERS: NoticeKind.ESCALATE_OWNERS,
    EventType.ESCALATED_TO_FALLBACK: NoticeKind.ESCALATE_FALLBACK,
    EventType.PARTY_UNREACHABLE: NoticeKind.UNREACHABLE,
}

ENDS = frozenset(each for each in EventType if each.startswith("retirement."))
"""What is said about the end of a version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """A destination as everybody may know it: whose it is and of what kind, not where it leads."""

    id: UUID
    kind: DestinationKind
    name: str
    team_id: UUID | None
    user_id: UUID | None
    owner: str | None
    """What the team or the person is called; None for the server's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """One event to one destination, with the attempts; those of its digest, if one carried it."""

    delivery: Delivery
    to: Recipient
    attempts: tuple[MadeAttempt, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an event is sealed."""

    seal: int
    position: int
    """Among the events of the seal; the first is 1."""
    of: int
    way: tuple[Beside, ...]
    """What leads from the event's hash to the seal's root."""
    intact: bool
    """Whether its hash is the one that was sealed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """An event of the proposal, as it is hashed, with its place and where it was sent."""

    event: Event
    line: str
    place: Place | None = None
    sendings: tuple[Sending, ...] = ()

    @property
    def hash(self) -> bytes:
        """Return the hash of the event."""
        return leaf_hash(self.line)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One time that a party was asked, reminded, or spoken of."""

    kind: NoticeKind
    revision: int
    ordinal: int
    at: datetime
    arrived_at: datetime | None
    event_id: UUID | None
    """None when the event was taken out of the log since."""
    said: JsonObject = field(default_factory=dict)
    """What it said: `reason`, `breaking`, `due_at`."""


class Standing(StrEnum):
    """What became of an answer."""

    COUNTS = "counts"
    CHANGED = "changed"
    """The team gave another one after it."""
    OTHER_QUESTION = "other_question"
    """It answered what is no longer asked."""
    SUPERSEDED = "superseded"
    """Its team became a larger one, which answered anew, or another fact took its place."""
    RELEASED = "released"
    """The team is not waited for any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """One answer, whatever became of it."""

    acknowledgment: Acknowledgment
    superseded_at: datetime | None
    team: Team
    standing: Standing = Standing.COUNTS
    event_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a team was asked last, and whether it is waited for still."""

    team: Team
    revision: int
    reason: str
    fields: tuple[str, ...]
    changes_hash: str
    released_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A team with everything that it was told."""

    question: Question
    told: tuple[Told, ...]

    def count(self, *kinds: NoticeKind) -> int:
        """How often it was told so."""
        return sum(each.kind in kinds for each in self.told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """A comment or an objection, with its event, if that is in the log."""

    id: UUID
    reply_to: UUID | None = None
    team: Team
    text: str
    caller: Caller
    at: datetime
    event_id: UUID | None


class Chain:
    """The seals that cover a proposal's events, each with the tree over its events."""

    def __init__(self, seals: Sequence[Seal], leaves: Mapping[int, Leaves]) -> None:
        self._ends = [seal.end for seal in seals]
        self._seals = seals
        self._numbers = {
            number: {sequence: place for place, sequence in enumerate(each.numbers())}
            for number, each in leaves.items()
        }
        self._trees = {
            number: Tree([each.at(place) for place in range(len(self._numbers[number]))])
            for number, each in leaves.items()
        }

    def placed(self, logged: Logged) -> Logged:
        """Return the event with its place, if it is sealed."""
        at = logged.event.cursor
        index = bisect_right(self._ends, at)
        seal = self._seals[index] if index < len(self._seals) else None
        if seal is None or at < seal.start:
            return logged
        place = self._numbers.get(seal.number, {}).get(at.sequence)
        if place is None:
            return logged
        tree = self._trees[seal.number]
        found = Place(
            seal=seal.number,
            position=place + 1,
            of=len(tree.leaves),
            way=tree.way(place),
            intact=tree.leaves[place] == logged.hash,
        )
        return replace(logged, place=found)


def with_events(answers: Sequence[Answered], events: Iterable[Event]) -> tuple[Answered, ...]:
    """Return the answers, the oldest first, each with the event that was written with it.

    A team's answers to one proposal are recorded one after the other under its lock, each with its
    event before the next: so an event belongs to the last answer before it that says the same. The
    team comes first; it is another one by now where teams were merged.
    """
    of: dict[int, UUID] = {}
    for event in events:
        fitting = [
            place
            for place, each in enumerate(answers)
            if place not in of and _is_said_by(each.acknowledgment, event)
        ]
        own = [place for place in fitting if answers[place].team.id == event.team_id]
        if fitting:
            of[(own or fitting)[-1]] = event.id
    return tuple(replace(each, event_id=of.get(place)) for place, each in enumerate(answers))


def _is_said_by(given: Acknowledgment, event: Event) -> bool:
    said = (event.payload.get("response"), event.payload.get("note"))
    return given.recorded_at <= event.at and said == (given.response.value, given.note)


def with_standing(
    answers: Sequence[Answered], questions: Mapping[UUID, Question]
) -> tuple[Answered, ...]:
    """Return the answers, the oldest first, each with what became of it."""
    found: list[Answered] = []
    counted: set[UUID] = set()
    for each in reversed(answers):
        standing = _standing(each, questions.get(each.team.id), each.team.id in counted)
        if standing is Standing.COUNTS:
            counted.add(each.team.id)
        found.append(replace(each, standing=standing))
    return tuple(reversed(found))


def _standing(answer: Answered, question: Question | None, changed: bool) -> Standing:
    if answer.superseded_at is not None:
        return Standing.SUPERSEDED
    if question is None or question.released_at is not None:
        return Standing.RELEASED
    if answer.acknowledgment.changes_hash != question.changes_hash:
        return Standing.OTHER_QUESTION
    return Standing.CHANGED if changed else Standing.COUNTS
