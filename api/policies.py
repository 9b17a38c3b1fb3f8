"""The policy of an asset: how its changes are judged and how long its consumers have."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import Field, StrictBool

from api.call import Call, May
from api.json_bodies import Body
from api.routing import TesseraRoute
from api.views import View
from domain.assets import Asset, Preset
from domain.compatibility import ContentModel, Mode
from domain.permissions import Action
from domain.timeline import ForceBy, OnDeadline, PublishWhen, Timeline
from domain.versioning import SemverMode
from record import assets, lookup, observations, teams
from record.assets import PolicyChange
from store.transaction import Transaction

router = APIRouter(prefix="/assets/{asset_id}/policy", tags=["assets"], route_class=TesseraRoute)
team_router = APIRouter(prefix="/teams/{team_id}/policy", tags=["teams"], route_class=TesseraRoute)


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
    migration_window: str
    on_deadline: OnDeadline
    publish: PublishWhen
    force: ForceBy = Field(description="How many persons it takes to publish past the parties.")

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
    observe: bool = Field(
        description="Nothing gates; everything is told. As it counts: what the asset says, else "
        "its team, else the server."
    )
    observe_override: bool | None = Field(description="What the asset itself says.")
    timeline: TimelineView = Field(description="As it counts: the asset's own over the server's.")
    timeline_overrides: dict[str, str] = Field(description="What the asset itself sets.")

    @classmethod
    def of(cls, asset: Asset, defaults: Timeline, *, observes: bool) -> "PolicyView":
        """Return the view of an asset's policy."""
        policy = asset.policy
        return cls(
            preset=policy.preset,
            mode=policy.mode,
            content_model=policy.content_model,
            semver_mode=policy.semver_mode,
            observe=observes,
            observe_override=policy.observe,
            timeline=TimelineView.of(defaults.overlaid(policy.timeline)),
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
    )
    return await _policy(call, asset_id)


async def _policy(call: Call, asset_id: UUID) -> PolicyView:
    async def work(tx: Transaction) -> PolicyView:
        asset = await lookup.asset(tx, asset_id)
        return PolicyView.of(
            asset,
            call.resources.timeline,
            observes=await observations.observes(tx, asset, call.resources.observe),
        )

    return await call.resources.database.read(work)


class TeamPolicyView(View):
    """What a team says for all of its assets that do not say it themselves."""

    observe: bool | None = Field(description="Null leaves it to the server.")


class TeamPolicyBody(Body):
    """What changes."""

    observe: StrictBool | None


@team_router.get("", summary="Get a team's policy")
async def get_team_policy(
    call: Annotated[Call, Depends(May(Action.READ, "policies"))], team_id: UUID
) -> TeamPolicyView:
    """What its assets do that do not say it themselves."""

    async def work(tx: Transaction) -> TeamPolicyView:
        return TeamPolicyView(observe=(await lookup.team(tx, team_id)).observe)

    return await call.resources.database.read(work)


@team_router.patch("", summary="Change a team's policy")
async def change_team_policy(
    call: Annotated[Call, Depends(May(Action.CHANGE_POLICY, "policies"))],
    team_id: UUID,
    body: TeamPolicyBody,
) -> TeamPolicyView:
    """It stands in the log with what it was before."""
    team = await teams.change_policy(
        call.resources.database,
        call.caller,
        team_id,
        observe=body.observe,
        server=call.resources.observe,
    )
    return TeamPolicyView(observe=team.observe)
