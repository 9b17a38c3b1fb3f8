"""Options that several commands share."""

from typing import Annotated

import typer

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
