"""`tessera team …`"""

from typing import Annotated

import typer

from tessera_sdk.cli.options import All, AsJson, Cursor, Key, Limit, OnlyDeleted
from tessera_sdk.cli.session import session

group = typer.Typer(help="Teams own assets and answer proposals.", no_args_is_help=True)

TeamArgument = Annotated[str, typer.Argument(metavar="TEAM", help="Its name or id.")]


@group.command("create")
def create(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Unique among teams.")],
    as_json: AsJson = False,
    idempotency_key: Key = None,
) -> None:
    """Create a team.

    Example:  tessera team create marketing
    """
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.teams import team_created

        team = s.client.teams.create(name, idempotency_key=idempotency_key)
        s.show(team, lambda: team_created(team))


@group.command("list")
def list_(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Option("--name", help="Only the one of this name.")] = None,
    deleted: OnlyDeleted = False,
    limit: Limit = 50,
    cursor: Cursor = None,
    everything: All = False,
    as_json: AsJson = False,
) -> None:
    """List teams."""
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.teams import team_list

        teams = s.client.teams.list(
            name=name, deleted="only" if deleted else None, limit=limit, cursor=cursor
        )
        s.show_listing(teams, team_list, everything=everything)


@group.command("show")
def show(ctx: typer.Context, team: TeamArgument, as_json: AsJson = False) -> None:
    """Show a team, what it owns and what it reads."""
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.assets import name_of
        from tessera_sdk.cli.screens.teams import team_shown

        found = s.team(team)
        if as_json:
            s.print_json(found.wire)
            return
        owned = [name_of(asset) for asset in s.client.assets.list(owner_team_id=found.id)]
        registrations = s.client.registrations.list(consumer_team_id=found.id)
        read = [s.asset_name(registration) for registration in registrations]
        s.show(found, lambda: team_shown(found, owned, read))
