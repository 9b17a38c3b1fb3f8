"""What every screen is made of: two consoles, a few colours, one kind of table.

Readable at 80 columns, and without colours: a state has its sign and its word.
"""

import re
from collections.abc import Iterable

from rich.box import SIMPLE_HEAD
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

ID_LENGTH = 36
INDENT = 2
GUTTER = 2
CODE = re.compile(r"`([^`]*)`")

STATE_LOOKS = {
    "pending": ("●", "yellow"),
    "approved": ("●", "cyan"),
    "published": ("✓", "green"),
    "rejected": ("✗", "red"),
    "expired": ("✗", "magenta"),
    "withdrawn": ("–", "dim"),
    "active": ("✓", "green"),
    "deprecated": ("–", "yellow"),
    "retired": ("–", "dim"),
    "open": ("●", "yellow"),
    "cancelled": ("–", "dim"),
}
ANSWER_LOOKS = {
    "pending": ("…", "dim"),
    "approved": ("✓", "green"),
    "migrating": ("●", "yellow"),
    "blocked": ("✗", "red"),
}
UNKNOWN_LOOK = ("·", "")


def out() -> Console:
    """Results. Made when needed, so that redirections made by the caller are honoured."""
    return Console(highlight=False)


def err() -> Console:
    """Errors and remarks."""
    return Console(stderr=True, highlight=False)


def state(word: str) -> Text:
    sign, style = STATE_LOOKS.get(word, UNKNOWN_LOOK)
    return Text(f"{sign} {word}", style=style)


def prose(sentence: str, style: str = "") -> Text:
    """A sentence whose `names` stand out."""
    text = Text.assemble((sentence, style))
    text.highlight_regex(CODE, "cyan")
    return text


def identifier(id_: str | None) -> Text:
    return Text(id_ or "", style="dim")


def table(*headers: str, ids_in: str | None = None, names_in: str | None = None) -> Table:
    """A table in which ids are never broken and names have as much room: people copy those."""
    grid = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold")
    for header in headers:
        width = ID_LENGTH if header in (ids_in, names_in) else None
        grid.add_column(header, overflow="fold", min_width=width, no_wrap=header == ids_in)
    return grid


def plain_grid() -> Table:
    """Columns without a header, for a few lines within a screen."""
    return Table.grid(padding=(0, 2))


def indented(grid: Table, *, below: int = 0) -> Padding:
    return Padding(grid, (0, 0, below, INDENT), expand=False)


class CommandLine:
    """A command to copy: never broken, even when it is longer than the line."""

    def __init__(self, command: str) -> None:
        self._command = command

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Text(f"  {self._command}", no_wrap=True, overflow="ignore")


class Facts:
    """Names and values, one a line. Words are wrapped; an address or id is never broken."""

    def __init__(self, rows: Iterable[tuple[str, str | Text | None]]) -> None:
        self._rows = [(name, value) for name, value in rows if value]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        label = max((len(name) for name, _ in self._rows), default=0) + INDENT + GUTTER
        room = max(console.width - label, 20)
        for name, value in self._rows:
            lead = Text(" " * INDENT + name, style="dim")
            for line in in_lines(value, room, console):
                lead.pad_right(label - lead.cell_len)
                yield Text("", no_wrap=True, overflow="ignore").append_text(lead).append_text(line)
                lead = Text("")


def in_lines(value: str | Text, room: int, console: Console) -> Iterable[Text]:
    text = Text(value) if isinstance(value, str) else value
    return text.wrap(console, room) if " " in text.plain else [text]


def facts(*rows: tuple[str, str | Text | None]) -> Facts:
    """What is not known is left out."""
    return Facts(rows)


def write(console: Console, part: RenderableType) -> None:
    console.print(part, soft_wrap=isinstance(part, CommandLine | Facts))


def heading(text: str) -> Text:
    return Text(text, style="bold")


def done(sentence: str) -> Text:
    return Text.assemble(("✓ ", "bold green"), prose(sentence))
