"""Assets and their policies, as people see them."""

from collections.abc import Callable, Iterator, Sequence

from rich.console import RenderableType
from rich.text import Text

from tessera_sdk.cli.screen import CommandLine, done, facts, heading, identifier, prose, table
from tessera_sdk.cli.times import now, spelled, when
from tessera_sdk.models import Asset, AssetRef, Contract, Policy, Proposal
from tessera_sdk.names import AssetName


def name_of(asset: Asset | AssetRef) -> str:
    return str(AssetName(asset.fqn, asset.environment))


def asset_created(asset: Asset) -> Iterator[RenderableType]:
    yield done(f"Asset `{name_of(asset)}` is there.")
    yield facts(("Id", identifier(asset.id)))
    yield "  Publish its first contract:"
    yield CommandLine(f"tessera contract publish {name_of(asset)} SCHEMA.json")


def asset_shown(
    asset: Asset,
    owner: str,
    active: Contract | None,
    consumers: Sequence[str],
    stewards: Sequence[str],
    proposal: Proposal | None,
) -> Iterator[RenderableType]:
    yield heading(name_of(asset))
    yield facts(
        ("Kind", asset.kind),
        ("Owner", owner),
        ("Contract", f"{active.version}, active" if active else "none yet"),
        ("Read by", ", ".join(consumers) or "nobody who said so"),
        ("Tags", ", ".join(asset.tags)),
        ("About", asset.description),
        ("Stewards", ", ".join(stewards)),
        ("Created", when(asset.created_at, now())),
        ("Id", identifier(asset.id)),
    )
    if proposal is not None:
        yield Text()
        waiting = ", ".join(team.name for team in proposal.pending)
        end = f"; it waits for {waiting}." if waiting else "."
        yield prose(
            f"● A proposal for {proposal.version or 'a new version'} is open{end}", "yellow"
        )
        yield CommandLine(f"tessera proposal show {name_of(asset)}")


def asset_list(
    assets: Sequence[Asset], owner_of: Callable[[Asset], str], *, narrowed: bool = False
) -> Iterator[RenderableType]:
    if not assets and narrowed:
        yield "No asset is found."
        return
    if not assets:
        yield "No asset here yet. `tessera asset create FQN --owner TEAM` makes one."
        return
    grid = table("Asset", "Kind", "Owner", names_in="Asset")
    for asset in assets:
        gone = " (deleted)" if asset.deleted_at else ""
        name = Text(name_of(asset) + gone).append("\n").append_text(identifier(asset.id))
        grid.add_row(name, asset.kind, owner_of(asset))
    yield grid


def policy_shown(name: str, policy: Policy) -> Iterator[RenderableType]:
    yield heading(f"Policy of {name}")
    timeline = policy.timeline
    observe = "yes: nothing gates, everything is told" if policy.observe else "no"
    if policy.observe_override is None:
        observe += " (as its team or the server says)"
    yield facts(
        ("preset", policy.preset),
        ("mode", policy.mode),
        ("content_model", policy.content_model),
        ("semver_mode", policy.semver_mode),
        ("observe", observe),
        ("remind_after", spelled(timeline.remind_after)),
        ("remind_every", spelled(timeline.remind_every)),
        ("escalate_after", spelled(timeline.escalate_after)),
        ("owners_after", spelled(timeline.owners_after)),
        ("fallback_after", spelled(timeline.fallback_after)),
        ("deadline", spelled(timeline.deadline)),
        ("on_deadline", timeline.on_deadline),
        ("last_limit", spelled(timeline.last_limit)),
        ("max_extension", spelled(timeline.max_extension)),
        ("minimum_notice", spelled(timeline.minimum_notice)),
        ("publish", timeline.publish),
        ("publish_within", spelled(timeline.publish_within)),
        ("migration_window", spelled(timeline.migration_window)),
        ("force", timeline.force),
        ("days", timeline.days),
    )
