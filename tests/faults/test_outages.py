"""Outages that last, and what somebody does to Temporal by hand: woken again, nothing lost."""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.client import Client

from tests.faults import releases
from tests.faults.conftest import KILLS, LONG, World
from tests.faults.findings import Law
from tests.faults.judgement import at_rest
from tests.faults.old_versions import OldVersion
from tests.faults.rest import Left, nothing_under_way
from tests.faults.scenarios import another_proposal
from tests.faults.servers import Target
from tests.faults.stories import ENDED, HASTY, PATIENT, Story, all_ready
from tests.faults.windows import process_behind
from workflows.execution import DATA_CONVERTER

ABSENT = int(os.environ.get("TESSERA_ABSENT", "300" if KILLS else "2"))
"""Seconds that Temporal is away: in a long run, longer than whoever calls it ever pauses."""
CALM: Mapping[str, str] = {**PATIENT, "deadline": f"{ABSENT + 300}s", "remind_after": "200s"}

pytestmark = pytest.mark.timeout(ABSENT + 900)


async def opened(world: World, timeline: Mapping[str, str], count: int = 1) -> list[Story]:
    """Stories whose proposals are open and whose parties were asked."""
    stories = [Story(world.caller, world.people, timeline) for _ in range(count)]
    await asyncio.gather(*(story.begin(2) for story in stories))
    for story in stories:
        found = await story.until(lambda p: all(party.asked_at for party in p.parties), 120)
        assert all(party.asked_at for party in found.parties)
    return stories


async def temporal(world: World) -> Client:
    return await Client.connect(world.servers.temporal.address, data_converter=DATA_CONVERTER)


async def ended(story: Story, seconds: float = 240) -> str:
    return (await story.until(lambda p: p.status in ENDED, seconds)).status


async def the_laws_hold(world: World, within: float) -> None:
    left, findings = await at_rest(world, within)
    assert left == Left()
    assert findings.broken == []


async def blocked(story: Story) -> None:
    await story.answer(story.parties[0], "blocked")
    await story.answer(story.parties[1], "ready")


async def withdrawn_when_all_are_ready(story: Story) -> None:
    await all_ready(story)
    await story.withdraw()


async def forced_past_who_blocks(story: Story) -> None:
    await story.answer(story.parties[0], "blocked")
    await story.force()


async def revised_and_agreed_on(story: Story) -> None:
    await story.answer(story.parties[0], "blocked")
    await story.revise(another_proposal())
    await all_ready(story)


async def talked_over(story: Story) -> None:
    """And one more team registers meanwhile, which has to be ready too."""
    (team,) = [each for each in story.people.readers if each not in story.parties]
    await story.register(team)
    story.parties.append(team)
    await story.comment(team)
    await story.extend("5s")
    await story.answer(team, "needs time", datetime.now(UTC) + timedelta(seconds=60))
    await all_ready(story)


async def released_together(talked: Story, changed: Story) -> None:
    await releases.over(talked, changed)
    await asyncio.gather(talked_over(talked), revised_and_agreed_on(changed))


async def moved_off(story: Story, old: OldVersion) -> None:
    """It ends; one of its readers has moved, the other needs longer."""
    await old.set(datetime.now(UTC) + timedelta(seconds=5))
    await old.moved(story.parties[0])
    await old.extend(story.parties[1])


SAID: Mapping[Callable[[Story], Awaitable[None]], str] = {
    blocked: "rejected",
    withdrawn_when_all_are_ready: "withdrawn",
    forced_past_who_blocks: "published",
}
"""What is said while Temporal is away, and how it ends; of all that was said, what weighs most."""


async def test_with_temporal_away_everything_is_accepted_and_settles_when_it_is_back(
    world: World,
) -> None:
    (*alone, first, second), (published,) = await asyncio.gather(
        opened(world, CALM, len(SAID) + 2), opened(world, {**CALM, "max_extension": "5s"})
    )
    old = OldVersion(world.caller, published.active_id)
    await all_ready(published)
    assert await ended(published) == "published"
    await nothing_under_way(world.servers.postgres.url, 60)  # what is lost midway comes late
    async with world.servers.without_temporal():
        during = Story(world.caller, world.people, CALM)
        await during.begin(2)
        await asyncio.gather(
            all_ready(during),
            released_together(first, second),
            moved_off(published, old),
            *(word(story) for word, story in zip(SAID, alone, strict=True)),
        )
        await asyncio.sleep(ABSENT)
        open_ = (*alone, first, second, during)
        assert {(await story.proposal()).status for story in open_} == {"pending"}
    assert world.caller.refused == []
    assert [await ended(story) for story in alone] == [*SAID.values()]
    assert [await ended(story) for story in (first, second, during)] == ["published"] * 3
    await the_laws_hold(world, 300)
    assert await old.status() == "retired"


