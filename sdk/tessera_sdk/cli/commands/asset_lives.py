"""`tessera asset change`, `restore`, `steward`, `stewards`, `environments`, `tags`"""

from typing import Annotated

import typer

from tessera_sdk.cli.commands.assets import group
from tessera_sdk.cli.commands.users import UserArgument
from tessera_sdk.cli.options import All, AsJson, AssetArgument, Cursor, Key, Limit
from tessera_sdk.cli.session import session

__all__ = ["group"]
"""The group of `commands.assets`, with what stands here."""


@group.command("change")
def change(
    ctx: typer.Context,
    asset: AssetArgument,
    kind: Annotated[
        str | None, typer.Option("--kind", help="table, topic, endpoint or model.", metavar="KIND")
    ] = None,
    tags: Annotated[
        list[str] | None,
        typer.Option("--tag", metavar="TAG", help="All of its tags; may be repeated."),
    ] = None,
    description: Annotated[
        str | None,
        typer.Option("--description", metavar="TEXT", help="An empty one goes away."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Change what is said of an asset. `tessera asset assign` gives it to another team.

    Example:  tessera asset change orders.customers --tag pii --description "Who buys."
    """
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.asset_lives import asset_changed

        found = s.asset(asset)
        changed = s.client.assets.update(found.id, kind=kind, tags=tags, description=description)
        s.show(changed, lambda: asset_changed(changed))


@group.command("restore")
def restore(
    ctx: typer.Context,
    asset: AssetArgument,
    as_json: AsJson = False,
    idempotency_key: Key = None,
) -> None:
    """Bring a deleted asset back, with its contracts, and for those who read it.

    Of several deleted assets of one name it is the newest.

    Example:  tessera asset restore orders.customers
    """
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.asset_lives import asset_restored

        found = s.deleted_asset(asset)
        restored = s.client.assets.restore(found.id, idempotency_key=idempotency_key)
        s.show(restored, lambda: asset_restored(restored))


@group.command("stewards")
def stewards(
    ctx: typer.Context,
    asset: AssetArgument,
    limit: Limit = 50,
    cursor: Cursor = None,
    everything: All = False,
    as_json: AsJson = False,
) -> None:
    """List the people to turn to about an asset."""
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.asset_lives import steward_list

        found = s.client.assets.stewards(s.asset(asset).id, limit=limit, cursor=cursor)
        s.show_listing(found, steward_list, everything=everything)


@group.command("steward")
def steward(
    ctx: typer.Context,
    asset: AssetArgument,
    user: UserArgument,
    remove: Annotated[bool, typer.Option("--remove", help="Let them be none any more.")] = False,
    as_json: AsJson = False,
) -> None:
    """Name somebody to turn to about an asset. It gives them no rights.

    Example:  tessera asset steward orders.customers ada@example.com
    """
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.asset_lives import steward_put, steward_removed

        found, who = s.asset(asset), s.client.users.find(user)
        if remove:
            s.client.assets.remove_steward(found.id, who.id)
            s.show_done(lambda: steward_removed(found, who))
            return
        put = s.client.assets.put_steward(found.id, who.id)
        s.show(put, lambda: steward_put(found, put))


@group.command("environments")
def environments(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List environments, with how many assets are in each."""
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.asset_lives import facet_list

        found = s.client.assets.environments()
        s.show(found, lambda: facet_list(found, "Environment"))


@group.command("tags")
def tags(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List tags, with how many assets have each."""
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.asset_lives import facet_list

        found = s.client.assets.tags()
        s.show(found, lambda: facet_list(found, "Tag"))
