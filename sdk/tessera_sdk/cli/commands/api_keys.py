"""`tessera keys …`"""

from enum import StrEnum
from typing import Annotated

import typer

from tessera_sdk.cli.options import All, AsJson, Cursor, Key, Limit, moment_of
from tessera_sdk.cli.session import session

group = typer.Typer(help="Keys let teams and users come in.", no_args_is_help=True)

KeyArgument = Annotated[str, typer.Argument(metavar="KEY", help="Its id, as `list` shows it.")]
OfTeam = Annotated[str | None, typer.Option("--team", metavar="NAME", help="By name or id.")]
OfUser = Annotated[
    str | None,
    typer.Option("--user", metavar="USER", help="By e-mail address, a bot's name, or id."),
]
Expires = Annotated[
    str | None,
    typer.Option("--expires", metavar="WHEN", help="2027-01-31, +90d, friday. Default: never."),
]


class Scope(StrEnum):
    """How much a key may do at most."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


@group.command("create")
def create(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is for.")],
    team: OfTeam = None,
    user: OfUser = None,
    scope: Annotated[
        Scope, typer.Option("--scope", help="`read`, `write`, or `admin`: everything.")
    ] = Scope.WRITE,
    expires: Expires = None,
    as_json: AsJson = False,
    idempotency_key: Key = None,
) -> None:
    """Create a key of a team or of a user, and print it, once.

    Example:  tessera keys create "checkout's pipeline" --team checkout --expires +90d
    """
    if (team is None) == (user is None):
        raise typer.BadParameter("A key is for a team or for a user: give --team or --user.")
    moment = moment_of(expires, "--expires")
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.api_keys import key_made

        made = s.client.api_keys.create(
            name,
            team_id=s.team(team).id if team else None,
            user_id=s.client.users.find(user).id if user else None,
            scope=scope,
            expires_at=moment,
            idempotency_key=idempotency_key,
        )
        s.show(made, lambda: key_made(made))


@group.command("list")
def list_(
    ctx: typer.Context,
    team: OfTeam = None,
    user: OfUser = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    everything: All = False,
    as_json: AsJson = False,
) -> None:
    """List the keys that you may see: your own and those of your teams."""
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.api_keys import key_list

        keys = s.client.api_keys.list(
            team_id=s.team(team).id if team else None,
            user_id=s.client.users.find(user).id if user else None,
            limit=limit,
            cursor=cursor,
        )
        s.show_listing(keys, key_list, everything=everything)


@group.command("show")
def show(ctx: typer.Context, key: KeyArgument, as_json: AsJson = False) -> None:
    """Show what has become of a key, and when it was used last."""
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.api_keys import key_shown

        found = s.client.api_keys.get(key)
        s.show(found, lambda: key_shown(found))


@group.command("rotate")
def rotate(
    ctx: typer.Context,
    key: KeyArgument,
    overlap: Annotated[
        str | None,
        typer.Option(
            "--overlap", metavar="TIME", help="How long both work: 36h, 7d, 0s. Default: a day."
        ),
    ] = None,
    expires: Expires = None,
    as_json: AsJson = False,
    idempotency_key: Key = None,
) -> None:
    """Make a new key in the place of another, and print it, once.

    Example:  tessera keys rotate 01939a10-0000-7000-8000-000000000001 --overlap 7d
    """
    moment = moment_of(expires, "--expires")
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.api_keys import key_made

        made = s.client.api_keys.rotate(
            key, overlap=overlap, expires_at=moment, idempotency_key=idempotency_key
        )
        s.show(made, lambda: key_made(made))


@group.command("revoke")
def revoke(ctx: typer.Context, key: KeyArgument, as_json: AsJson = False) -> None:
    """Take a key out of use at once.

    Example:  tessera keys revoke 01939a10-0000-7000-8000-000000000001
    """
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.api_keys import key_revoked

        revoked = s.client.api_keys.revoke(key)
        s.show(revoked, lambda: key_revoked(revoked))
