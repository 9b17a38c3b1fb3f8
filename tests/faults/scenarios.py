"""The load: short lives of assets, each told with random parties, answers and changes of mind."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from tessera_sdk import ProblemError

from domain.json_types import JsonObject
from tests.faults import old_versions, releases
from tests.faults.callers import Caller, Kind
from tests.faults.stories import ENDED, HASTY, PATIENT, People, Story, all_ready, together
from tests.support.facts import table
from tests.support.later import in_time


async def ready_after_a_while(story: Story) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=30)
    for team in story.parties:
        await story.answer(team, "needs time", until=soon)
    await all_ready(story)


async def one_blocks(story: Story) -> None:
    *others, blocker = story.parties
    for team in others:
        await story.answer(team, "ready")
    await story.answer(blocker, "blocked")


async def block_and_last_approval_at_once(story: Story) -> None:
    first, second = (*story.parties, *story.parties)[:2]
    await together(story.answer(first, "ready"), story.answer(second, "blocked"))


async def withdrawn(story: Story) -> None:
    await story.answer(story.parties[0], "needs time", datetime.now(UTC) + timedelta(seconds=20))
    await story.withdraw()


async def withdrawn_at_the_last_approval(story: Story) -> None:
    await together(all_ready(story), story.withdraw())


async def forced(story: Story) -> None:
    await story.answer(story.parties[0], "needs time", datetime.now(UTC) + timedelta(seconds=20))
    await story.force()


async def forced_while_one_blocks(story: Story) -> None:
    await together(story.answer(story.parties[0], "blocked"), story.force())


async def silent(story: Story) -> None:
    return


async def base_moves(story: Story) -> None:
    """Something compatible is published meanwhile, which the proposal would drop again."""
    await story.add_column("late")
    found = await story.until(lambda p: p.confirmation_needed or p.status in ENDED, 15)
    if found.confirmation_needed:
        await story.confirm()
    await all_ready(story)


async def on_demand(story: Story) -> None:
    await all_ready(story)
    found = await story.until(lambda p: p.status == "approved" or p.status in ENDED, 15)
    if found.status == "approved":
        await story.publish_on_demand()


async def revised(story: Story) -> None:
    """Whose changes stay the same keeps its answer; with `email` as a number they do not."""
    await story.answer(story.parties[0], "ready")
    await story.revise(another_proposal())
    await all_ready(story)


async def revised_at_the_last_approval(story: Story) -> None:
    await together(all_ready(story), story.revise(another_proposal()))
    await all_ready(story)


async def revised_until_nothing_breaks(story: Story) -> None:
    *_, last = story.parties
    await together(
        story.revise(table(*story.columns, f"column_{uuid4().hex}")), story.answer(last, "blocked")
    )


async def talked_over(story: Story) -> None:
    first = story.parties[0]
    await together(story.comment(first), story.comment(story.people.owner), story.extend("5s"))
    await story.ask_again(first)
    await all_ready(story)


async def cancelled_while_one_blocks(story: Story) -> None:
    await together(story.answer(story.parties[0], "blocked"), story.cancel())


async def forced_by_two(story: Story) -> None:
    """The second word comes while somebody blocks."""
    first, second = story.caller.persons
    await story.force(Kind.FORCE_REQUESTED, first)
    await together(story.answer(story.parties[0], "blocked"), story.force(Kind.FORCED, second))


async def proposed_again_for_a_time(story: Story) -> None:
    """The first one's answer is carried over to the same question."""
    await story.answer(story.parties[0], "ready")
    await story.withdraw()
    await story.until(lambda p: p.status in ENDED, 15)
    await in_time(6, story.propose)
    await all_ready(story)


def another_proposal() -> Mapping[str, object]:
    """Content that nobody else proposes, which breaks the readers of `email`."""
    own = f"column_{uuid4().hex}"
    retyped: JsonObject = {"type": "integer"}
    return table("id", "name", own) if random.random() < 0.5 else table("id", own, email=retyped)


Scenario = Callable[[Story], Awaitable[None]]
SCENARIOS: tuple[tuple[Scenario, Mapping[str, str]], ...] = (
    (all_ready, PATIENT),
    (all_ready, PATIENT),
    (ready_after_a_while, PATIENT),
    (one_blocks, PATIENT),
    (block_and_last_approval_at_once, PATIENT),
    (withdrawn, PATIENT),
    (withdrawn_at_the_last_approval, PATIENT),
    (forced, PATIENT),
    (forced_while_one_blocks, PATIENT),
    (silent, HASTY),
    (silent, {**HASTY, "on_deadline": "approve"}),
    (silent, {**HASTY, "on_deadline": "escalate"}),
    (base_moves, PATIENT),
    (on_demand, {**PATIENT, "publish": "on_demand"}),
    (revised, PATIENT),
    (revised_at_the_last_approval, PATIENT),
    (revised_until_nothing_breaks, PATIENT),
    (talked_over, PATIENT),
    (cancelled_while_one_blocks, PATIENT),
    (forced_by_two, {**PATIENT, "force": "two_persons"}),
    (proposed_again_for_a_time, PATIENT),
    (old_versions.ends_by_itself, {**PATIENT, "migration_window": "4s", "max_extension": "8s"}),
    (old_versions.ended_by_its_owner, {**PATIENT, "max_extension": "8s"}),
    (releases.published_together, PATIENT),
    (releases.published_together, PATIENT),
    (releases.one_blocks, PATIENT),
    (releases.cancelled_at_the_last_approval, PATIENT),
    (releases.one_is_taken_out, PATIENT),
    (releases.forced, PATIENT),
    (releases.published_in_bulk, PATIENT),
)


async def tell(caller: Caller, people: People) -> None:
    """One story at random; that the domain refuses a late word is part of it."""
    scenario, timeline = random.choice(SCENARIOS)
    story = Story(caller, people, timeline)
    try:
        await story.begin(random.choice((1, 2, 3)))
        await scenario(story)
    except ProblemError as refusal:
        if refusal.status not in (409, 422):
            caller.defects.append(f"{scenario.__name__}: {refusal}")


async def keep_telling(caller: Caller, people: People, stop: asyncio.Event, pause: float) -> int:
    """Tell one story after the other until stopped; how many were told."""
    told = 0
    while not stop.is_set():
        await tell(caller, people)
        told += 1
        await asyncio.sleep(random.uniform(0, 2 * pause))
    return told
