"""The policy of an asset: how its changes are judged and how long its consumers have."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import Field

from api.call import Call, May
from api.json_bodies import Body
from api.routing import TesseraRoute
from api.views import View
from domain.assets import Asset, Preset
from domain.authorization import Action
from domain.compatibility import ContentModel, Mode
from domain.timeline import OnDeadline, PublishWhen, Timeline
from domain.versioning import SemverMode
from record import assets, lookup
from record.assets import PolicyChange
from store.transaction import Transaction

router = APIRouter(prefix="/assets/{asset_id}/policy", tags=["assets"], route_class=TesseraRoute)


class TimelineView(View):
    """When people are asked, reminded and escalated to; durations are ISO 8601."""

    remind_after: str = Field(examples=["P2D"])
    remind_every: str
    escalate_after: str
    deadline: str = Field(examples=["P14D"])
    last_limit: str
    max_extension: str
    minimum_notice: str
    publish_within: str
    on_deadline: OnDeadline
    publish: PublishWhen

    @classmethod
    def of(cls, timeline: Timeline) -> "TimelineView":
        """Return the view of a timeline."""
        return cls.model_validate(timeline.to_wire())


class PolicyView(View):
    """What judges an asset's changes now; an open proposal keeps what it was opened with."""

    preset: Preset | None = Field(
        description="The preset whose mode, content model and semver mode these are, if it is one."
    )
    mode: Mode
    content_model: ContentModel
    semver_mode: SemverMode
    observe: bool = Field(description="Nothing gates; everything is told.")
    timeline: TimelineView = Field(description="As it counts: the asset's own over the server's.")
    timeline_overrides: dict[str, str] = Field(description="What the asset itself sets.")

    @classmethod
    def of(cls, asset: Asset, defaults: Timeline) -> "PolicyView":
        """Return the view of an asset's policy."""
        policy = asset.policy
        return cls(
            preset=policy.preset,
            mode=policy.mode,
            content_model=policy.content_model,
            semver_mode=policy.semver_mode,
            observe=policy.observe,
            timeline=TimelineView.of(defaults.overlaid(policy.timeline)),
            timeline_overrides=dict(policy.timeline),
        )


class PolicyBody(Body):
    """What changes; what is left out stays."""

    # The defaults are never read: a member that was not sent is not in `model_fields_set`, and one
    # that was sent as null is refused, since none of these can be nothing.
    preset: Preset = Field(
        Preset.DEFAULT,
        description="Sets mode, content model and semver mode; what is sent beside it counts.",
    )
    mode: Mode = Mode.BACKWARD
    content_model: ContentModel = ContentModel.CLOSED
    semver_mode: SemverMode = SemverMode.AUTO
    observe: bool = False
    timeline: dict[str, object] = Field(
        default={},
        description="By setting; seconds, `36h`, `14d` or ISO 8601. Null: the server's default.",
        examples=[{"deadline": "14d", "remind_after": None}],
    )

    def change(self) -> PolicyChange:
        """Return what was sent."""
        sent = {name: getattr(self, name) for name in self.model_fields_set}
        return PolicyChange(**sent)


@router.get("", summary="Get an asset's policy")
async def get_policy(
    call: Annotated[Call, Depends(May(Action.READ, "policies"))], asset_id: UUID
) -> PolicyView:
    """The policy as it counts for the next publication."""

    async def work(tx: Transaction) -> Asset:
        return await lookup.asset(tx, asset_id)

    return PolicyView.of(await call.resources.database.read(work), call.resources.timeline)


@router.patch("", summary="Change an asset's policy")
async def change_policy(
    call: Annotated[Call, Depends(May(Action.CHANGE_POLICY, "policies"))],
    asset_id: UUID,
    body: PolicyBody,
) -> PolicyView:
    """Only what is sent changes. It stands in the log with what it was before."""
    asset = await assets.change_policy(
        call.resources.database, call.caller, asset_id, body.change()
    )
    return PolicyView.of(asset, call.resources.timeline)
