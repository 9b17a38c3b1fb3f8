"""The durable life of a migration window: review the record, carry out the step, wait, again.

As with a proposal, the rules are not here, and a signal only wakes it.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RawValue
from temporalio.exceptions import ActivityError, ApplicationError, FailureError
from temporalio.exceptions import TimeoutError as TimeIsUp

with workflow.unsafe.imports_passed_through():
    from activities.payloads import (
        ActivityName,
        RetirementInput,
        RetirementNoteInput,
        RetirementReviewInput,
        RetirementSettleInput,
        RetirementStuckInput,
        SettleOutput,
        Shown,
        Step,
    )
    from workflows import options
    from workflows.attributes import attributes_of

NAME = "RetirementWorkflow"
_NOTES = frozenset({"ask", "remind", "escalate", "unreachable"})
_FAILED = (ActivityError, ApplicationError, TimeIsUp)
"""A local activity's failure comes as it is; that of any other inside an `ActivityError`."""


@workflow.defn(name=NAME)
class RetirementWorkflow:
    """Runs until the retirement has ended; a run that finds it ended or unknown ends at once."""

    @workflow.init
    def __init__(self, given: RetirementInput) -> None:
        self._contract_id = given.contract_id
        self._woken = False
        self._cancel_asked = False
        self._shown: Shown | None = None

    @workflow.run
    async def run(self, given: RetirementInput) -> str:
        """Return the status that the retirement ended with."""
        life = asyncio.create_task(self._live())
        while not life.done():
            try:
                await asyncio.shield(life)
            except asyncio.CancelledError:
                if life.done():
                    raise
                workflow.logger.warning("cancel ignored; cancel the retirement instead")
                self._cancel_asked = True
                self._woken = True
        return life.result()

    @workflow.signal(description="A team has moved or needs longer, or the date changed.")
    def changed(self) -> None:
        """Wake."""
        self._woken = True

    @workflow.signal(dynamic=True)
    def _unknown_signal(self, name: str, arguments: Sequence[RawValue]) -> None:
        """Wake: whatever was meant, looking at the record is right."""
        workflow.logger.warning("unknown signal %s taken as a wake", name)
        self._woken = True

    # --- the loop ---

    async def _live(self) -> str:
        while True:
            self._woken = False  # before the record is read, never after
            try:
                step = await self._next_step()
                if step.kind == "ended":
                    return step.status or "unknown"
                await self._carry_out(step)
            except _FAILED as error:
                await self._wait_stuck(error)
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(RetirementInput(self._contract_id))

    async def _next_step(self) -> Step:
        step: Step = await workflow.execute_local_activity(
            ActivityName.REVIEW_RETIREMENT,
            RetirementReviewInput(self._contract_id, workflow.now(), self._cancel_asked),
            result_type=Step,
            start_to_close_timeout=options.DATABASE_TIMEOUT,
            retry_policy=options.DATABASE_RETRIES,
        )
        if step.shown is not None and step.shown != self._shown:
            workflow.set_current_details(step.shown.details)
            workflow.upsert_search_attributes(attributes_of(step.shown))
            self._shown = step.shown
        return step

    async def _carry_out(self, step: Step) -> None:
        if step.stuck and step.kind == "wait":
            await self._mark_stuck(None)
        if step.kind in _NOTES:
            await self._note(step)
        elif step.kind == "settle":
            await self._settle(step)
        elif step.kind == "wait" and step.until is not None:
            longest = max(step.until - workflow.now(), options.SHORTEST_WAIT)
            await self._wait_for(longest, step.summary)
        else:
            await self._wait_for(options.UNKNOWN_STEP_WAIT, f"unknown step {step.kind}")

    async def _note(self, step: Step) -> None:
        await workflow.execute_local_activity(
            ActivityName.NOTE_MOVERS,
            RetirementNoteInput(
                self._contract_id, step.revision, step.kind, step.notes, workflow.now()
            ),
            start_to_close_timeout=options.DATABASE_TIMEOUT,
            retry_policy=options.DATABASE_RETRIES,
            summary=_short(f"{step.kind}: {step.summary}"),
        )

    async def _settle(self, step: Step) -> None:
        settled: SettleOutput = await workflow.execute_local_activity(
            ActivityName.SETTLE_RETIREMENT,
            RetirementSettleInput(self._contract_id, step.revision, workflow.now()),
            result_type=SettleOutput,
            start_to_close_timeout=options.DATABASE_TIMEOUT,
            retry_policy=options.DATABASE_RETRIES,
            summary=_short(step.summary),
        )
        if settled.again:
            await workflow.sleep(options.MOVED_ON_WAIT, summary="the facts moved on")

    async def _mark_stuck(self, error: str | None) -> None:
        await workflow.execute_activity(
            ActivityName.MARK_RETIREMENT_STUCK,
            RetirementStuckInput(self._contract_id, error),
            start_to_close_timeout=options.DATABASE_TIMEOUT,
            retry_policy=options.DATABASE_RETRIES,
            summary=_short(error or "moves again"),
        )

    # --- waiting ---

    async def _wait_for(self, longest: timedelta, summary: str) -> None:
        try:
            await workflow.wait_condition(
                lambda: self._woken, timeout=longest, timeout_summary=_short(summary)
            )
        except TimeoutError:
            return

    async def _wait_stuck(self, error: FailureError) -> None:
        """No retry can mend it: say so in the record, and look again on a wake or in an hour."""
        reason = str(error.cause or error)[:400]
        workflow.logger.error("stuck: %s", reason)
        try:
            await self._mark_stuck(reason)
        except ActivityError:
            workflow.logger.exception("could not even be marked as stuck")
        await self._wait_for(options.STUCK_WAIT, f"stuck: {reason}")


def _short(summary: str) -> str:
    """Cut a summary to Temporal's 400 bytes."""
    return summary.encode()[:390].decode(errors="ignore")
