"""The versions of an asset: one by itself, and any two compared."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse

from api.call import Call, May
from api.diffs import as_it_counts, compared, evidence_between
from api.evidence import Wanted, beside
from api.ui.asset import AssetId
from api.ui.asset_reading import VersionLine, any_asset, version_lines
from api.ui.field_lines import FieldTable, field_table
from api.ui.reading import ChangeLine
from api.ui.rendering import page
from api.ui.routing import PageRoute
from api.ui.schemas import written
from domain.assets import Asset
from domain.changes import Change, Group
from domain.contracts import Contract, ContractStatus
from domain.errors import Unavailable
from domain.permissions import Action
from domain.proposals import touched_by
from record import lookup
from store.registrations import Consumers
from store.transaction import Transaction

ACTIVE = "active"
MOST_LINES = 200
"""So many changes of a group stand on the page; the command line has all."""
_EVIDENCE_WITHIN = 1.0
"""Seconds that a page waits for records that break."""

router = APIRouter(prefix="/assets/{asset_id}", route_class=PageRoute, include_in_schema=False)

Reader = Annotated[Call, Depends(May(Action.READ, "contracts"))]


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionPage:
    """Everything that the page of one version shows."""

    now: datetime
    asset: Asset
    contract: Contract
    line: VersionLine | None
    active: str | None
    fields: FieldTable
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two versions, by the names that the words about changes use."""

    base_version: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparePage:
    """Everything that the comparison shows; without two versions there is nothing to compare."""

    asset: Asset
    versions: Sequence[VersionLine]
    pair: Pair | None
    identical: bool = False
    all: int = 0
    groups: Mapping[str, Sequence[ChangeLine]]
    counts: Mapping[str, int]
    searching: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Both:
    """What is compared, and by what rules."""

    asset: Asset
    old: Contract
    new: Contract
    consumers: Consumers


@router.get("/versions/{version}")
async def show_version(call: Reader, asset_id: AssetId, version: str) -> HTMLResponse:
    """One version: what it promises, who published it, when, and by which proposal."""

    async def work(tx: Transaction) -> VersionPage:
        asset, _ = await any_asset(tx, asset_id)
        contract = await _contract(tx, asset_id, version)
        lines = await version_lines(tx, asset_id)
        return VersionPage(
            now=await tx.now(),
            asset=asset,
            contract=contract,
            line=_line_of(contract, lines),
            active=_active(lines),
            fields=field_table(contract, None),
            text=written(contract.content),
        )

    found = await call.resources.database.read(work)
    return page(call.request, "asset_version.html", {"page": found, "now": found.now})


@router.get("/compare")
async def compare(
    call: Reader,
    asset_id: AssetId,
    old: Annotated[str, Query(alias="from", max_length=200)] = "",
    new: Annotated[str, Query(alias="to", max_length=200)] = "",
) -> HTMLResponse:
    """What changes from one version to another."""

    async def work(tx: Transaction) -> tuple[Asset, Sequence[VersionLine], _Both | None]:
        asset, _ = await any_asset(tx, asset_id)
        lines = await version_lines(tx, asset_id)
        names = _chosen(lines, old, new)
        if names is None:
            return asset, lines, None
        both = _Both(
            asset=await as_it_counts(call, tx, asset),
            old=await _contract(tx, asset_id, names[0]),
            new=await _contract(tx, asset_id, names[1]),
            consumers=await tx.registrations.consumers_of(asset_id),
        )
        return asset, lines, both

    asset, lines, both = await call.resources.database.read(work)
    if both is None:
        shown = ComparePage(asset=asset, versions=lines, pair=None, groups={}, counts={})
    else:
        shown = await _compared(call, both, lines)
    return page(call.request, "asset_compare.html", {"page": shown})


async def _contract(tx: Transaction, asset_id: UUID, version: str) -> Contract:
    """Return a version of an asset, of a deleted one too, or raise `NotFound`."""
    if version == ACTIVE:
        there = await tx.contracts.active(asset_id)
    else:
        there = await tx.contracts.of_version(asset_id, version)
    return lookup.found(there, "contract version", version[:200])


def _line_of(contract: Contract, lines: Sequence[VersionLine]) -> VersionLine | None:
    """Return the line of a version, which one of very many has not."""
    return next((each for each in lines if each.contract.id == contract.id), None)


def _active(lines: Sequence[VersionLine]) -> str | None:
    active = (each for each in lines if each.contract.status is ContractStatus.ACTIVE)
    return next((each.contract.version for each in active), None)


def _chosen(lines: Sequence[VersionLine], old: str, new: str) -> tuple[str, str] | None:
    """Return which two are compared: what was chosen, else the active one with that before it."""
    if len(lines) < 2:
        return None
    new = new or _active(lines) or lines[0].contract.version
    befores = {each.contract.version: each.before for each in lines}
    return old or befores.get(new) or lines[-1].contract.version, new


async def _compared(call: Call, both: _Both, lines: Sequence[VersionLine]) -> ComparePage:
    """Compare in a child process, and wait a moment for the records that prove it."""
    changes, views = await compared(call, both.asset, both.old, both.new)
    searching = False
    try:
        async with asyncio.timeout(_EVIDENCE_WITHIN):
            found = await evidence_between(
                call, list(Wanted), both.asset, both.old, both.new, changes
            )
            views = beside(views, found)
    except TimeoutError:
        searching = True
    except Unavailable:
        pass
    told = [ChangeLine(view=view, readers=(), place=place) for place, view in enumerate(views)]
    groups = {group.value: [line for line in told if line.view.group is group] for group in Group}
    readers = _readers(changes, both.consumers)
    return ComparePage(
        asset=both.asset,
        versions=lines,
        pair=Pair(base_version=both.old.version, version=both.new.version),
        identical=both.old.content_hash == both.new.content_hash,
        all=len(told),
        groups={
            name: [replace(line, readers=readers.get(line.place, ())) for line in some[:MOST_LINES]]
            for name, some in groups.items()
        },
        counts={name: len(some) for name, some in groups.items()},
        searching=searching,
    )


def _readers(changes: Sequence[Change], consumers: Consumers) -> Mapping[int, tuple[str, ...]]:
    """Return the names of the teams that read what each breaking change touches, by its place."""
    breaking = {
        id(change): place
        for place, change in enumerate(changes)
        if change.breaks_backward or change.breaks_forward
    }
    found: dict[int, list[str]] = {}
    touched = touched_by(
        [change for change in changes if id(change) in breaking], consumers.registrations
    )
    for each in touched:
        for change in each.changes:
            found.setdefault(breaking[id(change)], []).append(consumers.teams[each.team_id].name)
    return {place: tuple(sorted(names, key=str.casefold)) for place, names in found.items()}
