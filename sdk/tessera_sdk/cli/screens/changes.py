"""What changes between two contracts, as people see it."""

import json
from collections.abc import Iterator, Sequence

from pydantic import JsonValue
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from tessera_sdk.cli.screen import heading, indented, plain_grid, prose
from tessera_sdk.cli.times import counted
from tessera_sdk.models import Change, Comparison, Diff, LanguageVerdict, Witness

ASKS, TELLS, COMPATIBLE, WORDING = "asks", "tells", "compatible", "wording"
GROUPS = {
    ASKS: ("Breaking", "✗", "red"),
    TELLS: ("Told only: breaks in a way that does not gate", "!", "yellow"),
    COMPATIBLE: ("Compatible", "+", "green"),
    WORDING: ("Wording", "·", "dim"),
}
"""In the order of the screen: what it is called, its sign, its colour."""
RENAMED = "field_renamed"
"""Its other place is the new name, which its sentence says."""
MOST_LINES = 12
"""Of a value; a whole definition would drown what is said about it."""
LONGEST_TEXT = 60
INLINE = 64
"""Characters up to which a value stands on one line."""


def is_breaking(change: Change) -> bool:
    """The server says what gates; where it leaves that out, a broken reader decides."""
    if change.gating is not None:
        return change.gating
    return change.breaks_backward or change.undecided


def group_of(change: Change) -> str:
    """As the server says, or as an older one would have."""
    if change.group in GROUPS:
        return change.group
    if is_breaking(change):
        return ASKS
    return TELLS if change.breaks_backward or change.breaks_forward else COMPATIBLE


def change_list(changes: Sequence[Change]) -> Iterator[RenderableType]:
    """Group by group, first what breaks; within a group as they came, which is by field."""
    for group, (title, sign, style) in GROUPS.items():
        members = [change for change in changes if group_of(change) == group]
        if members:
            yield heading(title)
            yield _lines(members, sign, style)


def _lines(changes: Sequence[Change], sign: str, style: str) -> Padding:
    grid = plain_grid()
    grid.add_column(style=style, no_wrap=True)
    grid.add_column(overflow="fold")
    apart = any(change.witness or change.suggestion for change in changes)
    for number, change in enumerate(changes):
        if apart and number:
            grid.add_row()
        grid.add_row(sign, Group(*_change(change)))
    return indented(grid, below=1)


def _change(change: Change) -> Iterator[RenderableType]:
    yield _sentence(change)
    yield from _value("-", change.before, "red")
    yield from _value("+", change.after, "green")
    if change.also and change.kind != RENAMED:
        yield Text(f"also at {_some(change.also)}", style="dim")
    if change.witness is not None:
        yield from _witness(change.witness)
    if change.suggestion is not None:
        yield prose(f"→ {change.suggestion.sentence}", "bold")


def _sentence(change: Change) -> Text:
    text = prose(change.sentence or f"`{change.path}`: {change.kind.replace('_', ' ')}")
    remark = _remark(change)
    return text.append(f"  ({remark})", style="dim") if remark else text


def _remark(change: Change) -> str:
    directions = (("backward", change.breaks_backward), ("forward", change.breaks_forward))
    broken = " and ".join(name for name, breaks in directions if breaks)
    if change.undecided:
        return f"cannot be decided, so it counts as breaking {broken}".rstrip()
    return f"breaks {broken}" if broken else ""


def _some(paths: Sequence[str], most: int = 5) -> str:
    rest = len(paths) - most
    return ", ".join(paths[:most]) + (f" and {rest} more" if rest > 0 else "")


def _value(sign: str, value: JsonValue, style: str) -> Iterator[Text]:
    if value is None:
        return
    for line in json_lines(value):
        yield Text(f"{sign} {line}", style=style)


def json_lines(value: JsonValue) -> list[str]:
    """On one line if it is short, else indented and cut where it becomes too long."""
    shown = shortened(value)
    text = json.dumps(shown, ensure_ascii=False)
    if len(text) <= INLINE:
        return [text]
    lines = json.dumps(shown, ensure_ascii=False, indent=2).splitlines()
    rest = len(lines) - MOST_LINES
    return lines if rest <= 0 else [*lines[:MOST_LINES], f"… {rest} more lines"]


def shortened(value: JsonValue) -> JsonValue:
    """The value with its long texts cut; a record with a text of 10,000 characters has one."""
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        return f"{value[: LONGEST_TEXT // 2]}… ({len(value)} characters)"
    if isinstance(value, dict):
        return {name: shortened(member) for name, member in value.items()}
    if isinstance(value, list):
        return [shortened(member) for member in value]
    return value


def _witness(witness: Witness) -> Iterator[RenderableType]:
    before, after = (
        "fine" if valid else "refused" for valid in (witness.valid_before, witness.valid_after)
    )
    yield Text(f"A record that breaks: {before} before, {after} after", style="italic")
    for line in json_lines(witness.instance):
        yield Text(f"  {line}", style="cyan")


# --- two documents, or two versions ---------------------------------------------------------------


def comparison_shown(old: str, new: str, comparison: Comparison) -> Iterator[RenderableType]:
    yield Text.assemble((old, "bold"), " → ", (new, "bold"))
    if comparison.identical:
        yield "  Nothing changes."
        return
    yield from _verdict(comparison.verdict)
    yield Text()
    yield from change_list(comparison.changes)
    yield _sum(comparison)


def _verdict(verdict: LanguageVerdict) -> Iterator[Text]:
    for direction, answer, reader, writer in (
        ("backward", verdict.backward, "new", "old one wrote"),
        ("forward", verdict.forward, "old", "new one writes"),
    ):
        sign, word, verb, style = {
            True: ("✓", "compatible", "reads all that", "green"),
            False: ("✗", "breaks", "cannot read all that", "red"),
            None: ("?", "undecided", "may not read all that", "yellow"),
        }[answer]
        yield Text.assemble(
            f"  {direction:<10}",
            (f"{sign} {word:<12}", style),
            (f"the {reader} one {verb} the {writer}", "dim"),
        )


def _sum(comparison: Comparison) -> Text:
    number = sum(is_breaking(change) for change in comparison.changes)
    judged = f"{comparison.mode}, {comparison.content_model} content"
    if not comparison.gating:
        return Text.assemble(("✓ Nothing here asks for consent", "bold green"), f" ({judged}).")
    asks = f"✗ {counted(number, 'change')} {'asks' if number == 1 else 'ask'} for consent"
    return Text.assemble((asks, "bold red"), f" ({judged}).")


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
