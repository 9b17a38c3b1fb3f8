"""The steps of a retirement: idempotent, each one call into the record."""

from temporalio import activity

from activities.payloads import (
    ActivityName,
    NoteOfParty,
    RetirementNoteInput,
    RetirementReviewInput,
    RetirementSettleInput,
    RetirementStuckInput,
    SettleOutput,
    Shown,
    Step,
)
from activities.proposals import waited
from domain import retirement_story
from domain.parties import NoticeKind
from domain.retirements import RetirementStep
from domain.steps import Note, StepKind
from record import window_steps, windows
from record.settlement import Settled
from record.windows import RetirementDetail
from store.database import Database


class RetirementActivities:
    """Collaborators arrive by constructor; the worker registers the bound methods."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @activity.defn(name=ActivityName.REVIEW_RETIREMENT)
    async def review(self, given: RetirementReviewInput) -> Step:
        """Return the next step by the rules of this build; reading again is always right."""
        step, detail = await windows.review(self._database, given.contract_id, given.now)
        if detail is None:
            return Step(kind=step.kind.value)
        lasts = step.kind in (StepKind.WAIT, StepKind.ENDED)
        return Step(
            kind=step.kind.value,
            revision=detail.retirement.revision,
            notes=[NoteOfParty(note.team_id, note.ordinal) for note in step.notes],
            until=step.until,
            outcome=None if step.outcome is None else step.outcome.value,
            status=detail.retirement.status.value,
            summary=_summary(step, detail),
            shown=_shown(step, detail, given) if lasts else None,
            stuck=detail.retirement.stuck is not None,
            in_place=True,
        )

    @activity.defn(name=ActivityName.NOTE_MOVERS)
    async def note(self, given: RetirementNoteInput) -> None:
        """Ask, remind or escalate; each notice is written once."""
        await window_steps.note(
            self._database,
            given.contract_id,
            given.revision,
            NoticeKind(given.kind),
            [Note(team_id=note.team_id, ordinal=note.ordinal) for note in given.notes],
            given.now + waited(),
        )

    @activity.defn(name=ActivityName.SETTLE_RETIREMENT)
    async def settle(self, given: RetirementSettleInput) -> SettleOutput:
        """Decide under the lock, over all facts recorded by then."""
        settled = await window_steps.settle(
            self._database, given.contract_id, given.revision, given.now
        )
        return SettleOutput(again=settled is Settled.AGAIN)

    @activity.defn(name=ActivityName.MARK_RETIREMENT_STUCK)
    async def mark_stuck(self, given: RetirementStuckInput) -> None:
        """Note that the retirement is stuck, or that it is not any more."""
        await windows.mark_stuck(self._database, given.contract_id, given.error)


def _summary(step: RetirementStep, detail: RetirementDetail) -> str:
    told = {note.team_id for note in step.notes}
    names = ", ".join(each.name for each in detail.window.movers if each.team_id in told)
    return names or retirement_story.upcoming(step)


def _shown(step: RetirementStep, detail: RetirementDetail, given: RetirementReviewInput) -> Shown:
    retirement = detail.retirement
    notes = []
    if given.cancel_asked:
        notes.append("Cancel has no effect here: cancel the retirement instead.")
    if retirement.stuck:
        notes.append(f"Stuck: {retirement.stuck}")
    return Shown(
        details=retirement_story.details(
            asset=detail.asset.fqn,
            retirement=retirement,
            window=detail.window,
            step=step,
            now=given.now,
            notes=notes,
        ),
        asset=detail.asset.fqn,
        producer=detail.owner.name,
        status=retirement.status.value,
        pending=len(detail.window.pending),
        deadline=detail.ends_at,
    )
