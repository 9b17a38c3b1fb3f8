"""One proposal that hundreds of teams answer at the same moment: `TESSERA_PARTIES=500`."""

import asyncio
import os
from collections import Counter
from collections.abc import Sequence
from itertools import cycle
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select
from tessera_sdk import AsyncClient
from tessera_sdk.models import Proposal

from domain.assets import Asset
from domain.events import EventType
from store.database import Database
from store.events import EventRow
from store.transaction import Transaction
from tests.e2e.stack import Story
from tests.support.api_client import client_at
from tests.support.multitude import readers

PARTIES = int(os.environ.get("TESSERA_PARTIES", "100"))


@pytest.mark.timeout(900)
async def test_every_answer_of_a_multitude_counts_and_one_version_comes_of_it(
    client: AsyncClient, apis: list[str], database: Database
) -> None:
    story = await Story.begun(client)

    async def registered(tx: Transaction) -> tuple[UUID, ...]:
        asset = await tx.assets.get(UUID(story.asset.id))
        assert isinstance(asset, Asset)
        return await readers(tx, asset, ["email"], PARTIES)

    teams = await database.run(registered)
    proposal = await story.asked(await story.proposed())
    statuses = await answered(apis, proposal, teams)
    ended = await story.ended(proposal)

    assert Counter(statuses) == {200: PARTIES}
    assert (ended.status, ended.cause) == ("published", "all_approved")
    assert await counted(database, proposal) == {
        EventType.PROPOSAL_OPENED: 1,
        EventType.PROPOSAL_ASKED: PARTIES,
        EventType.ACKNOWLEDGED: PARTIES,
        EventType.CONTRACT_PUBLISHED: 1,
        EventType.PROPOSAL_PUBLISHED: 1,
    }


async def answered(apis: Sequence[str], proposal: Proposal, teams: Sequence[UUID]) -> list[int]:
    """All at once and without a second try, which the SDK would make."""
    limits = httpx.Limits(max_connections=None)
    async with client_at(timeout=600, limits=limits) as client:
        responses = await asyncio.gather(
            *(
                client.post(
                    f"{api}/api/v1/proposals/{proposal.id}/acknowledge",
                    json={"consumer_team_id": str(team), "response": "approved"},
                )
                for api, team in zip(cycle(apis), teams, strict=False)
            )
        )
    return [response.status_code for response in responses]


async def counted(database: Database, proposal: Proposal) -> Counter[str]:
    """How many events of each type the log has about it."""

    async def work(tx: Transaction) -> Counter[str]:
        found = await tx.sql.execute(
            select(EventRow.type, func.count().label("times"))
            .where(EventRow.proposal_id == UUID(proposal.id))
            .group_by(EventRow.type)
        )
        return Counter({row.type: row.times for row in found})

    return await database.read(work)
