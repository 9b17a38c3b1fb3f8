"""`tessera team policy`: what a team says of time, of who answers for it, and of its silence."""

from typing import TYPE_CHECKING, Annotated

import typer

from tessera_sdk.cli.commands.assets import TIMELINE_KEYS, parse_value
from tessera_sdk.cli.commands.team_lives import group
from tessera_sdk.cli.commands.teams import TeamArgument
from tessera_sdk.cli.options import AsJson
from tessera_sdk.cli.session import Session, session

if TYPE_CHECKING:
    from pydantic import JsonValue

    from tessera_sdk.models import TeamPolicy

__all__ = ["group"]
"""The group of `commands.teams`, with what stands here."""

CALENDAR_KEYS = frozenset(
    {"time_zone", "country", "subdivision", "workdays", "opens", "closes", "days_off"}
)
_LISTS = frozenset({"workdays", "days_off"})
_OTHERS = frozenset({"observe", "calendar", "who_answers", "answerers", "fallback"})


@group.command("policy")
def policy(
    ctx: typer.Context,
    team: TeamArgument,
    settings: Annotated[
        list[str] | None,
        typer.Argument(metavar="[KEY=VALUE]...", help="What to change; nothing shows it."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show or change what a team says: for its assets, and about itself when it is asked.

    For its assets: observe, and every setting of the timeline, such as deadline=14d.
    When it works: time_zone, country, subdivision, workdays, opens, closes, days_off; calendar=null
    takes all of that back. Who answers for it: who_answers (members, owners or named), answerers.
    Who is told last of its silence: fallback (team:NAME or user:EMAIL). null takes one back.

    Example:  tessera team policy checkout observe=true

    Example:  tessera team policy checkout time_zone=Europe/Berlin country=DE subdivision=BY

    Example:  tessera team policy checkout who_answers=named answerers=ann@example.com
    """
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.teams import policy_shown

        found = s.team(team)
        current = s.client.teams.policy(found.id)
        if settings:
            changes = _changes(s, dict(map(_read, settings)), current)
            current = s.client.teams.set_policy(found.id, changes)
        s.show(current, lambda: policy_shown(found, current))


def _read(setting: str) -> tuple[str, str]:
    key, equals, text = setting.partition("=")
    key = key.strip().removeprefix("timeline.").replace("-", "_")
    if not equals or key not in TIMELINE_KEYS | CALENDAR_KEYS | _OTHERS:
        raise typer.BadParameter(f"{setting!r} is not a setting.", param_hint="KEY=VALUE")
    return key, text.strip()


def _changes(s: Session, given: dict[str, str], current: "TeamPolicy") -> "dict[str, JsonValue]":
    changes: dict[str, JsonValue] = {}
    timeline = {key: parse_value(given[key]) for key in given.keys() & TIMELINE_KEYS}
    calendar = {key: _calendar_value(key, given[key]) for key in given.keys() & CALENDAR_KEYS}
    if timeline:
        changes["timeline"] = timeline
    if calendar:
        standing = {} if current.calendar is None else current.calendar.settings()
        changes["calendar"] = {**standing, **calendar}
    for key in given.keys() & _OTHERS:
        changes[key] = _other(s, key, given[key])
    return changes


def _calendar_value(key: str, text: str) -> "JsonValue":
    if key in _LISTS:
        return [] if text == "null" else list(_parts(text))
    return None if text == "null" else text


def _other(s: Session, key: str, text: str) -> "JsonValue":
    if key == "answerers":
        return [] if text == "null" else [s.client.users.find(each).id for each in _parts(text)]
    if key == "fallback" and text != "null":
        return _fallback(s, text)
    return parse_value(text)


def _fallback(s: Session, text: str) -> "JsonValue":
    kind, _, name = text.partition(":")
    if kind == "team" and name:
        return {"team_id": s.team(name).id}
    if kind == "user" and name:
        return {"user_id": s.client.users.find(name).id}
    raise typer.BadParameter(
        f"{text!r} is not team:NAME or user:EMAIL.", param_hint="fallback=VALUE"
    )


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
