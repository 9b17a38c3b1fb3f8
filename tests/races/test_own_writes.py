"""Who was answered sees what they did, at once and on every other process.

One repetition is a whole story; each of its requests goes to one process, and what it made is read
from both others: fifty times in all.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID, uuid4

from domain.json_types import JsonObject
from tests.races.arena import Arena, read, repeat
from tests.support.facts import table

STORIES = 25

Seen = Callable[[JsonObject], bool]


@dataclass
class Story:
    """One asset of one owner, and all that is done to it."""

    arena: Arena

    async def do(self, path: str, body: object) -> JsonObject:
        response = await self.arena.post(path, body)
        assert response.is_success, response.text
        return read(response)

    async def sees(self, path: str, seen: Seen) -> None:
        """On the two processes whose turn is next, so on all but the one that was written to."""
        others = len(self.arena.clients) - 1
        for shown in await asyncio.gather(*(self.arena.got(path) for _ in range(others))):
            assert seen(shown), f"{path} shows {shown}"

    async def begins(self) -> str:
        """A team and an asset with a version; the asset's id."""
        team = await self.do("/teams", {"name": f"team-{uuid4().hex}"})
        await self.sees(f"/teams/{team['id']}", lambda shown: shown == team)
        body = {"fqn": f"race.{uuid4().hex}", "owner_team_id": team["id"]}
        asset = await self.do("/assets", body)
        await self.sees(f"/assets/{asset['id']}", lambda shown: shown["fqn"] == asset["fqn"])
        contracts = f"/assets/{asset['id']}/contracts"
        first = await self.do(contracts, {"schema": table("id", "email")})
        await self.sees(
            contracts, lambda shown: [each["id"] for each in shown["items"]] == [_contract(first)]
        )
        return str(asset["id"])

    async def registers(self, asset_id: str, team_id: UUID) -> None:
        body = {"asset_id": asset_id, "consumer_team_id": str(team_id), "fields": ["email"]}
        made = await self.do("/registrations", body)
        await self.sees(f"/registrations/{made['id']}", lambda shown: shown == made)

    async def proposes(self, asset_id: str) -> str:
        """The path of the proposal."""
        made = await self.do(f"/assets/{asset_id}/contracts", {"schema": table("id")})
        path = f"/proposals/{made['proposal']['id']}"
        await self.sees(path, lambda shown: shown["status"] == "pending")
        await self.sees(
            f"/events?asset_id={asset_id}&type=proposal.opened",
            lambda shown: len(shown["items"]) == 1,
        )
        return path

    async def says(self, path: str, word: str, seen: Seen, **body: object) -> None:
        answered = await self.do(f"{path}/{word}", body)
        assert seen(answered)
        await self.sees(path, seen)


def _contract(published: JsonObject) -> object:
    return published["contract"]["id"]


async def test_what_was_answered_is_seen_on_every_process(arena: Arena) -> None:
    reader = arena.readers[0]

    async def once() -> str:
        story = Story(arena)
        asset_id = await story.begins()
        timeline = {"timeline": {"publish": "on_demand"}}
        await arena.send("PATCH", f"/assets/{asset_id}/policy", timeline)
        await story.registers(asset_id, reader.id)
        path = await story.proposes(asset_id)
        proposal_id = UUID(path.rpartition("/")[2])
        await story.says(
            path,
            "acknowledge",
            lambda shown: shown["parties"][0]["state"] == "approved",
            consumer_team_id=str(reader.id),
            response="approved",
        )
        await arena.carry_on(proposal_id)
        await story.do(f"/assets/{asset_id}/contracts", {"schema": table("id", "email", "phone")})
        await story.sees(path, lambda shown: shown["base_moved"])
        await arena.carry_on(proposal_id)
        await story.says(path, "confirm", lambda shown: not shown["confirmation_needed"])
        await story.says(path, "publish", lambda shown: shown["publish_requested"] is not None)
        await story.says(path, "force", lambda shown: shown["forced"] is not None, reason="Now.")
        await story.says(path, "withdraw", lambda shown: shown["withdrawn"] is not None)
        return "seen"

    await repeat(once, "seen", times=STORIES)
