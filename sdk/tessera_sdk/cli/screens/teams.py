"""Teams, as people see them."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType

from tessera_sdk.cli.screen import CommandLine, done, facts, heading, identifier, table
from tessera_sdk.cli.times import ago, counted, now, spelled, when
from tessera_sdk.models import Team
from tessera_sdk.policies import Calendar, Fallback, TeamPolicy


def team_created(team: Team) -> Iterator[RenderableType]:
    yield done(f"Team `{team.name}` is there.")
    yield facts(("Id", identifier(team.id)))


def team_renamed(before: Team, team: Team) -> Iterator[RenderableType]:
    yield done(f"`{before.name}` is called `{team.name}` now.")


def team_deleted(team: Team, heir: Team | None) -> Iterator[RenderableType]:
    yield done(f"Team `{team.name}` is deleted.")
    if heir is not None:
        yield f"  What it owned is {heir.name}'s."
    yield "  It can come back:"
    yield CommandLine(f"tessera team restore {team.id}")


def team_restored(team: Team) -> Iterator[RenderableType]:
    yield done(f"Team `{team.name}` is there again.")
    yield facts(("Id", identifier(team.id)))


def team_merged(team: Team, target: Team) -> Iterator[RenderableType]:
    yield done(f"All that `{team.name}` had is `{target.name}`'s, and `{team.name}` is deleted.")


def team_shown(team: Team, owned: Sequence[str], read: Sequence[str]) -> Iterator[RenderableType]:
    yield heading(team.name)
    yield facts(
        ("Id", identifier(team.id)),
        ("Created", when(team.created_at, now())),
        ("Owns", ", ".join(owned) or "nothing"),
        ("Reads", ", ".join(read) or "nothing"),
    )


def team_list(teams: Sequence[Team]) -> Iterator[RenderableType]:
    if not teams:
        yield "No team yet. `tessera team create NAME` makes one."
        return
    grid = table("Team", "Created", "Id", ids_in="Id")
    present = now()
    for team in teams:
        name = f"{team.name} (deleted)" if team.deleted_at else team.name
        grid.add_row(name, ago(team.created_at, present), identifier(team.id))
    yield grid


def policy_shown(team: Team, policy: TeamPolicy) -> Iterator[RenderableType]:
    words = {
        True: "yes: nothing gates, everything is told",
        False: "no",
        None: "as the server says",
    }
    yield heading(f"Policy of {team.name}")
    yield facts(
        ("observe", words[policy.observe]),
        *((name, spelled(value)) for name, value in policy.timeline_overrides.items()),
        ("working days", _calendar(policy.calendar)),
        ("days off", _days_off(policy.calendar)),
        ("who answers", _who_answers(policy)),
        ("fallback", _fallback(policy.fallback)),
    )


def _calendar(calendar: Calendar | None) -> str:
    if calendar is None:
        return "from Monday to Friday, 9 to 17 in UTC"
    days, hours = ", ".join(calendar.workdays), f"{calendar.opens} to {calendar.closes}"
    return f"{days}, {hours} in {calendar.time_zone}"


def _days_off(calendar: Calendar | None) -> str | None:
    if calendar is None:
        return None
    place = "-".join(part for part in (calendar.country, calendar.subdivision) if part)
    own = counted(len(calendar.days_off), "day") + " of its own" if calendar.days_off else ""
    holidays = f"the holidays of {place}" if place else ""
    known = f" (known until {max(calendar.holidays).year})" if calendar.holidays else ""
    return " and ".join(filter(None, (holidays + known, own))) or None


def _who_answers(policy: TeamPolicy) -> str:
    named = f" ({counted(len(policy.answerers), 'person')})" if policy.answerers else ""
    return {
        "members": "owners and members",
        "owners": "owners",
        "named": "who is named",
    }.get(policy.who_answers, policy.who_answers) + named


def _fallback(fallback: Fallback | None) -> str:
    if fallback is None:
        return "whom the server names"
    kind = "team" if fallback.team_id else "user"
    return f"{kind} {fallback.team_id or fallback.user_id}"
