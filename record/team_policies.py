"""What a team says: its assets' times, when it works, who answers for it, who hears of silence."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from uuid import UUID

from domain.actors import Caller
from domain.authorization import Resource, permitted
from domain.bounds import UNBOUNDED, ServerPolicy, checked_fallback, effective
from domain.days_off import holidays_of
from domain.differences import changed
from domain.errors import InvalidPolicy
from domain.events import EventType, NewEvent
from domain.json_types import JsonObject
from domain.loosening import observing_loosens, timeline_loosens
from domain.members import WORKING
from domain.permissions import Action
from domain.team_policies import ANSWERERS_LIMIT, Fallback, WhoAnswers
from domain.teams import Team
from domain.timeline import Timeline, merged_overrides
from domain.working_days import WorkCalendar
from record import events, lookup
from store.database import Runner
from store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamPolicyChange:
    """What changes; `named` says which of these were said, since None says something too.

    A timeline setting of None goes back to the server's default. `calendar` comes without the
    holidays of its country.
    """

    named: frozenset[str]
    observe: bool | None = None
    timeline: Mapping[str, object] = field(default_factory=dict)
    calendar: WorkCalendar | None = None
    who_answers: WhoAnswers = WhoAnswers.MEMBERS
    answerers: tuple[UUID, ...] = ()
    fallback: Fallback | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """All that a team says."""

    team: Team
    calendar: WorkCalendar | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSays:
    """What holds where a team says nothing."""

    observe: bool = False
    timeline: Timeline = field(default_factory=Timeline)
    policy: ServerPolicy = UNBOUNDED


async def get(tx: Transaction, team_id: UUID) -> Said:
    """Return what a team says, or raise `NotFound`."""
    team = await lookup.team(tx, team_id)
    return Said(team=team, calendar=(await tx.team_calendars.of_teams([team_id])).get(team_id))


async def change(
    runner: Runner, caller: Caller, team_id: UUID, change: TeamPolicyChange, server: ServerSays
) -> Said:
    """Change what a team says; open questions keep the times and the calendar they were put with.

    An owner of the team must say it where that lets something pass that did not, gives consumers
    less time, or changes who answers. Raises `InvalidPolicy` or `InvalidRequest`.
    """
    server.policy.bounds.check(
        {name: value for name, value in change.timeline.items() if value is not None}
    )
    if change.calendar is not None:
        change = replace(change, calendar=await _with_holidays(change.calendar))

    async def work(tx: Transaction) -> Said:
        await tx.teams.lock(team_id)
        before = await get(tx, team_id)
        after = _changed(before, change)
        action = Action.LOOSEN_POLICY if _loosens(before, after, server) else Action.CHANGE_POLICY
        by = permitted(caller, action, Resource(noun="policies", team_id=team_id))
        if after == before:
            return before
        await _check_people(tx, after.team, change)
        await _save(tx, before, after)
        await events.append(tx, _told(by, before, after))
        return after

    return await runner.run(work)


async def _with_holidays(calendar: WorkCalendar) -> WorkCalendar:
    """Ask the library for the country's holidays, beside the event loop: it takes a while."""
    if calendar.country is None:
        return calendar
    year = datetime.now(UTC).year
    found = await asyncio.to_thread(holidays_of, calendar.country, calendar.subdivision, year)
    return replace(calendar, holidays=found)


def _changed(before: Said, change: TeamPolicyChange) -> Said:
    team, policy, named = before.team, before.team.policy, change.named
    told = {
        name: getattr(change, name)
        for name in ("who_answers", "answerers", "fallback")
        if name in named
    }
    policy = replace(policy, timeline=merged_overrides(policy.timeline, change.timeline), **told)
    observe = change.observe if "observe" in named else team.observe
    return Said(
        team=replace(team, observe=observe, policy=policy),
        calendar=change.calendar if "calendar" in named else before.calendar,
    )


def _loosens(before: Said, after: Said, server: ServerSays) -> bool:
    observes = [
        server.observe if each.team.observe is None else each.team.observe
        for each in (before, after)
    ]
    timelines = [
        effective(server.timeline, server.policy.bounds, each.team.policy.timeline)
        for each in (before, after)
    ]
    was, now = before.team.policy, after.team.policy
    others_answer = (was.who_answers, was.answerers) != (now.who_answers, now.answerers)
    return observing_loosens(*observes) or timeline_loosens(*timelines) or others_answer


async def _check_people(tx: Transaction, team: Team, change: TeamPolicyChange) -> None:
    policy = team.policy
    if policy.who_answers is WhoAnswers.NAMED and not policy.answerers:
        raise InvalidPolicy("`named` needs somebody who is named.", path="answerers")
    if "answerers" in change.named:
        if len(set(policy.answerers)) > ANSWERERS_LIMIT:
            raise InvalidPolicy(f"At most {ANSWERERS_LIMIT} are named.", path="answerers")
        working = {
            each.user.id for each in await tx.members.all_of(team.id) if each.role in WORKING
        }
        if not set(policy.answerers) <= working:
            raise InvalidPolicy(
                f"Only owners and members of {team.name} answer for it.", path="answerers"
            )
    if "fallback" in change.named and policy.fallback is not None:
        await _check_fallback(tx, team, checked_fallback(policy.fallback))


async def _check_fallback(tx: Transaction, team: Team, fallback: Fallback) -> None:
    if fallback.team_id == team.id:
        raise InvalidPolicy("A team's fallback is somebody else.", path="fallback")
    if fallback.team_id is not None:
        await lookup.team(tx, fallback.team_id)
    elif fallback.user_id is not None:
        await lookup.user(tx, fallback.user_id)


async def _save(tx: Transaction, before: Said, after: Said) -> None:
    team = after.team
    if team.observe != before.team.observe:
        await tx.teams.set_observe(team.id, team.observe)
    if team.policy != before.team.policy:
        await tx.teams.set_policy(team.id, team.policy)
    if after.calendar != before.calendar:
        await tx.team_calendars.put(team.id, after.calendar)


def _told(caller: Caller, before: Said, after: Said) -> NewEvent:
    return NewEvent(
        type=EventType.TEAM_POLICY_CHANGED,
        caller=caller,
        summary=f"The policy of {after.team.name} is changed.",
        team_id=after.team.id,
        payload=changed(_to_wire(before), _to_wire(after)),
    )


def _to_wire(said: Said) -> JsonObject:
    policy = said.team.policy
    return {
        "observe": said.team.observe,
        "timeline": dict(policy.timeline),
        "calendar": None if said.calendar is None else said.calendar.to_wire(),
        "who_answers": policy.who_answers.value,
        "answerers": [str(each) for each in policy.answerers],
        "fallback": None if policy.fallback is None else policy.fallback.to_wire(),
    }