async def test_a_terminated_workflow_starts_again_at_the_next_word(world: World) -> None:
    terminated, garbled, deceived = await opened(world, CALM, 3)
    client = await temporal(world)
    handles = [
        client.get_workflow_handle(f"proposal-{story.proposal_id}")
        for story in (terminated, garbled, deceived)
    ]
    await handles[0].terminate("by hand")
    await handles[1].signal("answered", "this is no answer")
    await handles[1].signal("no-such-signal", args=[1, {"a": []}])
    team = deceived.parties[0].name
    await handles[2].signal("answered", {"team": team, "response": "blocked"})
    for story in (terminated, garbled, deceived):
        await all_ready(story)
        assert await ended(story) == "published"
    await the_laws_hold(world, 300)


@LONG
async def test_what_was_taken_while_postgres_is_away_is_kept_by_temporal(world: World) -> None:
    """Not by the worker that sent it: that one is killed before Postgres is back."""
    (story,) = await opened(world, CALM)
    receiver, taken = world.receivers[0], asyncio.get_running_loop().create_future()

    async def hold(message_id: str, _port: int) -> None:
        taken.set_result((message_id, asyncio.create_task(world.servers.kill_postgres(absent=60))))
        await asyncio.sleep(0.5)  # until it is gone

    receiver.hold = hold
    await story.answer(story.parties[0], "needs time", datetime.now(UTC) + timedelta(seconds=100))
    message_id, outage = await taken
    await asyncio.sleep(5)
    for worker in world.servers.alive(Target.WORKER):
        await world.servers.kill_command(worker)
    assert not outage.done()
    await outage
    await all_ready(story)
    assert await ended(story, 90) == "published"
    await the_laws_hold(world, 300)
    assert len(receiver.of(message_id)) == 1


@LONG
async def test_a_message_whose_sender_is_killed_twice_comes_three_times(world: World) -> None:
    """What no sender can avoid, and what law 6 notices; here of what is true for ever."""
    (story,) = await opened(world, CALM)
    receiver, killed = world.receivers[0], asyncio.get_running_loop().create_future()

    async def hold(message_id: str, port: int) -> None:
        receiver.hold = hold
        if killed.done() and message_id != killed.result():
            return
        if json.loads(receiver.of(message_id)[0].body)["type"] != "contract.published":
            return  # what asks is not sent again once nobody waits for the answer
        if len(receiver.of(message_id)) > 2:
            receiver.hold = None
            return
        command = process_behind(world.servers, port)
        assert command is not None
        await world.servers.kill_command(command)
        if not killed.done():
            killed.set_result(message_id)

    receiver.hold = hold
    await all_ready(story)
    message_id = await asyncio.wait_for(killed, 240)
    assert await ended(story) == "published"
    left, findings = await at_rest(world, 300)
    assert left == Left()
    assert len(receiver.of(message_id)) == 3
    ((law, breach),) = findings.broken
    assert (law, breach.endswith(" came 3 times")) == (Law.DELIVERED, True)


@LONG
async def test_a_terminated_workflow_of_the_silent_is_woken_by_the_watch(world: World) -> None:
    stories = await opened(world, HASTY, 3)
    client = await temporal(world)
    for story in stories:
        await client.get_workflow_handle(f"proposal-{story.proposal_id}").terminate("by hand")
    assert [await ended(story, 240) for story in stories] == ["expired"] * 3
    await the_laws_hold(world, 300)


@LONG
async def test_a_wiped_temporal_is_filled_again_from_the_record(world: World) -> None:
    """Open proposals, deliveries under way and the watch itself are gone, and come back."""
    answered, *silent = await opened(world, {**HASTY, "deadline": "30s"}, 4)
    sender = world.servers.alive(Target.WORKER)
    held = asyncio.Event()

    async def hold(_message_id: str, _port: int) -> None:
        """A delivery whose workflow is wiped with its sender dead: only the record knows it."""
        for worker in sender:
            await world.servers.kill_command(worker)
        held.set()

    world.receivers[0].hold = hold
    await answered.answer(answered.parties[0], "ready")
    await asyncio.wait_for(held.wait(), 120)
    await world.servers.kill_temporal(wipe=True)
    await answered.answer(answered.parties[1], "ready")
    assert await ended(answered) == "published"
    assert {await ended(story, 300) for story in silent} == {"expired"}
    await the_laws_hold(world, 420)
