"""The facts of registrations: who declares to read what."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from uuid import UUID

from domain.actors import Caller
from domain.assets import Asset
from domain.authorization import Resource, permitted
from domain.contracts import ContractStatus
from domain.errors import InvalidRequest, UnknownFields
from domain.events import EventType, NewEvent
from domain.fields import split_path
from domain.json_types import JsonObject
from domain.permissions import Action
from domain.registrations import Registration, UsedBy, united_fields, united_uses
from domain.teams import Team
from record import events, lookup, movers, parties
from store.database import Runner
from store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRegistration:
    """`fields` None means all of them; `pinned_version` names a version that exists."""

    asset_id: UUID
    consumer_team_id: UUID
    fields: tuple[str, ...] | None = None
    pinned_version: str | None = None
    used_by: tuple[UsedBy, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A registration, and whether it was there before and is now united with the new one."""

    registration: Registration
    created: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationChange:
    """What replaces what; the `change_…` flags tell "set to nothing" from "leave alone"."""

    change_fields: bool = False
    fields: tuple[str, ...] | None = None
    change_pin: bool = False
    pinned_version: str | None = None
    used_by: tuple[UsedBy, ...] | None = None


async def register(runner: Runner, caller: Caller, new: NewRegistration) -> Registered:
    """Declare a team's use of an asset; declaring again unites it with what stands."""

    async def work(tx: Transaction) -> Registered:
        asset = await lookup.locked_asset(tx, new.asset_id)
        team = await lookup.standing_team(tx, new.consumer_team_id)
        by = _permitted(caller, team.id)
        await _check(tx, asset, new.fields, new.pinned_version)
        standing = await tx.registrations.of_team(asset.id, team.id)
        if standing is None:
            registration = await tx.registrations.insert(
                asset_id=asset.id,
                consumer_team_id=team.id,
                fields=_sorted(new.fields),
                pinned_version=new.pinned_version,
                used_by=new.used_by,
            )
        else:
            registration = _united(standing, new)
            if registration == standing:
                return Registered(registration=standing, created=False)
            registration = await tx.registrations.save(registration)
        await _tell(tx, by, asset, team, standing, registration)
        return Registered(registration=registration, created=standing is None)

    return await runner.run(work)


async def change(
    runner: Runner, caller: Caller, registration_id: UUID, wanted: RegistrationChange
) -> Registration:
    """Replace what a registration says."""

    async def work(tx: Transaction) -> Registration:
        asset, standing = await _locked(tx, registration_id)
        by = _permitted(caller, standing.consumer_team_id)
        team = await lookup.team(tx, standing.consumer_team_id)
        registration = replace(
            standing,
            fields=_sorted(wanted.fields) if wanted.change_fields else standing.fields,
            pinned_version=(
                wanted.pinned_version if wanted.change_pin else standing.pinned_version
            ),
            used_by=standing.used_by if wanted.used_by is None else wanted.used_by,
        )
        if registration == standing:
            return standing
        await _check(
            tx,
            asset,
            wanted.fields if wanted.change_fields else None,
            wanted.pinned_version if wanted.change_pin else None,
        )
        registration = await tx.registrations.save(registration)
        await _tell(tx, by, asset, team, standing, registration)
        return registration

    return await runner.run(work)


async def unregister(runner: Runner, caller: Caller, registration_id: UUID) -> None:
    """Delete a registration; an open proposal no longer waits for the team."""

    async def work(tx: Transaction) -> None:
        asset, standing = await _locked(tx, registration_id)
        by = _permitted(caller, standing.consumer_team_id)
        team = await lookup.team(tx, standing.consumer_team_id)
        await tx.registrations.delete(registration_id)
        await _tell(tx, by, asset, team, standing, None)

    await runner.run(work)


def _permitted(caller: Caller, team_id: UUID) -> Caller:
    return permitted(caller, Action.REGISTER, Resource(noun="registrations", team_id=team_id))


