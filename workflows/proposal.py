"""The durable life of one proposal: review the record, carry out the step, wait, review again.

The rules are not here. The activity `review_proposal` reads the record and says what comes next,
so the rules can change with every release while this loop, whose histories live for weeks, stays
as it is. A signal only wakes it: a wake may be lost, doubled or late without harm.
"""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.payloads import (
        ActivityName,
        HandAnswer,
        HandAnswerInput,
        NoteInput,
        ProposalInput,
        RebaseInput,
        ReviewInput,
        SettleInput,
        SettleOutput,
        Step,
        StuckInput,
    )
    from workflows import options
    from workflows.waking import FAILED, Waking, short

NAME = "ProposalWorkflow"
_NOTES = frozenset(
    {"ask", "remind", "escalate", "escalate_owners", "escalate_fallback", "unreachable"}
)


@workflow.defn(name=NAME)
class ProposalWorkflow(Waking):
    """Runs until its proposal has ended; a run that finds it ended or unknown completes at once."""

    @workflow.init
    def __init__(self, given: ProposalInput) -> None:
        super().__init__(given.cancel_asked)
        self._proposal_id = given.proposal_id
        self._hand_answers = list(given.hand_answers)

    @workflow.run
    async def run(self, given: ProposalInput) -> str:
        """Return the status that the proposal ended with."""
        return await self._outlive(self._live(), "withdraw the proposal")

    # --- signals: each is a wake, `answered` may carry an answer given by hand ---

    @workflow.signal(description="A party has answered. By hand: a team's answer.")
    def answered(self, answer: HandAnswer | None = None) -> None:
        """Wake; an answer given by hand is recorded first, if the server takes those."""
        if answer is not None:
            self._hand_answers.append(answer)
        self._woken = True

    @workflow.signal(description="The proposal is withdrawn.")
    def withdrawn(self) -> None:
        """Wake."""
        self._woken = True

    @workflow.signal(description="The proposal is forced.")
    def forced(self) -> None:
        """Wake."""
        self._woken = True

    @workflow.signal(description="The proposal or its base changed.")
    def revised(self) -> None:
        """Wake."""
        self._woken = True

    @workflow.signal(description="Somebody registered, unregistered or was reached.")
    def parties_changed(self) -> None:
        """Wake."""
        self._woken = True

    @workflow.signal(description="A required audit has passed.")
    def audit_passed(self) -> None:
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
                if step.stuck and step.kind == "wait":
                    await self._mark_stuck(None)
                await self._carry_out(step)
                if step.stuck and step.kind != "wait":
                    await self._mark_stuck(None)
            except FAILED as error:
                await self._wait_stuck(error)
            if workflow.info().is_continue_as_new_suggested():
                self._start_afresh()

    async def _next_step(self) -> Step:
        while self._hand_answers:
            # taken out first: one that cannot be recorded must not stand before all that follows
            await self._record_by_hand(self._hand_answers.pop(0))
        step: Step = await workflow.execute_local_activity(
            ActivityName.REVIEW,
            ReviewInput(self._proposal_id, workflow.now(), self._cancel_asked),
            result_type=Step,
            start_to_close_timeout=options.DATABASE_TIMEOUT,
            retry_policy=options.DATABASE_RETRIES,
        )
        self._show(step)
        return step

    async def _carry_out(self, step: Step) -> None:
        if step.kind in _NOTES:
            await self._note(step)
        elif step.kind in ("settle", "publish"):
            await self._settle(step)
        elif step.kind == "rebase":
            await self._rebase()
        elif step.kind == "wait" and step.until is not None:
            await self._wait(step.until, step.summary)
        else:
            await self._wait(
                workflow.now() + options.UNKNOWN_STEP_WAIT, f"unknown step {step.kind}"
            )

    async def _note(self, step: Step) -> None:
        execute = workflow.execute_local_activity if step.in_place else workflow.execute_activity
        await execute(
            ActivityName.NOTE,
            NoteInput(self._proposal_id, step.revision, step.kind, step.notes, workflow.now()),
            start_to_close_timeout=options.DATABASE_TIMEOUT,
            retry_policy=options.DATABASE_RETRIES,
            summary=short(f"{step.kind}: {step.summary}"),
        )

    async def _settle(self, step: Step) -> None:
        execute = workflow.execute_local_activity if step.in_place else workflow.execute_activity
        settled: SettleOutput = await execute(
            ActivityName.SETTLE,
            SettleInput(self._proposal_id, step.revision, step.content_hash, workflow.now()),
            result_type=SettleOutput,
            start_to_close_timeout=options.COMPARISON_TIMEOUT,
            schedule_to_close_timeout=options.LONGEST_STEP,
            retry_policy=options.DATABASE_RETRIES,
            summary=short(step.summary),
        )
        if settled.again:
            await workflow.sleep(options.MOVED_ON_WAIT, summary="the facts moved on")

    async def _rebase(self) -> None:
        await workflow.execute_activity(
            ActivityName.REBASE,
            RebaseInput(self._proposal_id, workflow.now()),
            start_to_close_timeout=options.COMPARISON_TIMEOUT,
            schedule_to_close_timeout=options.LONGEST_STEP,
            retry_policy=options.DATABASE_RETRIES,
            summary="compare with what is active now",
        )

    async def _record_by_hand(self, answer: HandAnswer) -> None:
        await self._execute(
            ActivityName.ANSWER_BY_HAND,
            HandAnswerInput(self._proposal_id, answer),
            f"answer by hand of {answer.team}",
        )

    async def _mark_stuck(self, error: str | None) -> None:
        await self._execute(
            ActivityName.MARK_STUCK, StuckInput(self._proposal_id, error), error or "moves again"
        )

    async def _execute(self, name: ActivityName, given: object, summary: str) -> None:
        await workflow.execute_activity(
            name,
            given,
            start_to_close_timeout=options.DATABASE_TIMEOUT,
            retry_policy=options.DATABASE_RETRIES,
            summary=short(summary),
        )

    def _start_afresh(self) -> None:
        workflow.continue_as_new(
            ProposalInput(self._proposal_id, self._hand_answers, self._cancel_asked)
        )
