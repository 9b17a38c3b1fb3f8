"""The facts of assets: that they exist, whose they are, and how their changes are judged."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from domain.actors import Caller
from domain.assets import (
    DEFAULT_ENVIRONMENT,
    Asset,
    AssetKind,
    AssetPolicy,
    Preset,
    checked_description,
    checked_environment,
    checked_fqn,
    checked_tags,
)
from domain.authorization import Resource, permitted
from domain.bounds import Bounds, effective
from domain.compatibility import ContentModel, Mode
from domain.errors import Conflict
from domain.events import EventType, NewEvent
from domain.json_types import JsonObject
from domain.loosening import observing_loosens, policy_loosens, timeline_loosens
from domain.permissions import Action
from domain.teams import Team
from domain.timeline import Timeline, merged_overrides
from domain.versioning import SemverMode
from record import events, lookup, observations
from store.database import Runner
from store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAsset:
    """What a new asset is; its policy starts with the defaults and a preset."""

    fqn: str
    owner_team_id: UUID
    environment: str = DEFAULT_ENVIRONMENT
    kind: AssetKind = AssetKind.TABLE
    tags: tuple[str, ...] = ()
    description: str | None = None
    preset: Preset = Preset.DEFAULT


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyChange:
    """What of a policy changes: first what a preset says, then what is named by itself.

    A timeline setting of None goes back to the server's default. With `follows` the asset itself
    says nothing about observing any more.
    """

    preset: Preset | None = None
    mode: Mode | None = None
    content_model: ContentModel | None = None
    semver_mode: SemverMode | None = None
    observe: bool | None = None
    follows: bool = False
    timeline: Mapping[str, object] | None = None


async def create(runner: Runner, caller: Caller, new: NewAsset) -> Asset:
    """Create an asset; raises `NotFound` for the owner, `Conflict` when the FQN is taken."""
    fqn, environment = checked_fqn(new.fqn), checked_environment(new.environment)
    tags, description = checked_tags(new.tags), checked_description(new.description)

    async def work(tx: Transaction) -> Asset:
        owner = await lookup.standing_team(tx, new.owner_team_id)
        by = permitted(caller, Action.CREATE_ASSET, Resource(noun="assets", team_id=owner.id))
        asset = await tx.assets.insert(
            fqn=fqn,
            environment=environment,
            kind=new.kind,
            tags=tags,
            description=description,
            owner_team_id=owner.id,
            policy=AssetPolicy().preset_to(new.preset),
        )
        if asset is None:
            raise await taken(tx, fqn, environment)
        await events.append(tx, _told_created(by, asset, owner))
        return asset

    return await runner.run(work)


async def taken(tx: Transaction, fqn: str, environment: str) -> Conflict:
    """Return the refusal that says which asset has this FQN."""
    there = await tx.assets.named(fqn, environment)
    return Conflict(
        f"There is an asset `{fqn}` in {environment} already.",
        existing_id=None if there is None else str(there.id),
    )


def _told_created(caller: Caller, asset: Asset, owner: Team) -> NewEvent:
    named: JsonObject = {
        "fqn": asset.fqn,
        "environment": asset.environment,
        "kind": asset.kind.value,
    }
    return NewEvent(
        type=EventType.ASSET_CREATED,
        caller=caller,
        summary=f"{owner.name} owns {asset.fqn} in {asset.environment}.",
        asset_id=asset.id,
        team_id=owner.id,
        payload={
            **named,
            "before": None,
            "after": {
                **named,
                "tags": list(asset.tags),
                "description": asset.description,
                "owner_team_id": str(owner.id),
                "policy": policy_to_wire(asset.policy),
            },
        },
    )


async def change_policy(
    runner: Runner,
    caller: Caller,
    asset_id: UUID,
    change: PolicyChange,
    defaults: Timeline | None = None,
    *,
    observe: bool = False,
    bounds: Bounds = Bounds(),  # noqa: B008  # frozen
) -> Asset:
    """Change an asset's policy; a proposal that is open keeps the policy it was opened with.

    An owner of the team must say it where consumers lose by it. `defaults` and `observe` are the
    server's, for what neither asset nor team says. Raises `InvalidPolicy` beyond the `bounds`.
    """
    bounds.check(
        {name: value for name, value in (change.timeline or {}).items() if value is not None}
    )

    async def work(tx: Transaction) -> Asset:
        asset = await lookup.locked_asset(tx, asset_id)
        policy = _changed(asset.policy, change)
        after = replace(asset, policy=policy)
        loosens = await _loosens(tx, asset, after, defaults or Timeline(), bounds, observe)
        by = permitted(
            caller,
            Action.LOOSEN_POLICY if loosens else Action.CHANGE_POLICY,
            Resource(noun="policies", team_id=asset.owner_team_id),
        )
        if policy == asset.policy:
            return asset
        await tx.assets.set_policy(asset_id, policy)
        await events.append(
            tx,
            NewEvent(
                type=EventType.POLICY_CHANGED,
                caller=by,
                summary=f"The policy of {asset.fqn} is changed.",
                asset_id=asset_id,
                team_id=asset.owner_team_id,
                payload={"before": policy_to_wire(asset.policy), "after": policy_to_wire(policy)},
            ),
        )
        return after

    return await runner.run(work)


async def _loosens(
    tx: Transaction, asset: Asset, after: Asset, defaults: Timeline, bounds: Bounds, observe: bool
) -> bool:
    """Whether consumers lose by what the asset says from now on."""
    owner = await lookup.any_team(tx, asset.owner_team_id)
    timelines = [
        effective(defaults, bounds, owner.policy.timeline, each.policy.timeline)
        for each in (asset, after)
    ]
    if policy_loosens(asset.policy, after.policy) or timeline_loosens(*timelines):
        return True
    if after.policy.observe == asset.policy.observe:
        return False
    return observing_loosens(
        *[await observations.observes(tx, each, observe) for each in (asset, after)]
    )


def policy_to_wire(policy: AssetPolicy) -> JsonObject:
    """Return the policy as the log keeps it: what the asset itself says."""
    return {
        "mode": policy.mode.value,
        "content_model": policy.content_model.value,
        "semver_mode": policy.semver_mode.value,
        "observe": policy.observe,
        "timeline": dict(policy.timeline),
    }


def _changed(policy: AssetPolicy, change: PolicyChange) -> AssetPolicy:
    if change.preset is not None:
        policy = policy.preset_to(change.preset)
    return AssetPolicy(
        mode=change.mode or policy.mode,
        content_model=change.content_model or policy.content_model,
        semver_mode=change.semver_mode or policy.semver_mode,
        observe=_observes(policy, change),
        timeline=merged_overrides(policy.timeline, change.timeline or {}),
    )


def _observes(policy: AssetPolicy, change: PolicyChange) -> bool | None:
    if change.follows:
        return None
    return policy.observe if change.observe is None else change.observe
