"""The client against the real API: both sides mean the same."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from tessera_sdk import AsyncClient, ProblemError

from record.comparison import Comparer
from store.database import Database
from store.feed import Feed
from store.listener import Listener
from store.notifier import EVENTS
from tests.support.api_client import KEY, LOCKED, Api, app_over, table, unique
from tests.support.live_api import live


@pytest.fixture
async def tessera(
    database_url: str, database: Database, comparer: Comparer
) -> AsyncIterator[AsyncClient]:
    async with (
        Listener(database_url, [EVENTS]) as listener,
        Feed(database, listener) as feed,
        live(app_over(database, comparer, feed, authenticator=LOCKED), feed) as address,
        AsyncClient(address, KEY) as tessera,
    ):
        yield tessera


async def test_the_story_through_the_client(tessera: AsyncClient, api: Api) -> None:
    owner = await tessera.teams.create(unique("owner"))
    reader = await tessera.teams.create(unique("reader"))
    fqn = unique("orders.customers")
    asset = await tessera.assets.create(fqn, owner.id, tags=["pii"])
    assert (await tessera.assets.find(fqn)).id == asset.id
    policy = await tessera.assets.set_policy(asset.id, {"timeline": {"deadline": "7d"}})
    assert policy.timeline.deadline == "P7D"

    first = await tessera.contracts.publish(asset.id, schema=table("id", "email"))
    assert (first.action, first.version) == ("published", "1.0.0")
    registration = await tessera.registrations.create(
        asset.id, reader.id, fields=["email"], used_by="newsletter"
    )
    assert registration.fields == ("email",)

    preview = await tessera.contracts.publish(asset.id, schema=table("id"), dry_run=True)
    assert [asked.team.name for asked in preview.would_ask] == [reader.name]
    second = await tessera.contracts.publish(asset.id, schema=table("id"))
    assert second.proposal is not None
    assert second.changes[0].gating
    proposal = await tessera.proposals.get(second.proposal.id)
    assert [team.name for team in proposal.pending] == [reader.name]

    until = datetime.now(UTC) + timedelta(days=3)
    later = await tessera.proposals.acknowledge(
        proposal.id, reader.id, "needs time", until=until, note="soon"
    )
    assert later.parties[0].until == until
    await tessera.proposals.acknowledge(proposal.id, reader.id, "ready")
    await api.settle({"id": proposal.id})
    ended = await tessera.proposals.get(proposal.id)
    assert (ended.status, ended.cause) == ("published", "all_approved")

    assert ended.contract_id is not None
    contract = await tessera.contracts.get(ended.contract_id)
    assert contract.content == table("id")
    diff = await tessera.contracts.diff_versions(asset.id, "1.0.0", "2.0.0")
    assert (diff.from_version, diff.to_version) == ("1.0.0", "2.0.0")
    with pytest.raises(ProblemError) as refused:
        await tessera.proposals.withdraw(proposal.id)
    assert refused.value.code == "proposal_ended"


async def test_documents_are_compared_through_the_client(tessera: AsyncClient) -> None:
    compared = await tessera.contracts.compare(
        table("id", "email"), table("id"), mode="full", include=["witnesses", "suggestions"]
    )
    assert (compared.mode, compared.gating, compared.verdict.backward) == ("full", True, False)
    assert [(change.path, change.group) for change in compared.changes] == [("email", "asks")]


async def test_the_client_follows_events(tessera: AsyncClient, api: Api) -> None:
    owner = await tessera.teams.create(unique("owner"))
    asset = await tessera.assets.create(unique("orders"), owner.id)
    (made,) = (await api.got("/api/v1/events", asset_id=asset.id))["items"]
    stream = tessera.events.stream(asset_id=asset.id, last_event_id=made["cursor"])
    following = asyncio.ensure_future(anext(aiter(stream)))
    await asyncio.sleep(0.5)
    assert not following.done()
    await tessera.contracts.publish(asset.id, schema=table("id"))
    async with asyncio.timeout(60):
        event = await following

    assert (event.type, event.asset_id) == ("contract.published", asset.id)
    assert event.sentence == f"{asset.fqn} 1.0.0 is published."


async def test_lives_and_many_assets_through_the_client(tessera: AsyncClient, api: Api) -> None:
    owner, heir = [await tessera.teams.create(unique(name)) for name in ("owner", "heir")]
    asset = await tessera.assets.create(unique("lives"), owner.id, description="Who buys.")
    user = await tessera.users.create(unique("bot"), kind="bot")
    changed = await tessera.assets.update(asset.id, tags=["pii"], kind="topic")
    assert (changed.tags, changed.kind, changed.description) == (("pii",), "topic", "Who buys.")
    assert (await tessera.assets.put_steward(asset.id, user.id)).user.name == user.name
    found = await tessera.assets.list(q=asset.fqn, steward=user.id, tag="pii", kind="topic").page()
    assert [each.id for each in found.items] == [asset.id]
    assert [each.user_id async for each in tessera.assets.stewards(asset.id)] == [user.id]
    await tessera.assets.remove_steward(asset.id, user.id)
    assert "pii" in {each.name for each in (await tessera.assets.tags()).items}
    assert (await tessera.assets.environments()).items[0].assets > 0

    with pytest.raises(ProblemError) as refused:
        await tessera.teams.delete(owner.id)
    assert refused.value.code == "team_owns_assets"
    dry = await tessera.assets.bulk_assign(heir.id, asset_ids=[asset.id], dry_run=True)
    assert (dry.dry_run, dry.items[0].outcome) == (True, "changed")
    await tessera.teams.delete(owner.id, reassign_to=heir.id)
    assert (await tessera.teams.get(owner.id, deleted="include")).deleted_at is not None
    assert (await tessera.teams.restore(owner.id, name=unique("back"))).deleted_at is None
    where = {"owner_team_id": heir.id}
    tagged = await tessera.assets.bulk_tags(add=["core"], remove=["pii"], where=where)
    assert (tagged.changed, (await tessera.assets.get(asset.id)).tags) == (1, ("core",))
    assert (await tessera.teams.rename(heir.id, unique("renamed"))).id == heir.id
    assert (await tessera.teams.merge(heir.id, owner.id)).merged_into == owner.id
    assert (await tessera.assets.bulk_delete(asset_ids=[asset.id])).changed == 1
    await tessera.assets.delete(asset.id)
    assert (await tessera.assets.restore(asset.id)).owner_team_id == owner.id


async def test_destinations_and_deliveries_through_the_client(tessera: AsyncClient) -> None:
    team = await tessera.teams.create(unique("told"))
    made = await tessera.destinations.set(
        "https://hooks.example.com/x",
        team_id=team.id,
        events=["proposal.*"],
        assets=["orders.*"],
        severity="warning",
    )
    assert made.secret is not None
    assert made.subscription.events == ("proposal.*",)
    assert (await tessera.destinations.list(team_id=team.id)).items[0].id == made.id
    assert (await tessera.destinations.named(team_id=team.id)).secret is None
    turned = await tessera.destinations.rotate_secret(made.id, overlap="2h")
    assert turned.secret not in (None, made.secret)
    assert (await tessera.destinations.get(made.id)).overlap_until == turned.overlap_until
    delivery = await tessera.destinations.ping(made.id)
    assert (delivery.event.type, delivery.status) == ("destination.pinged", "pending")
    (listed,) = [each async for each in tessera.deliveries.list(team_id=team.id)]
    assert (listed.id, listed.destination.name) == (delivery.id, "webhook")
    assert (await tessera.deliveries.replay(delivery.id)).id == delivery.id
    assert (await tessera.deliveries.get(delivery.id)).made == ()
    since = datetime.now(UTC) - timedelta(days=1)
    assert (await tessera.destinations.replay(made.id, since)).replayed == 0
    await tessera.destinations.remove(team_id=team.id)
    assert (await tessera.destinations.list(team_id=team.id)).items == ()


async def test_the_end_of_a_version_through_the_client(tessera: AsyncClient) -> None:
    owner = await tessera.teams.create(unique("owner"))
    reader = await tessera.teams.create(unique("reader"))
    asset = await tessera.assets.create(unique("orders.customers"), owner.id)
    first = await tessera.contracts.publish(asset.id, schema=table("id"))
    assert first.contract is not None
    await tessera.contracts.publish(asset.id, schema=table("id", "email"))
    await tessera.registrations.create(asset.id, reader.id, pinned_version="1.0.0")

    now, old = datetime.now(UTC), first.contract.id
    ending = await tessera.retirements.set(old, now + timedelta(days=30), reason="too dear")
    assert (ending.status, ending.pending) == ("open", (reader.name,))
    later = await tessera.retirements.extend(old, reader.id, now + timedelta(days=40), note="sale")
    assert later.movers[0].extended_until == now + timedelta(days=40)
    moved = await tessera.retirements.moved(old, reader.id)
    assert moved.movers[0].moved
    listed = [each async for each in tessera.retirements.list(asset_id=asset.id)]
    assert [each.contract_id for each in listed] == [old]
    assert (await tessera.retirements.cancel(old)).status == "cancelled"
    assert (await tessera.retirements.get(old)).cause == "cancelled"

    at = now + timedelta(days=3)
    planned = await tessera.contracts.publish(
        asset.id, schema=table("id", "email", "phone"), publish_at=at
    )
    assert planned.proposal is not None
    assert planned.proposal.publish_at == at
