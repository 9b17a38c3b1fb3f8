"""`tessera inbox`"""

from typing import Annotated

import typer

from tessera_sdk.cli.options import AsJson, Cursor, Limit
from tessera_sdk.cli.session import session


def inbox(
    ctx: typer.Context,
    team: Annotated[
        list[str] | None,
        typer.Option("--team", metavar="NAME", help="Of this team; may be repeated."),
    ] = None,
    user: Annotated[
        str | None,
        typer.Option("--user", metavar="WHO", help="Of this user's teams: an e-mail address."),
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    as_json: AsJson = False,
) -> None:
    """Show what waits for your teams, the most urgent first, and what your own proposals wait for.

    Example:  tessera inbox

    Example:  tessera inbox --team marketing
    """
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.inbox import inbox_shown

        found = s.client.inbox.page(
            team_ids=[s.team(name).id for name in team or ()],
            user_id=s.client.users.find(user).id if user else None,
            limit=limit,
            cursor=cursor,
        )
        s.show(found, lambda: inbox_shown(found))
