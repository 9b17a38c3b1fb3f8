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


async def test_the_client_follows_events(tessera: AsyncClient) -> None:
    owner = await tessera.teams.create(unique("owner"))
    asset = await tessera.assets.create(unique("orders"), owner.id)
    stream = tessera.events.stream(asset_id=asset.id)
    following = asyncio.ensure_future(anext(aiter(stream)))
    await asyncio.sleep(0.5)
    await tessera.contracts.publish(asset.id, schema=table("id"))
    async with asyncio.timeout(10):
        event = await following

    assert (event.type, event.asset_id) == ("contract.published", asset.id)
    assert event.sentence == f"{asset.fqn} 1.0.0 is published."
