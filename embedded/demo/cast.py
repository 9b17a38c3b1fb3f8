"""The teams and assets of the story, under names that nobody on the server has yet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from pydantic import JsonValue
from tessera_sdk import AsyncClient, ProblemError
from tessera_sdk.models import Asset, Team

TIMELINE: Mapping[str, JsonValue] = {
    "remind_after": "40s",
    "remind_every": "40s",
    "escalate_after": "60s",
    "deadline": "90s",
    "minimum_notice": "14s",
    "max_extension": "1h",
    "publish_within": "1h",
}
"""Seconds instead of the usual days, so that it can be watched."""


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays: the asset with its owner, and the consumer teams by their parts."""

    asset: Asset
    owner: Team
    consumers: Mapping[str, Team]


async def gather(
    client: AsyncClient, *, owner: str, consumers: Sequence[str], fqn: str, kind: str
) -> Cast:
    """Make the teams and the asset. From the second run on names carry its number.

    Teams that exist are never used: they may be somebody's, with a webhook of their own.
    """
    for number in count(1):
        try:
            made = await client.teams.create(numbered(owner, number))
            teams = {part: await client.teams.create(numbered(part, number)) for part in consumers}
            schema, _, table = fqn.partition(".")
            name = f"{numbered(schema, number)}.{table}"
            asset = await client.assets.create(name, made.id, kind=kind)
        except ProblemError as problem:
            if problem.code != "conflict":
                raise
            continue
        await client.assets.set_policy(asset.id, {"timeline": dict(TIMELINE)})
        return Cast(asset, made, teams)
    raise AssertionError("numbers do not end")


def numbered(name: str, number: int) -> str:
    """`billing`, `billing-2`, `billing-3`."""
    return name if number == 1 else f"{name}-{number}"
