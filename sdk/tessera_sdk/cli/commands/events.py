"""`tessera events …` and what is a reading of them: `tessera observed`"""

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypedDict

import typer

from tessera_sdk.cli.options import All, AsJson, Cursor, Limit, moment_of
from tessera_sdk.cli.session import Session, session

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from tessera_sdk.models import Event


Follow = Annotated[
    bool, typer.Option("--follow", "-f", help="Go on with what happens now, until Ctrl-C.")
]
AboutAsset = Annotated[str | None, typer.Option("--asset", metavar="ASSET")]
AboutProposal = Annotated[str | None, typer.Option("--proposal", metavar="PROPOSAL")]
AboutTeam = Annotated[str | None, typer.Option("--team", metavar="NAME")]
OfType = Annotated[
    list[str] | None,
    typer.Option("--type", metavar="TYPE", help="Such as proposal.opened; may be repeated."),
]
OfKind = Annotated[
    str | None,
    typer.Option("--actor-kind", metavar="KIND", help="Such as person, key, bot or workflow."),
]
OfActor = Annotated[
    str | None, typer.Option("--actor", metavar="NAME", help="Of who has this name in the log.")
]
Through = Annotated[
    str | None, typer.Option("--origin", metavar="DOOR", help="api, cli, page, slack, …")
]
Since = Annotated[
    str | None,
    typer.Option("--since", metavar="TIME", help="Such as 2026-01-31, or 3d for three days ago."),
]
Until = Annotated[str | None, typer.Option("--until", metavar="TIME", help="Before this.")]
After = Annotated[
    str | None,
    typer.Option("--after", metavar="ID", help="With --follow: start after this event."),
]


class Filters(TypedDict):
    type: list[str] | None
    asset_id: str | None
    proposal_id: str | None
    team_id: str | None
    actor_kind: str | None
    actor: str | None
    origin: str | None
    since: "datetime | None"
    until: "datetime | None"


def group() -> typer.Typer:
    """The commands on the log, as a new group: extensions may add to it."""
    made = typer.Typer(
        help="The log: list, follow, export. `tessera events` alone lists.",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    made.callback(invoke_without_command=True)(events)
    made.command("list")(list_events)
    made.command("export")(export)
    return made


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
    """
    if ctx.invoked_subcommand is None:
        list_events(
            ctx,
            follow=follow,
            asset=asset,
            proposal=proposal,
            team=team,
            type_=type_,
            after=after,
            limit=limit,
            cursor=cursor,
            everything=everything,
            as_json=as_json,
        )


def list_events(
    ctx: typer.Context,
    follow: Follow = False,
    asset: AboutAsset = None,
    proposal: AboutProposal = None,
    team: AboutTeam = None,
    type_: OfType = None,
    kind: OfKind = None,
    actor: OfActor = None,
    origin: Through = None,
    since: Since = None,
    until: Until = None,
    after: After = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    everything: All = False,
    as_json: AsJson = False,
) -> None:
    """Show what happened, the newest first, or follow what happens.

    Example:  tessera events list --follow --json | jq .type

    Example:  tessera events list --actor-kind key --since 2026-01-01 --all

    Example:  tessera events list --follow --type proposal.opened --type proposal.published
    """
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.events import event_list
        from tessera_sdk.cli.times import now

        wanted = _wanted(s, asset, proposal, team, type_, kind, actor, origin, since, until)
        if follow:
            print_stream(s, s.client.events.stream(**wanted, last_event_id=after))
            return
        listing = s.client.events.list(**wanted, limit=limit, cursor=cursor)
        s.show_listing(listing, lambda found: event_list(found, now()), everything=everything)


def export(
    ctx: typer.Context,
    form: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="ndjson or csv.")
    ] = "ndjson",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Default: the standard output."),
    ] = None,
    asset: AboutAsset = None,
    proposal: AboutProposal = None,
    team: AboutTeam = None,
    type_: OfType = None,
    kind: OfKind = None,
    actor: OfActor = None,
    origin: Through = None,
    since: Since = None,
    until: Until = None,
    after: Annotated[
        str | None,
        typer.Option("--after", metavar="CURSOR", help="Only what follows this event's `cursor`."),
    ] = None,
) -> None:
    """Write the log to a file, the oldest first: all of it, or what is wanted.

    Example:  tessera events export --format csv --since 2026-01-01 --output log.csv
    """
    with session(ctx) as s:
        wanted = _wanted(s, asset, proposal, team, type_, kind, actor, origin, since, until)
        pieces = s.client.events.export(format=form, **wanted, after=after)
        first = next(pieces, b"")  # what is refused leaves no empty file behind
        target = nullcontext(sys.stdout.buffer) if output is None else output.open("wb")
        with target as file:
            file.write(first)
            for piece in pieces:
                file.write(piece)


def _wanted(
    s: Session,
    asset: str | None,
    proposal: str | None,
    team: str | None,
    type_: list[str] | None,
    kind: str | None,
    actor: str | None,
    origin: str | None,
    since: str | None,
    until: str | None,
) -> Filters:
    return {
        "type": type_ or None,
        "asset_id": s.asset(asset).id if asset else None,
        "proposal_id": s.proposal(proposal).id if proposal else None,
        "team_id": s.team(team).id if team else None,
        "actor_kind": kind,
        "actor": actor,
        "origin": origin,
        "since": moment_of(since, "--since", past=True),
        "until": moment_of(until, "--until", past=True),
    }


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
