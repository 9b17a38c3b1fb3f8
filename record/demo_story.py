"""The story of the demo data: a shop whose tables change, and the teams that read them.

One proposal is published, one is blocked, and one is open and waits for a team of whoever makes
the data. All of it is said at one moment by one person, and so it stands in the log.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.acknowledgments import Response
from domain.actors import Caller
from domain.assets import Asset, AssetPolicy
from domain.authorization import Resource, permitted
from domain.changes import Change
from domain.json_values import JSON
from domain.members import TeamRole
from domain.parties import NoticeKind
from domain.permissions import Action
from domain.proposals import Proposal
from domain.schemas import JSON_SCHEMA
from domain.teams import Team
from domain.timeline import Timeline
from record import (
    acknowledgments,
    assets,
    contracts,
    dependencies,
    lookup,
    members,
    notices,
    registrations,
    rounds,
    settlement,
    teams,
)
from record.acknowledgments import NewAnswer
from record.assets import NewAsset, PolicyChange
from record.comparison import Comparer, Draft, Parsed
from record.contracts import Published
from record.demo import (
    ANALYTICS,
    BILLING,
    DESCRIPTIONS,
    ENVIRONMENT,
    FQN,
    ORDERS,
    OWNER,
    PRODUCTS,
    READERS,
    REVENUE,
    TAG,
    Demo,
    find,
)
from record.drafts import Compared, Publication
from record.registrations import NewRegistration
from store.database import Database, Within
from store.transaction import Transaction

_JOINED = (BILLING, OWNER)
"""The teams of whoever makes the data: something waits for the one, the other has proposed it."""
_TO_MOVE = PolicyChange(timeline={"migration_window": "30d"})
"""Off a version that another one replaced: its end can be seen and tried, too."""
_UNUSED = "We have not read it since the summer sale."
_PRINTED = "Every invoice prints the SKU. Give us a month to print the product's number instead."


def _table(columns: Mapping[str, JSON], *required: str) -> JSON:
    return {"type": "object", "properties": dict(columns), "required": list(required)}


_EMAIL: Mapping[str, JSON] = {"email": {"type": "string", "format": "email"}}
_BEGUN: Mapping[str, JSON] = {"id": {"type": "integer"}, "country": {"type": "string"}}
_NEWSLETTER: Mapping[str, JSON] = {"newsletter": {"type": "boolean"}}
_CONTACT: Mapping[str, JSON] = {
    "contact_id": {"type": "string", "description": "Key into the contact service."}
}
_ORDER: Mapping[str, JSON] = {
    "order_id": {"type": "string", "format": "uuid"},
    "customer_id": {"type": "integer"},
    "total": {"type": "number", "minimum": 0},
    "placed_at": {"type": "string", "format": "date-time"},
}
_COUPON: Mapping[str, JSON] = {"coupon": {"type": "string"}}
_PRODUCT: Mapping[str, JSON] = {"product_id": {"type": "integer"}, "name": {"type": "string"}}
_SKU: Mapping[str, JSON] = {"sku": {"type": "string", "description": "Printed on every invoice."}}
_DAY: Mapping[str, JSON] = {
    "day": {"type": "string", "format": "date"},
    "country": {"type": "string"},
    "total": {"type": "number"},
}
_VERSIONS: Mapping[str, Sequence[JSON]] = {
    FQN: (
        _table({**_BEGUN, **_EMAIL}, "id", "email", "country"),
        _table({**_BEGUN, **_EMAIL, **_NEWSLETTER}, "id", "email", "country"),
        _table({**_BEGUN, **_NEWSLETTER, **_CONTACT}, "id", "country"),
    ),
    ORDERS: (
        _table({**_ORDER, **_COUPON}, "order_id", "customer_id", "total"),
        _table(_ORDER, "order_id", "customer_id", "total"),
    ),
    PRODUCTS: (_table({**_PRODUCT, **_SKU}, "product_id", "sku"), _table(_PRODUCT, "product_id")),
    REVENUE: (_table(_DAY, "day", "country", "total"),),
}
"""By asset; the last one of those that have several breaks somebody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """A version of an asset, and what it changes of the one before."""

    parsed: Parsed
    changes: tuple[Change, ...]


_Steps = Mapping[str, Sequence[_Step]]


async def make(
    database: Database,
    comparer: Comparer,
    caller: Caller,
    defaults: Timeline,
    user_id: UUID | None = None,
) -> Demo:
    """Make all of it by one transaction; what is there already stays as it is.

    The user, who makes it, comes into two of the teams. Raises `Conflict` when somebody's own team
    has one of the names.
    """
    steps = await _steps(comparer)

    async def work(tx: Transaction) -> Demo:
        permitted(caller, Action.CREATE_TEAM, Resource(noun="teams"))
        await tx.users.lock_all()  # two at once make it once
        standing = await find(tx)
        if standing is not None:
            return standing
        await _Story(database, tx, comparer, caller, defaults, steps).tell(user_id)
        made = await find(tx)
        assert made is not None
        return made

    return await database.run(work)


