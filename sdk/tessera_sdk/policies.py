"""Policies of assets, teams and proposals, and the calendars of teams."""

from datetime import date

from pydantic import Field, JsonValue

from tessera_sdk.received import Received


class Timeline(Received):
    """How long each step of a proposal may take; durations are ISO 8601."""

    remind_after: str | None = None
    remind_every: str | None = None
    escalate_after: str | None = None
    owners_after: str | None = None
    fallback_after: str | None = None
    deadline: str | None = None
    last_limit: str | None = None
    on_deadline: str | None = None
    max_extension: str | None = None
    minimum_notice: str | None = None
    publish_within: str | None = None
    migration_window: str | None = None
    publish: str | None = None
    force: str | None = None
    days: str | None = None
    """`calendar`, or `working`: whole days are working days of the team that is asked."""


class Policy(Received):
    preset: str | None = None
    mode: str | None = None
    content_model: str | None = None
    semver_mode: str | None = None
    observe: bool | None = None
    observe_override: bool | None = None
    timeline: Timeline = Timeline()


class Calendar(Received):
    """When a team works, in its own time zone."""

    time_zone: str = "UTC"
    workdays: tuple[str, ...] = ("mon", "tue", "wed", "thu", "fri")
    opens: str = "09:00"
    closes: str = "17:00"
    country: str | None = None
    subdivision: str | None = None
    holidays: tuple[date, ...] = ()
    days_off: tuple[date, ...] = ()

    def settings(self) -> dict[str, JsonValue]:
        """Return what was set, to be set again: the holidays follow from the country."""
        found: dict[str, JsonValue] = self.model_dump(mode="json", exclude={"holidays"})
        return found


class Fallback(Received):
    """Who is told of a team's silence last."""

    team_id: str | None = None
    user_id: str | None = None


class TeamPolicy(Received):
    """What a team says for its assets that do not say it themselves, and about itself."""

    observe: bool | None = None
    timeline: Timeline = Timeline()
    timeline_overrides: dict[str, str] = Field(default_factory=dict)
    calendar: Calendar | None = None
    who_answers: str = "members"
    answerers: tuple[str, ...] = ()
    fallback: Fallback | None = None


class FrozenPolicy(Received):
    """What a proposal keeps of the policies that held when it opened."""

    mode: str | None = None
    content_model: str | None = None
    semver_mode: str | None = None
    timeline: Timeline = Timeline()
