"""A new asset with its first contract: both by one transaction, or neither."""

from dataclasses import dataclass

from domain.actors import Caller
from domain.assets import Asset
from domain.timeline import Timeline
from record import assets, contracts, lookup
from record.assets import NewAsset
from record.comparison import Comparer, Parsed
from record.contracts import Published
from record.drafts import Compared, Publication
from store.database import Database, Runner, Within
from store.publications import Base
from store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """The asset that was made, and what became of its first contract."""

    asset: Asset
    published: Published


async def begin(
    database: Database,
    runner: Runner,
    comparer: Comparer,
    caller: Caller,
    new: NewAsset,
    parsed: Parsed,
    defaults: Timeline,
    *,
    requested_version: str | None = None,
) -> Begun:
    """Create an asset and publish what was read as its first contract.

    Raises what `assets.create` and `contracts.publish` raise.
    """

    async def work(tx: Transaction) -> Begun:
        within = Within(tx)
        asset = await assets.create(within, caller, new)
        owner = await lookup.team(tx, asset.owner_team_id)
        publication = Publication(
            asset_id=asset.id,
            content=parsed.content,
            fields=parsed.fields,
            requested_version=requested_version,
        )
        # Nobody else sees the asset yet, so nothing can have been published of it.
        compared = Compared(base=Base(asset=asset, owner=owner, active=None), changes=())
        published = await contracts.publish(
            database, within, comparer, caller, publication, defaults, compared=compared
        )
        return Begun(asset=asset, published=published)

    return await runner.run(work)
