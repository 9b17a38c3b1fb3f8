"""What changes between two contracts, as people see it."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from tessera_sdk.cli.screen import heading, indented, plain_grid, prose
from tessera_sdk.cli.times import counted
from tessera_sdk.models import Change, Diff


def is_breaking(change: Change) -> bool:
    """The server says what gates; where it leaves that out, a broken reader decides."""
    if change.gating is not None:
        return change.gating
    return change.breaks_backward or change.undecided


def change_list(changes: Sequence[Change]) -> Iterator[RenderableType]:
    """First what breaks, then the rest."""
    breaking = [change for change in changes if is_breaking(change)]
    compatible = [change for change in changes if not is_breaking(change)]
    if breaking:
        yield heading("Breaking")
        yield _lines(breaking, "✗", "red")
    if compatible:
        yield heading("Compatible")
        yield _lines(compatible, "+", "green")


def _lines(changes: Sequence[Change], sign: str, style: str) -> Padding:
    grid = plain_grid()
    grid.add_column(style=style, no_wrap=True)
    grid.add_column(overflow="fold")
    for change in changes:
        text = prose(change.sentence or f"`{change.path}`: {change.kind.replace('_', ' ')}")
        remark = _remark(change)
        if remark:
            text.append(f"  {remark}", style="dim")
        grid.add_row(sign, text)
    return indented(grid, below=1)


def _remark(change: Change) -> str:
    if change.undecided:
        return "(cannot be decided, so it counts as breaking)"
    if is_breaking(change):
        return ""
    if change.breaks_backward:
        return "(breaks readers, but the policy lets it pass)"
    return ""


def diff_shown(name: str, old: str, new: str, diff: Diff) -> Iterator[RenderableType]:
    yield Text.assemble((name, "bold"), f"  {old} → {new}")
    if not diff.changes:
        yield "  Nothing changes."
        return
    yield Text()
    yield from change_list(diff.changes)


def change_count(changes: Sequence[Change]) -> str:
    breaking = sum(is_breaking(change) for change in changes)
    total = counted(len(changes), "change")
    return f"{total}, {breaking} breaking" if breaking else total
