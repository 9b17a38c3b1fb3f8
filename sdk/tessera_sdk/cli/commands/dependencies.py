"""`tessera asset dependency`, `dependencies`"""

from typing import Annotated

import typer

from tessera_sdk.cli.commands.asset_lives import group
from tessera_sdk.cli.options import All, AsJson, AssetArgument, Cursor, Limit
from tessera_sdk.cli.session import session

__all__ = ["group"]
"""The group of `commands.asset_lives`, with what stands here."""


@group.command("dependencies")
def dependencies(
    ctx: typer.Context,
    asset: AssetArgument,
    downstream: Annotated[
        bool, typer.Option("--downstream", help="What is made of it instead.")
    ] = False,
    limit: Limit = 50,
    cursor: Cursor = None,
    everything: All = False,
    as_json: AsJson = False,
) -> None:
    """List what an asset is made of."""
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.comments import dependency_list

        found = s.client.dependencies.list(
            s.asset(asset).id,
            direction="downstream" if downstream else None,
            limit=limit,
            cursor=cursor,
        )
        s.show_listing(found, dependency_list, everything=everything)


@group.command("dependency")
def dependency(
    ctx: typer.Context,
    asset: AssetArgument,
    upstream: Annotated[str, typer.Argument(metavar="UPSTREAM", help="What it is made of.")],
    remove: Annotated[bool, typer.Option("--remove", help="It is so no more.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say that an asset is made of another one, whose proposals its owner then hears of.

    Example:  tessera asset dependency reports.monthly orders.customers
    """
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.comments import dependency_put, dependency_removed

        made, source = s.asset(asset), s.asset(upstream)
        if remove:
            s.client.dependencies.remove(made.id, source.id)
            s.show_done(lambda: dependency_removed(made, source))
            return
        put = s.client.dependencies.put(made.id, source.id)
        s.show(put, lambda: dependency_put(put))
