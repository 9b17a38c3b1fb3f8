"""The facts of destinations: where a team, a person or the server is told what happens."""

import secrets
from dataclasses import dataclass, replace
from uuid import UUID

from domain.actors import SERVER, Caller
from domain.authorization import Resource, permitted
from domain.destination_addresses import (
    check_host,
    checked_address,
    checked_name,
    checked_secret,
    secret_of,
)
from domain.destinations import (
    EVERYTHING,
    WHAT_CONCERNS_PEOPLE,
    Destination,
    DestinationKind,
    Pace,
    Subscription,
)
from domain.errors import Conflict, InvalidRequest, NotFound
from domain.events import EventType, NewEvent
from domain.permissions import Action
from domain.subscriptions import checked_subscription
from domain.teams import Team
from domain.users import User
from record import events, lookup
from record.destination_events import name_of, named_in_log, place_of, told
from store.database import Runner
from store.destinations import Owner
from store.transaction import Transaction

WEBHOOK = DestinationKind.WEBHOOK.value
"""What a webhook is called that nobody has named; the server's belongs to the settings."""
DESTINATIONS_LIMIT = 20
"""So many have a team, a person, and the server at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How a destination is to be; what is left out is as it is by default.

    A webhook without a `secret` keeps the one that it has; a new one gets one.
    """

    kind: DestinationKind = DestinationKind.WEBHOOK
    address: str | None = None
    secret: str | None = None
    subscription: Subscription | None = None
    pace: Pace | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """A destination, and the secret that was made for it just now, to be shown once."""

    destination: Destination
    made_secret: str | None = None


async def put(runner: Runner, caller: Caller, owner: Owner, name: str, wanted: Wanted) -> Put:
    """Make the destination of this name what is wanted; setting it again enables it again.

    Raises `InvalidRequest`, or `Conflict` when there is one of another kind.
    """
    name, wanted = checked_name(name), _checked(owner, wanted)

    async def work(tx: Transaction) -> Put:
        whose = await owner_of(tx, owner)
        by = permitted(caller, Action.CHANGE_DESTINATION, resource_of(owner))
        _check_is_ours(owner, name)
        if wanted.kind is DestinationKind.WEBHOOK:
            check_host(wanted.address or "", tx.channels.webhook_hosts)
        while True:
            before = await tx.destinations.lock_named(owner, name)
            if before is None:
                put = await _insert(tx, owner, name, wanted)
            else:
                put = await _replace(tx, owner, before, wanted)
            if put is not None:  # else another transaction has inserted one in the meantime
                break
        await events.append(tx, told(by, whose, before, put.destination))
        return put

    return await runner.run(work)


async def _insert(tx: Transaction, owner: Owner, name: str, wanted: Wanted) -> Put | None:
    if await tx.destinations.count(owner) >= DESTINATIONS_LIMIT:
        raise InvalidRequest(
            f"There are {DESTINATIONS_LIMIT} destinations already, which is the most; remove one."
        )
    secret, made = _secret(wanted)
    destination = await tx.destinations.insert(
        owner,
        kind=wanted.kind,
        name=name,
        address=wanted.address,
        secret=secret,
        subscription=wanted.subscription or _subscription(owner),
        pace=wanted.pace or _pace(owner),
    )
    return None if destination is None else Put(destination=destination, made_secret=made)


async def _replace(tx: Transaction, owner: Owner, before: Destination, wanted: Wanted) -> Put:
    if before.kind is not wanted.kind:
        raise Conflict(
            f"`{before.name}` is of the kind {before.kind.value}. Remove it first, or take another "
            "name.",
            existing_id=str(before.id),
        )
    keeps = wanted.secret is None and before.secret is not None
    secret, made = (before.secret, None) if keeps else _secret(wanted)
    after = replace(
        before,
        address=wanted.address,
        secret=secret,
        previous_secret=before.previous_secret if keeps else None,
        overlap_until=before.overlap_until if keeps else None,
        subscription=wanted.subscription or _subscription(owner),
        pace=wanted.pace or _pace(owner),
        disabled_at=None,
    )
    await tx.destinations.save(after, set_anew=True)
    return Put(destination=after, made_secret=made)


def _secret(wanted: Wanted) -> tuple[str | None, str | None]:
    """Return the secret to keep, and again if it was made here."""
    if wanted.kind is not DestinationKind.WEBHOOK or wanted.secret is not None:
        return wanted.secret, None
    made = secret_of(secrets.token_bytes(32))
    return made, made


def _subscription(owner: Owner) -> Subscription:
    return EVERYTHING if owner.user_id is None else WHAT_CONCERNS_PEOPLE


def _pace(owner: Owner) -> Pace:
    return Pace.AT_ONCE if owner.user_id is None else Pace.AUTO


async def remove(runner: Runner, caller: Caller, owner: Owner, name: str) -> None:
    """Remove a destination; nothing happens when there is none of the name."""

    async def work(tx: Transaction) -> None:
        whose = await owner_of(tx, owner)
        by = permitted(caller, Action.CHANGE_DESTINATION, resource_of(owner))
        _check_is_ours(owner, name)
        destination = await tx.destinations.lock_named(owner, name)
        if destination is not None:
            await tx.destinations.remove(destination.id)
            await events.append(tx, told(by, whose, destination, None))

    await runner.run(work)


