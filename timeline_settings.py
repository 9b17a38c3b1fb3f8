"""The settings of time: what proposals wait for, and how far others may move it."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import timedelta

from pydantic import Field
from pydantic_settings import BaseSettings

from domain.bounds import Bounds, ServerPolicy, named_fallback
from domain.errors import InvalidPolicy
from domain.timeline import Days, ForceBy, OnDeadline, PublishWhen, Timeline
from naming import READ_FROM_ENVIRONMENT
from sign_in_settings import Duration

_NAMES = tuple(field.name for field in fields(Timeline))


class TimelineSettings(BaseSettings):
    """The part of `Settings` that these are."""

    model_config = READ_FROM_ENVIRONMENT

    # --- the timeline of proposals: what assets do not set themselves ---------------------------
    remind_after: Duration = Field(
        Timeline().remind_after,
        description="How long after an ask the first reminder goes out.",
    )
    remind_every: Duration = Field(
        Timeline().remind_every, description="The pause between reminders."
    )
    escalate_after: Duration = Field(
        Timeline().escalate_after,
        description="How long a party may be silent before its silence is escalated.",
    )
    owners_after: Duration = Field(
        Timeline().owners_after,
        description="How long a party may be silent before its owners are told by their own "
        "destinations; never before the party itself.",
    )
    fallback_after: Duration = Field(
        Timeline().fallback_after,
        description="How long a party may be silent before its fallback, else the server's, is "
        "told; never before the owners.",
    )
    deadline: Duration = Field(
        Timeline().deadline,
        description="How long a party has to answer, from when it was asked.",
    )
    last_limit: Duration = Field(
        Timeline().last_limit,
        description="After an escalation at the deadline: how long until the proposal expires.",
    )
    on_deadline: OnDeadline = Field(
        Timeline().on_deadline,
        description="What silence until the deadline means: `expire`, `approve` or `escalate`.",
    )
    max_extension: Duration = Field(
        Timeline().max_extension,
        description="How far past the deadline a party's own date may move the end.",
    )
    minimum_notice: Duration = Field(
        Timeline().minimum_notice,
        description="Silence counts only this long after an ask or a reminder has arrived.",
    )
    publish_within: Duration = Field(
        Timeline().publish_within,
        description="How long an approved proposal may wait for its publication on demand.",
    )
    migration_window: Duration = Field(
        Timeline().migration_window,
        description="After a breaking publication: how long until the version before it is "
        "retired. 0 leaves it deprecated until its owner sets a date.",
    )
    publish: PublishWhen = Field(
        Timeline().publish,
        description="`at_once`: an approved proposal publishes by itself; `on_demand`: it waits "
        "for `POST …/publish`.",
    )
    force: ForceBy = Field(
        Timeline().force,
        description="How many persons it takes to publish past the parties: `one_person` or "
        "`two_persons`, two administrators with a sign-in or a key of their own.",
    )
    days: Days = Field(
        Timeline().days,
        description="`calendar`, or `working`: durations of whole days count the working days of "
        "the team that is asked, and nobody is reminded outside of its hours.",
    )

    # --- what teams, assets and proposals may choose ------------------------------------------
    timeline_least: str = Field(
        "",
        description="The least that teams, assets and proposals may set, such as "
        "`deadline=3d, minimum_notice=4h`.",
    )
    timeline_most: str = Field(
        "", description="The most that they may set, such as `deadline=60d, max_extension=90d`."
    )
    on_deadline_allowed: str = Field(
        "expire, approve, escalate",
        description="What silence may mean for them; without `approve` nobody ever consents by it.",
    )
    escalation_fallback: str | None = Field(
        None,
        description="Who is told of silence last where the silent team has named nobody: "
        "`team:<name>` or `user:<e-mail address>`.",
    )

    def timeline(self) -> Timeline:
        """Return the timeline for what nobody else sets; raises `InvalidPolicy`."""
        return Timeline().overlaid({name: getattr(self, name) for name in _NAMES})

    def server_policy(self) -> ServerPolicy:
        """Return what holds for all; raises `InvalidPolicy`."""
        if self.escalation_fallback is not None:
            named_fallback(self.escalation_fallback)
        return ServerPolicy(
            bounds=Bounds(
                least=_bounds("timeline_least", self.timeline_least),
                most=_bounds("timeline_most", self.timeline_most),
                silence=_silence(self.on_deadline_allowed),
            ),
            fallback=self.escalation_fallback,
        )


def _bounds(setting: str, text: str) -> Mapping[str, timedelta]:
    found = {}
    for part in filter(None, (each.strip() for each in text.split(","))):
        name, _, value = part.partition("=")
        bound = getattr(Timeline().overlaid({name.strip(): value.strip()}), name.strip())
        if not isinstance(bound, timedelta):
            raise InvalidPolicy(f"`{setting}` bounds durations only.", path=setting)
        found[name.strip()] = bound
    return found


def _silence(text: str) -> frozenset[OnDeadline]:
    try:
        found = frozenset(OnDeadline(each.strip()) for each in text.split(",") if each.strip())
    except ValueError:
        found = frozenset()
    if not found:
        raise InvalidPolicy(
            "`on_deadline_allowed` names some of expire, approve, escalate.",
            path="on_deadline_allowed",
        )
    return found
