"""What is done on the page of a team: its name, its people, its times,
when it works, who answers, its end.

How a form takes effect and what becomes of one that is refused: `api.ui.steps`.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from fastapi.responses import RedirectResponse

from api.call import Call, May
from api.ui.entered import Entered, wrong
from api.ui.named import named_team, named_user, needed_team
from api.ui.routing import PageRoute
from api.ui.steps import Effect, take
from api.ui.teams import PATH, Id, shown_team
from api.ui.timeline_lines import entered_observe, entered_timeline
from domain.members import TeamRole
from domain.permissions import Action
from domain.team_calendars import checked_calendar
from domain.team_policies import Fallback, WhoAnswers
from domain.working_days import WEEKDAYS, WorkCalendar
from record import members, merging, team_lives, team_policies
from record.team_policies import TeamPolicyChange
from store.database import Runner

router = APIRouter(prefix=PATH, route_class=PageRoute, include_in_schema=False)

_ANSWERER = "answerer-"
Ruler = Annotated[Call, Depends(May(Action.CHANGE_POLICY, "policies"))]
Recruiter = Annotated[Call, Depends(May(Action.CHANGE_MEMBERS, "members"))]
Ender = Annotated[Call, Depends(May(Action.DELETE_TEAM, "teams"))]


@router.post("/{team_id}/rename")
async def rename(
    call: Annotated[Call, Depends(May(Action.RENAME_TEAM, "teams"))], team_id: Id
) -> Response:
    """Give it another name."""
    entered = await Entered.read(call.request, "rename")

    async def effect(runner: Runner) -> object:
        return await team_lives.rename(runner, call.caller, team_id, entered.text("name") or "")

    return await _take(call, team_id, entered, effect)


@router.post("/{team_id}/calendar")
async def set_calendar(call: Ruler, team_id: Id) -> Response:
    """Say when it works, or that it works as usual."""
    entered = await Entered.read(call.request, "calendar")

    async def effect(runner: Runner) -> object:
        change = TeamPolicyChange(named=frozenset({"calendar"}), calendar=_calendar(entered))
        return await _change_policy(call, runner, team_id, change)

    return await _take(call, team_id, entered, effect)


@router.post("/{team_id}/answering")
async def set_answering(call: Ruler, team_id: Id) -> Response:
    """Say who answers for it, and who is told of its silence last."""
    entered = await Entered.read(call.request, "answering")

    async def effect(runner: Runner) -> object:
        try:
            who = WhoAnswers(entered.values.get("who", ""))
        except ValueError:
            raise wrong("who", "Choose who answers for the team.") from None
        change = TeamPolicyChange(
            named=frozenset({"who_answers", "answerers", "fallback"}),
            who_answers=who,
            answerers=_answerers(entered) if who is WhoAnswers.NAMED else (),
            fallback=await _fallback(call, entered),
        )
        return await _change_policy(call, runner, team_id, change)

    return await _take(call, team_id, entered, effect)


@router.post("/{team_id}/timeline")
async def set_timeline(call: Ruler, team_id: Id) -> Response:
    """Say the times of its assets, and whether anybody is asked about them."""
    entered = await Entered.read(call.request, "timeline")

    async def effect(runner: Runner) -> object:
        change = TeamPolicyChange(
            named=frozenset({"observe", "timeline"}),
            observe=entered_observe(entered),
            timeline=entered_timeline(entered),
        )
        return await _change_policy(call, runner, team_id, change)

    return await _take(call, team_id, entered, effect)


@router.post("/{team_id}/members")
async def put_member(call: Recruiter, team_id: Id) -> Response:
    """Add somebody by e-mail address, or a bot by name; or give them another role."""
    entered = await Entered.read(call.request, "member")

    async def effect(runner: Runner) -> object:
        role = _role(entered)
        user_id = await named_user(call, entered, "user")
        return await members.put(runner, call.caller, team_id, user_id, role)

    return await _take(call, team_id, entered, effect)


@router.post("/{team_id}/members/{user_id}/role")
async def change_role(call: Recruiter, team_id: Id, user_id: UUID) -> Response:
    """Give somebody another role."""
    entered = await Entered.read(call.request, "member")

    async def effect(runner: Runner) -> object:
        return await members.put(runner, call.caller, team_id, user_id, _role(entered))

    return await _take(call, team_id, entered, effect)


@router.post("/{team_id}/members/{user_id}/remove")
async def remove_member(call: Recruiter, team_id: Id, user_id: UUID) -> Response:
    """Take somebody out of it."""
    entered = await Entered.read(call.request, "remove")

    async def effect(runner: Runner) -> None:
        await members.remove(runner, call.caller, team_id, user_id)

    return await _take(call, team_id, entered, effect)


@router.post("/{team_id}/delete")
async def delete(call: Ender, team_id: Id) -> Response:
    """Delete it; what it owns goes to the team that is named."""
    entered = await Entered.read(call.request, "delete")

    async def effect(runner: Runner) -> object:
        receiver = await named_team(call, entered, "reassign_to")
        return await team_lives.delete(runner, call.caller, team_id, receiver)

    return await _take(call, team_id, entered, effect)


@router.post("/{team_id}/restore")
async def restore(call: Ender, team_id: Id) -> Response:
    """Let it be there again, under another name if its own is taken."""
    entered = await Entered.read(call.request, "restore")

    async def effect(runner: Runner) -> object:
        return await team_lives.restore(runner, call.caller, team_id, entered.text("name"))

    return await _take(call, team_id, entered, effect)


@router.post("/{team_id}/merge")
async def merge(call: Ender, team_id: Id) -> Response:
    """Give all that it has to another team, and delete it for good."""
    entered = await Entered.read(call.request, "merge")

    async def effect(runner: Runner) -> object:
        into = await needed_team(call, entered, "into", "Name the team that gets everything.")
        return await merging.merge(runner, call.caller, team_id, into)

    return await _take(call, team_id, entered, effect)


async def _change_policy(
    call: Call, runner: Runner, team_id: UUID, change: TeamPolicyChange
) -> object:
    says = call.resources.server_says
    return await team_policies.change(runner, call.caller, team_id, change, says)


async def _take(call: Call, team_id: UUID, entered: Entered, effect: Effect) -> Response:
    """Take a step once and lead back to the page, or show the page with what is wrong."""
    refused = await take(call, entered, effect, "team", team_id)
    if refused is not None:
        return await shown_team(call, team_id, rejected=refused.rejected, status=refused.status)
    return RedirectResponse(f"{PATH}/{team_id}?said={entered.step}", 303)


def _calendar(entered: Entered) -> WorkCalendar | None:
    if "usual" in entered.values:
        return None
    return checked_calendar(
        time_zone=entered.text("time_zone") or "",
        country=entered.text("country"),
        subdivision=entered.text("subdivision"),
        workdays=[day for day in WEEKDAYS if f"day-{day}" in entered.values],
        opens=entered.text("opens") or "",
        closes=entered.text("closes") or "",
        days_off=(entered.text("days_off") or "").split(),
    )


def _answerers(entered: Entered) -> tuple[UUID, ...]:
    names = [name for name in entered.values if name.startswith(_ANSWERER)]
    try:
        return tuple(UUID(name.removeprefix(_ANSWERER)) for name in names)
    except ValueError:
        raise wrong("who", "Choose somebody of the team.") from None


def _role(entered: Entered) -> TeamRole:
    try:
        return TeamRole(entered.values.get("role", ""))
    except ValueError:
        raise wrong("role", "Choose what they are in the team.") from None


async def _fallback(call: Call, entered: Entered) -> Fallback | None:
    """Return who is told last: the person of an e-mail address, or the team of a name."""
    named = entered.text("fallback")
    if named is None:
        return None
    if "@" not in named:
        return Fallback(team_id=await named_team(call, entered, "fallback"))
    return Fallback(user_id=await named_user(call, entered, "fallback"))
