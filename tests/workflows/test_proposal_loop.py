"""ProposalWorkflow on the time-skipping server, with activities that follow a script."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID, uuid4

import pytest
from temporalio import activity
from temporalio.api.common.v1 import Payload
from temporalio.api.workflowservice.v1 import SignalWorkflowExecutionRequest
from temporalio.client import Client, WorkflowHandle
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from activities.payloads import (
    ActivityName,
    HandAnswer,
    HandAnswerInput,
    NoteInput,
    NoteOfParty,
    ProposalInput,
    RebaseInput,
    ReviewInput,
    SettleInput,
    SettleOutput,
    Shown,
    Step,
    StuckInput,
)
from domain.parties import NoticeKind
from workflows.execution import Sandbox
from workflows.proposal import NAME, ProposalWorkflow

PROPOSAL = UUID("01890000-0000-7000-8000-000000000001")
ENDED = Step(kind="ended", status="published")
Script = Callable[["FakeRecord", ReviewInput], Step]


def shown(details: str = "who is pending", pending: int = 1) -> Shown:
    return Shown(
        details=details,
        asset="orders.customers",
        producer="orders",
        status="pending",
        pending=pending,
        deadline=datetime(2026, 3, 16, tzinfo=UTC),
    )


@dataclass
class FakeRecord:
    """The registered activities, answering by a script and remembering what was asked of them."""

    script: Script
    reviews: list[ReviewInput] = field(default_factory=list)
    notes: list[NoteInput] = field(default_factory=list)
    settled: list[SettleInput] = field(default_factory=list)
    rebased: list[RebaseInput] = field(default_factory=list)
    answers: list[HandAnswer] = field(default_factory=list)
    stuck: list[str | None] = field(default_factory=list)
    settle_says_again: int = 0
    note_fails_with: ApplicationError | None = None

    @activity.defn(name=ActivityName.REVIEW)
    async def review(self, given: ReviewInput) -> Step:
        self.reviews.append(given)
        return self.script(self, given)

    @activity.defn(name=ActivityName.NOTE)
    async def note(self, given: NoteInput) -> None:
        if self.note_fails_with is not None:
            raise self.note_fails_with
        self.notes.append(given)

    @activity.defn(name=ActivityName.REBASE)
    async def rebase(self, given: RebaseInput) -> None:
        self.rebased.append(given)

    @activity.defn(name=ActivityName.SETTLE)
    async def settle(self, given: SettleInput) -> SettleOutput:
        self.settled.append(given)
        return SettleOutput(again=len(self.settled) <= self.settle_says_again)

    @activity.defn(name=ActivityName.ANSWER_BY_HAND)
    async def answer_by_hand(self, given: HandAnswerInput) -> None:
        self.answers.append(given.answer)

    @activity.defn(name=ActivityName.MARK_STUCK)
    async def mark_stuck(self, given: StuckInput) -> None:
        self.stuck.append(given.error)

    @property
    def activities(self) -> list[Callable[..., object]]:
        return [
            self.review,
            self.note,
            self.rebase,
            self.settle,
            self.answer_by_hand,
            self.mark_stuck,
        ]


@asynccontextmanager
async def proposal_of(
    client: Client, record: FakeRecord
) -> AsyncIterator[WorkflowHandle[object, str]]:
    queue = f"loop-{uuid4()}"
    async with Worker(
        client,
        task_queue=queue,
        workflows=[ProposalWorkflow],
        activities=record.activities,
        workflow_runner=Sandbox(strict=True),
    ):
        yield await client.start_workflow(
            NAME,
            ProposalInput(PROPOSAL),
            id=f"proposal-{uuid4()}",
            task_queue=queue,
            result_type=str,
        )


in_both_ways = pytest.mark.parametrize("in_place", [False, True], ids=["of its own", "in place"])
"""A step is an activity of its own, as histories of before have it, or one within the task."""


def in_order(*steps: Step) -> Script:
    """Each review gives the next step; the last one is given for ever."""
    return lambda record, _: steps[min(len(record.reviews), len(steps)) - 1]


def wait_until_settled(record: FakeRecord, given: ReviewInput) -> Step:
    if record.settled:
        return ENDED
    return Step(kind="wait", until=given.now + timedelta(days=2), summary="wait", shown=shown())


EVERY_STEP = ["note_parties", "note_parties", "rebase_proposal", "settle_proposal"]


async def scheduled(handle: WorkflowHandle[object, str]) -> list[str]:
    """The activities that went by Temporal, to whichever worker was free."""
    return [
        event.activity_task_scheduled_event_attributes.activity_type.name
        for event in (await handle.fetch_history()).events
        if event.HasField("activity_task_scheduled_event_attributes")
    ]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110  # what is waited for happens in another process
            await asyncio.sleep(0.02)


async def test_an_ended_proposal_completes_at_once(time_skipping_env: WorkflowEnvironment) -> None:
    record = FakeRecord(in_order(ENDED))
    async with proposal_of(time_skipping_env.client, record) as handle:
        assert await handle.result() == "published"
    assert len(record.reviews) == 1


@in_both_ways
async def test_it_carries_out_each_step_and_reviews_again(
    time_skipping_env: WorkflowEnvironment, in_place: bool
) -> None:
    team = NoteOfParty(uuid4(), 1)
    record = FakeRecord(
        in_order(
            Step(kind="ask", revision=3, notes=[team], shown=shown(), in_place=in_place),
            Step(kind="remind", revision=3, notes=[replace(team, ordinal=2)], in_place=in_place),
            Step(kind="rebase", in_place=in_place),
            Step(kind="settle", revision=4, content_hash="abc", in_place=in_place),
            ENDED,
        )
    )
    async with proposal_of(time_skipping_env.client, record) as handle:
        assert await handle.result() == "published"
        assert await scheduled(handle) == (["rebase_proposal"] if in_place else EVERY_STEP)
    assert [(note.kind, note.revision, note.notes[0].ordinal) for note in record.notes] == [
        ("ask", 3, 1),
        ("remind", 3, 2),
    ]
    assert len(record.rebased) == 1
    assert (record.settled[0].revision, record.settled[0].content_hash) == (4, "abc")


async def test_every_kind_of_notice_is_carried_out(time_skipping_env: WorkflowEnvironment) -> None:
    notes = [NoteOfParty(uuid4(), 1)]
    steps = [Step(kind=kind.value, notes=notes, in_place=True) for kind in NoticeKind]
    record = FakeRecord(in_order(*steps, ENDED))
    async with proposal_of(time_skipping_env.client, record) as handle:
        assert await handle.result() == "published"
    assert [note.kind for note in record.notes] == [kind.value for kind in NoticeKind]


async def test_a_wait_ends_at_its_time_without_any_signal(
    time_skipping_env: WorkflowEnvironment,
) -> None:
    def script(record: FakeRecord, given: ReviewInput) -> Step:
        if len(record.reviews) == 4:
            return ENDED
        return Step(kind="wait", until=given.now + timedelta(days=2), summary="wait")

    record = FakeRecord(script)
    async with proposal_of(time_skipping_env.client, record) as handle:
        assert await handle.result() == "published"
    times = [review.now for review in record.reviews]
    assert [later - earlier for earlier, later in pairwise(times)] == [
        pytest.approx(timedelta(days=2), abs=timedelta(minutes=5))
    ] * 3


@pytest.mark.parametrize(
    "signal",
    ["answered", "withdrawn", "forced", "revised", "parties_changed", "audit_passed", "garbage"],
)
async def test_every_signal_even_an_unknown_one_is_a_wake(
    time_skipping_env: WorkflowEnvironment, signal: str
) -> None:
    def script(record: FakeRecord, given: ReviewInput) -> Step:
        return ENDED if len(record.reviews) > 1 else wait_until_settled(record, given)

    record = FakeRecord(script)
    with time_skipping_env.auto_time_skipping_disabled():
        async with proposal_of(time_skipping_env.client, record) as handle:
            await until(lambda: len(record.reviews) == 1)
            await handle.signal(signal)
            assert await handle.result() == "published"
    assert record.reviews[1].now - record.reviews[0].now < timedelta(hours=1)  # and not two days


@in_both_ways
async def test_a_settlement_that_finds_the_facts_moved_on_is_reviewed_again(
    time_skipping_env: WorkflowEnvironment, in_place: bool
) -> None:
    def script(record: FakeRecord, given: ReviewInput) -> Step:
        if len(record.settled) == 3:
            return ENDED
        return Step(kind="settle", revision=len(record.settled) + 1, in_place=in_place)

    record = FakeRecord(script, settle_says_again=2)
    async with proposal_of(time_skipping_env.client, record) as handle:
        assert await handle.result() == "published"
    assert [given.revision for given in record.settled] == [1, 2, 3]


async def test_an_unknown_step_waits_a_minute_and_reviews_again(
    time_skipping_env: WorkflowEnvironment,
) -> None:
    record = FakeRecord(in_order(Step(kind="of a later release"), ENDED))
    async with proposal_of(time_skipping_env.client, record) as handle:
        assert await handle.result() == "published"
    waited = record.reviews[1].now - record.reviews[0].now
    assert timedelta(seconds=59) < waited < timedelta(minutes=2)


async def test_an_answer_given_by_hand_is_recorded_before_the_next_review(
    time_skipping_env: WorkflowEnvironment,
) -> None:
    def script(record: FakeRecord, given: ReviewInput) -> Step:
        return ENDED if record.answers else wait_until_settled(record, given)

    record = FakeRecord(script)
    with time_skipping_env.auto_time_skipping_disabled():
        async with proposal_of(time_skipping_env.client, record) as handle:
            await until(lambda: len(record.reviews) == 1)
            await handle.signal("answered", HandAnswer(team="billing", response="ready"))
            assert await handle.result() == "published"
    assert record.answers == [HandAnswer(team="billing", response="ready")]


async def test_a_signal_that_does_not_decode_neither_fails_nor_blocks_the_workflow(
    time_skipping_env: WorkflowEnvironment,
) -> None:
    def script(record: FakeRecord, given: ReviewInput) -> Step:
        return ENDED if len(record.reviews) > 1 else wait_until_settled(record, given)

    record = FakeRecord(script)
    client = time_skipping_env.client
    with time_skipping_env.auto_time_skipping_disabled():
        async with proposal_of(client, record) as handle:
            await until(lambda: len(record.reviews) == 1)
            request = SignalWorkflowExecutionRequest(
                namespace=client.namespace, signal_name="answered"
            )
            request.workflow_execution.workflow_id = handle.id
            request.input.payloads.append(
                Payload(metadata={"encoding": b"json/plain"}, data=b'{"team": 7')
            )
            await client.workflow_service.signal_workflow_execution(request)
            await handle.signal("revised")
            assert await handle.result() == "published"
    assert record.answers == []


async def test_cancel_is_noted_shown_and_ignored(time_skipping_env: WorkflowEnvironment) -> None:
    def script(record: FakeRecord, given: ReviewInput) -> Step:
        return ENDED if given.cancel_asked else wait_until_settled(record, given)

    record = FakeRecord(script)
    with time_skipping_env.auto_time_skipping_disabled():
        async with proposal_of(time_skipping_env.client, record) as handle:
            await until(lambda: len(record.reviews) == 1)
            await handle.cancel()
            assert await handle.result() == "published"


@in_both_ways
async def test_an_error_that_no_retry_mends_marks_it_stuck_and_a_wake_goes_on(
    time_skipping_env: WorkflowEnvironment, in_place: bool
) -> None:
    ask = Step(kind="ask", notes=[NoteOfParty(uuid4(), 1)], in_place=in_place)

    def script(record: FakeRecord, _given: ReviewInput) -> Step:
        if record.notes:
            return ENDED
        return replace(ask, stuck=bool(record.stuck))

    record = FakeRecord(
        script, note_fails_with=ApplicationError("no such column", non_retryable=True)
    )
    with time_skipping_env.auto_time_skipping_disabled():
        async with proposal_of(time_skipping_env.client, record) as handle:
            await until(lambda: bool(record.stuck))
            record.note_fails_with = None
            await handle.signal("revised")
            assert await handle.result() == "published"
    assert record.stuck[0] is not None
    assert "no such column" in record.stuck[0]
    assert record.stuck[1] is None


async def test_a_review_that_no_retry_mends_marks_it_stuck_and_a_wake_goes_on(
    time_skipping_env: WorkflowEnvironment,
) -> None:
    def script(record: FakeRecord, _given: ReviewInput) -> Step:
        if not record.stuck:
            raise ApplicationError("no such table", non_retryable=True)
        return ENDED

    record = FakeRecord(script)
    with time_skipping_env.auto_time_skipping_disabled():
        async with proposal_of(time_skipping_env.client, record) as handle:
            await until(lambda: bool(record.stuck))
            await handle.signal("revised")
            assert await handle.result() == "published"
    assert record.stuck == ["no such table"]


@in_both_ways
async def test_a_stuck_proposal_is_tried_again_every_hour(
    time_skipping_env: WorkflowEnvironment, in_place: bool
) -> None:
    def script(record: FakeRecord, _given: ReviewInput) -> Step:
        if len(record.reviews) == 3:
            return ENDED
        return Step(kind="ask", notes=[NoteOfParty(uuid4(), 1)], in_place=in_place)

    record = FakeRecord(
        script, note_fails_with=ApplicationError("still broken", non_retryable=True)
    )
    async with proposal_of(time_skipping_env.client, record) as handle:
        assert await handle.result() == "published"
    waited = record.reviews[2].now - record.reviews[0].now
    assert timedelta(hours=2) <= waited < timedelta(hours=2, minutes=30)
