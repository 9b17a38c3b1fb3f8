"""The steps of a proposal: idempotent, each one call into the record."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from temporalio import activity

from activities.payloads import (
    ActivityName,
    HandAnswerInput,
    NoteInput,
    NoteOfParty,
    RebaseInput,
    ReviewInput,
    SettleInput,
    SettleOutput,
    Shown,
    Step,
    StuckInput,
)
from domain import story
from domain.acknowledgments import Response
from domain.actors import TEMPORAL_OPERATOR
from domain.errors import InvalidRequest, NotFound, TesseraError, Unavailable
from domain.parties import NoticeKind
from domain.proposals import Proposal, ProposalStatus
from domain.steps import Note, StepKind
from domain.steps import Step as NextStep
from record import (
    acknowledgments,
    lookup,
    notices,
    proposals,
    rebase,
    release_publication,
    rounds,
    settlement,
)
from record.acknowledgments import NewAnswer
from record.comparison import Comparer
from record.rounds import ProposalDetail
from record.settlement import Settled
from store.database import Database
from store.transaction import Transaction

_PLAIN = {
    "ready": Response.APPROVED,
    "needs time": Response.MIGRATING,
    **{response.value: response for response in Response},
}


class ProposalActivities:
    """Collaborators arrive by constructor; the worker registers the bound methods."""

    def __init__(
        self, database: Database, comparer: Comparer, *, public_url: str, direct_signals: bool
    ) -> None:
        self._database = database
        self._comparer = comparer
        self._public_url = public_url
        self._direct_signals = direct_signals

    @activity.defn(name=ActivityName.REVIEW)
    async def review(self, given: ReviewInput) -> Step:
        """Return the next step by the rules of this build; reading again is always right."""
        step, detail = await rounds.review(self._database, given.proposal_id, given.now)
        if detail is None:
            return Step(kind=step.kind.value)
        return Step(
            kind=step.kind.value,
            revision=detail.proposal.revision,
            content_hash=detail.proposal.content_hash,
            notes=[NoteOfParty(note.team_id, note.ordinal) for note in step.notes],
            until=step.until,
            outcome=None if step.outcome is None else step.outcome.value,
            status=detail.proposal.status.value,
            summary=_summary(step, detail),
            shown=self._shown(step, detail, given) if _lasts(step, detail) else None,
            stuck=detail.proposal.stuck is not None,
            in_place=True,
        )

    @activity.defn(name=ActivityName.NOTE)
    async def note(self, given: NoteInput) -> None:
        """Ask, remind or escalate; each notice is written once."""
        await notices.note(
            self._database,
            given.proposal_id,
            given.revision,
            NoticeKind(given.kind),
            [Note(team_id=note.team_id, ordinal=note.ordinal) for note in given.notes],
            given.now + waited(),
        )

    @activity.defn(name=ActivityName.REBASE)
    async def rebase(self, given: RebaseInput) -> None:
        """Compare again after something else was published."""
        await rebase.rebase(self._database, self._comparer, given.proposal_id, given.now)

    @activity.defn(name=ActivityName.SETTLE)
    async def settle(self, given: SettleInput) -> SettleOutput:
        """Decide under the lock, over all facts recorded by then."""

        async def work(tx: Transaction) -> Proposal:
            return await lookup.proposal(tx, given.proposal_id)

        proposal = await self._database.read(work)
        fields = await self._comparer.field_tree(proposal.content)
        settled = await settlement.settle(
            self._database,
            given.proposal_id,
            given.revision,
            given.content_hash,
            fields,
            given.now,
        )
        if settled is Settled.TOGETHER and proposal.release_id is not None:
            settled = await self._publish_release(proposal.release_id, given.now)
        return SettleOutput(again=settled is not Settled.DONE)

    async def _publish_release(self, release_id: UUID, now: datetime) -> Settled:
        """Derive the field trees of all members before their locks, then publish them together."""

        async def work(tx: Transaction) -> list[Proposal]:
            return await tx.proposals.these(await tx.releases.members(release_id))

        members = await self._database.read(work)
        fields = {
            (each.id, each.content_hash): await self._comparer.field_tree(each.content)
            for each in members
        }
        return await release_publication.publish(self._database, release_id, fields, now)

    @activity.defn(name=ActivityName.ANSWER_BY_HAND)
    async def answer_by_hand(self, given: HandAnswerInput) -> None:
        """Record an answer that came by signal, if this server takes them.

        What cannot be recorded is dropped with a log line: whoever signalled by hand reads it
        there, and a refusal must not stop the workflow.
        """
        if not self._direct_signals:
            activity.logger.warning("signal by hand ignored: TEMPORAL_DIRECT_SIGNALS is off")
            return
        answer = given.answer
        try:
            response = _response(answer.response)

            async def work(tx: Transaction) -> NewAnswer:
                team = await tx.teams.named(answer.team)
                if team is None:
                    raise NotFound(f"There is no team `{answer.team}`.")
                return NewAnswer(
                    team_id=team.id,
                    response=response,
                    note=answer.note,
                    until=_with_zone(answer.until),
                )

            new = await self._database.read(work)
            await acknowledgments.acknowledge(
                self._database, TEMPORAL_OPERATOR, given.proposal_id, new
            )
        except Unavailable:
            raise
        except TesseraError as refusal:
            activity.logger.warning("signal by hand refused: %s", refusal.detail)

    @activity.defn(name=ActivityName.MARK_STUCK)
    async def mark_stuck(self, given: StuckInput) -> None:
        """Note that the proposal is stuck, or that it is not any more."""
        await proposals.mark_stuck(self._database, given.proposal_id, given.error)

    def _shown(self, step: NextStep, detail: ProposalDetail, given: ReviewInput) -> Shown:
        proposal, round_ = detail.proposal, detail.round
        notes = []
        if given.cancel_asked:
            notes.append("Cancel has no effect here: withdraw the proposal instead.")
        if proposal.stuck:
            notes.append(f"Stuck: {proposal.stuck}")
        if proposal.confirmation_asked_at:
            notes.append("Waits for its producer to confirm the moved base.")
        if proposal.status is ProposalStatus.APPROVED and round_.is_held and round_.release:
            waiting, of = round_.release.awaited, len(round_.release.members)
            notes.append(f"Waits for its release: {waiting} of {of} are not ready.")
        return Shown(
            details=story.details(
                asset=detail.asset.fqn,
                base_version=proposal.base_version,
                version=proposal.version,
                producer=detail.producer.name,
                gating=proposal.gating,
                round_=round_,
                step=step,
                now=given.now,
                page=f"{self._public_url}/proposals/{proposal.id}",
                notes=notes,
            ),
            asset=detail.asset.fqn,
            producer=detail.producer.name,
            status=proposal.status.value,
            pending=len(round_.pending) if proposal.status.is_open else 0,
            deadline=detail.deadline_at,
        )


def waited() -> timedelta:
    """Return how long this attempt came after the step was taken, which an outage may have kept up.

    Added to the workflow's clock: a local activity is dated by its worker's.
    """
    info = activity.info()
    return max(info.started_time - info.scheduled_time, timedelta(0))


def _lasts(step: NextStep, detail: ProposalDetail) -> bool:
    """Whether somebody could see it: what is over in a moment is not worth a write to Temporal."""
    return step.kind in (StepKind.WAIT, StepKind.ENDED) or detail.proposal.stuck is not None


def _summary(step: NextStep, detail: ProposalDetail) -> str:
    names = {each.team.id: each.team.name for each in detail.parties}
    told = ", ".join(names[note.team_id] for note in step.notes if note.team_id in names)
    return told or story.upcoming(step)


def _with_zone(typed: datetime | None) -> datetime | None:
    """Take a time that a person typed without a zone as UTC, which Temporal's UI shows."""
    return typed.replace(tzinfo=UTC) if typed is not None and typed.tzinfo is None else typed


def _response(word: str) -> Response:
    try:
        return _PLAIN[word.strip().lower()]
    except KeyError:
        raise InvalidRequest(f"`{word}` is no answer; say ready, needs time or blocked.") from None
