"""Releases: opened over proposals, changed while they are open, cancelled, forced.

Whoever acts on a release may publish every proposal that it is done to. Its members go their way as
any proposal does until they are approved; then they wait for each other.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from domain.actors import Caller
from domain.amounts import counted
from domain.assets import Asset
from domain.authorization import Resource, permitted
from domain.bounds import UNBOUNDED, ServerPolicy
from domain.errors import InRelease, InvalidRequest, ProposalEnded, PublishContended, ReleaseEnded
from domain.events import EventType
from domain.permissions import Action
from domain.proposals import Decree, Proposal
from domain.releases import LONGEST_NAME, MOST_MEMBERS, Release, ReleaseStatus
from domain.timeline import Timeline
from record import contracts, lookup, proposals, release_ends
from record.contract_bulk import Ready
from record.decrees import check_length
from store.database import Runner, Within
from store.outbox import Wake
from store.rows import new_id
from store.transaction import Transaction

_TRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRelease:
    """What is to be published together: proposals that are open, and contracts to propose."""

    name: str
    proposal_ids: tuple[UUID, ...] = ()
    contracts: tuple[Ready, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The members of an open release under their locks."""

    release: Release
    members: Mapping[UUID, Proposal]
    assets: Mapping[UUID, Asset]
    """By id, of the members and of what is about to be one."""

    def asset_of(self, proposal_id: UUID) -> Asset:
        """Return the asset of a member."""
        return self.assets[self.members[proposal_id].asset_id]


class _Moved(Exception):
    """The release got other members between reading and locking them."""


async def open_release(
    runner: Runner,
    caller: Caller,
    new: NewRelease,
    defaults: Timeline,
    *,
    observe: bool,
    server: ServerPolicy = UNBOUNDED,
) -> Release:
    """Open a release over proposals and contracts, all or none of which come into it.

    A contract that breaks nothing is proposed too, and waits. What is active already is left out.
    Raises `contracts.Moved` when an asset changed since it was compared.
    """
    _check(new)

    async def work(tx: Transaction) -> Release:
        if len(new.contracts) > 1:
            tx.together_at = datetime.now(UTC) + tx.channels.lull
        assets = await _lock(tx, new)
        opened = await _opened(tx, caller, new.contracts, defaults, observe=observe, server=server)
        members = {each.id: each for each in await tx.proposals.these(new.proposal_ids)} | opened
        if not members:
            raise InvalidRequest("Everything in this release is active already.")
        by = caller
        for each in members.values():
            by = _may_join(caller, each, assets[each.asset_id], None)
        release = Release(
            id=new_id(),
            name=new.name,
            status=ReleaseStatus.OPEN,
            opened_by=by.actor,
            opened_at=await tx.now(),
        )
        await tx.releases.insert(release)
        await tx.releases.place(members, release.id)
        await _tell_opened(tx, by, release, members)
        for each in members.values():
            tx.outbox.wake(each.id, Wake.REVISED, assets[each.asset_id].fqn)
        return release

    return await runner.run(work)


async def _lock(tx: Transaction, new: NewRelease) -> Mapping[UUID, Asset]:
    """Lock the assets, then their open proposals; return the assets by id, or raise `NotFound`."""
    named = await tx.proposals.these(new.proposal_ids)
    for proposal_id in {*new.proposal_ids} - {each.id for each in named}:
        lookup.found(None, "proposal", proposal_id)
    asset_ids = [each.asset_id for each in named]
    asset_ids += [each.publication.asset_id for each in new.contracts]
    await tx.assets.lock_these(asset_ids)
    await tx.proposals.lock_open_of(asset_ids)
    return await tx.assets.by_id(asset_ids)


async def _tell_opened(
    tx: Transaction, by: Caller, release: Release, members: Iterable[UUID]
) -> None:
    ids = sorted(map(str, members))
    summary = f"The release {release.name} is opened with {counted(len(ids), 'proposal')}."
    details = {"proposals": ids}
    await release_ends.tell(tx, by, EventType.RELEASE_OPENED, None, release, summary, details)


