"""The same to many assets: one transaction, an outcome for each, few statements for all.

Each asset is decided about as by the single route: by who asks, under the asset's lock.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from domain.actors import Caller
from domain.assets import Asset, AssetFilter, retagged
from domain.bulk import MOST_ASSETS, AssetOutcome, Outcome
from domain.errors import InvalidRequest, NotFound, TesseraError
from record import asset_lives, events, lookup, ownership
from record.ownership import Given
from store.database import Runner
from store.transaction import Transaction

Judge = Callable[[Asset], Given | None]
"""Who may do it to an asset; None where there is nothing to do; else it raises the refusal."""
Apply = Callable[[Transaction, Sequence[Given]], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which assets: by their ids, or all that a listing would show."""

    asset_ids: tuple[UUID, ...] | None = None
    wanted: AssetFilter | None = None
    dry_run: bool = False
    """Whether only to say what would be done."""


async def assign(
    runner: Runner, caller: Caller, selection: Selection, receiver_id: UUID
) -> tuple[AssetOutcome, ...]:
    """Give assets to a team; raises `NotFound` for the team."""

    async def work(tx: Transaction) -> tuple[AssetOutcome, ...]:
        found = await _locked(tx, selection)
        await tx.proposals.lock_open_of(found)
        receiver = await lookup.standing_team(tx, receiver_id)

        def judge(asset: Asset) -> Given | None:
            by = ownership.may_give(caller, asset, receiver_id)
            return None if asset.owner_team_id == receiver_id else Given(asset=asset, by=by)

        async def apply(tx: Transaction, given: Sequence[Given]) -> None:
            owners = await tx.teams.by_id(each.asset.owner_team_id for each in given)
            await ownership.hand_over(tx, given, owners, receiver)

        return await _each(tx, selection, found, _living(judge), apply)

    return await runner.run(work)


async def retag(
    runner: Runner,
    caller: Caller,
    selection: Selection,
    add: tuple[str, ...],
    remove: tuple[str, ...],
) -> tuple[AssetOutcome, ...]:
    """Add tags to assets and remove others; what is both added and removed is there."""

    async def work(tx: Transaction) -> tuple[AssetOutcome, ...]:
        found = await _locked(tx, selection)

        def judge(asset: Asset) -> Given | None:
            by = asset_lives.may_change(caller, asset)
            same = set(retagged(asset.tags, add, remove)) == set(asset.tags)
            return None if same else Given(asset=asset, by=by)

        async def apply(tx: Transaction, given: Sequence[Given]) -> None:
            tags = {each.asset.id: retagged(each.asset.tags, add, remove) for each in given}
            await tx.assets.retag(tags)
            for each in given:
                after = replace(each.asset, tags=tags[each.asset.id])
                await events.append(tx, asset_lives.told_changed(each.by, each.asset, after))

        return await _each(tx, selection, found, _living(judge), apply)

    return await runner.run(work)


async def delete(runner: Runner, caller: Caller, selection: Selection) -> tuple[AssetOutcome, ...]:
    """Delete assets softly; what is deleted stays as it is."""

    async def work(tx: Transaction) -> tuple[AssetOutcome, ...]:
        found = await _locked(tx, selection)

        def judge(asset: Asset) -> Given | None:
            by = asset_lives.may_delete(caller, asset)
            return None if asset.deleted_at else Given(asset=asset, by=by)

        return await _each(tx, selection, found, judge, asset_lives.discard)

    return await runner.run(work)


async def _locked(tx: Transaction, selection: Selection) -> tuple[UUID, ...]:
    """Lock the assets that are meant and return their ids, known or not, each once."""
    wanted = selection.wanted
    if wanted is None:
        asset_ids = tuple(dict.fromkeys(selection.asset_ids or ()))
        await tx.assets.lock_these(asset_ids)
        return asset_ids
    search = tx.asset_search if wanted.text else tx.assets
    found = await search.ids(wanted, MOST_ASSETS + 1)
    if len(found) > MOST_ASSETS:
        raise InvalidRequest(
            f"The filter finds more than {MOST_ASSETS:,} assets; narrow it.",
            errors=[{"path": "filter", "message": "finds too many"}],
        )
    await tx.assets.lock_these(found)
    return await tx.assets.ids(wanted, MOST_ASSETS, found)  # those that still are what was meant


async def _each(
    tx: Transaction,
    selection: Selection,
    asset_ids: Sequence[UUID],
    judge: Judge,
    apply: Apply,
) -> tuple[AssetOutcome, ...]:
    """Decide about each asset, as it stands under its lock, then write what changes at once."""
    standing = await tx.assets.by_id(asset_ids)
    outcomes: list[AssetOutcome] = []
    given: list[Given] = []
    for asset_id in asset_ids:
        asset = standing.get(asset_id)
        refusal: TesseraError | None = None
        change: Given | None = None
        try:
            change = judge(lookup.found(asset, "asset", asset_id))
        except TesseraError as error:
            refusal = error
        if change is not None:
            given.append(change)
        outcome = Outcome.REFUSED if refusal else Outcome.CHANGED if change else Outcome.UNCHANGED
        outcomes.append(
            AssetOutcome(asset_id=asset_id, asset=asset, outcome=outcome, refusal=refusal)
        )
    if given and not selection.dry_run:
        await apply(tx, given)
    return tuple(outcomes)


def _living(judge: Judge) -> Judge:
    """A deleted asset is not found, as by the single route."""

    def judged(asset: Asset) -> Given | None:
        if asset.deleted_at is not None:
            raise NotFound(f"There is no asset `{asset.id}`.", noun="asset", key=str(asset.id))
        return judge(asset)

    return judged
