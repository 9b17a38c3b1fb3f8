"""`tessera retirement …`"""

from typing import TYPE_CHECKING, Annotated

import typer

from tessera_sdk.cli.options import (
    All,
    AsJson,
    AssetArgument,
    Cursor,
    Key,
    Limit,
    TeamOption,
    moment_of,
)
from tessera_sdk.cli.session import Session, session

if TYPE_CHECKING:
    from tessera_sdk.ends import Retirement

group = typer.Typer(
    help="Retirements are the ends of old versions, off which consumers move.",
    no_args_is_help=True,
)

VersionArgument = Annotated[str, typer.Argument(metavar="VERSION", help="The old version.")]
Note = Annotated[str | None, typer.Option("--note", metavar="TEXT", help="Shown to the owner.")]


@group.command("list")
def list_(
    ctx: typer.Context,
    asset: Annotated[str | None, typer.Option("--asset", metavar="ASSET")] = None,
    team: Annotated[
        str | None, typer.Option("--team", metavar="NAME", help="Those that ask this team to move.")
    ] = None,
    status: Annotated[
        str | None,
        typer.Option("--status", metavar="STATUS", help="open, retired or cancelled."),
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    everything: All = False,
    as_json: AsJson = False,
) -> None:
    """List the ends of old versions.

    Example:  tessera retirement list --status open --team marketing
    """
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.retirements import retirement_list

        listing = s.client.retirements.list(
            status=status,
            asset_id=s.asset(asset).id if asset else None,
            consumer_team_id=s.team(team).id if team else None,
            limit=limit,
            cursor=cursor,
        )
        s.show_listing(listing, retirement_list, everything=everything)


@group.command("show")
def show(
    ctx: typer.Context, asset: AssetArgument, version: VersionArgument, as_json: AsJson = False
) -> None:
    """Show when a version is retired, who has moved and who is still on it.

    Example:  tessera retirement show orders.customers 1.0.0
    """
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.retirements import retirement_shown

        found = s.client.retirements.get(s.contract(asset, version).id)
        s.show(found, lambda: retirement_shown(found))


@group.command("set")
def set_(
    ctx: typer.Context,
    asset: AssetArgument,
    version: VersionArgument,
    on: Annotated[
        str,
        typer.Option("--on", metavar="WHEN", help="2027-01-31, +90d, friday.", show_default=False),
    ],
    reason: Annotated[str | None, typer.Option("--reason", metavar="TEXT")] = None,
    as_json: AsJson = False,
    idempotency_key: Key = None,
) -> None:
    """Set when a deprecated version is retired; whoever is on it is asked to move.

    Example:  tessera retirement set orders.customers 1.0.0 --on +90d
    """
    moment = moment_of(on, "--on")
    assert moment is not None  # the option is needed
    with session(ctx, as_json=as_json) as s:
        contract = s.contract(asset, version)
        after = s.client.retirements.set(
            contract.id, moment, reason=reason, idempotency_key=idempotency_key
        )
        _said(s, "The end is set.", after)


@group.command("moved")
def moved(
    ctx: typer.Context,
    asset: AssetArgument,
    version: VersionArgument,
    team: TeamOption,
    note: Note = None,
    as_json: AsJson = False,
    idempotency_key: Key = None,
) -> None:
    """Confirm that a team uses an old version no more.

    Example:  tessera retirement moved orders.customers 1.0.0 --team marketing
    """
    with session(ctx, as_json=as_json) as s:
        contract, consumer = s.contract(asset, version), s.team(team)
        after = s.client.retirements.moved(
            contract.id, consumer.id, note=note, idempotency_key=idempotency_key
        )
        _said(s, f"`{consumer.name}` has moved.", after)


@group.command("extend")
def extend(
    ctx: typer.Context,
    asset: AssetArgument,
    version: VersionArgument,
    team: TeamOption,
    until: Annotated[
        str, typer.Option("--until", metavar="WHEN", help="2027-01-31, +30d.", show_default=False)
    ],
    note: Note = None,
    as_json: AsJson = False,
    idempotency_key: Key = None,
) -> None:
    """Keep an old version for a team until a later date.

    Example:  tessera retirement extend orders.customers 1.0.0 --team billing --until 2027-03-31
    """
    moment = moment_of(until, "--until")
    assert moment is not None  # the option is needed
    with session(ctx, as_json=as_json) as s:
        contract, consumer = s.contract(asset, version), s.team(team)
        after = s.client.retirements.extend(
            contract.id, consumer.id, moment, note=note, idempotency_key=idempotency_key
        )
        _said(s, f"The version stays for `{consumer.name}`.", after)


@group.command("cancel")
def cancel(
    ctx: typer.Context,
    asset: AssetArgument,
    version: VersionArgument,
    reason: Annotated[str | None, typer.Option("--reason", metavar="TEXT")] = None,
    as_json: AsJson = False,
    idempotency_key: Key = None,
) -> None:
    """Take the end of a version back; it stays deprecated."""
    with session(ctx, as_json=as_json) as s:
        contract = s.contract(asset, version)
        after = s.client.retirements.cancel(
            contract.id, reason=reason, idempotency_key=idempotency_key
        )
        _said(s, "The retirement is cancelled.", after)


def _said(s: Session, sentence: str, retirement: "Retirement") -> None:
    from tessera_sdk.cli.screens.retirements import retirement_said

    s.show(retirement, lambda: retirement_said(sentence, retirement))
