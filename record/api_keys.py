"""The facts of API keys: made, replaced with an overlap, revoked; and who comes with one.

Nothing is remembered between requests: whoever comes is looked up by one statement, so a key that
was revoked opens no door of any process from the commit on.
"""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from domain.actors import Caller
from domain.api_keys import (
    ApiKey,
    KeyStatus,
    Recognized,
    Scope,
    check_expiry,
    checked_key_name,
    checked_overlap,
    digest_of,
    text_of,
)
from domain.authorization import Resource, permitted
from domain.errors import Forbidden, InvalidRequest, NotReady
from domain.events import EventType, NewEvent
from domain.json_types import JsonObject
from domain.permissions import Action
from record import events, lookup
from store.database import Database, Runner
from store.transaction import Transaction

OVERLAP = timedelta(days=1)
_NOUN = "API keys"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewApiKey:
    """Of a team, or of a user."""

    name: str
    scope: Scope
    team_id: UUID | None = None
    user_id: UUID | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Minted:
    """A key that was just made, with its text: there is no second time to see it."""

    key: ApiKey
    text: str


async def recognize(database: Database, text: str) -> Recognized | None:
    """Return what this key is now; None if it is not one of ours."""

    async def work(tx: Transaction) -> Recognized | None:
        return await tx.api_keys.presented(text)

    return await database.read(work)


async def create(runner: Runner, caller: Caller, new: NewApiKey) -> Minted:
    """Make a key; only administrators make one of the scope `admin`."""
    name = checked_key_name(new.name)
    if (new.team_id is None) == (new.user_id is None):
        raise InvalidRequest("A key is for a team or for a user: name one of them.")

    async def work(tx: Transaction) -> Minted:
        resource = Resource(noun=_NOUN, team_id=new.team_id, user_id=new.user_id)
        _check_grant(caller, new.scope, resource)
        by = permitted(caller, Action.CREATE_KEYS, resource)
        await _check_holder(tx, new)
        check_expiry(new.expires_at, await tx.now())
        minted = await _mint(tx, replace(new, name=name))
        await _tell(tx, by, EventType.API_KEY_CREATED, "is created", None, minted.key)
        return minted

    return await runner.run(work)


async def rotate(
    runner: Runner,
    caller: Caller,
    key_id: UUID,
    *,
    overlap: timedelta = OVERLAP,
    expires_at: datetime | None = None,
) -> Minted:
    """Make a key that takes the place of another, which goes on working for the overlap.

    Without `expires_at` the new one lives as long as the old one was to live; one that a key puts
    in its own place, without the right to create it, expires no later than that key.
    """
    checked_overlap(overlap)

    async def work(tx: Transaction) -> Minted:
        holder = (await lookup.api_key(tx, key_id)).team_id
        if holder is not None:
            await lookup.standing_team(tx, holder)  # before the key: a merger comes so, too
        before = await lookup.locked_api_key(tx, key_id)
        resource = resource_of(before)
        _check_grant(caller, before.scope, resource)
        by = permitted(caller, Action.ROTATE_KEYS, resource)
        now = await tx.now()
        if before.status(now) is not KeyStatus.ACTIVE:
            raise NotReady(f"Key {before.name} is {before.status(now).value}: it has no successor.")
        check_expiry(expires_at, now)
        minted = await _mint(
            tx,
            NewApiKey(
                name=before.name,
                scope=before.scope,
                team_id=before.team_id,
                user_id=before.user_id,
                expires_at=_lasts_until(caller, before, expires_at, now),
            ),
        )
        until = (
            now + overlap if before.expires_at is None else min(before.expires_at, now + overlap)
        )
        after = replace(before, rotated_at=now, successor_id=minted.key.id, expires_at=until)
        await tx.api_keys.save(after)
        await _tell(tx, by, EventType.API_KEY_ROTATED, "is replaced", before, after)
        await _tell(tx, by, EventType.API_KEY_CREATED, "is created", None, minted.key)
        return minted

    return await runner.run(work)


async def revoke(runner: Runner, caller: Caller, key_id: UUID) -> ApiKey:
    """Take a key out of use at once; revoking it again changes nothing."""

    async def work(tx: Transaction) -> ApiKey:
        before = await lookup.locked_api_key(tx, key_id)
        by = permitted(caller, Action.REVOKE_KEYS, resource_of(before))
        if before.revoked_at is not None:
            return before
        after = replace(before, revoked_at=await tx.now())
        await tx.api_keys.save(after)
        await _tell(tx, by, EventType.API_KEY_REVOKED, "is revoked", before, after)
        return after

    return await runner.run(work)


def resource_of(key: ApiKey) -> Resource:
    """Return whose a key is."""
    return Resource(noun=_NOUN, team_id=key.team_id, user_id=key.user_id, key_id=key.id)


def _lasts_until(
    caller: Caller, before: ApiKey, wanted: datetime | None, now: datetime
) -> datetime | None:
    try:
        permitted(caller, Action.CREATE_KEYS, resource_of(before))
    except Forbidden:
        if wanted is not None and before.expires_at is not None and wanted > before.expires_at:
            raise
        return wanted or before.expires_at
    return wanted or (None if before.life is None else now + before.life)


def _check_grant(caller: Caller, scope: Scope, resource: Resource) -> None:
    if scope is Scope.ADMIN:
        permitted(caller, Action.GRANT_ADMIN, resource)


async def _check_holder(tx: Transaction, new: NewApiKey) -> None:
    if new.team_id is not None:
        await lookup.standing_team(tx, new.team_id)
    if new.user_id is not None:
        user = await lookup.user(tx, new.user_id)
        if new.scope is Scope.ADMIN and not user.administrator:
            raise InvalidRequest(
                f"{user.name} is no administrator, so no key makes them one.",
                errors=[{"path": "scope", "message": "more than the user may do"}],
            )


async def _mint(tx: Transaction, new: NewApiKey) -> Minted:
    prefix = secrets.token_hex(6)
    text = text_of(prefix, secrets.token_hex(32))
    key = await tx.api_keys.insert(
        name=new.name,
        prefix=prefix,
        digest=digest_of(text),
        scope=new.scope,
        team_id=new.team_id,
        user_id=new.user_id,
        expires_at=new.expires_at,
    )
    return Minted(key=key, text=text)


async def _tell(
    tx: Transaction,
    caller: Caller,
    kind: EventType,
    happened: str,
    before: ApiKey | None,
    after: ApiKey,
) -> None:
    await events.append(
        tx,
        NewEvent(
            type=kind,
            caller=caller,
            summary=f"Key {after.name} ({after.prefix}) {happened}.",
            team_id=after.team_id,
            payload={
                "key_id": str(after.id),
                "before": None if before is None else _to_wire(before),
                "after": _to_wire(after),
            },
        ),
    )


def _to_wire(key: ApiKey) -> JsonObject:
    return {
        "name": key.name,
        "prefix": key.prefix,
        "scope": key.scope.value,
        "user_id": None if key.user_id is None else str(key.user_id),
        "expires_at": None if key.expires_at is None else key.expires_at.isoformat(),
        "successor_id": None if key.successor_id is None else str(key.successor_id),
        "revoked": key.revoked_at is not None,
    }
