"""Publishing many contracts: read and compared together, each decided about by itself.

Each is published as by the single route, in a transaction of its own: one that is refused keeps no
other one back, and whoever repeats the whole repeats what is missing.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.actors import Caller
from domain.assets import Asset
from domain.authorization import Resource, permitted
from domain.errors import InvalidRequest, NotFound, TesseraError
from domain.permissions import Action
from domain.publication import PublishAction
from record import contracts, drafts
from record.comparison import Comparer, Draft, Versions
from record.contracts import Published
from record.drafts import Compared, Publication, numbered
from store.database import Database
from store.publications import Base
from store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody wants published of an asset that is named by its id, or else by its name."""

    draft: Draft
    asset_id: UUID | None = None
    fqn: str = ""
    environment: str = ""
    requested_version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """What can be published: it was read and compared with what is active."""

    publication: Publication
    compared: Compared

    @property
    def base(self) -> Base:
        """How the asset stood."""
        return self.compared.base

    @property
    def is_unchanged(self) -> bool:
        """Whether this very content is active."""
        active = self.base.active
        return active is not None and active.content_hash == self.publication.content.content_hash


@dataclass(frozen=True, slots=True, kw_only=True)
class Unready:
    """What cannot be published, and why; the asset is the one that it names, if there is one."""

    asset: Asset | None
    refusal: TesseraError


@dataclass(frozen=True, slots=True, kw_only=True)
class _Standing:
    """All assets as they stand, with the versions that each is compared with."""

    ids: Sequence[UUID | None]
    bases: Mapping[UUID, Base]
    versions: Mapping[UUID, Versions]


async def compared(
    database: Database, comparer: Comparer, wanted: Sequence[Wanted]
) -> tuple[Ready | Unready, ...]:
    """Read and compare all of these outside of any lock; what cannot be published says why."""
    standing = await database.read(lambda tx: _standing(tx, wanted))
    seen: set[UUID] = set()

    async def one(each: Wanted, asset_id: UUID | None) -> Ready | Unready:
        base = None if asset_id is None else standing.bases.get(asset_id)
        try:
            return await _drafted(comparer, standing, each, base, seen)
        except TesseraError as refusal:
            return Unready(asset=None if base is None else base.asset, refusal=refusal)

    return tuple(await asyncio.gather(*map(one, wanted, standing.ids)))


async def _standing(tx: Transaction, wanted: Sequence[Wanted]) -> _Standing:
    """Read in three statements however many they are."""
    names = {(each.fqn, each.environment) for each in wanted if each.asset_id is None}
    named = await tx.assets.ids_named(names) if names else {}
    ids = [each.asset_id or named.get((each.fqn, each.environment)) for each in wanted]
    bases = await tx.publications.bases(asset_id for asset_id in ids if asset_id is not None)
    transitive = [id_ for id_, base in bases.items() if base.asset.policy.mode.is_transitive]
    every = await tx.contracts.all_of_these(transitive)
    return _Standing(
        ids=ids,
        bases=bases,
        versions={
            asset_id: numbered(every.get(asset_id, () if base.active is None else (base.active,)))
            for asset_id, base in bases.items()
        },
    )


async def _drafted(
    comparer: Comparer,
    standing: _Standing,
    wanted: Wanted,
    base: Base | None,
    seen: set[UUID],
) -> Ready:
    if base is None:
        raise _not_found(wanted)
    asset_id = base.asset.id
    if asset_id in seen:
        raise InvalidRequest(
            f"{base.asset.fqn} is published once already by this request.",
            errors=[{"path": "asset", "message": "named before"}],
        )
    seen.add(asset_id)
    versions = standing.versions[asset_id]
    model = base.asset.policy.content_model
    parsed, changes = await comparer.drafted(versions, wanted.draft, model)
    publication = Publication(
        asset_id=asset_id,
        content=parsed.content,
        fields=parsed.fields,
        requested_version=wanted.requested_version,
    )
    return Ready(publication=publication, compared=Compared(base=base, changes=changes))


def _not_found(wanted: Wanted) -> NotFound:
    if wanted.asset_id is not None:
        key = str(wanted.asset_id)
        return NotFound(f"There is no asset `{key}`.", noun="asset", key=key)
    return NotFound(
        f"There is no asset `{wanted.fqn}` in {wanted.environment}.", noun="asset", key=wanted.fqn
    )


def unchanged(caller: Caller, ready: Ready) -> Published:
    """Return what publishing active content comes to: nothing is locked, nothing is written.

    Raises `Forbidden` for who might not publish it either.
    """
    base = ready.base
    permitted(caller, Action.PUBLISH, Resource(noun="contracts", team_id=base.asset.owner_team_id))
    verdict = drafts.judged(ready.publication, ready.compared, observe=False)
    return Published(verdict=verdict, contract=base.active)


async def foreseen(
    database: Database, ready: Sequence[Ready], *, observe: bool
) -> tuple[Published | TesseraError, ...]:
    """Return what publishing each would do now, or how it would be refused; writes nothing."""
    ids = [each.publication.asset_id for each in ready]

    async def work(tx: Transaction) -> tuple[Published | TesseraError, ...]:
        consumers = await tx.registrations.consumers_of_these(ids)
        open_ = {each.asset_id: each for each in await tx.proposals.all_open_of(ids)}

        def one(each: Ready) -> Published | TesseraError:
            asset_id = each.publication.asset_id
            try:
                published = contracts.foreseen(
                    each.publication,
                    each.compared,
                    consumers[asset_id],
                    open_.get(asset_id),
                    observe=observe,
                )
            except TesseraError as refusal:
                return refusal
            return _unless_open(each, published)

        return tuple(map(one, ready))

    return await database.read(work)


def _unless_open(ready: Ready, published: Published) -> Published | TesseraError:
    """An open proposal stands in the way only of other content that would be proposed."""
    standing = published.proposal
    same = standing is None or standing.content_hash == ready.publication.content.content_hash
    if same or published.verdict.action is not PublishAction.PROPOSED:
        return published
    assert standing is not None
    return contracts.other_content(standing)
