"""`tessera diff`: compares two schemas on this machine, without a server."""

import json
import sys
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from starting import PANEL

if TYPE_CHECKING:
    from tessera_sdk.cli.exits import Exit

    from domain.comparison import Comparison

ChoiceT = TypeVar("ChoiceT", bound=StrEnum)

BUDGET = 0.9
"""Seconds: so that an answer, or that there is none, is there within one."""


OldArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="OLD", help="A JSON or YAML file, a directory of them, or `-` for stdin."
    ),
]
NewArgument = Annotated[
    str | None, typer.Argument(metavar="NEW", help="The same for the version that comes after.")
]
ModeOption = Annotated[
    str,
    typer.Option(
        "--mode",
        metavar="MODE",
        help="Which breaks ask for consent: backward, forward, full or none.",
    ),
]
ContentModelOption = Annotated[
    str,
    typer.Option(
        "--content-model",
        metavar="MODEL",
        help="closed: no other fields than those that are named; open: as the schema says.",
    ),
]
FormatOption = Annotated[
    str, typer.Option("--format", metavar="NAME", help="The language: json_schema.")
]
DraftOption = Annotated[
    str | None,
    typer.Option(
        "--draft", metavar="NAME", help="Of JSON Schema; default: `$schema`, else 2020-12."
    ),
]
RootOption = Annotated[
    str | None,
    typer.Option("--root", metavar="FILE", help="Which file of the directories is the schema."),
]
Brief = Annotated[
    bool,
    typer.Option("--brief", help="No records that break and no ways round: they take longer."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else, for scripts.")]
Batch = Annotated[
    bool,
    typer.Option("--batch", help="Answer cases from stdin, one JSON object a line, in order."),
]
BudgetOption = Annotated[
    float,
    typer.Option("--budget", min=0.01, metavar="SECONDS", help="With --batch: a case's time."),
]


def commands(app: typer.Typer) -> None:
    """Add our command to `tessera`; found through its entry point, as those of others are."""
    app.command("diff", rich_help_panel=PANEL)(diff)


def diff(
    old: OldArgument = None,
    new: NewArgument = None,
    mode: ModeOption = "backward",
    content_model: ContentModelOption = "closed",
    format_: FormatOption = "json_schema",
    draft: DraftOption = None,
    root: RootOption = None,
    brief: Brief = False,
    as_json: AsJson = False,
    batch: Batch = False,
    budget: BudgetOption = BUDGET,
) -> None:
    """Compare two schemas without a server: what changes, whom it breaks, and what proves it.

    Exit codes: 0 nothing asks for consent, 4 something does, 5 something could not be
    decided and counts as breaking, 1 a schema is not valid, 2 wrong usage.

    Example:  tessera diff customers.json customers-next.yaml

    Example:  git show main:customers.json | tessera diff - customers.json --mode full

    Example:  tessera diff --batch < cases.jsonl
    """
    if batch:
        if old is not None:
            raise typer.BadParameter("--batch reads its cases from stdin.", param_hint="OLD")
        answer_cases(budget)
        return
    if old is None or new is None:
        raise typer.BadParameter("Give two schemas: OLD and NEW.")
    if old == new == "-":
        raise typer.BadParameter("Only one of the two can be stdin.")
    asked = Asked(old, new, mode, content_model, format_, draft, root, brief)
    compared = asked.compared()
    if as_json:
        sys.stdout.write(json.dumps(compared.to_wire(), indent=2, ensure_ascii=False) + "\n")
    else:
        show(asked, compared)
    raise typer.Exit(exit_code_of(compared))


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line says about one comparison."""

    old: str
    new: str
    mode: str
    content_model: str
    format: str
    draft: str | None
    root: str | None
    brief: bool

    def compared(self) -> "Comparison":
        """Read both and compare them; a schema that is not valid ends the command."""
        from documents import read_schema
        from domain.comparison import Question, compare
        from domain.compatibility import ContentModel, Mode
        from domain.errors import InvalidSchema

        question = Question(
            mode=choice(Mode, self.mode, "--mode"),
            content_model=choice(ContentModel, self.content_model, "--content-model"),
            with_witnesses=not self.brief,
            with_suggestions=not self.brief,
        )
        try:
            old, new = (
                read_schema(name, format=self.format, root=self.root, draft=self.draft)
                for name in (self.old, self.new)
            )
        except InvalidSchema as refusal:
            from tessera_sdk.cli.exits import Exit

            typer.echo(f"✗ {refusal.detail}", err=True)
            raise typer.Exit(Exit.REFUSED) from None
        return compare(old, new, question)


def choice(choices: type[ChoiceT], word: str, option: str) -> ChoiceT:
    """Return the choice of this name; `full-transitive` is `full_transitive` too."""
    try:
        return choices(word.replace("-", "_"))
    except ValueError:
        known = ", ".join(each.value for each in choices)
        raise typer.BadParameter(f"{word!r} is none of {known}.", param_hint=option) from None


def exit_code_of(compared: "Comparison") -> "Exit":
    """What cannot be decided counts as breaking, and is told apart."""
    from tessera_sdk.cli.exits import Exit

    gating = compared.gating
    if not gating:
        return Exit.OK
    return Exit.UNDECIDED if all(each.undecided for each in gating) else Exit.GATED


def show(asked: Asked, compared: "Comparison") -> None:
    """Print it for people, as the commands that ask the server print it."""
    from tessera_sdk.cli.screen import out, write
    from tessera_sdk.cli.screens.changes import comparison_shown
    from tessera_sdk.models import Comparison as Shown

    console = out()
    old, new = ("stdin" if name == "-" else name for name in (asked.old, asked.new))
    for part in comparison_shown(old, new, Shown.model_validate(compared.to_wire())):
        write(console, part)


def answer_cases(budget: float) -> None:
    """Answer the cases on stdin until there are none left."""
    from batch import run

    try:
        run(sys.stdin.buffer, sys.stdout.buffer, budget)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
