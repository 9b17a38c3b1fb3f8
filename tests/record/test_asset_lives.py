"""Assets that are changed, given away, deleted and restored."""

import pytest
from sqlalchemy import func, select

from domain.assets import Asset, AssetKind
from domain.errors import Conflict, NotFound, OwnerDeleted
from domain.events import EventType
from domain.proposals import Cause, ProposalStatus
from domain.steps import StepKind
from record import asset_lives, assets, proposals, team_lives
from record.asset_lives import AssetChange
from record.assets import NewAsset
from store.deliveries import DeliveryRow
from store.outbox import Wake
from store.transaction import Transaction
from tests.record.test_team_lives import woken
from tests.support import webhooks
from tests.support.conductor import Conductor, breaking
from tests.support.facts import CALLER, Facts, table


async def change(facts: Facts, asset: Asset, **wanted: object) -> Asset:
    made = AssetChange(**wanted)  # type: ignore[arg-type]  # named by each test
    return await asset_lives.change(facts.database, CALLER, asset.id, made)


async def delete(facts: Facts, asset: Asset) -> None:
    await asset_lives.delete(facts.database, CALLER, asset.id)


async def restore(facts: Facts, asset: Asset) -> Asset:
    return await asset_lives.restore(facts.database, CALLER, asset.id)


async def made_again(facts: Facts, asset: Asset) -> Asset:
    return await assets.create(
        facts.database, CALLER, NewAsset(fqn=asset.fqn, owner_team_id=asset.owner_team_id)
    )


async def ended(conductor: Conductor) -> tuple[ProposalStatus, Cause | None]:
    proposal = (await conductor.facts.detail(conductor.proposal.id)).proposal
    return proposal.status, proposal.cause


async def test_only_what_is_said_changes_and_the_log_says_what(facts: Facts) -> None:
    asset = await facts.asset(await facts.team("owner"))
    first = await change(facts, asset, kind=AssetKind.TOPIC, tags=("pii", "pii", "core"))
    assert (first.kind, first.tags, first.description) == (AssetKind.TOPIC, ("pii", "core"), None)
    second = await change(facts, asset, description="  Who buys.  ")
    assert (second.tags, second.description) == (("pii", "core"), "Who buys.")
    assert (await change(facts, asset, description="")).description is None
    assert await change(facts, asset) == await change(facts, asset, description=" ")
    told = await facts.payloads(asset_id=asset.id, type=EventType.ASSET_CHANGED)
    assert len(told) == 3
    assert told[1] == {
        "before": {"kind": "topic", "tags": ["pii", "core"], "description": None},
        "after": {"kind": "topic", "tags": ["pii", "core"], "description": "Who buys."},
    }


async def test_an_open_proposal_goes_with_its_asset(facts: Facts) -> None:
    conductor, other = await breaking(facts, "reader"), await facts.team("other")
    asset = (await facts.detail(conductor.proposal.id)).asset
    assert (await change(facts, asset, owner_team_id=other.id)).owner_team_id == other.id
    assert (await facts.detail(conductor.proposal.id)).producer == other
    assert await woken(conductor, Wake.REVISED) == 2, "once since it was opened"
    await change(facts, asset, owner_team_id=other.id)
    assert len(await facts.events(asset_id=asset.id, type=EventType.ASSET_REASSIGNED)) == 1


async def test_a_proposal_of_a_deleted_asset_is_rejected(facts: Facts) -> None:
    conductor = await breaking(facts, "reader")
    detail = await facts.detail(conductor.proposal.id)
    await delete(facts, detail.asset)
    assert await woken(conductor, Wake.REVISED) == 2, "once since it was opened"
    assert (await conductor.carry_on()).kind is StepKind.ENDED
    assert await ended(conductor) == (ProposalStatus.REJECTED, Cause.ASSET_DELETED)
    with pytest.raises(NotFound):
        await facts.publish(detail.asset, table("id"))


async def test_an_approved_proposal_of_a_deleted_asset_is_rejected_too(facts: Facts) -> None:
    conductor = await breaking(facts, publish="on_demand")
    await conductor.carry_on()
    assert (await ended(conductor))[0] is ProposalStatus.APPROVED
    await proposals.request_publication(facts.database, CALLER, conductor.proposal.id)
    await delete(facts, (await facts.detail(conductor.proposal.id)).asset)
    await conductor.carry_on()
    assert await ended(conductor) == (ProposalStatus.REJECTED, Cause.ASSET_DELETED)


async def test_a_restored_asset_goes_on_with_its_contract_and_its_readers(facts: Facts) -> None:
    asset = await facts.asset(await facts.team("owner"))
    await facts.publish(asset, table("id", "email"))
    reader = await facts.team("reader")
    await facts.register(asset, reader, ["email"])
    await delete(facts, asset)
    await delete(facts, asset)
    with pytest.raises(NotFound):
        await facts.register(asset, await facts.team("late"))
    assert await restore(facts, asset) == await restore(facts, asset) == asset
    assert await facts.active_version(asset) == "1.0.0"
    published = await facts.publish(asset, table("id"))
    assert [each.team_id for each in published.asked] == [reader.id]
    lives = [EventType.ASSET_DELETED, EventType.ASSET_RESTORED]
    assert [kind for kind in await facts.events(asset_id=asset.id) if kind in lives] == lives


async def test_what_is_made_again_is_a_new_thing_and_stands_in_the_way(facts: Facts) -> None:
    asset = await facts.asset(await facts.team("owner"))
    await facts.publish(asset, table("id"))
    await delete(facts, asset)
    again = await made_again(facts, asset)
    assert again.id != asset.id
    assert await facts.active_version(again) is None
    with pytest.raises(Conflict, match=r"There is an asset `orders\.") as refusal:
        await restore(facts, asset)
    assert refusal.value.extra["existing_id"] == str(again.id)
    await delete(facts, again)
    assert (await restore(facts, asset)).deleted_at is None


async def test_an_asset_of_a_deleted_team_waits_for_its_team(facts: Facts) -> None:
    owner = await facts.team("owner")
    asset = await facts.asset(owner)
    await delete(facts, asset)
    await team_lives.delete(facts.database, CALLER, owner.id)
    with pytest.raises(OwnerDeleted) as refusal:
        await restore(facts, asset)
    assert refusal.value.extra["owner_team_id"] == str(owner.id)
    await team_lives.restore(facts.database, CALLER, owner.id)
    await restore(facts, asset)


async def test_readers_are_told_that_an_asset_goes_and_comes(facts: Facts) -> None:
    asset = await facts.asset(await facts.team("owner"))
    reader = await facts.team("reader")
    await facts.register(asset, reader)
    await webhooks.set_webhook(facts.database, CALLER, reader.id, "https://h.example/x", None)
    await delete(facts, asset)
    (gone,) = await facts.log(asset_id=asset.id, type=EventType.ASSET_DELETED)

    async def deliveries(tx: Transaction) -> int:
        counted = select(func.count()).where(DeliveryRow.event_id == gone.id)
        return await tx.sql.one_value(counted)

    assert await facts.database.run(deliveries) == 1