def _check(new: NewRelease) -> None:
    if not new.name.strip() or len(new.name) > LONGEST_NAME:
        raise InvalidRequest(
            f"A release has a name of at most {LONGEST_NAME} characters.",
            errors=[{"path": "name", "message": "empty or too long"}],
        )
    count = len(set(new.proposal_ids)) + len(new.contracts)
    if not 0 < count <= MOST_MEMBERS:
        raise InvalidRequest(
            f"A release has from 1 to {MOST_MEMBERS} proposals.",
            errors=[{"path": "proposal_ids", "message": "none, or too many"}],
        )


async def _opened(
    tx: Transaction,
    caller: Caller,
    ready: Sequence[Ready],
    defaults: Timeline,
    *,
    observe: bool,
    server: ServerPolicy,
) -> dict[UUID, Proposal]:
    """Propose what is not active yet, in the order of the assets, whose locks are held."""
    opened = {}
    for each in sorted(ready, key=lambda each: each.publication.asset_id.hex):
        published = await contracts.propose(
            tx,
            caller,
            each.publication,
            each.compared,
            defaults,
            observe=observe,
            server=server,
        )
        if published.proposal is not None:
            opened[published.proposal.id] = published.proposal
    return opened


def _may_join(caller: Caller, proposal: Proposal, asset: Asset, release_id: UUID | None) -> Caller:
    """Return the caller as who may publish this proposal, which may come into a release."""
    by = permitted(caller, Action.PUBLISH, Resource(noun="proposals", team_id=asset.owner_team_id))
    if not proposal.status.is_open:
        raise ProposalEnded(
            f"The proposal for {asset.fqn} has ended: it is {proposal.status.value}.",
            proposal_status=proposal.status.value,
            cause=None if proposal.cause is None else proposal.cause.value,
        )
    if proposal.release_id not in (None, release_id):
        raise InRelease(
            f"The proposal for {asset.fqn} is in another release.",
            release_id=str(proposal.release_id),
        )
    return by


async def add(
    runner: Runner, caller: Caller, release_id: UUID, proposal_ids: Sequence[UUID]
) -> Release:
    """Put further proposals into an open release; those that are in it stay."""

    async def change(tx: Transaction, held: Held) -> Release:
        by = _may_all(caller, Action.PUBLISH, held)
        new = await tx.proposals.these(proposal_ids)
        for proposal_id in {*proposal_ids} - {each.id for each in new}:
            lookup.found(None, "proposal", proposal_id)
        for each in new:
            by = _may_join(caller, each, held.assets[each.asset_id], release_id)
        joining = [each for each in new if each.release_id is None]
        if len(held.members) + len(joining) > MOST_MEMBERS:
            raise InvalidRequest(f"A release has at most {MOST_MEMBERS} proposals.")
        names = {each.id: held.assets[each.asset_id].fqn for each in joining}
        return await _changed(tx, by, held, names, release_id)

    return await _act(runner, release_id, change, proposal_ids)


async def remove(runner: Runner, caller: Caller, release_id: UUID, proposal_id: UUID) -> Release:
    """Let a proposal go its own way again; the last one ends with the release, by cancelling it."""

    async def change(tx: Transaction, held: Held) -> Release:
        if proposal_id not in held.members:
            lookup.found(None, "proposal of the release", proposal_id)
        asset = held.asset_of(proposal_id)
        by = permitted(
            caller, Action.PUBLISH, Resource(noun="proposals", team_id=asset.owner_team_id)
        )
        if len(held.members) == 1:
            raise InvalidRequest("It is the only one of its release; cancel that instead.")
        names = {proposal_id: asset.fqn}
        release = await _changed(tx, by, held, names, None)
        for each in held.members:  # the others may be ready without it
            tx.outbox.wake(each, Wake.REVISED, held.asset_of(each).fqn)
        return release

    return await _act(runner, release_id, change)


