"""The command line's root: what it says of itself, and the options that stand before a command."""

from typing import Annotated

import typer

from tessera_sdk.cli.session import Target
from tessera_sdk.version import __version__

HELP = """
Tessera coordinates breaking changes of data contracts.

A compatible contract is published at once. A breaking one becomes a proposal: \
the teams that read what breaks are asked, and it is published when they are ready.

    tessera team create checkout
    tessera asset create orders.customers --owner checkout
    tessera contract publish orders.customers customers.json
    tessera register orders.customers --team marketing --field email
    tessera proposal acknowledge orders.customers --team marketing ready
"""
EPILOG = (
    "Exit codes: 0 done, 1 refused, 2 wrong usage, 3 server unreachable, "
    "4 a break that consumers have to agree to (with --gate, and of comparisons), "
    "5 whether it is one is undecided (of comparisons), 130 interrupted."
)


def show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tessera {__version__}")
        raise typer.Exit


def root(
    ctx: typer.Context,
    url: Annotated[
        str | None,
        typer.Option(
            "--url",
            envvar="TESSERA_URL",
            metavar="URL",
            help="The server. Default: http://localhost:8000.",
        ),
    ] = None,
    api_key: Annotated[
        str | None,
        typer.Option("--api-key", envvar="TESSERA_API_KEY", metavar="KEY", help="Who you are."),
    ] = None,
    version: Annotated[
        bool,
        typer.Option("--version", callback=show_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    ctx.obj = Target(url, api_key)


def bare_app() -> typer.Typer:
    """A fresh application without a command."""
    app = typer.Typer(
        name="tessera",
        help=HELP,
        epilog=EPILOG,
        no_args_is_help=True,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(root)
    return app
