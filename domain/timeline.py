"""When people are asked, reminded and escalated to, and what the deadline means.

The effective timeline is the server's default overlaid by the owner team's, the asset's and the
proposal's own, frozen into the proposal when it opens, so that a later change of policy never moves
the goal of a proposal that is open.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Self

from domain.errors import InvalidPolicy


class OnDeadline(StrEnum):
    """What silence until the deadline means."""

    EXPIRE = "expire"
    APPROVE = "approve"
    ESCALATE = "escalate"


class ForceBy(StrEnum):
    """How many persons it takes to publish past the parties."""

    ONE_PERSON = "one_person"
    TWO_PERSONS = "two_persons"
    """Two administrators who signed in as themselves, each on their own."""


class PublishWhen(StrEnum):
    """Whether an approved proposal publishes by itself or waits for `POST …/publish`."""

    AT_ONCE = "at_once"
    ON_DEMAND = "on_demand"


class Days(StrEnum):
    """Which days a duration of whole days counts."""

    CALENDAR = "calendar"
    WORKING = "working"
    """The working days of the team that is asked; it is told nothing outside of its hours."""


Choice = OnDeadline | PublishWhen | ForceBy | Days
Setting = timedelta | Choice
CHOICES: Mapping[str, type[Choice]] = {
    "on_deadline": OnDeadline,
    "publish": PublishWhen,
    "force": ForceBy,
    "days": Days,
}
_LONGEST = timedelta(days=730)
_NEEDS_A_SECOND = frozenset({"remind_after", "remind_every", "deadline", "publish_within"})
_ISO = re.compile(
    r"P(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)
_SHORT = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)")
_UNIT_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """All durations count from the moment a party was asked, unless said otherwise."""

    remind_after: timedelta = timedelta(days=2)
    remind_every: timedelta = timedelta(days=2)
    escalate_after: timedelta = timedelta(days=7)
    owners_after: timedelta = timedelta(days=9)
    """Silence is escalated to the silent team's owners then, and not before the team itself."""
    fallback_after: timedelta = timedelta(days=11)
    """Silence is escalated to the fallback then, and not before the owners."""
    deadline: timedelta = timedelta(days=14)
    last_limit: timedelta = timedelta(days=7)
    """After an escalation at the deadline: how long until silence expires the proposal."""
    max_extension: timedelta = timedelta(days=90)
    """How far past the deadline a party's own date, or an unreachable party, may move the end."""
    minimum_notice: timedelta = timedelta(days=1)
    """Silence counts only this long after an ask or a reminder has arrived."""
    publish_within: timedelta = timedelta(days=30)
    """After approval: how long a publication on demand may be left undone."""
    migration_window: timedelta = timedelta(0)
    """After a breaking publication: how long until the version before it is retired; 0: never."""
    on_deadline: OnDeadline = OnDeadline.EXPIRE
    publish: PublishWhen = PublishWhen.AT_ONCE
    force: ForceBy = ForceBy.ONE_PERSON
    days: Days = Days.CALENDAR

    @property
    def time_to_move(self) -> timedelta:
        """How long an old version stays; one that is never retired stays longest of all."""
        return self.migration_window or timedelta.max

    def overlaid(self, overrides: Mapping[str, object]) -> Self:
        """Return this timeline with the given values; raises `InvalidPolicy` naming the bad one."""
        parsed = {name: _parsed(name, value) for name, value in overrides.items()}
        return replace(self, **parsed)  # type: ignore[arg-type]  # each value is parsed by its name

    def to_wire(self) -> dict[str, str]:
        """Durations as ISO 8601, choices as their words."""
        return {field.name: _wire(getattr(self, field.name)) for field in fields(self)}


_NAMES = frozenset(field.name for field in fields(Timeline))


def parse_duration(value: object) -> timedelta:
    """Read seconds, `"36h"`, `"14d"` or ISO 8601 (`"P14D"`, `"PT36H"`); raises `ValueError`."""
    if isinstance(value, timedelta):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("not a duration")  # noqa: TRY004  # one error for every bad duration
    try:
        if isinstance(value, int | float):
            return timedelta(seconds=value)
        return _read_duration(value.strip())
    except OverflowError:
        raise ValueError("not a duration") from None


@lru_cache(maxsize=1024)
def _read_duration(text: str) -> timedelta:
    """Once for each text: a server knows few, and every look at a proposal reads ten of them."""
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return timedelta(seconds=float(text))
    if short := _SHORT.fullmatch(text):
        return timedelta(seconds=float(short[1]) * _UNIT_SECONDS[short[2]])
    iso = _ISO.fullmatch(text)
    if iso is None or not any(iso.groups()):
        raise ValueError("not a duration")
    return timedelta(**{unit: float(amount) for unit, amount in iso.groupdict().items() if amount})


def format_duration(duration: timedelta) -> str:
    """Write a duration as ISO 8601 without weeks: `P14D`, `PT36H`, `PT2.5S`."""
    days, seconds = duration.days, duration.seconds + duration.microseconds / 1_000_000
    hours, seconds = divmod(seconds, 3600)
    minutes, seconds = divmod(seconds, 60)
    clock = "".join(
        f"{amount:g}{unit}"
        for amount, unit in ((hours, "H"), (minutes, "M"), (seconds, "S"))
        if amount
    )
    if not days and not clock:
        return "PT0S"
    return "P" + (f"{days}D" if days else "") + (f"T{clock}" if clock else "")


def checked_overrides(overrides: Mapping[str, object]) -> dict[str, str]:
    """Return the overrides in wire form, as they are stored; raises `InvalidPolicy`."""
    Timeline().overlaid(overrides)
    return {name: _wire(_parsed(name, value)) for name, value in overrides.items()}


def merged_overrides(standing: Mapping[str, str], change: Mapping[str, object]) -> dict[str, str]:
    """Return the overrides with what changes, in wire form: None takes one away."""
    kept = {name: value for name, value in standing.items() if name not in change}
    return kept | checked_overrides({n: value for n, value in change.items() if value is not None})


def _wire(value: Setting) -> str:
    return format_duration(value) if isinstance(value, timedelta) else value.value


def _parsed(name: str, value: object) -> Setting:
    if name not in _NAMES:
        raise InvalidPolicy(f"There is no timeline setting `{name}`.", path=f"timeline.{name}")
    if name in CHOICES:
        return _choice(CHOICES[name], name, value)
    try:
        duration = parse_duration(value)
    except (ValueError, OverflowError):
        raise InvalidPolicy(
            f"`timeline.{name}` is not a duration; write seconds, `36h`, `14d` or `P14D`.",
            path=f"timeline.{name}",
        ) from None
    shortest = timedelta(seconds=1) if name in _NEEDS_A_SECOND else timedelta(0)
    if not shortest <= duration <= _LONGEST:
        raise InvalidPolicy(
            f"`timeline.{name}` lies between {format_duration(shortest)} "
            f"and {format_duration(_LONGEST)}.",
            path=f"timeline.{name}",
        )
    return duration


def _choice(choices: type[Choice], name: str, value: object) -> Choice:
    try:
        return choices(str(value))
    except ValueError:
        allowed = ", ".join(choice.value for choice in choices)
        raise InvalidPolicy(
            f"`timeline.{name}` is one of {allowed}.", path=f"timeline.{name}"
        ) from None
