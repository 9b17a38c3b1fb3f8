"""`tessera asset …`"""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from tessera_sdk.cli.options import All, AsJson, AssetArgument, Cursor, Key, Limit, OnlyDeleted
from tessera_sdk.cli.session import Session, session

if TYPE_CHECKING:
    from pydantic import JsonValue

    from tessera_sdk.models import Asset, Contract

group = typer.Typer(help="Assets have a schema: tables, topics, endpoints, models.")

TIMELINE_KEYS = frozenset(
    {
        "remind_after",
        "remind_every",
        "escalate_after",
        "owners_after",
        "fallback_after",
        "deadline",
        "last_limit",
        "on_deadline",
        "max_extension",
        "minimum_notice",
        "publish_within",
        "migration_window",
        "publish",
        "force",
        "days",
    }
)


@group.command("create")
def create(
    ctx: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="ASSET", help="`orders.customers` or `…@staging`.")
    ],
    owner: Annotated[str, typer.Option("--owner", metavar="TEAM", help="Name or id.")],
    kind: Annotated[
        str | None, typer.Option("--kind", help="table, topic, endpoint or model.", metavar="KIND")
    ] = None,
    tags: Annotated[
        list[str] | None, typer.Option("--tag", metavar="TAG", help="May be repeated.")
    ] = None,
    description: Annotated[
        str | None, typer.Option("--description", metavar="TEXT", help="What it is.")
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option("--preset", metavar="NAME", help="default, protect-readers or strict."),
    ] = None,
    as_json: AsJson = False,
    idempotency_key: Key = None,
) -> None:
    """Create an asset.

    Example:  tessera asset create orders.customers --owner checkout
    """
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.assets import asset_created

        wanted = s.asset_words(name)
        asset = s.client.assets.create(
            wanted.fqn,
            s.team(owner).id,
            environment=wanted.environment,
            kind=kind,
            tags=tags,
            description=description,
            preset=preset,
            idempotency_key=idempotency_key,
        )
        s.show(asset, lambda: asset_created(asset))


@group.command("list")
def list_(
    ctx: typer.Context,
    query: Annotated[
        str | None,
        typer.Argument(
            metavar="[TEXT]", help="Words of name, tags, description or fields; or nearly so."
        ),
    ] = None,
    environment: Annotated[str | None, typer.Option("--environment", metavar="NAME")] = None,
    owner: Annotated[str | None, typer.Option("--owner", metavar="TEAM")] = None,
    kind: Annotated[str | None, typer.Option("--kind", metavar="KIND")] = None,
    tag: Annotated[str | None, typer.Option("--tag", metavar="TAG")] = None,
    steward: Annotated[str | None, typer.Option("--steward", metavar="USER")] = None,
    deleted: OnlyDeleted = False,
    limit: Limit = 50,
    cursor: Cursor = None,
    everything: All = False,
    as_json: AsJson = False,
) -> None:
    """List assets, the newest first; or with a text those that it finds, the best first.

    Example:  tessera asset list orders --environment staging
    """
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.assets import asset_list

        narrowed = any((query, environment, owner, kind, tag, steward, deleted))
        assets = s.client.assets.list(
            q=query,
            environment=environment,
            owner_team_id=s.team(owner).id if owner else None,
            kind=kind,
            tag=tag,
            steward=s.client.users.find(steward).id if steward else None,
            deleted="only" if deleted else None,
            limit=limit,
            cursor=cursor,
        )
        s.show_listing(
            assets,
            lambda found: asset_list(found, s.owner_name, narrowed=narrowed),
            everything=everything,
        )


@group.command("show")
def show(ctx: typer.Context, asset: AssetArgument, as_json: AsJson = False) -> None:
    """Show an asset: its contract, who reads it, and whether a proposal is open."""
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.assets import asset_shown
        from tessera_sdk.cli.screens.proposals import is_open

        found = s.asset(asset)
        if as_json:
            s.print_json(found.wire)
            return
        registrations = s.client.registrations.list(asset_id=found.id)
        consumers = sorted(s.consumer_name(registration) for registration in registrations)
        latest = s.latest_proposal(found.id)
        open_proposal = latest if latest is not None and is_open(latest) else None
        active = active_contract(s, found)
        owner = s.owner_name(found)
        stewards = [each.user.name for each in s.client.assets.stewards(found.id)]
        s.show(found, lambda: asset_shown(found, owner, active, consumers, stewards, open_proposal))


def active_contract(s: Session, asset: "Asset") -> "Contract | None":
    active = s.client.contracts.list(asset.id, status="active").page().items
    return active[0] if active else None


@group.command("policy")
def policy(
    ctx: typer.Context,
    asset: AssetArgument,
    settings: Annotated[
        list[str] | None,
        typer.Argument(metavar="[KEY=VALUE]...", help="What to change; nothing shows it."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show or change how changes of an asset are judged, and how long everything may take.

    Keys: preset (default, protect-readers or strict), mode, content_model, semver_mode, observe,
    remind_after, remind_every, escalate_after, owners_after, fallback_after, deadline, last_limit,
    on_deadline, max_extension, minimum_notice, publish, publish_within, migration_window,
    force (one_person or two_persons), days (calendar or working). Durations: 90s, 36h, 14d.

    Example:  tessera asset policy orders.customers mode=full deadline=7d

    Example:  tessera asset policy orders.customers preset=strict
    """
    changes = parse_settings(settings or [])
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.assets import name_of, policy_shown

        found = s.asset(asset)
        if changes:
            current = s.client.assets.set_policy(found.id, changes)
        else:
            current = s.client.assets.policy(found.id)
        s.show(current, lambda: policy_shown(name_of(found), current))


def parse_settings(settings: list[str]) -> "dict[str, JsonValue]":
    """`deadline=7d` belongs into the timeline, `mode=full` does not; the server judges them."""
    top: dict[str, JsonValue] = {}
    timeline: dict[str, JsonValue] = {}
    for setting in settings:
        key, equals, text = setting.partition("=")
        if not equals or not key:
            raise typer.BadParameter(f"{setting!r} is not KEY=VALUE.", param_hint="KEY=VALUE")
        key = key.strip().removeprefix("timeline.").replace("-", "_")
        (timeline if key in TIMELINE_KEYS else top)[key] = parse_value(text.strip())
    if timeline:
        top["timeline"] = timeline
    return top


def parse_value(text: str) -> "JsonValue":
    """`true`, `null` and numbers mean themselves; anything else is text."""
    try:
        value: JsonValue = json.loads(text)
    except json.JSONDecodeError:
        return text
    return value
