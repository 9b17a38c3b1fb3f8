"""Publishing a contract: diff before the lock, decide and write under it."""

from dataclasses import dataclass, replace
from uuid import UUID

from domain.actors import Caller
from domain.assets import Asset, AssetPolicy
from domain.authorization import Action, Resource, permitted
from domain.changes import Change
from domain.contracts import Contract, ContractContent
from domain.errors import ProposalOpen, PublishContended
from domain.fields import Field
from domain.proposals import Proposal, Touched, touched_by
from domain.publication import PublishAction, Verdict, judge
from domain.timeline import Timeline
from record import activation, lookup, observations, openings
from record.comparison import Comparer
from store.database import Database, Runner
from store.transaction import Transaction

_TRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """What somebody wants published; already parsed, so valid in its own language."""

    asset_id: UUID
    content: ContractContent
    fields: tuple[Field, ...]
    requested_version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What became of it. `moved` is an open proposal whose base this publication moved."""

    verdict: Verdict
    contract: Contract | None = None
    proposal: Proposal | None = None
    moved: Proposal | None = None
    asked: tuple[Touched, ...] = ()
    told: tuple[Touched, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A comparison, and what it was made against: both are checked again under the lock."""

    asset: Asset
    active: Contract | None
    changes: tuple[Change, ...]


class _Moved(Exception):
    """The asset changed between the comparison and the lock."""


async def publish(
    database: Database,
    runner: Runner,
    comparer: Comparer,
    caller: Caller,
    publication: Publication,
    defaults: Timeline,
    *,
    observe: bool = False,
) -> Published:
    """Publish, propose or leave unchanged, as the asset's policy decides.

    `database` reads what the comparison needs; `runner` carries the one writing transaction, which
    may be tied to an idempotency key. `defaults` and `observe` are the server's, for what neither
    asset nor team says. Raises `ProposalOpen` when other content waits already and
    `PublishContended` when the asset kept changing.
    """
    for _ in range(_TRIES):
        compared = await compare(database, comparer, publication)

        async def work(tx: Transaction, compared: Compared = compared) -> Published:
            return await _decide(tx, caller, publication, compared, defaults, observe)

        try:
            return await runner.run(work)
        except _Moved:
            continue
    raise PublishContended("This asset keeps changing; try again in a moment.")


async def preview(
    database: Database, comparer: Comparer, publication: Publication, *, observe: bool = False
) -> Published:
    """Return what publishing would do now, and whom it would ask; writes nothing."""
    compared = await compare(database, comparer, publication)

    async def work(tx: Transaction) -> Published:
        verdict = await _judged(tx, publication, compared, observe)
        registrations = await tx.registrations.of_asset(publication.asset_id)
        asked = touched_by(verdict.gating, registrations)
        return Published(
            verdict=verdict,
            proposal=await tx.proposals.open_of(publication.asset_id),
            asked=tuple(asked),
            told=openings.not_asked(verdict, registrations, asked),
        )

    return await database.read(work)


async def compare(database: Database, comparer: Comparer, publication: Publication) -> Compared:
    """Compare the content with what is active now, outside of any lock."""

    async def work(tx: Transaction) -> tuple[Asset, tuple[Contract, ...], Contract | None]:
        found = await tx.publications.base(publication.asset_id)
        asset, active = lookup.found(found, "asset", publication.asset_id)
        if asset.policy.mode.is_transitive:
            return asset, await tx.contracts.all_of(asset.id), active
        return asset, () if active is None else (active,), active

    asset, versions, active = await database.read(work)
    changes = await comparer.changes(
        [(each.version, each.content) for each in versions],
        publication.content,
        asset.policy.content_model,
    )
    return Compared(asset=asset, active=active, changes=changes)


async def _judged(
    tx: Transaction, publication: Publication, compared: Compared, observe: bool
) -> Verdict:
    """By the asset's policy; who else may say that it only observes is asked only if it matters."""

    def by(policy: AssetPolicy) -> Verdict:
        return judge(
            policy,
            compared.active,
            publication.content,
            compared.changes,
            publication.requested_version,
        )

    verdict = by(compared.asset.policy)
    if verdict.gating and await observations.observes(tx, compared.asset, observe):
        return by(replace(compared.asset.policy, observe=True))
    return verdict


async def _decide(
    tx: Transaction,
    caller: Caller,
    publication: Publication,
    compared: Compared,
    defaults: Timeline,
    observe: bool,
) -> Published:
    await tx.assets.lock(publication.asset_id)
    found = await tx.publications.standing(publication.asset_id)
    now = lookup.found(found, "asset", publication.asset_id)
    asset = now.asset
    caller = permitted(
        caller, Action.PUBLISH, Resource(noun="contracts", team_id=asset.owner_team_id)
    )
    if now.active_id != (compared.active.id if compared.active else None):
        raise _Moved
    if asset.policy != compared.asset.policy:
        raise _Moved
    verdict = await _judged(tx, publication, compared, observe)
    if verdict.action is PublishAction.UNCHANGED:
        return Published(verdict=verdict, contract=compared.active)
    standing = None if now.open_proposal_id is None else await _locked_open(tx, asset.id)
    if verdict.action is PublishAction.PROPOSED:
        if standing is not None:
            return _same_or_refused(publication, verdict, standing)
        opened = await openings.open_proposal(
            tx,
            caller,
            asset,
            compared.active,
            publication.content,
            publication.requested_version,
            verdict,
            defaults,
            now.read_at,
        )
        return Published(
            verdict=verdict, proposal=opened.proposal, asked=opened.asked, told=opened.told
        )
    return await _activate(tx, caller, asset, publication, verdict, standing)


async def _activate(
    tx: Transaction,
    caller: Caller,
    asset: Asset,
    publication: Publication,
    verdict: Verdict,
    standing: Proposal | None,
) -> Published:
    registrations = await tx.registrations.of_asset(asset.id)
    contract = await activation.activate(
        tx,
        caller,
        asset,
        version=verdict.version,
        content=publication.content,
        fields=publication.fields,
        registrations=registrations,
    )
    told = openings.not_asked(verdict, registrations, ())
    await openings.tell(tx, caller, asset, verdict.version, told, None)
    await observations.note(tx, caller, asset, verdict, registrations)
    if standing is not None:
        standing = await openings.mark_base_moved(tx, caller, asset, standing, contract)
    return Published(verdict=verdict, contract=contract, moved=standing, told=told)


async def _locked_open(tx: Transaction, asset_id: UUID) -> Proposal | None:
    """Return the asset's open proposal, locked and read after the lock."""
    found = await tx.proposals.open_of(asset_id)
    if found is None:
        return None
    await tx.proposals.lock(found.id)
    return await tx.proposals.open_of(asset_id)


def _same_or_refused(publication: Publication, verdict: Verdict, standing: Proposal) -> Published:
    if standing.content_hash == publication.content.content_hash:
        return Published(verdict=verdict, proposal=standing)
    raise ProposalOpen(
        "This asset has an open proposal with other content; wait for it, or withdraw it.",
        proposal_id=str(standing.id),
        link=f"/api/v1/proposals/{standing.id}",
    )
