"""Publishing a contract: diff before the lock, decide and write under it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from domain.actors import Caller
from domain.assets import Asset
from domain.authorization import Resource, permitted
from domain.bounds import UNBOUNDED, ServerPolicy, effective, lengthened
from domain.changes import Change
from domain.contracts import Contract, ContractContent
from domain.errors import ProposalOpen, PublishContended
from domain.fields import Field
from domain.permissions import Action
from domain.proposals import FrozenPolicy, Proposal, Touched, touched_by
from domain.publication import PublishAction, Verdict, check_time, judge
from domain.teams import Team
from domain.timeline import Timeline
from record import activation, lookup, observations, openings
from record.comparison import Comparer, Draft, Versions
from record.rounds import ProposalDetail
from store.database import Database, Runner
from store.publications import Base, Standing
from store.registrations import Consumers
from store.transaction import Transaction

_TRIES = 3


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
class Published:
    """What became of it. `moved` is an open proposal whose base this publication moved.

    `opened` is everything of a proposal that did not stand before, `teams` are those of its
    consumers, by id.
    """

    verdict: Verdict
    contract: Contract | None = None
    proposal: Proposal | None = None
    opened: ProposalDetail | None = None
    moved: Proposal | None = None
    asked: tuple[Touched, ...] = ()
    told: tuple[Touched, ...] = ()
    teams: Mapping[UUID, Team] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A comparison, and what it was made against: both are checked again under the lock."""

    base: Base
    changes: tuple[Change, ...]


class Moved(Exception):
    """The asset changed between the comparison and the lock."""


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


async def publish(
    database: Database,
    runner: Runner,
    comparer: Comparer,
    caller: Caller,
    publication: Publication,
    defaults: Timeline,
    *,
    compared: Compared | None = None,
    observe: bool = False,
    server: ServerPolicy = UNBOUNDED,
    together_at: datetime | None = None,
) -> Published:
    """Publish, propose or leave unchanged, as the asset's policy decides.

    `database` reads what the comparison needs; `runner` carries the one writing transaction, which
    may be tied to an idempotency key. `defaults` and `observe` are the server's, for what neither
    asset nor team says; `compared` is a comparison that was made before; `together_at` is when what
    it tells goes out, if others are published beside it. Raises `ProposalOpen` when other content
    waits already and `PublishContended` when the asset kept changing.
    """
    for _ in range(_TRIES):
        against = compared or await compare(database, comparer, publication)

        async def work(tx: Transaction, against: Compared = against) -> Published:
            tx.together_at = together_at
            return await _decide(tx, caller, publication, against, defaults, observe, server)

        try:
            return await runner.run(work)
        except Moved:
            compared = None
    raise PublishContended("This asset keeps changing; try again in a moment.")


async def preview(
    database: Database,
    publication: Publication,
    compared: Compared,
    defaults: Timeline | None = None,
    *,
    observe: bool = False,
    server: ServerPolicy = UNBOUNDED,
) -> Published:
    """Return what publishing would do now, and whom it would ask; writes nothing."""

    async def work(tx: Transaction) -> Published:
        base = compared.base
        _timeline(publication, base.asset, base.owner, defaults or Timeline(), server)
        check_time(publication.publish_at, await tx.now())
        consumers = await tx.registrations.consumers_of(publication.asset_id)
        standing = await tx.proposals.open_of(publication.asset_id)
        return foreseen(publication, compared, consumers, standing, observe=observe)

    return await database.read(work)


def foreseen(
    publication: Publication,
    compared: Compared,
    consumers: Consumers,
    standing: Proposal | None,
    *,
    observe: bool,
) -> Published:
    """Return what publishing would do where these consumers and this open proposal stand."""
    verdict = judged(publication, compared, observe=observe)
    asked = touched_by(verdict.gating, consumers.registrations)
    return Published(
        verdict=verdict,
        proposal=standing,
        asked=tuple(asked),
        told=openings.not_asked(verdict, consumers.registrations, asked),
        teams=consumers.teams,
    )


def judged(publication: Publication, compared: Compared, *, observe: bool) -> Verdict:
    """Return what becomes of it as the asset stood when it was compared."""
    base = compared.base
    return _judged(publication, compared, observations.observes_by(base.asset, base.owner, observe))


async def compare(database: Database, comparer: Comparer, publication: Publication) -> Compared:
    """Compare the content with what is active now, outside of any lock."""
    base, versions = await _base(database, publication.asset_id)
    changes = await comparer.changes(versions, publication.content, base.asset.policy.content_model)
    return Compared(base=base, changes=changes)


async def _base(database: Database, asset_id: UUID) -> tuple[Base, Versions]:
    """Return how the asset stands, and the versions that the asset's mode compares with."""

    async def work(tx: Transaction) -> tuple[Base, tuple[Contract, ...]]:
        base = lookup.found(await tx.publications.base(asset_id), "asset", asset_id)
        if base.asset.policy.mode.is_transitive:
            return base, await tx.contracts.all_of(asset_id)
        return base, () if base.active is None else (base.active,)

    base, versions = await database.read(work)
    return base, [(each.version, each.content) for each in versions]


def _judged(publication: Publication, compared: Compared, observes: bool) -> Verdict:
    """By the asset's policy, which need not say itself that it only observes."""
    return judge(
        replace(compared.base.asset.policy, observe=observes),
        compared.base.active,
        publication.content,
        compared.changes,
        publication.requested_version,
        waits=publication.publish_at is not None,
    )