def check_is_ours(destination: Destination) -> None:
    """Raise `Conflict` if a destination is what the settings say, and no request."""
    _check_is_ours(Owner(destination.team_id, destination.user_id), destination.name)


def _check_is_ours(owner: Owner, name: str) -> None:
    if owner == Owner() and name == WEBHOOK:
        raise Conflict(
            f"The server's `{WEBHOOK}` is what the settings WEBHOOK_URL and WEBHOOK_SECRET say, "
            "which the worker takes over at its start. Take another name."
        )


async def named(runner: Runner, owner: Owner, name: str) -> Destination:
    """Return a destination, or raise `NotFound`."""

    async def work(tx: Transaction) -> Destination:
        whose = await owner_of(tx, owner)
        destination = await tx.destinations.named(owner, name)
        if destination is None:
            raise NotFound(
                f"{name_of(whose)} has no destination `{name}`.", noun="destination", key=name
            )
        return destination

    return await runner.run(work)


async def of_owner(runner: Runner, owner: Owner) -> tuple[Destination, ...]:
    """Return everything that an owner has, by name."""

    async def work(tx: Transaction) -> tuple[Destination, ...]:
        await owner_of(tx, owner)
        return await tx.destinations.of_owner(owner)

    return await runner.run(work)


async def ensure_server_webhook(runner: Runner, url: str | None, secret: str | None) -> None:
    """Make the server's own webhook what the settings say: set, changed, or taken away."""
    owner = Owner()

    async def work(tx: Transaction) -> None:
        standing = await tx.destinations.lock_named(owner, WEBHOOK)
        if not url:
            if standing is not None:
                await tx.destinations.remove(standing.id)
                await events.append(tx, told(SERVER, None, standing, None))
            return
        kept = secret
        if standing is not None and standing.address == url:
            if standing.disabled_at is None and secret in (None, standing.secret):
                return
            kept = secret or standing.secret  # enabled again with a restart, as it was
        wanted = _checked(owner, Wanted(address=url, secret=kept))
        put = (
            await _insert(tx, owner, WEBHOOK, wanted)
            if standing is None
            else await _replace(tx, owner, standing, wanted)
        )
        if put is not None:  # else another worker starts with the same settings
            await events.append(tx, told(SERVER, None, standing, put.destination))

    await runner.run(work)


async def locked(tx: Transaction, destination_id: UUID) -> Destination:
    """Return a destination, which nobody changes before this transaction ends, or raise `NotFound`.

    The team is asked for first: that is the order in which teams are deleted and merged.
    """
    there = lookup.found(await tx.destinations.get(destination_id), "destination", destination_id)
    if there.team_id is not None:
        await lookup.standing_team(tx, there.team_id)
    return lookup.found(await tx.destinations.lock(destination_id), "destination", destination_id)


def resource_of_one(destination: Destination) -> Resource:
    """Return the same of a destination."""
    return resource_of(Owner(destination.team_id, destination.user_id))


def resource_of(owner: Owner) -> Resource:
    """Return what the policy is asked about: the server's own are for administrators."""
    return Resource(noun="destinations", team_id=owner.team_id, user_id=owner.user_id)


async def owner_of(tx: Transaction, owner: Owner) -> Team | User | None:
    """Return whose it is; a team stays until this transaction ends."""
    if owner.team_id is not None:
        return await lookup.standing_team(tx, owner.team_id)
    return None if owner.user_id is None else await lookup.user(tx, owner.user_id)


def _checked(owner: Owner, wanted: Wanted) -> Wanted:
    in_person = owner.user_id is not None
    if wanted.kind is not DestinationKind.WEBHOOK and wanted.secret is not None:
        raise InvalidRequest.of("secret", "Only a webhook has a secret.")
    if wanted.kind is DestinationKind.WEBHOOK and wanted.pace not in (None, Pace.AT_ONCE):
        raise InvalidRequest.of("pace", "A webhook is told at once; digests are for people.")
    if wanted.pace is Pace.AUTO and not in_person:
        raise InvalidRequest.of("pace", "`auto` is for a person, whose teams may have channels.")
    return replace(
        wanted,
        address=checked_address(wanted.kind, wanted.address, in_person=in_person),
        subscription=None
        if wanted.subscription is None
        else checked_subscription(wanted.subscription),
        secret=None if wanted.secret is None else checked_secret(wanted.secret),
    )


async def disable(tx: Transaction, destination_id: UUID, error: str | None) -> None:
    """Stop sending to a destination that keeps failing, with an event; once."""
    destination = await tx.destinations.get(destination_id)
    if destination is None or not await tx.destinations.disable(destination_id):
        return
    whose = await whose_is(tx, destination)
    await events.append(
        tx,
        NewEvent(
            type=EventType.DESTINATION_DISABLED,
            caller=SERVER,
            summary=f"{name_of(whose)} is told at {place_of(destination)} no more: {error}.",
            team_id=destination.team_id,
            payload={
                **named_in_log(destination),
                "error": error,
                "before": {"disabled": False},
                "after": {"disabled": True},
            },
            audience=() if destination.team_id is None else (destination.team_id,),
            notifies=True,
        ),
    )


async def whose_is(tx: Transaction, destination: Destination) -> Team | User | None:
    """Return whose a destination is; None is the server."""
    if destination.team_id is not None:
        return await tx.teams.get(destination.team_id)
    return None if destination.user_id is None else await tx.users.get(destination.user_id)
