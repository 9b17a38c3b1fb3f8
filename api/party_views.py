"""A party as it is shown: its answer, its time, and who is told what about it next."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from pydantic import Field

from api.calendar_views import CalendarView
from api.views import TeamRef, View
from domain.acknowledgments import Response
from domain.consent import EarlierAnswer
from domain.parties import NoticeKind, Person
from domain.team_policies import WhoAnswers
from domain.timeline import Days
from domain.upcoming import Upcoming, upcoming
from record.escalations import fallbacks
from record.rounds import PartyDetail, ProposalDetail

PENDING = "pending"
_SOME_FALLBACK = "the fallback"


class PersonRef(View):
    """Somebody of a team."""

    id: UUID
    name: str

    @classmethod
    def of(cls, person: Person | None) -> "PersonRef | None":
        """Return the view of a person, if there is one."""
        return None if person is None else cls(id=person.id, name=person.name)


class UpcomingView(View):
    """What somebody is told next, if nobody says anything before."""

    kind: NoticeKind = Field(
        description="`remind`, or whom silence is escalated to: `escalate` (the team and the "
        "producer), `escalate_owners`, `escalate_fallback`."
    )
    at: datetime
    to: list[str] = Field(description="The names of teams and people.")


class EarlierAnswerView(View):
    """What a party answered to the same changes, of a proposal that was not published."""

    proposal_id: UUID
    response: Response
    note: str | None
    until: datetime | None
    answered_at: datetime
    answered_by: str
    carried: bool = Field(description="Whether it counts here too, until the party says otherwise.")

    @classmethod
    def of(cls, earlier: EarlierAnswer | None) -> "EarlierAnswerView | None":
        """Return the view of an earlier answer, if there is one."""
        if earlier is None:
            return None
        return cls(
            proposal_id=earlier.proposal_id,
            response=earlier.response,
            note=earlier.note,
            until=earlier.until,
            answered_at=earlier.answered_at,
            answered_by=earlier.answered_by,
            carried=earlier.carried,
        )


class PartyView(View):
    """A team whose answer is waited for."""

    team: TeamRef
    reason: str = Field(examples=["reads `email`"])
    fields: list[str] = Field(description="What of its fields breaks; empty means all it reads.")
    state: str = Field(description="`pending`, or its answer.", examples=[PENDING, "approved"])
    response: Response | None
    note: str | None
    until: datetime | None = Field(description="With `migrating`: until when it needs time.")
    due_at: datetime | None = Field(description="When its time is up; null once it answered.")
    asked_at: datetime | None
    reminders: int
    answered_at: datetime | None
    answered_by: str | None
    changes_hash: str = Field(
        description="Of what it is asked: an answer that names it answers nothing else."
    )
    earlier: EarlierAnswerView | None = Field(
        description="What it answered when an earlier proposal asked the same."
    )
    delegate: PersonRef | None = Field(description="To whom the team has handed its answer.")
    who_answers: WhoAnswers = Field(description="The team's own rule.")
    answerers: list[UUID] = Field(description="With `named`: the users who answer for it.")
    calendar: CalendarView | None = Field(
        description="Where working days count: the team's when it was asked, with the days off of "
        "its time. Null: from Monday to Friday in UTC, or all days count."
    )
    next: list[UpcomingView] = Field(description="Who is told what next about it, by time.")

    @classmethod
    def of(
        cls, party: PartyDetail, detail: ProposalDetail, names: Mapping[UUID, str]
    ) -> "PartyView":
        """Return the view of a party, unchecked: there may be hundreds of them.

        `names` are those of fallbacks.
        """
        answer, policy = party.acknowledgment, party.team.policy
        coming = upcoming(detail.round, party.party, detail.read_at, detail.deadline_at)
        return cls.model_construct(
            team=TeamRef.of(party.team),
            reason=party.stored.reason,
            fields=list(party.stored.fields),
            state=PENDING if answer is None else answer.response.value,
            response=None if answer is None else answer.response,
            note=None if answer is None else answer.note,
            until=None if answer is None else answer.until,
            due_at=party.due_at,
            asked_at=party.party.asked_at,
            reminders=party.party.count(NoticeKind.REMIND),
            answered_at=None if answer is None else answer.recorded_at,
            answered_by=None if answer is None else answer.caller.actor.name,
            changes_hash=party.stored.changes_hash,
            earlier=EarlierAnswerView.of(party.stored.earlier),
            delegate=PersonRef.of(party.stored.delegate),
            who_answers=policy.who_answers,
            answerers=list(policy.answerers),
            calendar=_calendar(party, detail),
            next=[
                UpcomingView.model_construct(
                    kind=each.kind, at=each.at, to=_to(each, party, detail, names)
                )
                for each in coming
            ],
        )


def _calendar(party: PartyDetail, detail: ProposalDetail) -> CalendarView | None:
    calendar, asked_at = party.stored.calendar, party.party.asked_at
    if calendar is None or detail.proposal.policy.timeline.days is not Days.WORKING:
        return None
    begins = (asked_at or detail.read_at).date()
    ends = detail.round.due_if_asked(party.party, detail.read_at).date()
    return CalendarView.of(calendar.between(begins, ends))


def _to(
    coming: Upcoming, party: PartyDetail, detail: ProposalDetail, names: Mapping[UUID, str]
) -> list[str]:
    if coming.kind is NoticeKind.ESCALATE_OWNERS:
        return [each.name for each in party.stored.owners]
    if coming.kind is NoticeKind.ESCALATE_FALLBACK:
        ids = [each.team_id or each.user_id for each in fallbacks(detail, party)]
        known = [names[each] for each in ids if each is not None and each in names]
        return known[:1] or [_SOME_FALLBACK]
    if coming.kind is NoticeKind.ESCALATE:
        return [party.team.name, detail.producer.name]
    delegate = party.stored.delegate
    return [party.team.name if delegate is None else delegate.name]