async def _locked(tx: Transaction, registration_id: UUID) -> tuple[Asset, Registration]:
    """Return asset and registration under the asset's lock, the registration read after it."""
    before = await lookup.registration(tx, registration_id)
    asset = await lookup.locked_asset(tx, before.asset_id)
    return asset, await lookup.registration(tx, registration_id)


async def _check(
    tx: Transaction, asset: Asset, fields: Iterable[str] | None, pinned_version: str | None
) -> None:
    if fields is not None:
        await _check_fields(tx, asset, tuple(fields))
    if pinned_version is not None:
        await _check_pin(tx, asset, pinned_version)


async def _check_pin(tx: Transaction, asset: Asset, version: str) -> None:
    found = await tx.contracts.of_version(asset.id, version)
    if found is not None and found.status is not ContractStatus.RETIRED:
        return
    message = "no such version" if found is None else "this version is retired"
    said = f"has no version {version}" if found is None else f"{version} is retired"
    raise InvalidRequest(
        f"{asset.fqn} {said}.", errors=[{"path": "pinned_version", "message": message}]
    )


async def _check_fields(tx: Transaction, asset: Asset, fields: tuple[str, ...]) -> None:
    if not fields:
        raise InvalidRequest(
            "`fields` is empty; leave it out to register for all fields.",
            errors=[{"path": "fields", "message": "empty"}],
        )
    for path in fields:
        split_path(path)  # what is no path at all would stop every later publication
    active = await tx.contracts.active(asset.id)
    if active is None:
        return  # a consumer may come before the first contract
    known = {field.path for field in active.fields}
    if unknown := [path for path in fields if path not in known]:
        raise UnknownFields(
            f"{asset.fqn} {active.version} has no field {', '.join(f'`{p}`' for p in unknown)}.",
            errors=[{"path": f"fields: {path}", "message": "no such field"} for path in unknown],
        )


def _sorted(fields: tuple[str, ...] | None) -> tuple[str, ...] | None:
    return None if fields is None else tuple(sorted(set(fields)))


def _united(standing: Registration, new: NewRegistration) -> Registration:
    return replace(
        standing,
        fields=united_fields(standing.fields, new.fields),
        pinned_version=new.pinned_version or standing.pinned_version,
        used_by=united_uses(standing.used_by, new.used_by),
    )


async def _tell(
    tx: Transaction,
    caller: Caller,
    asset: Asset,
    team: Team,
    before: Registration | None,
    after: Registration | None,
) -> None:
    """Append the event and bring an open proposal's parties in line."""
    await events.append(tx, told(caller, asset, team, before, after))
    await parties.follow(tx, caller, asset.id, asset.fqn)
    await movers.follow(tx, caller, asset)


def told(
    caller: Caller,
    asset: Asset,
    team: Team,
    before: Registration | None,
    after: Registration | None,
) -> NewEvent:
    """Return the event that tells what became of a registration."""
    if after is None:
        kind, summary = EventType.REGISTRATION_REMOVED, f"{team.name} no longer reads {asset.fqn}."
    elif before is None:
        kind, summary = EventType.REGISTRATION_CREATED, f"{team.name} reads {asset.fqn}."
    else:
        kind, summary = (
            EventType.REGISTRATION_CHANGED,
            f"{team.name} changed what it reads of {asset.fqn}.",
        )
    return NewEvent(
        type=kind,
        caller=caller,
        summary=summary,
        asset_id=asset.id,
        team_id=team.id,
        payload={"before": registration_to_wire(before), "after": registration_to_wire(after)},
    )


def registration_to_wire(registration: Registration | None) -> JsonObject | None:
    """Return what an event says of a registration."""
    if registration is None:
        return None
    return {
        "id": str(registration.id),
        "fields": None if registration.fields is None else list(registration.fields),
        "pinned_version": registration.pinned_version,
        "used_by": [{"name": use.name, "link": use.link} for use in registration.used_by],
    }
