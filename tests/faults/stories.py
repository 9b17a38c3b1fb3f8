"""The words that stories are told with: an asset, its parties, what is said about its proposal."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from tessera_sdk import AsyncClient, ProblemError
from tessera_sdk.models import Proposal, PublishResult, Team

from tests.faults.callers import Ask, Caller, Kind
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
MADE = ("published", "proposed")
"""How a publication is answered that makes something, as each one does that a story asks for."""


@dataclass(frozen=True, slots=True)
class People:
    """Teams that all stories share."""

    owner: Team
    readers: tuple[Team, ...]


async def people(caller: Caller, hooks: Mapping[str, str]) -> People:
    """An owner, readers and two administrators; `hooks` gives some a webhook, by name."""
    teams = {}
    for name in ("owner", "reader-1", "reader-2", "reader-3"):
        teams[name] = await _team(caller, name)
        if (url := hooks.get(name)) is not None:
            await _hook(caller, teams[name], url)
    for _ in range(2):
        await _administrator(caller)
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


async def _administrator(caller: Caller) -> None:
    """A person with a key of its own, for what takes more than one."""
    name = f"administrator-{uuid4().hex[:8]}"
    user = await caller.ask(
        lambda client, key: client.users.create(
            name, email=f"{name}@tessera.test", administrator=True, idempotency_key=key
        )
    )
    made = await caller.ask(
        lambda client, key: client.api_keys.create(
            name, user_id=user.id, scope="admin", idempotency_key=key
        )
    )
    assert made.key is not None
    caller.introduce(made.key)


class Story:
    """One asset from its first contract to the end of its proposal."""

    def __init__(self, caller: Caller, people: People, timeline: Mapping[str, str]) -> None:
        self.caller = caller
        self.people = people
        self.timeline = timeline
        self.asset_id = ""
        self.active_id = ""
        self.proposal_id = ""
        self.parties: list[Team] = []
        self.columns = ["id", "email", "name"]

    async def begin(self, parties: int) -> None:
        """The asset, its contract, its readers, a compatible publish, then the breaking one."""
        await self.make_asset()
        await self.publish(table(*self.columns))
        self.parties = random.sample(self.people.readers, parties)
        for team in self.parties:
            await self.register(team)
        if random.random() < 0.4:
            await self.add_column("note")
        await self.propose()

    async def add_column(self, name: str) -> None:
        self.columns.append(name)
        await self.publish(table(*self.columns))

    async def propose(self, publish_at: datetime | None = None) -> None:
        """Drop `email`."""
        published = await self.publish(table("id", "name"), publish_at)
        assert published.proposal is not None
        self.proposal_id = published.proposal.id

    async def make_asset(self) -> None:
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

    async def register(self, team: Team) -> None:
        made = await self.caller.ask(
            lambda client, key: client.registrations.create(
                self.asset_id, team.id, fields=["email"], idempotency_key=key
            )
        )
        self.caller.accept(Kind.REGISTRATION, made.id, team.id)

    async def publish(
        self, schema: Mapping[str, object], publish_at: datetime | None = None
    ) -> PublishResult:
        published = await self.caller.ask(
            lambda client, key: client.contracts.publish(
                self.asset_id,
                schema=dict(schema),  # type: ignore[arg-type]
                publish_at=publish_at,
                idempotency_key=key,
            )
        )
        if published.action == "published":
            assert published.contract is not None
            self.active_id = published.contract.id
            self.caller.accept(Kind.PUBLISHED, published.contract.id, self.asset_id)
        if published.action == "proposed":
            assert published.proposal is not None
            self.caller.accept(Kind.PROPOSED, published.proposal.id, self.asset_id)
        if published.action not in MADE:
            found = f"{published.action}, though something new was published: {self.asset_id}"
            self.caller.defects.append(found)
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
        await self._say(
            Kind.WITHDRAWN,
            lambda client, key: client.proposals.withdraw(
                self.proposal_id, reason=mark, idempotency_key=key
            ),
            mark,
        )

    async def force(self, kind: str = Kind.FORCED, person: Sequence[AsyncClient] = ()) -> None:
        mark = uuid4().hex
        await self._say(
            kind,
            lambda client, key: client.proposals.force(self.proposal_id, mark, idempotency_key=key),
            mark,
            person,
        )

    async def cancel(self) -> None:
        mark = uuid4().hex
        await self._say(
            Kind.CANCELLED,
            lambda client, key: client.proposals.cancel(
                self.proposal_id, mark, idempotency_key=key
            ),
            mark,
        )

    async def extend(self, by: str) -> None:
        mark = uuid4().hex
        await self._say(
            Kind.LENGTHENED,
            lambda client, key: client.proposals.extend(
                self.proposal_id, by, reason=mark, idempotency_key=key
            ),
            mark,
        )

    async def comment(self, team: Team) -> None:
        mark = uuid4().hex
        await self._say(
            Kind.COMMENTED,
            lambda client, key: client.comments.create(
                self.proposal_id, team.id, mark, idempotency_key=key
            ),
            mark,
        )

    async def ask_again(self, team: Team) -> None:
        """Who was told a moment ago is not told again, so this leaves nothing to look for."""
        await self.caller.ask(
            lambda client, key: client.proposals.ask_again(
                self.proposal_id, team.id, idempotency_key=key
            )
        )

    async def revise(self, schema: Mapping[str, object]) -> None:
        revised = await self.caller.ask(
            lambda client, key: client.proposals.revise(
                self.proposal_id,
                schema=dict(schema),  # type: ignore[arg-type]
                idempotency_key=key,
            )
        )
        assert revised.content_hash is not None
        self.caller.accept(Kind.REVISED, self.asset_id, revised.content_hash, self.proposal_id)

    async def publish_on_demand(self) -> None:
        await self._say(
            Kind.ON_DEMAND,
            lambda client, key: client.proposals.publish(self.proposal_id, idempotency_key=key),
        )

    async def confirm(self) -> None:
        await self._say(
            Kind.CONFIRMED,
            lambda client, key: client.proposals.confirm(self.proposal_id, idempotency_key=key),
        )

    async def _say(
        self, kind: str, ask: Ask[object], mark: str = "", person: Sequence[AsyncClient] = ()
    ) -> None:
        """What is said about the proposal, and that it was taken."""
        await self.caller.ask(ask, person)
        self.caller.accept(kind, self.asset_id, mark, self.proposal_id)

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


async def together(*work: Awaitable[None]) -> None:
    """All at once; who comes too late is refused, which is right."""
    ends = await asyncio.gather(*work, return_exceptions=True)
    for end in ends:
        if isinstance(end, BaseException) and not isinstance(end, ProblemError):
            raise end
