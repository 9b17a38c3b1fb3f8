"""The policy of an asset: how its changes are judged and how long its consumers have."""

from functools import lru_cache
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import Field, StrictBool

from api.call import Call, May
from api.json_bodies import Body
from api.routing import TesseraRoute
from api.views import View
from domain.assets import Asset, Preset
from domain.bounds import effective
from domain.compatibility import ContentModel, Mode
from domain.permissions import Action
from domain.timeline import Days, ForceBy, OnDeadline, PublishWhen, Timeline
from domain.versioning import SemverMode
from record import assets, lookup, observations
from record.assets import PolicyChange
from store.transaction import Transaction

router = APIRouter(prefix="/assets/{asset_id}/policy", tags=["assets"], route_class=TesseraRoute)


class TimelineView(View):
    """When people are asked, reminded and escalated to; durations are ISO 8601."""

    remind_after: str = Field(examples=["P2D"])
    remind_every: str
    escalate_after: str
    owners_after: str
    fallback_after: str
    deadline: str = Field(examples=["P14D"])
    last_limit: str
    max_extension: str
    minimum_notice: str
    publish_within: str
    migration_window: str
    on_deadline: OnDeadline
    publish: PublishWhen
    force: ForceBy = Field(description="How many persons it takes to publish past the parties.")
    days: Days = Field(description="Which days a duration of whole days counts.")

    @classmethod
    def of(cls, timeline: Timeline) -> "TimelineView":
        """Return the view of a timeline."""
        return _shown(timeline)


@lru_cache(maxsize=256)
def _shown(timeline: Timeline) -> TimelineView:
    """Once for each timeline: a server knows few, and shows one with every proposal."""
    return TimelineView.model_validate(timeline.to_wire())


class PolicyView(View):
    """What judges an asset's changes now; an open proposal keeps what it was opened with."""

    preset: Preset | None = Field(
        description="The preset whose mode, content model and semver mode these are, if it is one."
    )
    mode: Mode
    content_model: ContentModel
    semver_mode: SemverMode
    observe: bool = Field(
        description="Nothing gates; everything is told. As it counts: what the asset says, else "
        "its team, else the server."
    )
    observe_override: bool | None = Field(description="What the asset itself says.")
    timeline: TimelineView = Field(
        description="As it counts: the asset's own over its team's over the server's."
    )
    timeline_overrides: dict[str, str] = Field(description="What the asset itself sets.")

    @classmethod
    def of(cls, asset: Asset, timeline: Timeline, *, observes: bool) -> "PolicyView":
        """Return the view of an asset's policy; `timeline` is what it comes to."""
        policy = asset.policy
        return cls(
            preset=policy.preset,
            mode=policy.mode,
            content_model=policy.content_model,
            semver_mode=policy.semver_mode,
            observe=observes,
            observe_override=policy.observe,
            timeline=TimelineView.of(timeline),
            timeline_overrides=dict(policy.timeline),
        )


class PolicyBody(Body):
    """What changes; what is left out stays."""

    # The defaults are never read: a member that was not sent is not in `model_fields_set`, and one
    # that was sent as null is refused where it cannot be nothing.
    preset: Preset = Field(
        Preset.DEFAULT,
        description="Sets mode, content model and semver mode; what is sent beside it counts.",
    )
    mode: Mode = Mode.BACKWARD
    content_model: ContentModel = ContentModel.CLOSED
    semver_mode: SemverMode = SemverMode.AUTO
    observe: StrictBool | None = Field(None, description="Null: as the team or the server says.")
    timeline: dict[str, object] = Field(
        default={},
        description="By setting; seconds, `36h`, `14d` or ISO 8601. Null: the server's default.",
        examples=[{"deadline": "14d", "remind_after": None}],
    )

    def change(self) -> PolicyChange:
        """Return what was sent."""
        sent = {name: getattr(self, name) for name in self.model_fields_set}
        return PolicyChange(**sent, follows="observe" in sent and self.observe is None)


@router.get("", summary="Get an asset's policy")
async def get_policy(
    call: Annotated[Call, Depends(May(Action.READ, "policies"))], asset_id: UUID
) -> PolicyView:
    """The policy as it counts for the next publication."""
    return await _policy(call, asset_id)


@router.patch("", summary="Change an asset's policy")
async def change_policy(
    call: Annotated[Call, Depends(May(Action.CHANGE_POLICY, "policies"))],
    asset_id: UUID,
    body: PolicyBody,
) -> PolicyView:
    """Only what is sent changes. It stands in the log with what it was before."""
    resources = call.resources
    await assets.change_policy(
        resources.database,
        call.caller,
        asset_id,
        body.change(),
        resources.timeline,
        observe=resources.observe,
        bounds=resources.server_policy.bounds,
    )
    return await _policy(call, asset_id)


async def _policy(call: Call, asset_id: UUID) -> PolicyView:
    async def work(tx: Transaction) -> PolicyView:
        resources = call.resources
        asset = await lookup.asset(tx, asset_id)
        owner = await lookup.any_team(tx, asset.owner_team_id)
        own = (owner.policy.timeline, asset.policy.timeline)
        return PolicyView.of(
            asset,
            effective(resources.timeline, resources.server_policy.bounds, *own),
            observes=await observations.observes(tx, asset, call.resources.observe),
        )

    return await call.resources.database.read(work)
