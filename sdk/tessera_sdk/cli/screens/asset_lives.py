"""What becomes of assets, and who knows about them, as people see it."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.text import Text

from tessera_sdk.catalog import AssetOutcome, BulkResult, Facets, Steward
from tessera_sdk.cli.screen import done, facts, heading, identifier, prose, table
from tessera_sdk.cli.screens.assets import name_of
from tessera_sdk.cli.times import ago, now
from tessera_sdk.models import Asset
from tessera_sdk.people import User

OUTCOME_LOOKS = {
    "changed": ("✓", "green"),
    "unchanged": ("–", "dim"),
    "refused": ("✗", "red"),
}


def asset_changed(asset: Asset) -> Iterator[RenderableType]:
    yield done(f"Asset `{name_of(asset)}` is changed.")
    yield facts(
        ("Kind", asset.kind),
        ("Tags", ", ".join(asset.tags) or "none"),
        ("Description", asset.description or "none"),
    )


def asset_restored(asset: Asset) -> Iterator[RenderableType]:
    yield done(f"Asset `{name_of(asset)}` is there again.")
    yield facts(("Id", identifier(asset.id)))


def steward_put(asset: Asset, steward: Steward) -> Iterator[RenderableType]:
    yield done(f"`{steward.user.name}` is a steward of `{name_of(asset)}`.")


def steward_removed(asset: Asset, user: User) -> Iterator[RenderableType]:
    yield done(f"`{user.name}` is no steward of `{name_of(asset)}`.")


def steward_list(stewards: Sequence[Steward]) -> Iterator[RenderableType]:
    if not stewards:
        yield "No steward yet. `tessera asset steward ASSET USER` names one."
        return
    grid = table("Steward", "Address", "Since")
    present = now()
    for steward in stewards:
        user = steward.user
        name = user.name if user.active else f"{user.name} (deactivated)"
        grid.add_row(name, user.email or "", ago(steward.added_at, present))
    yield grid


def facet_list(facets: Facets, header: str) -> Iterator[RenderableType]:
    if not facets.items:
        yield "None yet."
        return
    grid = table(header, "Assets")
    for facet in facets.items:
        grid.add_row(facet.name, f"{facet.assets:,}")
    yield grid


def bulk_shown(result: BulkResult, happened: str) -> Iterator[RenderableType]:
    if not result.items:
        yield "No asset is meant by that."
        return
    for each in result.items:
        yield _outcome(each, happened, dry_run=result.dry_run)
    if len(result.items) > 1:
        yield heading(
            f"{result.changed} {'would be ' if result.dry_run else ''}"
            f"{happened.partition(' ')[0]}, {result.unchanged} as before, "
            f"{result.refused} refused"
        )
    if result.dry_run:
        yield "Nothing was done: this is what would become of them."


def _outcome(each: AssetOutcome, happened: str, *, dry_run: bool) -> Text:
    sign, style = OUTCOME_LOOKS.get(each.outcome, ("·", ""))
    name = f"`{name_of(each.asset)}`" if each.asset else each.asset_id
    words = {
        "changed": f"{'would be' if dry_run else 'is'} {happened}",
        "unchanged": "stays as it is",
        "refused": f"is refused: {each.problem.detail if each.problem else ''}",
    }
    return Text.assemble((f"{sign} ", style), prose(f"{name} {words.get(each.outcome, '')}"))