async def _decide(
    tx: Transaction,
    caller: Caller,
    publication: Publication,
    compared: Compared,
    defaults: Timeline,
    observe: bool,
    server: ServerPolicy,
    *,
    waits: bool = False,
) -> Published:
    """Decide under the asset's lock; what `waits` is proposed though nobody is asked about it."""
    await tx.assets.lock(publication.asset_id)
    found = await tx.publications.standing(publication.asset_id)
    now = lookup.found(found, "asset", publication.asset_id)
    asset = now.asset
    caller = permitted(
        caller, Action.PUBLISH, Resource(noun="contracts", team_id=asset.owner_team_id)
    )
    if now.active_id != (compared.base.active.id if compared.base.active else None):
        raise Moved
    if asset.policy != compared.base.asset.policy:
        raise Moved
    timeline = _timeline(publication, asset, now.owner, defaults, server)
    observes = observations.observes_by(asset, now.owner, observe)
    verdict = _judged(publication, compared, observes)
    if verdict.action is PublishAction.UNCHANGED:
        return Published(verdict=verdict, contract=compared.base.active)
    if waits:
        verdict = replace(verdict, action=PublishAction.PROPOSED)
    standing = None if now.open_proposal_id is None else await _locked_open(tx, asset.id)
    if verdict.action is PublishAction.PROPOSED:
        if standing is not None:
            return _same_or_refused(publication, verdict, standing)
        check_time(publication.publish_at, now.read_at)
        fallback = await openings.server_fallback(tx, server)
        policy = openings.frozen(asset, timeline, fallback, observes=observes)
        return await _open(tx, caller, now, publication, compared, verdict, policy)
    return await _activate(tx, caller, asset, publication, verdict, standing)


def _timeline(
    publication: Publication, asset: Asset, owner: Team, defaults: Timeline, server: ServerPolicy
) -> Timeline:
    """Return what a proposal would have: server, owner, asset, and more of it if it wants that."""
    own = (owner.policy.timeline, asset.policy.timeline)
    server.bounds.check(publication.timeline)
    return lengthened(effective(defaults, server.bounds, *own), publication.timeline)


async def propose(
    tx: Transaction,
    caller: Caller,
    publication: Publication,
    compared: Compared,
    defaults: Timeline,
    *,
    observe: bool,
    server: ServerPolicy = UNBOUNDED,
) -> Published:
    """Propose what is to wait, though it may break nothing, in a transaction that does more.

    Raises `Moved` when the asset changed since it was compared.
    """
    return await _decide(tx, caller, publication, compared, defaults, observe, server, waits=True)


async def _open(
    tx: Transaction,
    caller: Caller,
    standing: Standing,
    publication: Publication,
    compared: Compared,
    verdict: Verdict,
    policy: FrozenPolicy,
) -> Published:
    consumers = await tx.registrations.consumers_of(standing.asset.id)
    opened = await openings.open_proposal(
        tx,
        caller,
        standing,
        compared.base.active,
        publication.content,
        publication.requested_version,
        verdict,
        consumers,
        policy,
        publication.publish_at,
    )
    await observations.note(tx, caller, standing.asset, verdict, consumers)
    return Published(
        verdict=verdict,
        proposal=opened.detail.proposal,
        opened=opened.detail,
        asked=opened.asked,
        told=opened.told,
        teams=consumers.teams,
    )


async def _activate(
    tx: Transaction,
    caller: Caller,
    asset: Asset,
    publication: Publication,
    verdict: Verdict,
    standing: Proposal | None,
) -> Published:
    consumers = await tx.registrations.consumers_of(asset.id)
    contract = await activation.activate(
        tx,
        caller,
        asset,
        version=verdict.version,
        content=publication.content,
        fields=publication.fields,
        registrations=consumers.registrations,
    )
    told = openings.not_asked(verdict, consumers.registrations, ())
    await openings.tell(tx, caller, asset, verdict.version, told, None)
    await observations.note(tx, caller, asset, verdict, consumers)
    if standing is not None:
        standing = await openings.mark_base_moved(tx, caller, asset, standing, contract)
    return Published(
        verdict=verdict, contract=contract, moved=standing, told=told, teams=consumers.teams
    )


async def _locked_open(tx: Transaction, asset_id: UUID) -> Proposal | None:
    """Return the asset's open proposal, locked and read after the lock."""
    found = await tx.proposals.open_of(asset_id)
    if found is None:
        return None
    await tx.proposals.lock(found.id)
    return await tx.proposals.open_of(asset_id)


def _same_or_refused(publication: Publication, verdict: Verdict, standing: Proposal) -> Published:
    if standing.content_hash == publication.content.content_hash:
        _check_same_time(publication, standing)
        return Published(verdict=verdict, proposal=standing)
    raise other_content(standing)


def other_content(standing: Proposal) -> ProposalOpen:
    """Return the refusal of what would be proposed while another content is."""
    return ProposalOpen(
        "This asset has an open proposal with other content; wait for it, revise or withdraw it.",
        proposal_id=str(standing.id),
        link=f"/api/v1/proposals/{standing.id}",
    )


def _check_same_time(publication: Publication, standing: Proposal) -> None:
    """Whoever names another time than the proposal's would wait for something else."""
    if publication.publish_at in (None, standing.publish_at):
        return
    at = "no time of its own" if standing.publish_at is None else standing.publish_at.isoformat()
    raise ProposalOpen(
        f"The same content is proposed already, with {at} for its publication; "
        "withdraw it to name another time.",
        proposal_id=str(standing.id),
        link=f"/api/v1/proposals/{standing.id}",
    )
