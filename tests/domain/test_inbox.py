"""What waits for a producer, until when, and how much of what waits is pressing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from domain.compatibility import ContentModel, Mode
from domain.inbox import SOON, OwnProposal, Task, Waiting, counted, waits_for_producer
from domain.proposals import FrozenPolicy, ProposalStatus
from domain.timeline import Timeline
from domain.versioning import SemverMode

NOW = datetime(2026, 3, 2, tzinfo=UTC)
WITHIN = timedelta(days=7)
APPROVED = OwnProposal(
    id=UUID(int=1),
    producer_team_id=UUID(int=2),
    status=ProposalStatus.APPROVED,
    policy=FrozenPolicy(
        mode=Mode.BACKWARD,
        content_model=ContentModel.CLOSED,
        semver_mode=SemverMode.AUTO,
        timeline=Timeline(publish_within=WITHIN),
    ),
    opened_at=NOW - timedelta(days=9),
    approved_at=NOW,
    confirmation_asked_at=None,
    publish_requested=False,
)


def test_who_is_to_publish_has_so_long_after_the_approval() -> None:
    found = waits_for_producer(APPROVED)
    assert found is not None
    assert (found.task, found.due_at) == (Task.PUBLISH, NOW + WITHIN)


def test_what_publishes_at_a_time_or_was_asked_to_waits_for_nobody() -> None:
    at = NOW + timedelta(days=3)
    assert waits_for_producer(replace(APPROVED, publish_at=at)) is None
    assert waits_for_producer(replace(APPROVED, publish_requested=True)) is None
    assert waits_for_producer(replace(APPROVED, status=ProposalStatus.PENDING)) is None


def test_a_confirmation_can_wait_as_long_as_the_publication() -> None:
    at = NOW + timedelta(days=3)
    moved = replace(APPROVED, publish_at=at, confirmation_asked_at=NOW)
    found = waits_for_producer(moved)
    assert found is not None
    assert (found.task, found.due_at) == (Task.CONFIRM, at + WITHIN)
    early = waits_for_producer(replace(moved, publish_at=NOW - timedelta(days=3)))
    assert early is not None
    assert early.due_at == NOW + WITHIN


def test_what_is_due_now_is_overdue_and_what_is_due_in_a_day_is_soon() -> None:
    def waiting(due_at: datetime | None) -> Waiting:
        return Waiting(
            task=Task.ANSWER, proposal_id=UUID(int=1), team_id=UUID(int=2), due_at=due_at
        )

    moments = (NOW, NOW + SOON, NOW + SOON + timedelta(seconds=1), None)
    counts = counted(map(waiting, moments), own=0, now=NOW)
    assert (counts.answer, counts.overdue, counts.due_soon) == (4, 1, 1)
