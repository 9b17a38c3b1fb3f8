"""Drafts: what somebody wants published, compared with what is active before any lock."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from domain.changes import Change
from domain.compatibility import Mode
from domain.contracts import Contract, ContractContent
from domain.fields import Field
from domain.publication import Verdict, judge
from record import lookup, observations
from record.comparison import Comparer, Draft, Versions
from store.database import Database
from store.publications import Base
from store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """What somebody wants published; already parsed, so valid in its own language."""

    asset_id: UUID
    content: ContractContent
    fields: tuple[Field, ...]
    requested_version: str | None = None
    timeline: Mapping[str, str] = field(default_factory=dict)
    """What a proposal is to have more of than the policy says: time, or notice."""
    publish_at: datetime | None = None
    """When it is to be published; None: as soon as nobody has to be waited for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A comparison, and what it was made against: both are checked again under the lock."""

    base: Base
    changes: tuple[Change, ...]


async def drafted(
    database: Database,
    comparer: Comparer,
    asset_id: UUID,
    draft: Draft,
    requested_version: str | None = None,
    timeline: Mapping[str, str] | None = None,
) -> tuple[Publication, Compared]:
    """Read a draft and compare it with what is active now: one piece of work for a child.

    Raises `InvalidSchema` or `InvalidGuarantees`.
    """
    base, versions = await _base(database, asset_id)
    parsed, changes = await comparer.drafted(versions, draft, base.asset.policy.content_model)
    publication = Publication(
        asset_id=asset_id,
        content=parsed.content,
        fields=parsed.fields,
        requested_version=requested_version,
        timeline=timeline or {},
    )
    return publication, Compared(base=base, changes=changes)


async def compare(database: Database, comparer: Comparer, publication: Publication) -> Compared:
    """Compare the content with what is active now, outside of any lock."""
    base, versions = await _base(database, publication.asset_id)
    changes = await comparer.changes(versions, publication.content, base.asset.policy.content_model)
    return Compared(base=base, changes=changes)


async def _base(database: Database, asset_id: UUID) -> tuple[Base, Versions]:
    """Return how the asset stands, and the versions that the asset's mode compares with."""

    async def work(tx: Transaction) -> tuple[Base, Versions]:
        base = lookup.found(await tx.publications.base(asset_id), "asset", asset_id)
        return base, await compared_with(tx, asset_id, base.asset.policy.mode, base.active)

    return await database.read(work)


async def compared_with(
    tx: Transaction, asset_id: UUID, mode: Mode, active: Contract | None
) -> Versions:
    """Return the versions that new content is compared with under this mode."""
    if mode.is_transitive:
        return numbered(await tx.contracts.all_of(asset_id))
    return numbered(() if active is None else (active,))


def numbered(contracts: Iterable[Contract]) -> Versions:
    """Return contents under their numbers."""
    return [(each.version, each.content) for each in contracts]


def judged(publication: Publication, compared: Compared, *, observe: bool) -> Verdict:
    """Return what becomes of it as the asset stood when it was compared."""
    base = compared.base
    return judged_by(
        publication, compared, observations.observes_by(base.asset, base.owner, observe)
    )


def judged_by(publication: Publication, compared: Compared, observes: bool) -> Verdict:
    """By the asset's policy, which need not say itself that it only observes."""
    return judge(
        replace(compared.base.asset.policy, observe=observes),
        compared.base.active,
        publication.content,
        compared.changes,
        publication.requested_version,
        waits=publication.publish_at is not None,
    )
