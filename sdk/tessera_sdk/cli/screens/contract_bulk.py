"""What became of many contracts, as people see it."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.text import Text

from tessera_sdk.catalog import BulkContracts, ContractOutcome
from tessera_sdk.cli.screen import heading, prose
from tessera_sdk.cli.screens.assets import name_of
from tessera_sdk.cli.times import now, when

OUTCOME_LOOKS = {
    "published": ("✓", "green"),
    "unchanged": ("–", "dim"),
    "proposed": ("●", "yellow"),
    "refused": ("✗", "red"),
}


def published_shown(
    places: Sequence[str], results: Sequence[BulkContracts]
) -> Iterator[RenderableType]:
    """A line for each that was not left as it is, what asks somebody beneath it, and the sum."""
    dry_run = results[0].dry_run
    items = [item for result in results for item in result.items]
    for place, item in zip(places, items, strict=True):
        if item.outcome != "unchanged":
            yield _outcome(place, item, dry_run=dry_run)
            yield from _asking(item, dry_run=dry_run)
    yield heading(_sum(results, dry_run=dry_run))
    told_at = max((each.told_at for each in results if each.told_at), default=None)
    if told_at is not None:
        yield f"Whom it concerns is told in one message, {when(told_at, now())}."
    if dry_run:
        yield Text("Nothing was published: this was a dry run.", style="dim")


def _outcome(place: str, item: ContractOutcome, *, dry_run: bool) -> Text:
    sign, style = OUTCOME_LOOKS.get(item.outcome, ("·", ""))
    name = f"`{name_of(item.asset)}`" if item.asset else f"`{place}`"
    is_ = "would be" if dry_run else "is"
    words = {
        "published": f"{is_} published as {item.version}",
        "proposed": f"{is_} proposed as {item.version}: it is breaking",
        "refused": f"{is_} refused: {item.problem.detail if item.problem else ''}",
    }
    return Text.assemble((f"{sign} ", style), prose(f"{name} {words.get(item.outcome, '')}"))


def _asking(item: ContractOutcome, *, dry_run: bool) -> Iterator[Text]:
    if item.outcome != "proposed":
        return
    for change in item.changes:
        if change.gating:
            yield Text(f"    {change.sentence}")
    if item.asked:
        names = ", ".join(each.team.name for each in item.asked)
        yield Text.assemble((f"    {'Would ask' if dry_run else 'Asks'}: ", "bold"), names)
    if item.proposal_id is not None and not dry_run:
        yield Text(f"    tessera proposal show {item.proposal_id}", style="dim", no_wrap=True)


def _sum(results: Sequence[BulkContracts], *, dry_run: bool) -> str:
    counts = {
        name: sum(getattr(each, name) for each in results)
        for name in ("published", "proposed", "unchanged", "refused")
    }
    said = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    return f"Would be: {said}" if dry_run else said[:1].upper() + said[1:]
