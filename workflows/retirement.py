"""The durable life of a migration window: review the record, carry out the step, wait, again.

As with a proposal, the rules are not here, and a signal only wakes it.
"""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.payloads import (
        ActivityName,
        RetirementInput,
        RetirementNoteInput,
        RetirementReviewInput,
        RetirementSettleInput,
        RetirementStuckInput,
        SettleOutput,
        Step,
    )
    from workflows import options
    from workflows.waking import FAILED, Waking, short

NAME = "RetirementWorkflow"
_NOTES = frozenset({"ask", "remind", "escalate", "unreachable"})


@workflow.defn(name=NAME)
class RetirementWorkflow(Waking):
    """Runs until the retirement has ended; a run that finds it ended or unknown ends at once."""

    @workflow.init
    def __init__(self, given: RetirementInput) -> None:
        super().__init__()
        self._contract_id = given.contract_id

    @workflow.run
    async def run(self, given: RetirementInput) -> str:
        """Return the status that the retirement ended with."""
        return await self._outlive(self._live(), "cancel the retirement")

    @workflow.signal(description="A team has moved or needs longer, or the date changed.")
    def changed(self) -> None:
        """Wake."""
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
            except FAILED as error:
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
        self._show(step)
        return step

    async def _carry_out(self, step: Step) -> None:
        if step.stuck and step.kind == "wait":
            await self._mark_stuck(None)
        if step.kind in _NOTES:
            await self._note(step)
        elif step.kind == "settle":
            await self._settle(step)
        elif step.kind == "wait" and step.until is not None:
            await self._wait(step.until, step.summary)
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
            summary=short(f"{step.kind}: {step.summary}"),
        )

    async def _settle(self, step: Step) -> None:
        settled: SettleOutput = await workflow.execute_local_activity(
            ActivityName.SETTLE_RETIREMENT,
            RetirementSettleInput(self._contract_id, step.revision, workflow.now()),
            result_type=SettleOutput,
            start_to_close_timeout=options.DATABASE_TIMEOUT,
            retry_policy=options.DATABASE_RETRIES,
            summary=short(step.summary),
        )
        if settled.again:
            await workflow.sleep(options.MOVED_ON_WAIT, summary="the facts moved on")

    async def _mark_stuck(self, error: str | None) -> None:
        await workflow.execute_activity(
            ActivityName.MARK_RETIREMENT_STUCK,
            RetirementStuckInput(self._contract_id, error),
            start_to_close_timeout=options.DATABASE_TIMEOUT,
            retry_policy=options.DATABASE_RETRIES,
            summary=short(error or "moves again"),
        )
