"""Demo data to try things on: teams, assets and their proposals, taken away as a whole.

Its assets are in an environment of their own, its teams carry a name that says what they are.
Nobody's own are ever touched: a name that is taken is a refusal. `demo_story` makes it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.actors import Caller
from domain.assets import Asset
from domain.authorization import Resource, permitted
from domain.permissions import Action
from domain.teams import Team
from record import asset_lives, team_lives
from store.database import Database, Within
from store.transaction import Transaction

ENVIRONMENT = "demo"
TAG = "demo"
OWNER, BILLING, ANALYTICS = "demo-storefront", "demo-billing", "demo-analytics"
READERS: Mapping[str, tuple[str, ...]] = {
    "demo-marketing": ("email",),
    BILLING: ("id", "email"),
    ANALYTICS: ("country",),
}
"""The other teams, and what of the customers they read."""
FQN, ORDERS, PRODUCTS, REVENUE = "shop.customers", "shop.orders", "shop.products", "shop.revenue"
DESCRIPTIONS: Mapping[str, str] = {
    FQN: "Demo data: one row for each customer of a shop.",
    ORDERS: "Demo data: the orders of a shop.",
    PRODUCTS: "Demo data: what a shop sells.",
    REVENUE: "Demo data: what a shop earns, by day and country.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """The demo data that is there: its assets and its teams."""

    assets: tuple[Asset, ...]
    teams: tuple[Team, ...]
    proposal_id: UUID | None
    """The one that is open."""


async def find(tx: Transaction) -> Demo | None:
    """Return the demo data, None if there is none."""
    found = [await tx.assets.named(fqn, ENVIRONMENT) for fqn in DESCRIPTIONS]
    standing = tuple(asset for asset in found if asset is not None and TAG in asset.tags)
    if not standing:
        return None
    named = [await tx.teams.named(name) for name in (OWNER, *READERS)]
    proposal = await tx.proposals.open_of(standing[0].id)
    return Demo(
        assets=standing,
        teams=tuple(team for team in named if team is not None and _is_ours(team, standing)),
        proposal_id=None if proposal is None else proposal.id,
    )


def _is_ours(team: Team, assets: Sequence[Asset]) -> bool:
    """Whether the team was made with the assets; one that took a name afterwards is somebody's."""
    return team.created_at < max(asset.created_at for asset in assets)


async def remove(database: Database, caller: Caller) -> None:
    """Delete all of it softly, by one transaction; without any there is nothing to do."""

    async def work(tx: Transaction) -> None:
        permitted(caller, Action.DELETE_TEAM, Resource(noun="teams"))
        standing = await find(tx)
        if standing is None:
            return
        within = Within(tx)
        for asset in sorted(standing.assets, key=lambda each: each.id):
            await asset_lives.delete(within, caller, asset.id)
        for team in sorted(standing.teams, key=lambda each: each.id):
            if not [each for each in await tx.assets.owned_by(team.id) if each.deleted_at is None]:
                await team_lives.delete(within, caller, team.id)

    await database.run(work)
