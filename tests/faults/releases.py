"""Stories of several assets: proposals that are published together, and contracts in bulk."""

import asyncio
import random
from collections.abc import Sequence
from uuid import uuid4

from domain.json_types import JsonObject
from tests.faults.callers import Kind
from tests.faults.stories import ENDED, Story, all_ready, together
from tests.support.facts import table


class Release:
    """A release over the proposals of some stories."""

    def __init__(self, id_: str, stories: Sequence[Story]) -> None:
        self.id = id_
        self.stories = stories
        self.caller = stories[0].caller

    async def cancel(self) -> None:
        mark = uuid4().hex
        await self.caller.ask(
            lambda client, key: client.releases.cancel(self.id, reason=mark, idempotency_key=key)
        )
        self.caller.accept(Kind.RELEASE_CANCELLED, self.id, mark)

    async def force(self) -> None:
        mark = uuid4().hex
        await self.caller.ask(
            lambda client, key: client.releases.force(self.id, mark, idempotency_key=key)
        )
        for story in self.stories:
            self.caller.accept(Kind.FORCED, story.asset_id, mark, story.proposal_id)

    async def let_go(self, story: Story) -> None:
        """Safe to repeat: what is out already is not found, which is as good."""
        await self.caller.ask(
            lambda client, _key: client.releases.remove(self.id, story.proposal_id)
        )


async def of_several(story: Story) -> Release:
    """A release over this story's proposal and one or two others."""
    others = [_beside(story) for _ in range(random.choice((1, 1, 2)))]
    await asyncio.gather(*(other.begin(random.choice((1, 2))) for other in others))
    return await over(story, *others)


async def over(*stories: Story) -> Release:
    """A release over the proposals of these stories, which are open."""
    caller, name = stories[0].caller, f"release {uuid4().hex}"
    opened = await caller.ask(
        lambda client, key: client.releases.open(
            name,
            proposal_ids=[each.proposal_id for each in stories],
            idempotency_key=key,
        )
    )
    caller.accept(Kind.RELEASE, opened.id, opened.name)
    return Release(opened.id, stories)


async def published_together(story: Story) -> None:
    release = await of_several(story)
    await together(*(all_ready(each) for each in release.stories))


async def one_blocks(story: Story) -> None:
    release = await of_several(story)
    *others, last = release.stories
    await together(*(all_ready(each) for each in others), last.answer(last.parties[0], "blocked"))


async def cancelled_at_the_last_approval(story: Story) -> None:
    release = await of_several(story)
    *others, last = release.stories
    await together(*(all_ready(each) for each in others))
    await together(all_ready(last), release.cancel())


async def one_is_taken_out(story: Story) -> None:
    """The others are published without it; it goes its own way, to its end."""
    release = await of_several(story)
    *others, last = release.stories
    await together(*(all_ready(each) for each in others), release.let_go(last))
    await last.withdraw()


async def forced(story: Story) -> None:
    release = await of_several(story)
    await together(release.force(), story.answer(story.parties[0], "blocked"))


async def published_in_bulk(story: Story) -> None:
    """One of three is new, one active already, one is no contract: each by itself."""
    await all_ready(story)
    await story.until(lambda p: p.status in ENDED, 15)
    others = [_beside(story) for _ in range(3)]
    await asyncio.gather(*(other.make_asset() for other in others))
    new, same, refused = others
    await same.publish(table("id"))
    contracts: list[JsonObject] = [
        {"asset_id": new.asset_id, "schema": table("id")},
        {"asset_id": same.asset_id, "schema": table("id")},
        {"asset_id": refused.asset_id, "schema": {"type": "no type"}},
    ]
    found = await story.caller.ask(
        lambda client, key: client.contracts.bulk_publish(contracts, idempotency_key=key)
    )
    outcomes = [each.outcome for each in found.items]
    if outcomes not in (
        ["published", "unchanged", "refused"],
        ["unchanged", "unchanged", "refused"],
    ):
        story.caller.defects.append(f"published in bulk: {outcomes}")
    if contract_id := found.items[0].contract_id:
        story.caller.accept(Kind.PUBLISHED, contract_id, new.asset_id)


def _beside(story: Story) -> Story:
    return Story(story.caller, story.people, story.timeline)
