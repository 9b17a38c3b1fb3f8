"""A breaking change from the request to the webhook, on real servers and in real time."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook
from tessera_sdk import AsyncClient, ProblemError

from tests.e2e.stack import SECRET, Stack, Story, eventually
from tests.support.api_client import client_at, table
from tests.support.receiver import Receiver


async def test_the_main_path_ends_published_and_everybody_was_told(client: AsyncClient) -> None:
    async with Receiver.running() as receiver:
        story = await Story.begun(client, "billing", "search", hook=receiver.url)
        result = await story.drop_email()
        assert (result.action, result.version) == ("proposed", "2.0.0")
        assert result.proposal is not None
        proposal = await story.asked(result.proposal)
        assert [party.state for party in proposal.parties] == ["pending", "pending"]
        await eventually(
            lambda: types_in(receiver), lambda found: found.count("proposal.asked") == 2
        )
        billing, search = story.readers
        first = await client.proposals.acknowledge(proposal.id, billing.id, "ready")
        assert [team.name for team in first.pending] == [search.name]
        last = await client.proposals.acknowledge(proposal.id, search.id, "ready", wait=60)
        assert (last.status, last.cause) == ("published", "all_approved")
        assert await story.active_version() == "2.0.0"
        told = await eventually(lambda: types_in(receiver), lambda found: len(found) >= 6)
        assert told.count("proposal.asked") == 2
        assert told.count("contract.published") == 2
        for request in receiver.requests:
            Webhook(SECRET).verify(request.body, request.headers)
        asked = next(r.message for r in receiver.requests if r.message["type"] == "proposal.asked")
        assert asked["data"]["asset"]["fqn"] == story.asset.fqn
        assert asked["data"]["details"]["breaking"] == ["`email` is removed."]


async def types_in(receiver: Receiver) -> list[str]:
    return [str(request.message["type"]) for request in receiver.requests]


async def test_a_caller_that_prefers_to_wait_is_answered_with_the_end(client: AsyncClient) -> None:
    story = await Story.begun(client)
    result = await story.drop_email(wait=60)
    assert result.action == "proposed"
    assert result.proposal is not None
    assert (result.proposal.status, result.proposal.cause) == ("published", "no_parties")
    assert await story.active_version() == "2.0.0"


async def test_waiting_ends_when_the_time_is_up(client: AsyncClient) -> None:
    story = await Story.begun(client, "silent")
    started = datetime.now(UTC)
    result = await story.drop_email(wait=1)
    assert timedelta(seconds=1) <= datetime.now(UTC) - started < timedelta(seconds=45)
    assert result.proposal is not None
    assert result.proposal.status == "pending"


async def test_a_proposal_lives_through_a_deadline_of_seconds_and_expires(
    client: AsyncClient,
) -> None:
    async with Receiver.running() as receiver:
        story = await Story.begun(
            client,
            "silent",
            hook=receiver.url,
            remind_after=1,
            remind_every=60,
            escalate_after=6,
            deadline=12,
            minimum_notice=0,
        )
        proposal = await story.ended(await story.proposed())
        assert (proposal.status, proposal.cause) == ("expired", "silence")
        assert await story.active_version() == "1.0.0"
        told = await eventually(
            lambda: types_in(receiver), lambda found: "proposal.expired" in found
        )
    assert [each for each in told if each in ("proposal.asked", "proposal.reminded")] == [
        "proposal.asked",
        "proposal.reminded",
    ]
    assert "proposal.escalated" in told


async def test_a_block_rejects_and_nothing_ships(client: AsyncClient) -> None:
    story = await Story.begun(client, "one", "two")
    proposal = await story.proposed()
    one, two = story.readers
    await client.proposals.acknowledge(proposal.id, one.id, "ready")
    ended = await client.proposals.acknowledge(
        proposal.id, two.id, "blocked", note="not this quarter", wait=60
    )
    assert (ended.status, ended.cause) == ("rejected", "blocked")
    assert await story.active_version() == "1.0.0"
    with pytest.raises(ProblemError) as refusal:
        await client.proposals.acknowledge(proposal.id, two.id, "ready")
    assert refusal.value.code == "proposal_ended"


async def test_a_force_ships_past_a_block_and_a_withdrawal_ships_nothing(
    client: AsyncClient,
) -> None:
    forced, withdrawn = await Story.begun(client, "one"), await Story.begun(client, "one")
    first, second = await forced.proposed(), await withdrawn.proposed()
    end = await client.proposals.force(first.id, "the data must go, by law", wait=60)
    assert (end.status, end.cause) == ("published", "forced")
    end = await client.proposals.withdraw(second.id, reason="not needed", wait=60)
    assert end.status == "withdrawn"
    assert (await forced.active_version(), await withdrawn.active_version()) == ("2.0.0", "1.0.0")


async def test_needing_time_is_waited_for_and_a_compatible_change_passes_by(
    client: AsyncClient,
) -> None:
    story = await Story.begun(client, "slow")
    proposal = await story.asked(await story.proposed())
    (slow,) = story.readers
    until = datetime.now(UTC) + timedelta(days=20)
    waiting = await client.proposals.acknowledge(proposal.id, slow.id, "needs time", until=until)
    assert (waiting.parties[0].state, waiting.parties[0].until) == ("migrating", until)
    reworded = table("id", email={"type": "string", "description": "where we write to"})
    passed = await client.contracts.publish(story.asset.id, schema=reworded)
    assert (passed.action, passed.version) == ("published", "1.0.1")
    rebased = await story.until(proposal, lambda found: not found.base_moved)
    assert (rebased.status, rebased.base_version) == ("pending", "1.0.1")
    assert rebased.parties[0].state == "migrating"
    end = await client.proposals.acknowledge(proposal.id, slow.id, "ready", wait=60)
    assert end.status == "published"


async def test_what_was_written_is_read_at_once(client: AsyncClient) -> None:
    for _ in range(10):
        story = await Story.begun(client, "reader")
        assert (await client.teams.get(story.readers[0].id)).name == story.readers[0].name
        assert (await client.assets.find(story.asset.fqn)).id == story.asset.id
        assert await story.active_version() == "1.0.0"
        page = await client.registrations.list(asset_id=story.asset.id).page()
        assert [each.consumer_team_id for each in page.items] == [story.readers[0].id]
        proposal = await story.proposed()
        assert (await client.proposals.get(proposal.id)).status == "pending"
        await client.proposals.acknowledge(proposal.id, story.readers[0].id, "blocked")
        party = (await client.proposals.get(proposal.id)).parties[0]
        assert party.response == "blocked"


async def test_the_whole_story_can_be_followed_as_it_happens(
    client: AsyncClient, stack: Stack
) -> None:
    story = await Story.begun(client, "reader")
    async with client_at(stack.address) as http:
        log = await http.get("/api/v1/events", params={"asset_id": story.asset.id, "limit": "1"})
    newest = log.json()["items"][0]["cursor"]
    following = asyncio.create_task(followed(client, story, newest, until="proposal.published"))
    await asyncio.sleep(0.5)
    proposal = await story.asked(await story.proposed())
    await client.proposals.acknowledge(proposal.id, story.readers[0].id, "ready")
    seen = await asyncio.wait_for(following, 90)
    assert seen == [
        "proposal.opened",
        "proposal.asked",
        "proposal.acknowledged",
        "contract.deprecated",
        "contract.published",
        "proposal.published",
    ]


async def followed(client: AsyncClient, story: Story, after: str, until: str) -> list[str]:
    seen: list[str] = []
    async for event in client.events.stream(asset_id=story.asset.id, last_event_id=after):
        seen.append(event.type)
        if event.type == until:
            break
    return seen


async def test_while_no_worker_runs_everything_is_accepted_and_later_settles(
    client: AsyncClient, stack: Stack
) -> None:
    stories = {answer: await Story.begun(client, "reader") for answer in ("ready", "blocked")}
    proposals = {}
    async with stack.worker_down():
        for answer, story in stories.items():
            proposals[answer] = await story.proposed()
            await client.proposals.acknowledge(proposals[answer].id, story.readers[0].id, answer)
            assert (await client.proposals.get(proposals[answer].id)).status == "pending"
    ended = {answer: await stories[answer].ended(each) for answer, each in proposals.items()}
    assert (ended["ready"].status, ended["blocked"].status) == ("published", "rejected")
