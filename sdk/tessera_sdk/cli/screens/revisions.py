"""What revising a proposal would do, as people see it."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.text import Text

from tessera_sdk.cli.screen import heading, indented, plain_grid, prose
from tessera_sdk.cli.screens.changes import change_list
from tessera_sdk.models import NamedTeam
from tessera_sdk.revisions import ForeseenParty, RevisionPreview
from tessera_sdk.words import plain_answer


def revision_preview(preview: RevisionPreview) -> Iterator[RenderableType]:
    """The same before it happens."""
    if preview.unchanged:
        yield prose("Exactly that is proposed already.")
    else:
        yield prose(f"It would be {preview.version}, as revision {preview.revision}.")
    if preview.changes:
        yield Text()
        yield from change_list(preview.changes)
    yield from _parties("Would keep what they have said", preview.would_keep)
    yield from _parties("Would be asked anew", preview.would_ask)
    yield from _teams("Would be released: ", preview.would_release)
    yield from _teams("Would be told: ", preview.would_tell)
    yield Text("Nothing was revised: this was a dry run.", style="dim")


def _parties(title: str, parties: Sequence[ForeseenParty]) -> Iterator[RenderableType]:
    if not parties:
        return
    yield heading(title)
    grid = plain_grid()
    for each in parties:
        grid.add_row(
            each.team.name, plain_answer(each.state or ""), prose(each.reason or "", "dim")
        )
    yield indented(grid, below=1)


def _teams(title: str, teams: Sequence[NamedTeam]) -> Iterator[RenderableType]:
    if teams:
        yield Text.assemble((title, "bold"), ", ".join(team.name for team in teams))
