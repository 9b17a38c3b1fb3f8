"""The main path on real Postgres and real Temporal: how long people wait for the server."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import uuid4

from bench.measure import Figure, timed_async
from domain.acknowledgments import Response
from domain.actors import Actor, ActorKind, Caller, Origin
from domain.assets import Asset
from domain.contracts import ContractContent
from domain.guarantees import Guarantees
from domain.proposals import Proposal
from domain.schemas import field_tree, parse
from domain.teams import Team
from domain.timeline import Timeline
from record import acknowledgments, assets, contracts, registrations, rounds, teams
from record.acknowledgments import NewAnswer
from record.assets import NewAsset
from record.comparison import Comparer
from record.contracts import Publication, Published
from record.registrations import NewRegistration
from store.database import Database

_CALLER = Caller(actor=Actor(kind=ActorKind.BOT, name="bench"), origin=Origin.API)
PROPOSALS = 40
PUBLISHED = 100
AT_ONCE = 8


class Load:
    """One producer and one consumer that do the same thing many times, on an asset each."""

    def __init__(self, database: Database, comparer: Comparer) -> None:
        self._database = database
        self._comparer = comparer

    async def figures(self) -> AsyncIterator[Figure]:
        """Yield publishing, proposing, answering, and the way from an answer to the settlement."""
        producer, consumer = await self._team(), await self._team()
        fresh = [await self._asset(producer) for _ in range(PUBLISHED + 1)]
        yield await timed_async(
            "record",
            f"publish a first contract, {AT_ONCE} at once",
            [self._publishing(asset, "id", "email") for asset in fresh],
            AT_ONCE,
        )
        chosen = fresh[: PROPOSALS + 1]
        for asset in chosen:
            await self._register(asset, consumer)
        yield await timed_async(
            "record",
            f"propose a breaking change, {AT_ONCE} at once",
            [self._publishing(asset, "id") for asset in chosen],
            AT_ONCE,
        )
        open_proposals = [await self._proposal(asset) for asset in chosen]
        await self._until_asked(open_proposals[-1])
        yield await timed_async(
            "coordination",
            "from the last answer to published, one at a time",
            [self._answering(proposal, consumer) for proposal in open_proposals],
            1,
        )

    async def _team(self) -> Team:
        return await teams.create(self._database, _CALLER, f"bench-{uuid4()}")

    async def _asset(self, owner: Team) -> Asset:
        new = NewAsset(fqn=f"bench.{uuid4().hex}", owner_team_id=owner.id)
        return await assets.create(self._database, _CALLER, new)

    async def _register(self, asset: Asset, team: Team) -> None:
        new = NewRegistration(asset_id=asset.id, consumer_team_id=team.id, fields=("email",))
        await registrations.register(self._database, _CALLER, new)

    async def _publish(self, asset: Asset, *columns: str) -> Published:
        schema = parse(
            "json_schema",
            schema={"type": "object", "properties": {name: {"type": "string"} for name in columns}},
            documents=None,
            root=None,
        )
        fields = field_tree(schema)
        publication = Publication(
            asset_id=asset.id,
            content=ContractContent(schema=schema, guarantees=Guarantees.parse(None, fields)),
            fields=fields,
        )
        return await contracts.publish(
            self._database, self._database, self._comparer, _CALLER, publication, Timeline()
        )

    def _publishing(self, asset: Asset, *columns: str) -> Callable[[], Awaitable[object]]:
        return lambda: self._publish(asset, *columns)

    async def _proposal(self, asset: Asset) -> Proposal:
        proposal = (await self._publish(asset, "id")).proposal
        if proposal is None:
            raise AssertionError("dropping a column that is read did not become a proposal")
        return proposal

    async def _until_asked(self, proposal: Proposal) -> None:
        asked = False
        while not asked:
            await asyncio.sleep(0.1)
            detail = await rounds.detail(self._database, proposal.id)
            asked = all(party.party.asked_at for party in detail.parties)

    def _answering(self, proposal: Proposal, team: Team) -> Callable[[], Awaitable[object]]:
        async def answer() -> None:
            new = NewAnswer(team_id=team.id, response=Response.APPROVED)
            await acknowledgments.acknowledge(self._database, _CALLER, proposal.id, new)
            while (await rounds.detail(self._database, proposal.id)).proposal.status.is_open:  # noqa: ASYNC110  # the record is polled
                await asyncio.sleep(0.005)

        return answer
