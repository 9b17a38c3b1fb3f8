"""Exit codes, and how a failure is shown: on stderr, in the server's words, without a traceback."""

import json
import sys
from collections.abc import Sequence
from enum import IntEnum
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from tessera_sdk.cli.screen import err, prose
from tessera_sdk.errors import (
    ConfigurationError,
    ProblemError,
    TesseraError,
    UnreachableError,
)

if TYPE_CHECKING:
    from tessera_sdk.models import Change


class Exit(IntEnum):
    """The exit codes of every `tessera` command that asks the server or compares schemas."""

    OK = 0
    REFUSED = 1
    USAGE = 2
    UNREACHABLE = 3
    GATED = 4
    UNDECIDED = 5
    INTERRUPTED = 130


GATEWAY_STATUSES = frozenset({502, 503, 504})


def exit_code_of(error: TesseraError) -> Exit:
    if isinstance(error, ConfigurationError):
        return Exit.USAGE
    if isinstance(error, UnreachableError):
        return Exit.UNREACHABLE
    if isinstance(error, ProblemError) and error.status in GATEWAY_STATUSES:
        return Exit.UNREACHABLE
    return Exit.REFUSED


def exit_code_of_changes(changes: "Sequence[Change]") -> Exit:
    """What cannot be decided counts as breaking, and is told apart."""
    gating = [change for change in changes if change.gating]
    if not gating:
        return Exit.OK
    return Exit.UNDECIDED if all(change.undecided for change in gating) else Exit.GATED


def show_error(error: TesseraError, *, as_json: bool) -> None:
    if as_json and isinstance(error, ProblemError):
        sys.stderr.write(json.dumps(error.document, ensure_ascii=False) + "\n")
        return
    console = err()
    if isinstance(error, ProblemError):
        show_problem(error, console)
        return
    console.print(headline(str(error)))
    if isinstance(error, UnreachableError):
        console.print(
            "  `tessera up` starts a server here; TESSERA_URL names another.", style="dim"
        )


def show_problem(problem: ProblemError, console: Console) -> None:
    console.print(headline(problem.title or problem.code))
    if problem.detail and problem.detail != problem.title:
        console.print(Text("  ").append_text(prose(problem.detail)))
    for fault in problem.errors:
        place = f"  {fault.path}: " if fault.path else "  "
        console.print(Text.assemble((place, "bold"), prose(fault.message)))
    advice = problem.hint or advice_for(problem)
    if advice:
        console.print(Text("  ").append_text(prose(advice)), style="dim")
    if problem.link:
        console.print(Text(f"  {problem.link}"), style="dim", soft_wrap=True)


def headline(text: str) -> Text:
    return Text.assemble(("✗ ", "bold red"), (text, "bold"))


def advice_for(problem: ProblemError) -> str | None:
    """What to do about refusals that only the command line knows the remedy of."""
    if problem.code == "unauthenticated":
        return "Set TESSERA_API_KEY, or give --api-key."
    return None
