"""How the story is told: short numbered steps, calm, readable at 80 columns and without colours."""

import asyncio
from collections.abc import Iterable, Sequence

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.text import Text
from tessera_sdk.cli.screen import prose
from tessera_sdk.cli.screens.changes import is_breaking
from tessera_sdk.models import Change, Proposal

INDENT = 4
PAUSE_ON_A_TERMINAL = 0.4  # so that the steps can be read as they come


class Teller:
    """Writes the steps of the story to a console."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._steps = 0

    def act(self, title: str) -> None:
        """Open a part of the story."""
        self.console.print()
        self.console.rule(Text(title, style="bold"), align="left", style="dim")

    async def step(self, title: str) -> None:
        """Begin the next step, a breath after the one before."""
        if self.console.is_terminal:
            await asyncio.sleep(PAUSE_ON_A_TERMINAL)
        self._steps += 1
        self.console.print()
        self.console.print(Text.assemble((f"{self._steps:>2}  ", "dim"), prose(title, "bold")))

    def say(self, sentence: str) -> None:
        """Say what happens; `names` stand out."""
        self._lines(prose(sentence))

    def happened(self, sentence: str) -> None:
        """Say what was expected and came true."""
        self._marked("✓", "bold green", sentence)

    def refused(self, sentence: str) -> None:
        """Say what was expected and is a refusal."""
        self._marked("✗", "bold red", sentence)

    def note(self, sentence: str) -> None:
        """Say something beside the story."""
        self._lines(prose(sentence, "dim"))

    def arrived(self, teams: Sequence[str], kind: str, summary: str) -> None:
        """Tell of a webhook that came in at these teams."""
        self._marked("✉", "cyan", f"{', '.join(teams)} ← {kind}: {summary}", "dim")

    def changes(self, changes: Sequence[Change], *, at_most: int) -> None:
        """Show the first few changes, those that break before the others."""
        ordered = sorted(changes, key=lambda change: not is_breaking(change))
        for change in ordered[:at_most]:
            breaks = is_breaking(change)
            self._marked("✗" if breaks else "+", "red" if breaks else "green", change.sentence)
        if len(ordered) > at_most:
            self.note(f"… and {len(ordered) - at_most} more.")

    def parties(self, proposal: Proposal) -> None:
        """Show who is asked and why, and who is only told."""
        for party in proposal.parties:
            self._marked("?", "yellow", f"`{party.team.name}` is asked: it {party.reason}.")
        for team in proposal.told:
            self._marked("·", "dim", f"`{team.name}` is only told: it reads nothing that breaks.")

    def addresses(self, rows: Iterable[tuple[str, str | None]]) -> None:
        """Show where to look, one address a line, never broken: people copy them."""
        known = [(name, address) for name, address in rows if address]
        width = max((len(name) for name, _ in known), default=0)
        for name, address in known:
            line = Text.assemble(" " * INDENT, (f"{name:<{width}}  ", "dim"), (address, "blue"))
            self.console.print(line, soft_wrap=True)

    def watch(self, proposal: Proposal) -> None:
        """Show where this proposal can be watched."""
        links = proposal.links
        self.addresses((("Temporal's UI", links.temporal), ("Page", links.page)))

    def shown(self, part: RenderableType) -> None:
        """Show anything else, in line with the rest."""
        self.console.print(Padding(part, (0, 0, 0, INDENT), expand=False))

    def _marked(self, sign: str, style: str, sentence: str, words: str = "") -> None:
        self._lines(prose(sentence, words), Text(f"{sign} ", style))

    def _lines(self, text: Text, sign: Text | None = None) -> None:
        """Write a paragraph, wrapped, and hanging from its sign if it has one."""
        lead = Text(" " * INDENT) + (sign or Text())
        room = max(self.console.width - lead.cell_len, 20)
        for line in text.wrap(self.console, room):
            line.rstrip()
            self.console.print(lead + line, soft_wrap=True)
            lead = Text(" " * lead.cell_len)
