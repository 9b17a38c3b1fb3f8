"""The facts of destinations: where a team, a person or the server is told what happens."""

import hashlib
import secrets
from dataclasses import dataclass, replace
from urllib.parse import urlsplit
from uuid import UUID

from domain.actors import SERVER, Caller
from domain.authorization import Action, Resource, permitted
from domain.destination_addresses import (
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
from domain.json_types import JsonObject
from domain.teams import Team
from domain.users import User
from record import events, lookup
from store.database import Runner
from store.destinations import Owner
from store.transaction import Transaction

WEBHOOK = DestinationKind.WEBHOOK.value
"""What a webhook is called that nobody has named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How a destination is to be; what is left out is as it is by default.

    A webhook without a `secret` gets one.
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
        whose = await _owner(tx, owner)
        by = permitted(caller, Action.CHANGE_DESTINATION, resource_of(owner))
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
    secret, made = _secret(wanted)
    after = replace(
        before,
        address=wanted.address,
        secret=secret,
        previous_secret=None,
        overlap_until=None,
        subscription=wanted.subscription or _subscription(owner),
        pace=wanted.pace or _pace(owner),
        disabled_at=None,
    )
    await tx.destinations.save(after)
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
        whose = await _owner(tx, owner)
        by = permitted(caller, Action.CHANGE_DESTINATION, resource_of(owner))
        destination = await tx.destinations.lock_named(owner, name)
        if destination is not None:
            await tx.destinations.remove(destination.id)
            await events.append(tx, told(by, whose, destination, None))

    await runner.run(work)


async def named(runner: Runner, owner: Owner, name: str) -> Destination:
    """Return a destination, or raise `NotFound`."""

    async def work(tx: Transaction) -> Destination:
        whose = await _owner(tx, owner)
        destination = await tx.destinations.named(owner, name)
        if destination is None:
            raise NotFound(
                f"{_name(whose)} has no destination `{name}`.", noun="destination", key=name
            )
        return destination

    return await runner.run(work)


async def of_owner(runner: Runner, owner: Owner) -> tuple[Destination, ...]:
    """Return everything that an owner has, by name."""

    async def work(tx: Transaction) -> tuple[Destination, ...]:
        await _owner(tx, owner)
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


def resource_of(owner: Owner) -> Resource:
    """Return what the policy is asked about: the server's own are for administrators."""
    return Resource(noun="destinations", team_id=owner.team_id, user_id=owner.user_id)


async def _owner(tx: Transaction, owner: Owner) -> Team | User | None:
    """Return whose it is; a team stays until this transaction ends."""
    if owner.team_id is not None:
        return await lookup.standing_team(tx, owner.team_id)
    return None if owner.user_id is None else await lookup.user(tx, owner.user_id)


def _checked(owner: Owner, wanted: Wanted) -> Wanted:
    in_person = owner.user_id is not None
    if wanted.kind is not DestinationKind.WEBHOOK and wanted.secret is not None:
        raise _invalid("secret", "Only a webhook has a secret.")
    if wanted.kind is DestinationKind.WEBHOOK and wanted.pace not in (None, Pace.AT_ONCE):
        raise _invalid("pace", "A webhook is told at once; digests are for people.")
    if wanted.pace is Pace.AUTO and not in_person:
        raise _invalid("pace", "`auto` is for a person, whose teams may have channels.")
    return replace(
        wanted,
        address=checked_address(wanted.kind, wanted.address, in_person=in_person),
        secret=None if wanted.secret is None else checked_secret(wanted.secret),
    )


def _invalid(path: str, message: str) -> InvalidRequest:
    return InvalidRequest(message, errors=[{"path": path, "message": message}])


def told(
    caller: Caller,
    whose: Team | User | None,
    before: Destination | None,
    after: Destination | None,
) -> NewEvent:
    """Return the event that tells what became of a destination."""
    destination = after or before
    assert destination is not None
    verb = "is no longer told at" if after is None else "is told at"
    return NewEvent(
        type=EventType.DESTINATION_REMOVED if after is None else EventType.DESTINATION_SET,
        caller=caller,
        summary=f"{_name(whose)} {verb} {_place(destination)}.",
        team_id=destination.team_id,
        payload={
            "destination_id": str(destination.id),
            "user_id": None if destination.user_id is None else str(destination.user_id),
            "kind": destination.kind.value,
            "name": destination.name,
            "host": _host(destination),
            "before": _to_wire(before),
            "after": _to_wire(after),
            "secret_replaced": before is not None
            and after is not None
            and before.secret != after.secret,
        },
    )


def _name(whose: Team | User | None) -> str:
    return "The server" if whose is None else whose.name


def _place(destination: Destination) -> str:
    """Return where it leads, without what may be a secret or somebody's address."""
    if destination.kind is DestinationKind.WEBHOOK:
        return str(_host(destination))
    if destination.kind is DestinationKind.SLACK:
        return "Slack"
    return "an e-mail address"


def _host(destination: Destination) -> str | None:
    if destination.kind is not DestinationKind.WEBHOOK:
        return None
    return urlsplit(destination.address or "").hostname


def _to_wire(destination: Destination | None) -> JsonObject | None:
    """Return what the log keeps. Addresses hold keys often, so of one only a digest is kept."""
    if destination is None:
        return None
    address, subscription = destination.address, destination.subscription
    return {
        "host": _host(destination),
        "address_sha256": None if address is None else hashlib.sha256(address.encode()).hexdigest(),
        "events": list(subscription.events),
        "assets": list(subscription.assets),
        "severity": subscription.severity.value,
        "pace": destination.pace.value,
        "disabled": destination.disabled_at is not None,
    }


async def disable(tx: Transaction, destination_id: UUID, error: str | None) -> None:
    """Stop sending to a destination that keeps failing, with an event; once."""
    destination = await tx.destinations.get(destination_id)
    if destination is None or not await tx.destinations.disable(destination_id):
        return
    whose = await _whose(tx, destination)
    await events.append(
        tx,
        NewEvent(
            type=EventType.DESTINATION_DISABLED,
            caller=SERVER,
            summary=f"{_name(whose)} is told at {_place(destination)} no more: {error}.",
            team_id=destination.team_id,
            payload={
                "destination_id": str(destination.id),
                "user_id": None if destination.user_id is None else str(destination.user_id),
                "kind": destination.kind.value,
                "name": destination.name,
                "error": error,
                "before": {"disabled": False},
                "after": {"disabled": True},
            },
            audience=() if destination.team_id is None else (destination.team_id,),
            notifies=True,
        ),
    )


async def _whose(tx: Transaction, destination: Destination) -> Team | User | None:
    if destination.team_id is not None:
        return await tx.teams.get(destination.team_id)
    return None if destination.user_id is None else await tx.users.get(destination.user_id)
