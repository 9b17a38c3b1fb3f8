"""The end of the story: how everything ended, and what to try next."""

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from tessera_sdk.cli.screen import state, table
from tessera_sdk.connection import DEFAULT_URL

from embedded.demo.scene import Ending
from embedded.demo.telling import Teller


def summarise(teller: Teller, endings: Sequence[Ending], seconds: float) -> None:
    """Show one line for each change."""
    teller.act("How it ended")
    teller.console.print()
    grid = table("Contract", "Change", "Outcome", "Why")
    grid.columns[0].no_wrap = True
    for ending in endings:
        grid.add_row(ending.asset, ending.change, state(ending.outcome), ending.why)
    teller.shown(grid)
    teller.console.print()
    teller.happened(f"Every step did what it must, in {seconds:.0f} seconds.")


def try_next(teller: Teller, asset: str, url: str, *, stays_up: bool) -> None:
    """Show where to go on, as commands and addresses to copy."""
    teller.act("What to try next")
    teller.console.print()
    program = _program()
    if not stays_up:
        teller.say(f"`{program} up` starts the server again, with all of this in it. Then:")
    prefix = "" if url == DEFAULT_URL else f"TESSERA_URL={url} "
    teller.addresses(
        (
            ("How a change went", f"{prefix}{program} proposal show {asset}"),
            ("Its versions", f"{prefix}{program} contract list {asset}"),
            ("All proposals", f"{prefix}{program} proposal list"),
            ("The page", url),
            ("The API", f"{url}/docs"),
        )
    )


def _program() -> str:
    """The command as it can be typed here: it may stand in an environment that is not active."""
    if shutil.which("tessera"):
        return "tessera"
    path = Path(sys.executable).with_name("tessera")
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
