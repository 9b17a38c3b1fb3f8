"""The inbox: what waits for teams, by deadline."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from domain.coordination import Round
from domain.parties import Party
from domain.proposals import FrozenPolicy, ProposalStatus
from domain.timeline import Timeline

SOON = timedelta(days=1)


class Task(StrEnum):
    """What a team is to do about a proposal."""

    ANSWER = "answer"
    """It is asked, or the date is near that it named."""
    CONFIRM = "confirm"
    """Its own proposal would break what nobody was asked about, since the base moved."""
    PUBLISH = "publish"
    """Its own proposal is approved, and publishes on demand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One thing that waits for one team."""

    task: Task
    proposal_id: UUID
    team_id: UUID
    due_at: datetime | None
    """When time is up; None while nobody was asked."""
    latest_until: datetime | None = None
    """The furthest date until which a team that is asked may need time."""

    @property
    def place(self) -> tuple[bool, str, str, str]:
        """The order of the inbox: by time, what has none at the end."""
        due = "" if self.due_at is None else self.due_at.isoformat()
        return self.due_at is None, due, self.proposal_id.hex, self.team_id.hex


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnProposal:
    """As much of an open proposal as says what it waits for."""

    id: UUID
    producer_team_id: UUID
    status: ProposalStatus
    policy: FrozenPolicy
    opened_at: datetime
    approved_at: datetime | None
    confirmation_asked_at: datetime | None
    publish_requested: bool
    publish_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How much waits, over all pages."""

    answer: int = 0
    confirm: int = 0
    publish: int = 0
    overdue: int = 0
    due_soon: int = 0
    """Within a day, and not overdue."""
    own: int = 0
    """Open proposals of these teams, whoever they wait for."""
    move: int = 0
    """Old versions that these teams have yet to move off."""


def waits_for_answer(
    proposal_id: UUID, timeline: Timeline, opened_at: datetime, party: Party, now: datetime
) -> Waiting:
    """Return what waits for a party that has not answered for good."""
    round_ = Round(
        status=ProposalStatus.PENDING,
        timeline=timeline,
        opened_at=opened_at,
        parties=(party,),
    )
    return Waiting(
        task=Task.ANSWER,
        proposal_id=proposal_id,
        team_id=party.team_id,
        due_at=round_.due_at(party, now),
        latest_until=round_.latest_until(party),
    )


def waits_for_producer(own: OwnProposal) -> Waiting | None:
    """Return what an open proposal waits for its own team to do, if it is that."""
    approved = own.status is ProposalStatus.APPROVED
    if own.confirmation_asked_at is not None:
        task = Task.CONFIRM
    elif approved and not own.publish_requested and own.publish_at is None:
        task = Task.PUBLISH
    else:
        return None
    approved_at = own.approved_at or own.opened_at
    until = max(approved_at, own.publish_at or approved_at) + own.policy.timeline.publish_within
    return Waiting(
        task=task,
        proposal_id=own.id,
        team_id=own.producer_team_id,
        due_at=until if approved else None,
    )


def counted(waiting: Iterable[Waiting], own: int, now: datetime, move: int = 0) -> Counts:
    """Return how much of everything there is."""
    found = list(waiting)
    tasks = {task: sum(each.task is task for each in found) for task in Task}
    due = [each.due_at for each in found if each.due_at is not None]
    return Counts(
        answer=tasks[Task.ANSWER],
        confirm=tasks[Task.CONFIRM],
        publish=tasks[Task.PUBLISH],
        overdue=sum(at <= now for at in due),
        due_soon=sum(now < at <= now + SOON for at in due),
        own=own,
        move=move,
    )
