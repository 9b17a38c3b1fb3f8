"""`tessera report …`"""

from functools import partial
from typing import Annotated

import typer

from tessera_sdk.cli.options import All, AsJson, Cursor, Limit, moment_of
from tessera_sdk.cli.session import session

group = typer.Typer(
    help="Reports: what became of many proposals, put together.", no_args_is_help=True
)

By = Annotated[
    str, typer.Option("--by", metavar="WHAT", help="team or asset: what has a line of its own.")
]
AboutAsset = Annotated[str | None, typer.Option("--asset", metavar="ASSET")]
OfTeam = Annotated[
    str | None, typer.Option("--team", metavar="NAME", help="Only what this team is asked.")
]
Since = Annotated[
    str | None,
    typer.Option("--since", metavar="TIME", help="Such as 2026-01-31, or 30d. Default: 90d."),
]
Until = Annotated[str | None, typer.Option("--until", metavar="TIME", help="Before this.")]


@group.command("response-times")
def response_times(
    ctx: typer.Context,
    by: By = "team",
    about: Annotated[
        str | None,
        typer.Option(
            "--about", metavar="WHAT", help="Only proposals, or retirements: ends of old versions."
        ),
    ] = None,
    team: OfTeam = None,
    asset: AboutAsset = None,
    release: Annotated[
        str | None, typer.Option("--release", metavar="ID", help="Only its proposals.")
    ] = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    everything: All = False,
    as_json: AsJson = False,
) -> None:
    """Show how long teams take to answer: median, ninth decile, overdue, reminders needed.

    A question counts in the period in which it was put. Those to move off old versions count too.

    Example:  tessera report response-times --since 30d

    Example:  tessera report response-times --team marketing --by asset
    """
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.reports import response_times_shown

        read = partial(
            s.client.reports.response_times,
            by=by,
            about=about,
            team_id=s.team(team).id if team else None,
            asset_id=s.asset(asset).id if asset else None,
            release_id=release,
            since=moment_of(since, "--since", past=True),
            until=moment_of(until, "--until", past=True),
            limit=limit,
        )
        s.show_report(lambda at: read(cursor=at), response_times_shown, cursor, everything)


@group.command("observed")
def observed(
    ctx: typer.Context,
    by: By = "team",
    team: OfTeam = None,
    asset: AboutAsset = None,
    owner: Annotated[
        str | None, typer.Option("--owner", metavar="TEAM", help="Assets that it owned then.")
    ] = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = 50,
    cursor: Cursor = None,
    everything: All = False,
    as_json: AsJson = False,
) -> None:
    """Show what assets that only observe would have asked of each team.

    Example:  tessera report observed --since 30d
    """
    with session(ctx, as_json=as_json) as s:
        from tessera_sdk.cli.screens.reports import observed_shown

        read = partial(
            s.client.reports.observed,
            by=by,
            team_id=s.team(team).id if team else None,
            asset_id=s.asset(asset).id if asset else None,
            owner_team_id=s.team(owner).id if owner else None,
            since=moment_of(since, "--since", past=True),
            until=moment_of(until, "--until", past=True),
            limit=limit,
        )
        s.show_report(lambda at: read(cursor=at), observed_shown, cursor, everything)
