"""Publishing a contract: diff before the lock, decide and write under it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from domain.actors import Caller
from domain.assets import Asset
from domain.authorization import Resource, permitted
from domain.bounds import UNBOUNDED, ServerPolicy, effective, lengthened
from domain.contracts import Contract
from domain.errors import ProposalOpen, PublishContended
from domain.permissions import Action
from domain.proposals import FrozenPolicy, Proposal, Touched, touched_by
from domain.publication import PublishAction, Verdict, check_time
from domain.teams import Team
from domain.timeline import Timeline
from record import activation, lookup, observations, openings
from record.comparison import Comparer
from record.drafts import Compared, Publication, compare, judged, judged_by
from record.rounds import ProposalDetail
from store.database import Database, Runner
from store.publications import Standing
from store.registrations import Consumers
from store.transaction import Transaction

_TRIES = 3


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


class Moved(Exception):
    """The asset changed between the comparison and the lock."""


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
    verdict = judged_by(publication, compared, observes)
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
