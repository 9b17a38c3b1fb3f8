"""How far teams, assets and proposals may move the times that the server has set."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from domain.errors import InvalidPolicy
from domain.team_policies import Fallback
from domain.timeline import (
    Days,
    ForceBy,
    OnDeadline,
    PublishWhen,
    Setting,
    Timeline,
    format_duration,
)

_COMPARED = {"migration_window": "time_to_move"}
"""What stands for a setting of which more and less are not as the number says."""
_MORE_IS_MORE = (
    *("deadline", "last_limit", "max_extension", "minimum_notice"),
    *("publish_within", "time_to_move"),
)
"""Of the others less is more: who is told earlier has more notice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The least and the most of durations, by their names, and what silence may mean."""

    least: Mapping[str, timedelta] = field(default_factory=dict)
    most: Mapping[str, timedelta] = field(default_factory=dict)
    silence: frozenset[OnDeadline] = frozenset(OnDeadline)

    def check(self, overrides: Mapping[str, object]) -> None:
        """Return if these settings lie within, else raise `InvalidPolicy` naming the first."""
        parsed = Timeline().overlaid(overrides)
        held = self.held(parsed)
        for name in overrides:
            if getattr(parsed, name) != getattr(held, name):
                raise InvalidPolicy(
                    f"On this server `timeline.{name}` is {self._words(name)}.",
                    path=f"timeline.{name}",
                )

    def held(self, timeline: Timeline) -> Timeline:
        """Return a timeline within the bounds: what lies outside is moved to the nearest."""
        moved: dict[str, timedelta] = {}
        for name in {*self.least, *self.most}:
            value: timedelta = getattr(timeline, name)
            value = max(value, self.least.get(name, value))
            moved[name] = min(value, self.most.get(name, value))
        silence = timeline.on_deadline
        if silence not in self.silence:
            silence = next(each for each in OnDeadline if each in self.silence)
        return replace(timeline, **moved, on_deadline=silence)  # type: ignore[arg-type]  # by name

    def _words(self, name: str) -> str:
        if name == "on_deadline":
            return " or ".join(each.value for each in OnDeadline if each in self.silence)
        least, most = self.least.get(name), self.most.get(name)
        return " and ".join(
            f"{words} {format_duration(bound)}"
            for words, bound in (("at least", least), ("at most", most))
            if bound is not None
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerPolicy:
    """What the server says beside its timeline: its bounds, and the last to hear of silence.

    `fallback` names a team or a user as settings do: `team:platform`, `user:ann@example.com`.
    """

    bounds: Bounds = field(default_factory=Bounds)
    fallback: str | None = None


UNBOUNDED = ServerPolicy()


def effective(defaults: Timeline, bounds: Bounds, *overrides: Mapping[str, object]) -> Timeline:
    """Return the server's timeline overlaid by the team's and the asset's own, within bounds."""
    timeline = defaults
    for each in overrides:
        timeline = timeline.overlaid(each)
    return bounds.held(timeline)


def lengthened(timeline: Timeline, overrides: Mapping[str, object]) -> Timeline:
    """Return a timeline with a proposal's own wishes, or raise `InvalidPolicy`.

    A proposal gives those whom it asks more time, earlier notice, or working days where all
    days count; never less than the policy does.
    """
    wanted = timeline.overlaid(overrides)
    for name in overrides:
        shown = _COMPARED.get(name, name)
        before, after = getattr(timeline, shown), getattr(wanted, shown)
        if before != after and not _gives_more(name, before, after):
            raise InvalidPolicy(
                f"A proposal may only give more time or notice than the asset's policy, where "
                f"`timeline.{name}` is {timeline.to_wire()[name]}.",
                path=f"timeline.{name}",
            )
    return wanted


def _gives_more(name: str, before: Setting, after: Setting) -> bool:
    if isinstance(before, timedelta) and isinstance(after, timedelta):
        return after > before if _COMPARED.get(name, name) in _MORE_IS_MORE else after < before
    more = (Days.WORKING, PublishWhen.ON_DEMAND, ForceBy.TWO_PERSONS)
    return after in more or before is OnDeadline.APPROVE


def named_fallback(text: str) -> tuple[str, str]:
    """Read `team:platform` or `user:ann@example.com`; raises `InvalidPolicy`."""
    kind, _, name = text.partition(":")
    if kind not in ("team", "user") or not name.strip():
        raise InvalidPolicy(
            "A fallback is written `team:<name>` or `user:<e-mail address>`.", path="fallback"
        )
    return kind, name.strip()


def checked_fallback(fallback: Fallback) -> Fallback:
    """Return a fallback that names one team or one user, or raise `InvalidPolicy`."""
    if (fallback.team_id is None) == (fallback.user_id is None):
        raise InvalidPolicy("A fallback is either a team or a user.", path="fallback")
    return fallback
