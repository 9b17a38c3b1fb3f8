"""`tessera release …`"""

from typing import TYPE_CHECKING, Annotated

import typer

from tessera_sdk.cli.options import All, AsJson, Cursor, Key, Limit
from tessera_sdk.cli.session import Session, session

if TYPE_CHECKING:
    from tessera_sdk.catalog import Release

group = typer.Typer(
    help="Releases are proposals that are published together, or not at all.",
    no_args_is_help=True,
)

ReleaseArgument = Annotated[str, typer.Argument(metavar="RELEASE", help="Its id.")]
Proposals = Annotated[
    list[str],
    typer.Argument(metavar="PROPOSAL...", help="Ids, or the assets whose proposals they are."),
]


@group.command("open")
def open_(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What people call it.")],
    proposals: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PROPOSAL]...", help="Ids, or assets that have an open one."),
    ] = None,
    contracts: Annotated[
        list[str] | None,
        typer.Option(
            "--contracts", metavar="DIR", help="Contract files, as of `tessera publish`. Repeatable"
        ),
    ] = None,
    environment: Annotated[
        str | None, typer.Option("--environment", metavar="NAME", help="Of all those contracts.")
    ] = None,
    as_json: AsJson = False,
    idempotency_key: Key = None,
) -> None:
    """Open a release over proposals, over contracts that are proposed by it, or both.

    Example:  tessera release open "checkout 2027-01" orders.customers orders.items

    Example:  tessera release open "checkout 2027-01" --contracts contracts
    """
    from tessera_sdk.cli.contract_files import contract_files

    files = contract_files(contracts, environment) if contracts else []
    with session(ctx, as_json=as_json) as s:
        release = s.client.releases.open(
            name,
            proposal_ids=[s.proposal(each).id for each in proposals or ()],
            contracts=[each.contract for each in files],
            idempotency_key=idempotency_key,
        )
        _show(s, release)


@group.command("list")
def list_(
    ctx: typer.Context,
    status: Annotated[
        str | None,
        typer.Option("--status", metavar="STATUS", help="open, published, failed or cancelled."),
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    everything: All = False,
    as_json: AsJson = False,
) -> None:
    """List releases, the newest first."""
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.releases import release_list

        listing = s.client.releases.list(status=status, limit=limit, cursor=cursor)
        s.show_listing(listing, release_list, everything=everything)


@group.command("show")
def show(ctx: typer.Context, release: ReleaseArgument, as_json: AsJson = False) -> None:
    """Show a release: its proposals, and which of them it waits for."""
    with session(ctx, as_json=as_json) as s:
        _show(s, s.client.releases.get(release))


@group.command("add")
def add(
    ctx: typer.Context,
    release: ReleaseArgument,
    proposals: Proposals,
    as_json: AsJson = False,
    idempotency_key: Key = None,
) -> None:
    """Put open proposals into an open release.

    Example:  tessera release add 01939a10-0000-7000-8000-0000000000bb orders.items
    """
    with session(ctx, as_json=as_json) as s:
        ids = [s.proposal(each).id for each in proposals]
        _show(s, s.client.releases.add(release, ids, idempotency_key=idempotency_key))


@group.command("remove")
def remove(
    ctx: typer.Context,
    release: ReleaseArgument,
    proposal: Annotated[
        str, typer.Argument(metavar="PROPOSAL", help="Its id, or the asset whose it is.")
    ],
    as_json: AsJson = False,
) -> None:
    """Let a proposal go its own way again."""
    with session(ctx, as_json=as_json) as s:
        _show(s, s.client.releases.remove(release, s.proposal(proposal).id))


@group.command("cancel")
def cancel(
    ctx: typer.Context,
    release: ReleaseArgument,
    reason: Annotated[
        str | None, typer.Option("--reason", metavar="TEXT", help="Stands in the log.")
    ] = None,
    as_json: AsJson = False,
    idempotency_key: Key = None,
) -> None:
    """End a release: none of its proposals is published."""
    with session(ctx, as_json=as_json) as s:
        _show(s, s.client.releases.cancel(release, reason=reason, idempotency_key=idempotency_key))


@group.command("force")
def force(
    ctx: typer.Context,
    release: ReleaseArgument,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Stands in the log, told to everybody.")
    ],
    as_json: AsJson = False,
    idempotency_key: Key = None,
) -> None:
    """Publish all of a release without the missing answers; for administrators."""
    with session(ctx, as_json=as_json) as s:
        _show(s, s.client.releases.force(release, reason, idempotency_key=idempotency_key))


def _show(s: Session, release: "Release") -> None:
    from tessera_sdk.cli.screens.releases import release_shown

    s.show(release, lambda: release_shown(release))