async def _steps(comparer: Comparer) -> _Steps:
    model = AssetPolicy().content_model
    steps: dict[str, list[_Step]] = {fqn: [] for fqn in _VERSIONS}
    for fqn, schemas in _VERSIONS.items():
        for schema in schemas:
            parsed = (await comparer.drafted((), _draft(schema), model))[0]
            before = [("before", each.parsed.content) for each in steps[fqn][-1:]]
            changes = await comparer.changes(before, parsed.content, model) if before else ()
            steps[fqn].append(_Step(parsed=parsed, changes=changes))
    return steps


def _draft(schema: JSON) -> Draft:
    return Draft(format=JSON_SCHEMA, schema=schema, documents=None, root=None, guarantees=None)


class _Story:
    """Tells it within one transaction."""

    def __init__(
        self,
        database: Database,
        tx: Transaction,
        comparer: Comparer,
        caller: Caller,
        defaults: Timeline,
        steps: _Steps,
    ) -> None:
        self._database = database
        self._tx = tx
        self._within = Within(tx)
        self._comparer = comparer
        self._caller = caller
        self._defaults = defaults
        self._steps = steps
        self._teams: dict[str, Team] = {}

    async def tell(self, user_id: UUID | None) -> None:
        """Make teams and assets, and let happen what is told of them."""
        for name in (OWNER, *READERS):
            self._teams[name] = await teams.create(self._within, self._caller, name)
        if user_id is not None:
            await self._join(user_id)
        orders = await self._orders()
        products = await self._products()
        customers = await self._asset(OWNER, FQN, READERS)
        for step in self._steps[FQN][1:]:
            await self._publish(customers, step)
        revenue = await self._asset(ANALYTICS, REVENUE, {})
        for source, made in ((customers, orders), (products, orders), (orders, revenue)):
            await dependencies.put(self._within, self._caller, made.id, source.id)

    async def _join(self, user_id: UUID) -> None:
        for name in _JOINED:
            team_id = self._teams[name].id
            await members.put(self._within, self._caller, team_id, user_id, TeamRole.OWNER)

    async def _orders(self) -> Asset:
        """A column that nobody needs goes, and everybody is ready."""
        readers = {ANALYTICS: ("total", "coupon"), BILLING: ("total", "coupon")}
        orders = await self._asset(OWNER, ORDERS, readers)
        answers = {ANALYTICS: (Response.APPROVED, None), BILLING: (Response.APPROVED, _UNUSED)}
        await self._propose(orders, answers)
        return orders

    async def _products(self) -> Asset:
        """A column that somebody needs stays."""
        products = await self._asset(OWNER, PRODUCTS, {BILLING: ("sku",), ANALYTICS: ("name",)})
        await self._propose(products, {BILLING: (Response.BLOCKED, _PRINTED)})
        return products

    async def _asset(self, owner: str, fqn: str, readers: Mapping[str, tuple[str, ...]]) -> Asset:
        """Make an asset with its first version, and register who reads it."""
        new = NewAsset(
            fqn=fqn,
            owner_team_id=self._teams[owner].id,
            environment=ENVIRONMENT,
            tags=(TAG,),
            description=DESCRIPTIONS[fqn],
        )
        asset = await assets.create(self._within, self._caller, new)
        await assets.change_policy(
            self._within, self._caller, asset.id, _TO_MOVE, defaults=self._defaults
        )
        await self._publish(asset, self._steps[fqn][0])
        for name, fields in readers.items():
            registration = NewRegistration(
                asset_id=asset.id, consumer_team_id=self._teams[name].id, fields=fields
            )
            await registrations.register(self._within, self._caller, registration)
        return asset

    async def _publish(self, asset: Asset, step: _Step) -> Published:
        base = lookup.found(await self._tx.publications.base(asset.id), "asset", asset.id)
        parsed = step.parsed
        return await contracts.publish(
            self._database,
            self._within,
            self._comparer,
            self._caller,
            Publication(asset_id=asset.id, content=parsed.content, fields=parsed.fields),
            self._defaults,
            compared=Compared(base=base, changes=step.changes),
        )

    async def _propose(
        self, asset: Asset, answers: Mapping[str, tuple[Response, str | None]]
    ) -> None:
        """Propose the last version, ask, have answered, and settle, as the workflow does it."""
        step = self._steps[asset.fqn][-1]
        proposal = (await self._publish(asset, step)).proposal
        assert proposal is not None
        await self._ask(proposal)
        for name, (response, note) in answers.items():
            answer = NewAnswer(team_id=self._teams[name].id, response=response, note=note)
            await acknowledgments.acknowledge(self._within, self._caller, proposal.id, answer)
        await settlement.settle(
            self._within,
            proposal.id,
            proposal.revision,
            proposal.content_hash,
            step.parsed.fields,
            await self._tx.now(),
        )

    async def _ask(self, proposal: Proposal) -> None:
        now = await self._tx.now()
        detail = await rounds.load_one(self._tx, proposal.id, now)
        notes = detail.round.next_step(now).notes
        await notices.note(self._within, proposal.id, proposal.revision, NoticeKind.ASK, notes, now)