async def _changed(
    tx: Transaction,
    by: Caller,
    held: Held,
    names: Mapping[UUID, str],
    release_id: UUID | None,
) -> Release:
    """Write which proposals come or go, with an event; wake each."""
    if not names:
        return held.release
    await tx.releases.place(names, release_id)
    comes = release_id is not None
    summary = (
        f"{', '.join(sorted(names.values()))} {'comes into' if comes else 'leaves'} "
        f"the release {held.release.name}."
    )
    details = {"added" if comes else "removed": sorted(map(str, names))}
    type_ = EventType.RELEASE_CHANGED
    await release_ends.tell(tx, by, type_, held.release, held.release, summary, details)
    for proposal_id, fqn in names.items():
        tx.outbox.wake(proposal_id, Wake.REVISED, fqn)
    return held.release


async def cancel(runner: Runner, caller: Caller, release_id: UUID, reason: str | None) -> Release:
    """End an open release: none of its proposals is published."""
    check_length(reason)

    async def change(tx: Transaction, held: Held) -> Release:
        by = _may_all(caller, Action.WITHDRAW, held)
        decree = Decree(by=by.actor, at=await tx.now(), reason=reason)
        summary = f"The release {held.release.name} is cancelled by {by.actor.name}."
        release = await release_ends.end(
            tx, by, held.release, ReleaseStatus.CANCELLED, summary, cancelled=decree
        )
        for proposal_id in held.members:
            tx.outbox.wake(proposal_id, Wake.WITHDRAWN, held.asset_of(proposal_id).fqn)
        return release

    return await _act(runner, release_id, change)


async def force(runner: Runner, caller: Caller, release_id: UUID, reason: str) -> Release:
    """Publish all of it past the parties: each member is forced, and they go together still."""

    async def change(tx: Transaction, held: Held) -> Release:
        for proposal_id in held.members:
            await proposals.force(Within(tx), caller, proposal_id, reason)
        return held.release

    return await _act(runner, release_id, change)


def _may_all(caller: Caller, action: Action, held: Held) -> Caller:
    """Return the caller as who may do this to every member."""
    by = caller
    for proposal_id in held.members:
        team_id = held.asset_of(proposal_id).owner_team_id
        by = permitted(caller, action, Resource(noun="proposals", team_id=team_id))
    return by


async def _act(
    runner: Runner,
    release_id: UUID,
    change: Callable[[Transaction, Held], Awaitable[Release]],
    more: Sequence[UUID] = (),
) -> Release:
    """Hold a release with its members, and with `more` proposals, and change it."""

    async def work(tx: Transaction) -> Release:
        return await change(tx, await _held(tx, release_id, more))

    for _ in range(_TRIES):
        try:
            return await runner.run(work)
        except _Moved:
            continue
    raise PublishContended("This release keeps changing; try again in a moment.")


async def _held(tx: Transaction, release_id: UUID, more: Sequence[UUID]) -> Held:
    """Lock assets, proposals and the release, in this order; raise `_Moved` if others are in it."""
    before = await tx.releases.members(release_id)
    joining = {each.id: each.asset_id for each in await tx.proposals.these(more)}
    everything = {**before, **joining}
    await tx.assets.lock_these(everything.values())
    await tx.proposals.lock_these(everything)
    release = await release_ends.locked(tx, release_id)
    if await tx.releases.members(release_id) != before:
        raise _Moved
    if release.status is not ReleaseStatus.OPEN:
        raise ReleaseEnded(
            f"This release has ended: it is {release.status.value}.",
            release_status=release.status.value,
        )
    members = await tx.proposals.these(before)
    return Held(
        release=release,
        members={each.id: each for each in members},
        assets=await tx.assets.by_id(everything.values()),
    )
