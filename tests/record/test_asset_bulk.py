"""Many assets at once: what is decided is decided under their locks."""

import asyncio
from typing import TypeVar

import pytest

from domain.assets import AssetFilter
from domain.bulk import AssetOutcome, Outcome
from domain.errors import InvalidRequest
from domain.events import EventType
from record import asset_bulk, asset_lives, assets
from record.asset_bulk import Selection
from record.asset_lives import AssetChange
from record.assets import NewAsset
from store.transaction import Transaction
from tests.record.test_locks import Held, has_to_wait, task_of
from tests.record.test_permissions import handed_over, member_of
from tests.support.counting import Counting
from tests.support.facts import CALLER, Facts

T = TypeVar("T")


async def test_an_asset_that_changes_hands_meanwhile_is_the_new_teams(facts: Facts) -> None:
    owner, other = await facts.team("owner"), await facts.team("other")
    asset = await facts.asset(owner)

    async def tagged() -> tuple[AssetOutcome, ...]:
        which = Selection(asset_ids=(asset.id,))
        return await asset_bulk.retag(facts.database, member_of(owner), which, ("mine",), ())

    async with handed_over(facts, asset, other):
        tagging = asyncio.create_task(tagged())
        assert await has_to_wait(task_of(asyncio.shield(tagging)))
    (outcome,) = await tagging
    assert outcome.outcome is Outcome.REFUSED
    assert await facts.events(asset_id=asset.id, type=EventType.ASSET_CHANGED) == []


async def test_what_a_filter_meant_is_asked_again_under_the_lock(facts: Facts) -> None:
    asset = await facts.asset(await facts.team("owner"))
    await asset_lives.change(facts.database, CALLER, asset.id, AssetChange(tags=("old",)))

    async def lock(tx: Transaction) -> None:
        await tx.assets.lock(asset.id)

    async def rename(tx: Transaction) -> None:
        await tx.assets.retag({asset.id: ("new",)})

    wanted = AssetFilter(tag="old", owner_team_id=asset.owner_team_id)

    async with Held(facts, lock, rename):
        deleting = task_of(asset_bulk.delete(facts.database, CALLER, Selection(wanted=wanted)))
        assert await has_to_wait(deleting)
    assert await deleting == ()
    assert await facts.events(asset_id=asset.id, type=EventType.ASSET_DELETED) == []


async def test_a_filter_that_finds_too_many_does_nothing(
    facts: Facts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asset_bulk, "MOST_ASSETS", 2)
    owner = await facts.team("owner")
    for number in range(3):
        new = NewAsset(fqn=f"many.{owner.id.hex}.{number}", owner_team_id=owner.id)
        await assets.create(facts.database, CALLER, new)
    which = Selection(wanted=AssetFilter(owner_team_id=owner.id))
    with pytest.raises(InvalidRequest, match="more than 2 assets"):
        await asset_bulk.delete(facts.database, CALLER, which)


async def test_many_assets_take_as_many_statements_as_few(facts: Facts) -> None:
    owner, other = await facts.team("owner"), await facts.team("other")
    counts = []
    for number in (3, 30):
        ids = tuple([(await facts.asset(owner)).id for _ in range(number)])
        which, runner = Selection(asset_ids=ids), Counting(facts.database)
        await asset_bulk.retag(runner, CALLER, which, ("pii",), ())
        await asset_bulk.assign(runner, CALLER, which, other.id)
        await asset_bulk.delete(runner, CALLER, which)
        counts.append(runner.statements)
    assert counts[0] == counts[1]
    assert counts[0] <= 24
