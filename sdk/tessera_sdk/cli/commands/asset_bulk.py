"""`tessera asset assign`, `tag`, `delete`: one asset, several, or all that a filter finds"""

from typing import TYPE_CHECKING, Annotated

import typer

from tessera_sdk.cli.commands.dependencies import group
from tessera_sdk.cli.options import AsJson, Key
from tessera_sdk.cli.session import Session, session

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import JsonValue

    from tessera_sdk.catalog import BulkResult

    Where = dict[str, JsonValue] | None

__all__ = ["group"]
"""The group of `commands.assets`, with what stands here."""

Assets = Annotated[
    list[str] | None,
    typer.Argument(metavar="[ASSET]...", help="Names or ids; none: what the filter finds."),
]
Matching = Annotated[
    str | None, typer.Option("--matching", metavar="TEXT", help="Assets that this text finds.")
]
InEnvironment = Annotated[
    str | None, typer.Option("--environment", metavar="NAME", help="Assets of this environment.")
]
OfOwner = Annotated[
    str | None, typer.Option("--owner", metavar="TEAM", help="Assets that this team owns.")
]
WithTag = Annotated[
    str | None, typer.Option("--with-tag", metavar="TAG", help="Assets that have this tag.")
]
OfKind = Annotated[str | None, typer.Option("--kind", metavar="KIND", help="Assets of this kind.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Only say what would become of each asset.")
]


@group.command("assign")
def assign(
    ctx: typer.Context,
    to: Annotated[str, typer.Option("--to", metavar="TEAM", help="Who gets them.")],
    assets: Assets = None,
    matching: Matching = None,
    environment: InEnvironment = None,
    owner: OfOwner = None,
    with_tag: WithTag = None,
    kind: OfKind = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    idempotency_key: Key = None,
) -> None:
    """Give assets to another team. One owns the one team and works for the other.

    Example:  tessera asset assign orders.customers orders.items --to payments

    Example:  tessera asset assign --owner checkout --to payments --dry-run
    """
    with session(ctx, as_json=as_json) as s:
        ids, where = chosen(s, assets, matching, environment, owner, with_tag, kind)
        receiver = s.team(to)
        result = s.client.assets.bulk_assign(
            receiver.id,
            asset_ids=ids,
            where=where,
            dry_run=dry_run,
            idempotency_key=idempotency_key,
        )
        show(s, result, lambda: f"given to `{receiver.name}`")


@group.command("tag")
def tag(
    ctx: typer.Context,
    assets: Assets = None,
    add: Annotated[
        list[str] | None, typer.Option("--add", metavar="TAG", help="May be repeated.")
    ] = None,
    remove: Annotated[
        list[str] | None, typer.Option("--remove", metavar="TAG", help="May be repeated.")
    ] = None,
    matching: Matching = None,
    environment: InEnvironment = None,
    owner: OfOwner = None,
    with_tag: WithTag = None,
    kind: OfKind = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    idempotency_key: Key = None,
) -> None:
    """Add tags to assets, or remove some.

    Example:  tessera asset tag orders.customers --add pii --remove draft

    Example:  tessera asset tag --with-tag gdpr --add pii
    """
    if not add and not remove:
        raise typer.BadParameter("Say --add TAG or --remove TAG.")
    with session(ctx, as_json=as_json) as s:
        ids, where = chosen(s, assets, matching, environment, owner, with_tag, kind)
        result = s.client.assets.bulk_tags(
            add=add or (),
            remove=remove or (),
            asset_ids=ids,
            where=where,
            dry_run=dry_run,
            idempotency_key=idempotency_key,
        )
        show(s, result, lambda: "tagged")


@group.command("delete")
def delete(
    ctx: typer.Context,
    assets: Assets = None,
    matching: Matching = None,
    environment: InEnvironment = None,
    owner: OfOwner = None,
    with_tag: WithTag = None,
    kind: OfKind = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    idempotency_key: Key = None,
) -> None:
    """Delete assets; open proposals for them are rejected. `tessera asset restore` brings one back.

    Example:  tessera asset delete orders.customers

    Example:  tessera asset delete --environment sandbox --dry-run
    """
    with session(ctx, as_json=as_json) as s:
        ids, where = chosen(s, assets, matching, environment, owner, with_tag, kind)
        result = s.client.assets.bulk_delete(
            asset_ids=ids, where=where, dry_run=dry_run, idempotency_key=idempotency_key
        )
        show(s, result, lambda: "deleted")


def chosen(
    s: Session,
    assets: list[str] | None,
    matching: str | None,
    environment: str | None,
    owner: str | None,
    with_tag: str | None,
    kind: str | None,
) -> "tuple[list[str] | None, Where]":
    """The ids of the named assets, or else what the filter says; both or none is wrong usage."""
    said = (matching, environment, owner, with_tag, kind)
    if bool(assets) == any(said):
        raise typer.BadParameter("Name assets, or say which by options; not both.")
    if assets:
        return [s.asset(name).id for name in assets], None
    where: dict[str, JsonValue] = {
        name: value
        for name, value in (
            ("q", matching),
            ("environment", environment),
            ("owner_team_id", s.team(owner).id if owner else None),
            ("tag", with_tag),
            ("kind", kind),
        )
        if value
    }
    return None, where


def show(s: Session, result: "BulkResult", done: "Callable[[], str]") -> None:
    """Every outcome; what was refused ends the command with 1."""
    from tessera_sdk.cli.screens.asset_lives import bulk_shown

    s.show(result, lambda: bulk_shown(result, done()))
    if result.refused:
        raise typer.Exit(1)
