"""A proposal on paper: its facts, and what record and workflow do with them, without any server.

Only what reaches `domain/coordination.py`: who may still say what, how a notice is written once,
and that a settlement decides again over the facts as they stand then.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from domain.acknowledgments import Response
from domain.coordination import Round
from domain.parties import Answer, Notice, NoticeKind, Party
from domain.proposals import ProposalStatus
from domain.steps import Note, Step, StepKind
from domain.timeline import PublishWhen, Timeline
from domain.working_days import WorkCalendar

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
NOTES = frozenset(StepKind(kind.value) for kind in NoticeKind)

Key = tuple[UUID, int, NoticeKind, int]
"""Team, revision of the question, kind, ordinal."""


@dataclass
class Question:
    """What a team is asked now, and what it was told of it."""

    subject: int
    revision: int
    notices: list[Notice] = field(default_factory=list)


@dataclass(frozen=True)
class Move:
    """What a comparison with a moved base finds."""

    anew: frozenset[UUID] = frozenset()
    """The teams whose changes are other ones now."""
    unasked: bool = False
    """Whether it would break what nobody was asked about."""


@dataclass
class Paper:
    """One proposal and the workflow's clock."""

    timeline: Timeline
    now: datetime = START
    status: ProposalStatus = ProposalStatus.PENDING
    revision: int = 1
    asked: dict[UUID, Question] = field(default_factory=dict)
    answers: dict[tuple[UUID, int], Answer] = field(default_factory=dict)
    subjects: dict[UUID, int] = field(default_factory=dict)
    withdrawn: bool = False
    forced: bool = False
    publish_requested: bool = False
    publish_at: datetime | None = None
    move: Move | None = None
    confirmed: bool = False
    confirmation_asked_at: datetime | None = None
    approved_at: datetime | None = None
    keys: list[Key] = field(default_factory=list)
    calendars: dict[UUID, WorkCalendar] = field(default_factory=dict)
    owned: frozenset[UUID] = frozenset()
    """The teams that have owners."""
    fallback: bool = False
    done: list[Step] = field(default_factory=list)
    """What its workflow did, as it was decided in the moment in which it was done."""

    @property
    def round(self) -> Round:
        return Round(
            status=self.status,
            timeline=self.timeline,
            opened_at=START,
            parties=tuple(self._party(team) for team in sorted(self.asked)),
            withdrawn=self.withdrawn,
            forced=self.forced,
            base_moved=self.move is not None,
            confirmation_asked_at=self.confirmation_asked_at,
            approved_at=self.approved_at,
            publish_requested=self.publish_requested,
            publish_at=self.publish_at,
        )

    @property
    def publishes_itself(self) -> bool:
        if self.publish_at is not None:
            return self.publish_at <= self.now
        return self.timeline.publish is PublishWhen.AT_ONCE

    @property
    def pending(self) -> bool:
        return self.status is ProposalStatus.PENDING

    def _party(self, team: UUID) -> Party:
        question = self.asked[team]
        return Party(
            team_id=team,
            name=f"team-{team.int}",
            answer=self.answers.get((team, question.subject)),
            notices=tuple(question.notices),
            calendar=self.calendars.get(team),
            has_owners=team in self.owned,
            has_fallback=self.fallback,
        )

    # --- what people say --------------------------------------------------------------------------

    def register(self, team: UUID) -> None:
        """Whoever comes to an approved proposal was not among those it waited for."""
        if self.pending and team not in self.asked:
            self._ask_anew({team})

    def unregister(self, team: UUID) -> None:
        if self.pending:
            self.asked.pop(team, None)

    def answer(self, team: UUID, response: Response, within: timedelta) -> bool:
        """Answer; `within` is for a team that needs time. False where answers are closed."""
        if not self.pending or team not in self.asked:
            return False
        until = None
        if response is Response.MIGRATING:
            latest = self.round.latest_until(self._party(team))
            until = min(self.now + within, latest or self.now + within)
        self.answers[team, self.asked[team].subject] = Answer(
            response=response, until=until, answered_at=self.now
        )
        return True

    def move_base(self, move: Move) -> None:
        self.move, self.confirmed, self.confirmation_asked_at = move, False, None

    def confirm(self) -> None:
        if self.confirmation_asked_at is not None:
            self.confirmed, self.confirmation_asked_at = True, None

    def deliver(self, team: UUID, place: int) -> None:
        """A destination takes one of the notices of a team, however late."""
        notices = self.asked[team].notices if team in self.asked else []
        if 0 <= place < len(notices) and notices[place].delivered_at is None:
            notices[place] = replace(notices[place], delivered_at=self.now)

    # --- what the workflow does -------------------------------------------------------------------

    def carry_out(self, step: Step, revision: int) -> None:
        """Do what was reviewed at `revision`, which may be a while ago."""
        if step.kind in NOTES:
            self._note(NoticeKind(step.kind.value), step.notes, revision)
        elif step.kind is StepKind.REBASE:
            self._rebase()
        elif step.kind in (StepKind.SETTLE, StepKind.PUBLISH):
            self._settle(revision)

    def _note(self, kind: NoticeKind, notes: tuple[Note, ...], revision: int) -> None:
        if not self.status.is_open or revision != self.revision:
            return
        written = len(self.keys)
        for note in notes:
            question = self.asked.get(note.team_id)
            if question is None:
                continue
            key = (note.team_id, question.revision, kind, note.ordinal)
            if key not in self.keys:
                self.keys.append(key)
                question.notices.append(Notice(kind=kind, ordinal=note.ordinal, noted_at=self.now))
        if len(self.keys) > written:
            self.done.append(Step(kind=StepKind(kind.value), notes=notes))

    def _rebase(self) -> None:
        move = self.move
        if move is None or not self.status.is_open:
            return
        self.done.append(Step(kind=StepKind.REBASE))
        if move.unasked and not self.confirmed:
            self.confirmation_asked_at = self.now
            return
        self.move = None
        anew = move.anew & set(self.asked)
        for team in anew:
            self.subjects[team] = self.subjects.get(team, 0) + 1
        if anew:
            self._ask_anew(anew)
            self.status, self.approved_at = ProposalStatus.PENDING, None
            self.publish_requested = False

    def _ask_anew(self, teams: set[UUID] | frozenset[UUID]) -> None:
        self.revision += 1
        for team in teams:
            self.asked[team] = Question(self.subjects.get(team, 0), self.revision)

    def _settle(self, revision: int) -> None:
        """Decide again over the facts of now; a step that was reviewed before does not count."""
        if not self.status.is_open or revision != self.revision:
            return
        step = self.round.next_step(self.now)
        if step.kind is StepKind.PUBLISH:
            self.done.append(step)
            self.status = ProposalStatus.PUBLISHED
        elif step.kind is StepKind.SETTLE and step.outcome is not None:
            self.done.append(step)
            self.status = step.outcome
            if self.status is ProposalStatus.APPROVED:
                self.approved_at = self.now
                if self.forced or self.publishes_itself:
                    self.status = ProposalStatus.PUBLISHED
