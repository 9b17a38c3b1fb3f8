"""Facts for tests, made through the record as the API makes them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID, uuid4

from domain.acknowledgments import Response
from domain.actors import Actor, ActorKind, Caller, Origin
from domain.assets import Asset
from domain.contracts import ContractContent
from domain.events import Event, EventFilter, EventType, NewEvent
from domain.guarantees import Guarantees
from domain.json_types import JsonObject
from domain.pages import LARGEST_LIMIT, PageRequest
from domain.proposals import Proposal
from domain.registrations import Registration
from domain.schemas import field_tree, parse
from domain.teams import Team
from domain.timeline import Timeline
from record import acknowledgments, assets, contracts, events, registrations, rounds, teams
from record.acknowledgments import NewAnswer
from record.assets import NewAsset, PolicyChange
from record.comparison import Comparer
from record.contracts import Published
from record.drafts import Publication
from record.registrations import NewRegistration
from record.rounds import ProposalDetail
from store.database import Database
from store.transaction import Transaction

CALLER = Caller(actor=Actor(kind=ActorKind.SYSTEM, name="test"), origin=Origin.API)


def table(*columns: str, **properties: JsonObject) -> JsonObject:
    """Return the schema of a table: columns are strings unless said otherwise."""
    return {
        "type": "object",
        "properties": {name: {"type": "string"} for name in columns} | properties,
    }


def content(schema: JsonObject, guarantees: JsonObject | None = None) -> ContractContent:
    parsed = parse("json_schema", schema=schema, documents=None, root=None)
    return ContractContent(
        schema=parsed, guarantees=Guarantees.parse(guarantees, field_tree(parsed))
    )


class Facts:
    """A small world in one database; names are made unique, so that tests can share it."""

    def __init__(self, database: Database, comparer: Comparer) -> None:
        self.database = database
        self.comparer = comparer

    async def team(self, name: str) -> Team:
        return await teams.create(self.database, CALLER, f"{name}-{uuid4().hex[:8]}")

    async def asset(self, owner: Team, **timeline: object) -> Asset:
        new = NewAsset(fqn=f"orders.customers_{uuid4().hex[:8]}", owner_team_id=owner.id)
        asset = await assets.create(self.database, CALLER, new)
        return await self.policy(asset, timeline=timeline) if timeline else asset

    async def policy(self, asset: Asset, **change: object) -> Asset:
        wanted = PolicyChange(**change)  # type: ignore[arg-type]  # named by each test
        return await assets.change_policy(self.database, CALLER, asset.id, wanted)

    async def publish(
        self,
        asset: Asset,
        schema: JsonObject,
        *,
        version: str | None = None,
        guarantees: JsonObject | None = None,
        defaults: Timeline | None = None,
        together_at: datetime | None = None,
        publish_at: datetime | None = None,
    ) -> Published:
        made = content(schema, guarantees)
        return await contracts.publish(
            self.database,
            self.database,
            self.comparer,
            CALLER,
            Publication(
                asset_id=asset.id,
                content=made,
                fields=field_tree(made.schema),
                requested_version=version,
                publish_at=publish_at,
            ),
            defaults or Timeline(),
            together_at=together_at,
        )

    async def proposed(
        self, asset: Asset, schema: JsonObject, publish_at: datetime | None = None
    ) -> Proposal:
        published = await self.publish(asset, schema, publish_at=publish_at)
        assert published.proposal is not None
        return published.proposal

    async def register(
        self, asset: Asset, team: Team, fields: Sequence[str] | None = None
    ) -> Registration:
        new = NewRegistration(
            asset_id=asset.id,
            consumer_team_id=team.id,
            fields=None if fields is None else tuple(fields),
        )
        return (await registrations.register(self.database, CALLER, new)).registration

    async def answer(
        self,
        proposal: Proposal,
        team: Team,
        response: Response,
        *,
        note: str | None = None,
        until: datetime | None = None,
    ) -> None:
        new = NewAnswer(team_id=team.id, response=response, note=note, until=until)
        await acknowledgments.acknowledge(self.database, CALLER, proposal.id, new)

    async def tell(self, *team_ids: UUID) -> UUID:
        """Append an event that is sent to these teams; return its id."""

        async def work(tx: Transaction) -> UUID:
            return await events.append(
                tx,
                NewEvent(
                    type=EventType.ASSET_RESTORED,
                    caller=CALLER,
                    summary="Something happened.",
                    payload={"before": {"deleted": True}, "after": {"deleted": False}},
                    audience=team_ids,
                    notifies=True,
                ),
            )

        return await self.database.run(work)

    async def detail(self, proposal_id: UUID) -> ProposalDetail:
        return await rounds.detail(self.database, proposal_id)

    async def active_version(self, asset: Asset) -> str | None:
        async def work(tx: Transaction) -> str | None:
            active = await tx.contracts.active(asset.id)
            return None if active is None else active.version

        return await self.database.run(work)

    async def events(self, **filters: object) -> list[str]:
        """Return the types of the events that match, oldest first."""
        return [event.type.value for event in await self.log(**filters)]

    async def payloads(self, **filters: object) -> list[Mapping[str, object]]:
        return [event.payload for event in await self.log(**filters)]

    async def log(self, **filters: object) -> list[Event]:
        """Return the events that match, oldest first.

        Not as a follower reads them, who waits for the transactions of other tests' databases too.
        """

        kind = filters.pop("type", None)
        types = frozenset() if kind is None else frozenset({kind})
        wanted = EventFilter(types=types, **filters)  # type: ignore[arg-type]  # by each test

        async def work(tx: Transaction) -> list[Event]:
            page = await tx.events.page(PageRequest(limit=LARGEST_LIMIT), wanted)
            return list(reversed(page.items))

        return await self.database.run(work)
