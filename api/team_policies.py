"""What a team says: its assets' times, when it works, who answers, who hears of its silence."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import Field, StrictBool

from api.calendar_views import CalendarView
from api.call import Call, May
from api.json_bodies import Body
from api.routing import TesseraRoute
from api.views import View
from domain.bounds import effective
from domain.permissions import Action
from domain.team_calendars import checked_calendar
from domain.team_policies import Fallback, WhoAnswers
from domain.working_days import WEEKDAYS, WorkCalendar
from record import team_policies
from record.team_policies import Said, ServerSays, TeamPolicyChange

router = APIRouter(prefix="/teams/{team_id}/policy", tags=["teams"], route_class=TesseraRoute)


class FallbackView(View):
    """A team or a user."""

    team_id: UUID | None = None
    user_id: UUID | None = None


class TeamPolicyView(View):
    """What a team says for its assets that do not say it themselves, and about itself."""

    observe: bool | None = Field(description="Null leaves it to the server.")
    timeline: dict[str, str] = Field(description="As it counts for the team's assets.")
    timeline_overrides: dict[str, str] = Field(description="What the team itself sets.")
    calendar: CalendarView | None = Field(
        description="When the team works; null: from Monday to Friday, 9 to 17 in UTC."
    )
    who_answers: WhoAnswers = Field(description="Who gives its answers to proposals.")
    answerers: list[UUID] = Field(description="With `named`: the users who do.")
    fallback: FallbackView | None = Field(
        description="Who is told of its silence last; null: whom the server names."
    )

    @classmethod
    def of(cls, said: Said, server: ServerSays) -> "TeamPolicyView":
        """Return the view of what a team says."""
        policy = said.team.policy
        timeline = effective(server.timeline, server.policy.bounds, policy.timeline)
        return cls(
            observe=said.team.observe,
            timeline=timeline.to_wire(),
            timeline_overrides=dict(policy.timeline),
            calendar=None if said.calendar is None else CalendarView.of(said.calendar),
            who_answers=policy.who_answers,
            answerers=list(policy.answerers),
            fallback=None
            if policy.fallback is None
            else FallbackView(team_id=policy.fallback.team_id, user_id=policy.fallback.user_id),
        )


class CalendarBody(Body):
    """When a team works."""

    time_zone: str = Field(max_length=100, examples=["Europe/Berlin"])
    country: str | None = Field(
        None, max_length=10, description="Whose public holidays are free, by ISO 3166-1."
    )
    subdivision: str | None = Field(None, max_length=60, examples=["BY"])
    workdays: list[str] = Field(list(WEEKDAYS[:5]), examples=[["mon", "tue", "wed", "thu"]])
    opens: str = Field("09:00", max_length=5)
    closes: str = Field("17:00", max_length=5)
    days_off: list[str] = Field(
        default=[], max_length=1000, description="Days that are free besides.", examples=[[]]
    )

    def calendar(self) -> WorkCalendar:
        """Return what was sent, checked; the country's holidays are not in it yet."""
        return checked_calendar(**self.model_dump())


class FallbackBody(Body):
    """Either a team or a user."""

    team_id: UUID | None = None
    user_id: UUID | None = None


class TeamPolicyBody(Body):
    """What changes; what is left out stays."""

    observe: StrictBool | None = Field(None, description="Null: as the server says.")
    timeline: dict[str, object] = Field(
        default={},
        description="By setting; seconds, `36h`, `14d` or ISO 8601. Null: the server's default.",
    )
    calendar: CalendarBody | None = Field(None, description="Null: none of its own.")
    who_answers: WhoAnswers = Field(
        WhoAnswers.MEMBERS,
        description="`members`: owners and members. `owners`. `named`: whom `answerers` names.",
    )
    answerers: list[UUID] = Field(default=[], max_length=1000)
    fallback: FallbackBody | None = Field(None, description="Null: whom the server names.")

    def change(self) -> TeamPolicyChange:
        """Return what was sent."""
        sent = {name: getattr(self, name) for name in self.model_fields_set}
        if self.calendar is not None:
            sent["calendar"] = self.calendar.calendar()
        if self.fallback is not None:
            sent["fallback"] = Fallback(
                team_id=self.fallback.team_id, user_id=self.fallback.user_id
            )
        if "answerers" in sent:
            sent["answerers"] = tuple(dict.fromkeys(self.answerers))
        return TeamPolicyChange(named=frozenset(sent), **sent)


@router.get("", summary="Get a team's policy")
async def get_team_policy(
    call: Annotated[Call, Depends(May(Action.READ, "policies"))], team_id: UUID
) -> TeamPolicyView:
    """What its assets do that do not say it themselves, and how it is asked."""
    said = await call.resources.database.read(lambda tx: team_policies.get(tx, team_id))
    return TeamPolicyView.of(said, call.resources.server_says)


@router.patch("", summary="Change a team's policy")
async def change_team_policy(
    call: Annotated[Call, Depends(May(Action.CHANGE_POLICY, "policies"))],
    team_id: UUID,
    body: TeamPolicyBody,
) -> TeamPolicyView:
    """Only what is sent changes. It stands in the log with what it was before."""
    said = await team_policies.change(
        call.resources.database, call.caller, team_id, body.change(), call.resources.server_says
    )
    return TeamPolicyView.of(said, call.resources.server_says)
