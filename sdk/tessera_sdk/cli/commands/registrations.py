"""`tessera register` and `tessera registration …`"""

from typing import Annotated

import typer

from tessera_sdk.cli.options import All, AsJson, AssetArgument, Cursor, Key, Limit, TeamOption
from tessera_sdk.cli.session import Session, session

group = typer.Typer(help="Registrations say which team reads which asset.", no_args_is_help=True)


Fields = Annotated[
    list[str] | None,
    typer.Option("--field", metavar="PATH", help="Only this one; may be repeated. Default: all."),
]
Pin = Annotated[
    str | None, typer.Option("--pin", metavar="VERSION", help="The version that is read.")
]
UsedBy = Annotated[
    str | None, typer.Option("--used-by", metavar="NAME", help="The job or dashboard.")
]
UsedByLink = Annotated[
    str | None, typer.Option("--link", metavar="URL", help="Where to find that.")
]


def register(
    ctx: typer.Context,
    asset: AssetArgument,
    team: TeamOption,
    fields: Fields = None,
    pin: Pin = None,
    used_by: UsedBy = None,
    link: UsedByLink = None,
    as_json: AsJson = False,
    idempotency_key: Key = None,
) -> None:
    """Declare that a team reads an asset, so that it is asked before something breaks it.

    Example:  tessera register orders.customers --team marketing --field email --field address.city
    """
    if link is not None and used_by is None:
        raise typer.BadParameter("--link says where --used-by is found, so it needs that.")
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.assets import name_of
        from tessera_sdk.cli.screens.registrations import Named, registered

        found, consumer = s.asset(asset), s.team(team)
        registration = s.client.registrations.create(
            found.id,
            consumer.id,
            fields=fields,
            pinned_version=pin,
            used_by=used_by,
            used_by_link=link,
            idempotency_key=idempotency_key,
        )
        named = Named(registration, consumer.name, name_of(found))
        s.show(registration, lambda: registered(named))


@group.command("list")
def list_(
    ctx: typer.Context,
    asset: Annotated[str | None, typer.Option("--asset", metavar="ASSET")] = None,
    team: Annotated[str | None, typer.Option("--team", metavar="NAME")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    everything: All = False,
    as_json: AsJson = False,
) -> None:
    """List who reads what.

    Example:  tessera registration list --asset orders.customers
    """
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.registrations import Named, registration_list

        listing = s.client.registrations.list(
            asset_id=s.asset(asset).id if asset else None,
            consumer_team_id=s.team(team).id if team else None,
            limit=limit,
            cursor=cursor,
        )
        s.show_listing(
            listing,
            lambda found: registration_list(
                [Named(each, s.consumer_name(each), s.asset_name(each)) for each in found]
            ),
            everything=everything,
        )


@group.command("remove")
def remove(
    ctx: typer.Context,
    registration: Annotated[
        str, typer.Argument(metavar="REGISTRATION", help="Its id, or with --team the asset.")
    ],
    team: Annotated[str | None, typer.Option("--team", metavar="NAME")] = None,
    as_json: AsJson = False,
) -> None:
    """Take a registration back: the team does not read the asset any more.

    Example:  tessera registration remove orders.customers --team marketing
    """
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.registrations import removed

        id_ = registration if team is None else registration_of(s, registration, team)
        s.client.registrations.remove(id_)
        s.show_done(removed)


def registration_of(s: Session, asset: str, team: str) -> str:
    from tessera_sdk.errors import not_found

    found, consumer = s.asset(asset), s.team(team)
    listing = s.client.registrations.list(asset_id=found.id, consumer_team_id=consumer.id)
    for registration in listing:
        return registration.id
    raise not_found(f"`{consumer.name}` is not registered as a reader of `{found.fqn}`.")
