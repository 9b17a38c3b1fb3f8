"""What must be there before something can be measured, made over HTTP as people make it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from bench.clients import JsonBody, Sent, closed_loop

ASSETS = 2000
CONSUMERS = 5
AT_ONCE = 16
COLUMNS = tuple(f"column_{number}" for number in range(10))
DROPPED = COLUMNS[-1]


@dataclass(frozen=True, slots=True)
class World:
    """Ids: one team that owns all assets, and those that read some of them; `key` is the owner's.

    Whoever sends it is looked up; everybody else is anonymous on a development server.
    """

    api: str
    consumers: tuple[str, ...]
    assets: tuple[str, ...]
    key: str

    @classmethod
    async def made(cls, api: str, count: int = ASSETS) -> "World":
        """Create the teams and assets that every measurement shares."""
        owner, *consumers = await _made(
            [
                _post(f"{api}/teams", {"name": f"team-{number}"}, 201)
                for number in range(CONSUMERS + 1)
            ]
        )
        assets = await _made(
            [
                _post(f"{api}/assets", {"fqn": f"bench.t{n}", "owner_team_id": owner}, 201)
                for n in range(count)
            ]
        )
        minting = _post(f"{api}/api-keys", {"name": "bench", "team_id": owner}, 201)
        (minted,) = (await closed_loop([minting], 1)).answers
        return cls(api, tuple(consumers), tuple(assets), json.loads(minted)["key"])

    def publishing(self, asset: str, columns: Sequence[str], status: int) -> Sent:
        """Publish a table of these columns."""
        schema = {
            "type": "object",
            "properties": {name: {"type": ["string", "null"]} for name in columns},
            "required": [columns[0]],
        }
        return _post(f"{self.api}/assets/{asset}/contracts", {"schema": schema}, status)

    def answering(self, proposal: str, consumer: str) -> Sent:
        """Answer that a consumer is ready."""
        body = {"consumer_team_id": consumer, "response": "approved"}
        return _post(f"{self.api}/proposals/{proposal}/acknowledge", body, 200)

    async def published(self, assets: Sequence[str]) -> None:
        """Give each of these assets a first contract."""
        await _made([self.publishing(asset, COLUMNS, 201) for asset in assets])

    async def read_by_all(self, assets: Sequence[str]) -> None:
        """Let every consumer read the column that will be dropped."""
        await _made(
            [
                _post(
                    f"{self.api}/registrations",
                    {"asset_id": asset, "consumer_team_id": consumer, "fields": [DROPPED]},
                    201,
                )
                for asset in assets
                for consumer in self.consumers
            ]
        )


def _post(url: str, body: JsonBody, status: int) -> Sent:
    return Sent("POST", url, status, body)


async def _made(requests: Sequence[Sent]) -> list[str]:
    """Send them all and return the ids of what was made, in no order."""
    answers = (await closed_loop(requests, AT_ONCE)).answers
    return [json.loads(answer).get("id", "") for answer in answers]
