"""`tessera events` and what is a reading of them: `tessera observed`"""

from typing import TYPE_CHECKING, Annotated, TypedDict

import typer

from tessera_sdk.cli.options import All, AsJson, Cursor, Limit
from tessera_sdk.cli.session import Session, session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tessera_sdk.models import Event


Follow = Annotated[
    bool, typer.Option("--follow", "-f", help="Go on with what happens now, until Ctrl-C.")
]
AboutAsset = Annotated[str | None, typer.Option("--asset", metavar="ASSET")]
AboutProposal = Annotated[str | None, typer.Option("--proposal", metavar="PROPOSAL")]
AboutTeam = Annotated[str | None, typer.Option("--team", metavar="NAME")]
OfType = Annotated[
    str | None, typer.Option("--type", metavar="TYPE", help="Such as proposal.opened.")
]
After = Annotated[
    str | None,
    typer.Option("--after", metavar="ID", help="With --follow: start after this event."),
]


class Filters(TypedDict):
    type: str | None
    asset_id: str | None
    proposal_id: str | None
    team_id: str | None


def events(
    ctx: typer.Context,
    follow: Follow = False,
    asset: AboutAsset = None,
    proposal: AboutProposal = None,
    team: AboutTeam = None,
    type_: OfType = None,
    after: After = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    everything: All = False,
    as_json: AsJson = False,
) -> None:
    """Show what happened, the newest first, or follow what happens.

    Example:  tessera events --asset orders.customers

    Example:  tessera events --follow --json | jq .type
    """
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.events import event_list
        from tessera_sdk.cli.times import now

        wanted: Filters = {
            "type": type_,
            "asset_id": s.asset(asset).id if asset else None,
            "proposal_id": s.proposal(proposal).id if proposal else None,
            "team_id": s.team(team).id if team else None,
        }
        if follow:
            print_stream(s, s.client.events.stream(**wanted, last_event_id=after))
            return
        listing = s.client.events.list(**wanted, limit=limit, cursor=cursor)
        s.show_listing(listing, lambda found: event_list(found, now()), everything=everything)


def observed(
    ctx: typer.Context,
    asset: AboutAsset = None,
    team: Annotated[
        str | None, typer.Option("--team", metavar="NAME", help="Assets that this team owns.")
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    everything: All = False,
    as_json: AsJson = False,
) -> None:
    """Show whom publications would have asked, had their assets not only observed.

    Example:  tessera observed --asset orders.customers
    """
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.observations import observation_list
        from tessera_sdk.cli.times import now

        listing = s.client.events.list(
            type="contract.observed",
            asset_id=s.asset(asset).id if asset else None,
            team_id=s.team(team).id if team else None,
            limit=limit,
            cursor=cursor,
        )
        s.show_listing(listing, lambda found: observation_list(found, now()), everything=everything)


def print_stream(s: Session, stream: "Iterator[Event]") -> None:
    """Print each event when it comes: a line for people, or a line of JSON."""
    from tessera_sdk.cli.screen import out
    from tessera_sdk.cli.screens.events import event_line

    console = out()
    for event in stream:
        if s.as_json:
            s.print_json_line(event.wire)
        else:
            console.print(event_line(event), soft_wrap=True)
