"""`tessera team rename`, `delete`, `restore`, `merge`"""

from typing import Annotated

import typer

from tessera_sdk.cli.commands.members import group
from tessera_sdk.cli.commands.teams import TeamArgument
from tessera_sdk.cli.options import AsJson, Key
from tessera_sdk.cli.session import session

__all__ = ["group"]
"""The group of `commands.teams`, with what stands here."""


@group.command("rename")
def rename(
    ctx: typer.Context,
    team: TeamArgument,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Unique among teams.")],
    as_json: AsJson = False,
) -> None:
    """Give a team another name; for owners of the team.

    Example:  tessera team rename checkout payments
    """
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.teams import team_renamed

        found = s.team(team)
        renamed = s.client.teams.rename(found.id, name)
        s.show(renamed, lambda: team_renamed(found, renamed))


@group.command("delete")
def delete(
    ctx: typer.Context,
    team: TeamArgument,
    reassign_to: Annotated[
        str | None,
        typer.Option("--reassign-to", metavar="TEAM", help="Who gets the assets that it owns."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Delete a team; for administrators. `tessera team restore` brings it back.

    A team that owns assets is deleted only with `--reassign-to`. What it reads counts no more, open
    proposals wait for it no longer, and its keys stop working.

    Example:  tessera team delete checkout --reassign-to payments
    """
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.teams import team_deleted

        found = s.team(team)
        heir = s.team(reassign_to) if reassign_to else None
        s.client.teams.delete(found.id, reassign_to=heir.id if heir else None)
        s.show_done(lambda: team_deleted(found, heir))


@group.command("restore")
def restore(
    ctx: typer.Context,
    team: TeamArgument,
    name: Annotated[
        str | None,
        typer.Option("--name", metavar="NAME", help="Another name, if its own is taken meanwhile."),
    ] = None,
    as_json: AsJson = False,
    idempotency_key: Key = None,
) -> None:
    """Bring a deleted team back, with its members, keys and registrations; for administrators.

    Of several deleted teams of one name it is the newest.

    Example:  tessera team restore checkout --name checkout-eu
    """
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.teams import team_restored

        found = s.deleted_team(team)
        restored = s.client.teams.restore(found.id, name=name, idempotency_key=idempotency_key)
        s.show(restored, lambda: team_restored(restored))


@group.command("merge")
def merge(
    ctx: typer.Context,
    team: TeamArgument,
    into: Annotated[str, typer.Option("--into", metavar="TEAM", help="Who gets all that it has.")],
    as_json: AsJson = False,
    idempotency_key: Key = None,
) -> None:
    """Give all that a team has to another one; for administrators. It cannot be undone.

    Assets, registrations, members, keys, open questions with their answers, and the webhook if the
    other team has none go over. Where both were asked, both have to be ready.

    Example:  tessera team merge checkout --into payments
    """
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.teams import team_merged

        found, target = s.team(team), s.team(into)
        merged = s.client.teams.merge(found.id, target.id, idempotency_key=idempotency_key)
        s.show(merged, lambda: team_merged(merged, target))
