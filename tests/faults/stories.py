"""The load: short lives of assets, each told with random parties, answers and changes of mind."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from tessera_sdk import ProblemError
from tessera_sdk.models import Proposal, PublishResult, Team

from tests.faults.callers import Caller, Kind
from tests.faults.servers import SECRET
from tests.support.facts import table

PATIENT: Mapping[str, str] = {
    "remind_after": "15s",
    "remind_every": "20s",
    "escalate_after": "30s",
    "deadline": "45s",
    "max_extension": "30s",
    "minimum_notice": "1s",
    "publish_within": "60s",
}
HASTY: Mapping[str, str] = {
    "remind_after": "3s",
    "remind_every": "4s",
    "escalate_after": "6s",
    "deadline": "10s",
    "last_limit": "5s",
    "max_extension": "20s",
    "minimum_notice": "1s",
    "publish_within": "30s",
}
ENDED = ("published", "rejected", "withdrawn", "expired")


@dataclass(frozen=True, slots=True)
class People:
    """Teams that all stories share."""

    owner: Team
    readers: tuple[Team, ...]


async def people(caller: Caller, hooks: Mapping[str, str]) -> People:
    """An owner and readers; `hooks` gives some of them a webhook, by name."""
    teams = {}
    for name in ("owner", "reader-1", "reader-2", "reader-3"):
        teams[name] = await _team(caller, name)
        if (url := hooks.get(name)) is not None:
            await _hook(caller, teams[name], url)
    owner = teams.pop("owner")
    return People(owner, tuple(teams.values()))


async def _hook(caller: Caller, team: Team, url: str) -> None:
    await caller.ask(
        lambda client, _key: client.destinations.set(url, team_id=team.id, secret=SECRET)
    )


async def _team(caller: Caller, name: str) -> Team:
    unique = f"{name}-{uuid4().hex[:8]}"
    team = await caller.ask(lambda client, key: client.teams.create(unique, idempotency_key=key))
    caller.accept(Kind.TEAM, team.id, unique)
    return team


class Story:
    """One asset from its first contract to the end of its proposal."""

    def __init__(self, caller: Caller, people: People, timeline: Mapping[str, str]) -> None:
        self.caller = caller
        self.people = people
        self.timeline = timeline
        self.asset_id = ""
        self.proposal_id = ""
        self.parties: list[Team] = []
        self.columns = ["id", "email", "name"]

    async def begin(self, parties: int) -> None:
        """The asset, its contract, its readers, a compatible publish, then the breaking one."""
        await self._make_asset()
        await self.publish(table(*self.columns))
        self.parties = random.sample(self.people.readers, parties)
        for team in self.parties:
            await self._register(team)
        if random.random() < 0.4:
            await self.add_column("note")
        await self.propose()

    async def add_column(self, name: str) -> None:
        self.columns.append(name)
        await self.publish(table(*self.columns))

    async def propose(self) -> None:
        published = await self.publish(table("id", "name"))
        assert published.proposal is not None
        self.proposal_id = published.proposal.id

    async def _make_asset(self) -> None:
        fqn = f"faults.asset_{uuid4().hex}"
        asset = await self.caller.ask(
            lambda client, key: client.assets.create(fqn, self.people.owner.id, idempotency_key=key)
        )
        self.caller.accept(Kind.ASSET, asset.id, fqn)
        self.asset_id = asset.id
        await self.caller.ask(
            lambda client, _key: client.assets.set_policy(
                asset.id, {"timeline": dict(self.timeline)}
            )
        )

    async def _register(self, team: Team) -> None:
        made = await self.caller.ask(
            lambda client, key: client.registrations.create(
                self.asset_id, team.id, fields=["email"], idempotency_key=key
            )
        )
        self.caller.accept(Kind.REGISTRATION, made.id, team.id)

    async def publish(self, schema: Mapping[str, object]) -> PublishResult:
        published = await self.caller.ask(
            lambda client, key: client.contracts.publish(
                self.asset_id,
                schema=dict(schema),  # type: ignore[arg-type]
                idempotency_key=key,
            )
        )
        if published.action == "published":
            assert published.contract is not None
            self.caller.accept(Kind.PUBLISHED, published.contract.id, self.asset_id)
        if published.action == "proposed":
            assert published.proposal is not None
            self.caller.accept(Kind.PROPOSED, published.proposal.id, self.asset_id)
        return published

    async def answer(self, team: Team, response: str, until: datetime | None = None) -> None:
        mark = uuid4().hex
        await self.caller.ask(
            lambda client, key: client.proposals.acknowledge(
                self.proposal_id, team.id, response, note=mark, until=until, idempotency_key=key
            )
        )
        self.caller.accept(Kind.ANSWERED, team.id, mark, self.proposal_id)

    async def withdraw(self) -> None:
        mark = uuid4().hex
        await self.caller.ask(
            lambda client, key: client.proposals.withdraw(
                self.proposal_id, reason=mark, idempotency_key=key
            )
        )
        self.caller.accept(Kind.WITHDRAWN, self.asset_id, mark, self.proposal_id)

    async def force(self) -> None:
        mark = uuid4().hex
        await self.caller.ask(
            lambda client, key: client.proposals.force(self.proposal_id, mark, idempotency_key=key)
        )
        self.caller.accept(Kind.FORCED, self.asset_id, mark, self.proposal_id)

    async def publish_on_demand(self) -> None:
        await self.caller.ask(
            lambda client, key: client.proposals.publish(self.proposal_id, idempotency_key=key)
        )
        self.caller.accept(Kind.ON_DEMAND, self.asset_id, "", self.proposal_id)

    async def confirm(self) -> None:
        await self.caller.ask(
            lambda client, key: client.proposals.confirm(self.proposal_id, idempotency_key=key)
        )
        self.caller.accept(Kind.CONFIRMED, self.asset_id, "", self.proposal_id)

    async def proposal(self) -> Proposal:
        return await self.caller.ask(lambda client, _key: client.proposals.get(self.proposal_id))

    async def until(self, holds: Callable[[Proposal], bool], seconds: float) -> Proposal:
        """Read until it holds or time is up; the laws judge, not the story."""
        deadline = asyncio.get_running_loop().time() + seconds
        while not holds(found := await self.proposal()):
            if asyncio.get_running_loop().time() > deadline:
                break
            await asyncio.sleep(0.4)
        return found


async def all_ready(story: Story) -> None:
    for team in story.parties:
        await story.answer(team, "ready")


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
    await _together(story.answer(first, "ready"), story.answer(second, "blocked"))


async def withdrawn(story: Story) -> None:
    await story.answer(story.parties[0], "needs time", datetime.now(UTC) + timedelta(seconds=20))
    await story.withdraw()


async def withdrawn_at_the_last_approval(story: Story) -> None:
    await _together(all_ready(story), story.withdraw())


async def forced(story: Story) -> None:
    await story.answer(story.parties[0], "needs time", datetime.now(UTC) + timedelta(seconds=20))
    await story.force()


async def forced_while_one_blocks(story: Story) -> None:
    await _together(story.answer(story.parties[0], "blocked"), story.force())


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


async def _together(*work: Awaitable[None]) -> None:
    """All at once; who comes too late is refused, which is right."""
    ends = await asyncio.gather(*work, return_exceptions=True)
    for end in ends:
        if isinstance(end, BaseException) and not isinstance(end, ProblemError):
            raise end
