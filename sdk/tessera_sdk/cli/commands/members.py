"""`tessera team members`, `tessera team add`, `tessera team remove`"""

from enum import StrEnum
from typing import Annotated

import typer

from tessera_sdk.cli.commands.teams import TeamArgument, group
from tessera_sdk.cli.commands.users import UserArgument
from tessera_sdk.cli.options import All, AsJson, Cursor, Limit
from tessera_sdk.cli.session import session

__all__ = ["group"]
"""The group of `commands.teams`, with what stands here."""


class TeamRole(StrEnum):
    """What a member may do for the team."""

    OWNER = "owner"
    MEMBER = "member"
    VIEWER = "viewer"


@group.command("members")
def members(
    ctx: typer.Context,
    team: TeamArgument,
    limit: Limit = 50,
    cursor: Cursor = None,
    everything: All = False,
    as_json: AsJson = False,
) -> None:
    """List who is what in a team."""
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.users import member_list

        found = s.client.teams.members(s.team(team).id, limit=limit, cursor=cursor)
        s.show_listing(found, member_list, everything=everything)


@group.command("add")
def add(
    ctx: typer.Context,
    team: TeamArgument,
    user: UserArgument,
    role: Annotated[
        TeamRole, typer.Option("--role", help="`owner`, `member` or `viewer`.")
    ] = TeamRole.MEMBER,
    as_json: AsJson = False,
) -> None:
    """Add a user to a team, or give a member another role.

    Example:  tessera team add checkout ada@example.com --role owner
    """
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.users import member_put

        found = s.team(team)
        member = s.client.teams.put_member(found.id, s.client.users.find(user).id, role)
        s.show(member, lambda: member_put(found, member))


@group.command("remove")
def remove(ctx: typer.Context, team: TeamArgument, user: UserArgument) -> None:
    """Take a user out of a team.

    Example:  tessera team remove checkout ada@example.com
    """
    with session(ctx) as s:
        from tessera_sdk.cli.screens.users import member_removed

        found, who = s.team(team), s.client.users.find(user)
        s.client.teams.remove_member(found.id, who.id)
        s.show_done(lambda: member_removed(found, who))
