"""What is in flight: when each open proposal is due, and who is waited for longest."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from domain.destinations import DestinationKind
from domain.inbox import OwnProposal, Task, waits_for_producer
from domain.parties import Answer
from domain.party_times import PartyTimes
from domain.proposals import ProposalStatus
from domain.timeline import Timeline
from domain.working_days import WorkCalendar

WEEKS = 12
"""So many weeks of ends are counted, the present one among them."""
LATELY = timedelta(days=7)
"""What failed in this time counts as failing."""
_NEVER = datetime.max.replace(tzinfo=UTC)


class OpenOne(NamedTuple):
    """As much of an open proposal as says how it stands; all of them are read, few are shown."""

    id: UUID
    opened_at: datetime
    publish_at: datetime | None
    stuck: str | None
    is_unattended: bool
    """Whether its review is late, and nothing will wake it."""
    own: OwnProposal | None
    """What says whether it waits for its own team, where it may."""


class Question(NamedTuple):
    """What some teams are asked at once and have still to answer, and what says until when.

    A tuple, like what it is read from: one page is made of thousands.
    """

    team_ids: Sequence[UUID]
    asked_at: datetime | None
    stands_until: datetime | None
    """When their time is up, where that has stood since they were asked; the rest is left out."""
    calendar: WorkCalendar | None
    answer: Answer | None
    """None, or one that asks for time."""
    reached_at: datetime | None

    @property
    def pending(self) -> bool:
        """It is read only while that is so."""
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenQuestions:
    """What is still to be answered, by proposal, and what is needed to read it."""

    of: Mapping[UUID, Sequence[Question]]
    timelines: Mapping[UUID, Timeline]
    """Of the proposals with a question whose time does not stand by itself, with the time that an
    operator gave them besides."""
    names: Mapping[UUID, str]
    """Of all teams that are asked, in the order of their names."""

    def due_at(self, proposal_id: UUID, question: Question, now: datetime) -> datetime | None:
        """When the time of those who are asked this is up; None before they were asked."""
        if question.stands_until is not None:
            return question.stands_until
        return PartyTimes(self.timelines[proposal_id], question).due_at(now)


class InFlight(NamedTuple):
    """An open proposal, what it waits for, and when the last of them is due."""

    proposal: OpenOne
    asked: Sequence[Question]
    due_at: datetime | None
    """None while nobody was asked, or when it waits for nobody."""
    task: Task | None
    """What it waits for its own team to do."""

    @property
    def pending(self) -> tuple[UUID, ...]:
        """The teams that have not answered for good."""
        return tuple(team_id for question in self.asked for team_id in question.team_ids)

    def is_overdue(self, now: datetime) -> bool:
        """Whether its time is up."""
        return self.due_at is not None and self.due_at <= now


@dataclass(frozen=True, slots=True, kw_only=True)
class Awaited:
    """A team that proposals wait for."""

    team_id: UUID
    name: str
    open: int
    overdue: int
    longest_since: datetime | None
    """When the oldest of the questions was put; None while none was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failing:
    """A destination that is disabled, or to which something did not arrive."""

    id: UUID
    team_id: UUID | None
    user_id: UUID | None
    owner: str | None
    """The team's or the user's name; None: the server's own."""
    name: str
    kind: DestinationKind
    disabled_at: datetime | None
    given_up: int
    """In the last week, since the last one that arrived."""
    retrying: int
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ComingEnd:
    """The end of an old version that is still to come."""

    asset_id: UUID
    asset: str
    environment: str
    version: str
    sunset_at: datetime
    pending: tuple[str, ...]
    """By name: the teams that have yet to move off it."""


@dataclass(frozen=True, slots=True)
class EndedCount:
    """How many proposals ended so in the week that begins then."""

    week: datetime
    status: ProposalStatus
    count: int


def first_week(now: datetime) -> datetime:
    """Return the beginning of the first week that is counted, in UTC: weeks begin on Monday."""
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=today.weekday(), weeks=WEEKS - 1)


def looked_at(
    proposals: Iterable[OpenOne], questions: OpenQuestions, now: datetime
) -> tuple[list[InFlight], list[Awaited]]:
    """Return what is in flight, and who is waited for.

    The soonest due comes first, what is not due yet at the end; of the teams those with the most
    overdue questions, then those that were asked first.
    """
    flights: list[InFlight] = []
    teams: dict[UUID, _Tally] = defaultdict(_Tally)
    for proposal in proposals:
        asked = questions.of.get(proposal.id, ())
        due = [questions.due_at(proposal.id, each, now) for each in asked]
        for question, due_at in zip(asked, due, strict=True):
            overdue = due_at is not None and due_at <= now
            for team_id in question.team_ids:
                teams[team_id].add(question.asked_at, overdue=overdue)
        flights.append(_in_flight(proposal, asked, due))
    flights.sort(key=lambda each: (each.due_at or _NEVER, each.proposal.opened_at))
    found = [tally.of(team_id, questions.names[team_id]) for team_id, tally in teams.items()]
    found.sort(key=lambda each: (-each.overdue, each.longest_since or _NEVER, each.name))
    return flights, found


@dataclass(slots=True)
class _Tally:
    """What one team is asked, counted."""

    open: int = 0
    overdue: int = 0
    since: datetime = _NEVER

    def add(self, asked_at: datetime | None, *, overdue: bool) -> None:
        self.open += 1
        self.overdue += overdue
        if asked_at is not None and asked_at < self.since:
            self.since = asked_at

    def of(self, team_id: UUID, name: str) -> Awaited:
        return Awaited(
            team_id=team_id,
            name=name,
            open=self.open,
            overdue=self.overdue,
            longest_since=None if self.since is _NEVER else self.since,
        )


def _in_flight(
    proposal: OpenOne, asked: Sequence[Question], due: Iterable[datetime | None]
) -> InFlight:
    """It is due when the last of its pending parties is, as `Round.deadline_at` says."""
    waiting = None if proposal.own is None else waits_for_producer(proposal.own)
    last = max(filter(None, due), default=proposal.publish_at)
    if waiting is None:
        return InFlight(proposal, asked, last, None)
    return InFlight(proposal, asked, last or waiting.due_at, waiting.task)
