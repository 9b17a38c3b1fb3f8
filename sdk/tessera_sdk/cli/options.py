"""Options that several commands share."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from datetime import datetime

AsJson = Annotated[
    bool, typer.Option("--json", help="Print the server's JSON and nothing else, for scripts.")
]
Limit = Annotated[
    int, typer.Option("--limit", min=1, max=200, help="How many to show.", metavar="N")
]
Cursor = Annotated[
    str | None,
    typer.Option("--cursor", help="Where to go on: the `next` of the page before.", metavar="TEXT"),
]
All = Annotated[bool, typer.Option("--all", help="Show all of them, however many pages.")]
OnlyDeleted = Annotated[bool, typer.Option("--deleted", help="Those that are deleted.")]
Wait = Annotated[
    float | None,
    typer.Option(
        "--wait",
        min=0,
        metavar="SECONDS",
        help="Wait so long, at most 60, for the proposal to come to rest before answering.",
    ),
]
Key = Annotated[
    str | None,
    typer.Option(
        "--idempotency-key",
        metavar="KEY",
        help="Repeating a command with the same key does nothing twice. One is made by default.",
    ),
]
AssetArgument = Annotated[
    str,
    typer.Argument(
        metavar="ASSET", help="`orders.customers`, `orders.customers@staging` or an id."
    ),
]
ProposalArgument = Annotated[
    str,
    typer.Argument(metavar="PROPOSAL", help="Its id, or the asset whose proposal it is."),
]
TeamOption = Annotated[
    str, typer.Option("--team", metavar="NAME", help="The consumer team, by name or id.")
]
WithEvidence = Annotated[
    bool,
    typer.Option(
        "--witness",
        help="Beside the breaks: records that prove them, and ways round. They are searched for.",
    ),
]


def moment_of(text: str | None, option: str, *, past: bool = False) -> "datetime | None":
    """The time that an option names, one to come or one in the past; it says which is no time."""
    from tessera_sdk.cli.times import now, parse_moment, parse_past

    if text is None:
        return None
    try:
        return (parse_past if past else parse_moment)(text, now())
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None
