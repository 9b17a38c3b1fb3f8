"""`tessera deliveries …`"""

from typing import Annotated

import typer

from tessera_sdk.cli.commands.destinations import Owner, owner_of
from tessera_sdk.cli.options import All, AsJson, Cursor, Key, Limit, moment_of
from tessera_sdk.cli.session import session

group = typer.Typer(help="What was sent where, and what came of it.", no_args_is_help=True)

DeliveryArgument = Annotated[
    str, typer.Argument(metavar="DELIVERY", help="Its id, as `list` shows it.")
]


OfOwner = Annotated[
    str | None,
    typer.Argument(metavar="[OWNER]", help="A team by name or id, `me`, or `user:NAME`."),
]
OfStatus = Annotated[
    list[str] | None,
    typer.Option("--status", metavar="STATUS", help="As failed or pending; may be repeated."),
]
OfType = Annotated[
    list[str] | None,
    typer.Option("--type", metavar="TYPE", help="As proposal.asked; may be repeated."),
]
To = Annotated[str | None, typer.Option("--destination", metavar="ID", help="Only to this one.")]
Since = Annotated[
    str | None,
    typer.Option("--since", metavar="TIME", help="2026-01-31, or 3d for three days ago."),
]
Until = Annotated[str | None, typer.Option("--until", metavar="TIME", help="Before this.")]


@group.command("list")
def list_(
    ctx: typer.Context,
    owner: OfOwner = None,
    status: OfStatus = None,
    type_: OfType = None,
    destination: To = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    everything: All = False,
    as_json: AsJson = False,
) -> None:
    """List what was sent to you and your teams, or to one of them.

    Example:  tessera deliveries list marketing --status failed --since 3d
    """
    if owner == "server":
        raise typer.BadParameter("Name a team or a user, or nobody.", param_hint="OWNER")
    first, last = (
        moment_of(said, option, past=True)
        for said, option in ((since, "--since"), (until, "--until"))
    )
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.destinations import delivery_list

        whose = Owner("all") if owner is None else owner_of(s, owner)
        found = s.client.deliveries.list(
            destination_id=destination,
            team_id=whose.team_id,
            user_id=whose.user_id,
            status=status or None,
            type=type_ or None,
            since=first,
            until=last,
            limit=limit,
            cursor=cursor,
        )
        s.show_listing(found, delivery_list, everything=everything)


@group.command("show")
def show(ctx: typer.Context, delivery: DeliveryArgument, as_json: AsJson = False) -> None:
    """Show a delivery and its attempts: what was sent, what came back, when the next one is."""
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.destinations import delivery_shown

        found = s.client.deliveries.get(delivery)
        s.show(found, lambda: delivery_shown(found))


@group.command("replay")
def replay(
    ctx: typer.Context,
    delivery: DeliveryArgument,
    as_json: AsJson = False,
    idempotency_key: Key = None,
) -> None:
    """Send it again; one that is on its way is not doubled.

    Example:  tessera deliveries replay 01939a10-0000-7000-8000-000000000001
    """
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.destinations import delivery_shown

        made = s.client.deliveries.replay(delivery, idempotency_key=idempotency_key)
        s.show(made, lambda: delivery_shown(made))
