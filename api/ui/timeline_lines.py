"""The times of an asset or a team: each in words, from whom it comes, and as a form has it.

And whether anybody is asked at all, which both may say too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from api.ui import times, words
from api.ui.entered import Entered, wrong
from domain.bounds import effective
from domain.timeline import (
    CHOICES,
    Choice,
    Days,
    ForceBy,
    OnDeadline,
    PublishWhen,
    parse_duration,
)
from record.team_policies import ServerSays

ASSET, TEAM, SERVER, BOUNDS = "asset", "team", "server", "bounds"
OBSERVES: Mapping[str, bool | None] = {"": None, "asks": False, "observes": True}
"""By what a form sends: whether nobody is asked; None leaves it to who says it for all."""
FIELD = "timeline."
"""Before the name of a setting in a form, as in what refuses it."""

_LABELS: Mapping[str, str] = {
    "deadline": "Time to answer",
    "remind_after": "First reminder after",
    "remind_every": "Then every",
    "escalate_after": "Escalated after",
    "owners_after": "To its owners after",
    "fallback_after": "To the fallback after",
    "on_deadline": "Silence then",
    "last_limit": "After that escalation",
    "max_extension": "At most longer by",
    "minimum_notice": "Notice before silence counts",
    "days": "Whole days are",
    "publish": "Once approved",
    "publish_within": "Published within",
    "force": "Forced by",
    "migration_window": "Old version retired after",
}
_CHOICES: Mapping[Choice, str] = {
    PublishWhen.AT_ONCE: "it is published at once",
    PublishWhen.ON_DEMAND: "it waits until its producer publishes it",
    ForceBy.ONE_PERSON: "one administrator",
    ForceBy.TWO_PERSONS: "two administrators",
    Days.CALENDAR: "all days",
    Days.WORKING: "working days of who is asked",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineLine:
    """One setting, what it comes to, and who says so."""

    name: str
    label: str
    value: str
    source: str
    own: str
    """What is said here itself, as a form takes it; empty if nothing is."""
    otherwise: str
    """What holds if nothing is said here."""
    choices: Mapping[str, str]
    """By what a form sends, the words for it; none for a duration."""

    @property
    def is_own(self) -> bool:
        """Whether it is otherwise than the server says for all."""
        return self.source != SERVER

    @property
    def field(self) -> str:
        """Its name in a form."""
        return f"{FIELD}{self.name}"


def timeline_lines(
    server: ServerSays, *overrides: tuple[str, Mapping[str, str]]
) -> Sequence[TimelineLine]:
    """Return the settings as they count, each override by whose it is; the last one is one's own.

    One that lies beyond the server's bounds is moved, and is said to be the bounds'.
    """
    settings = [each for _, each in overrides]
    wished = server.timeline
    for each in settings:
        wished = wished.overlaid(each)
    held = effective(server.timeline, server.policy.bounds, *settings)
    others = effective(server.timeline, server.policy.bounds, *settings[:-1])

    def source(name: str) -> str:
        if getattr(wished, name) != getattr(held, name):
            return BOUNDS
        said = [whose for whose, own in overrides if name in own]
        return said[-1] if said else SERVER

    return [
        TimelineLine(
            name=name,
            label=label,
            value=_said(name, getattr(held, name)),
            source=source(name),
            own=_own(settings[-1], name),
            otherwise=_said(name, getattr(others, name)),
            choices={each.value: _word(each) for each in CHOICES.get(name, ())},
        )
        for name, label in _LABELS.items()
    ]


def entered_timeline(entered: Entered) -> dict[str, object]:
    """Return what a form says of the settings; an empty field takes back what was said."""
    return {
        name.removeprefix(FIELD): entered.text(name)
        for name in entered.values
        if name.startswith(FIELD)
    }


def said_observe(observe: bool | None) -> str:
    """Return what was said about observing, as a form takes it."""
    return next(word for word, meant in OBSERVES.items() if meant is observe)


def entered_observe(entered: Entered) -> bool | None:
    """Return whether anybody is asked; None leaves it to who says it for all."""
    said = entered.values.get("observe", "")
    if said not in OBSERVES:
        raise wrong("observe", "Choose whether anybody is asked.")
    return OBSERVES[said]


def _own(overrides: Mapping[str, str], name: str) -> str:
    if name not in overrides:
        return ""
    return overrides[name] if name in CHOICES else times.short(parse_duration(overrides[name]))


def _said(name: str, value: timedelta | Choice) -> str:
    if not isinstance(value, timedelta):
        return _word(value)
    if name == "migration_window" and not value:
        return "never by itself"
    return times.spoken(value)


def _word(choice: Choice) -> str:
    return words.SILENCE[choice] if isinstance(choice, OnDeadline) else _CHOICES[choice]
