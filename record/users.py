"""The facts of users: that they exist, and whether they may come in."""

from dataclasses import dataclass, replace
from uuid import UUID

from domain.actors import Caller
from domain.authorization import Resource, permitted
from domain.errors import Conflict
from domain.events import EventType, NewEvent
from domain.json_types import JsonObject
from domain.permissions import Action
from domain.users import User, UserKind, checked_email, checked_user_name
from record import events, lookup, sessions
from store.database import Runner
from store.transaction import Transaction

_RESOURCE = Resource(noun="users")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUser:
    """A person needs an e-mail address, a bot only its name."""

    name: str
    email: str | None = None
    kind: UserKind = UserKind.PERSON
    administrator: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UserChange:
    """What is None stays."""

    name: str | None = None
    email: str | None = None
    administrator: bool | None = None


async def create(runner: Runner, caller: Caller, new: NewUser) -> User:
    """Create a user; raises `Conflict` when the e-mail address, or a bot's name, is taken."""
    name, email = checked_user_name(new.name), checked_email(new.email, new.kind)

    async def work(tx: Transaction) -> User:
        by = permitted(caller, Action.CHANGE_USERS, _RESOURCE)
        await tx.users.lock_all()
        user = await tx.users.insert(
            name=name, email=email, kind=new.kind, administrator=new.administrator
        )
        if user is None:
            raise _taken(await tx.users.taken_by(name, email, new.kind), email)
        if new.kind is UserKind.PERSON:
            await tx.destinations.give_email(user.id)
        await _tell(tx, by, EventType.USER_CREATED, "is created", None, user)
        return user

    return await runner.run(work)


async def change(runner: Runner, caller: Caller, user_id: UUID, wanted: UserChange) -> User:
    """Change what a user is called, or whether they may be an administrator."""

    async def work(tx: Transaction) -> User:
        by = permitted(caller, Action.CHANGE_USERS, _RESOURCE)
        await tx.users.lock_all()
        before = await lookup.locked_user(tx, user_id)
        email = before.email if wanted.email is None else checked_email(wanted.email, before.kind)
        after = replace(
            before,
            name=before.name if wanted.name is None else checked_user_name(wanted.name),
            email=email,
            administrator=(
                before.administrator if wanted.administrator is None else wanted.administrator
            ),
            administrator_by_groups=(
                before.administrator_by_groups if wanted.administrator is None else False
            ),
        )
        if after == before:
            return before
        other = await tx.users.taken_by(after.name, after.email, after.kind, user_id)
        if other is not None:
            raise _taken(other, after.email)
        await _check_administrators(tx, before, after)
        await put(tx, by, before, after)
        return after

    return await runner.run(work)


async def put(tx: Transaction, by: Caller, before: User, after: User) -> None:
    """Change a user within a transaction that has locked them."""
    await tx.users.save(after)
    await _tell(tx, by, EventType.USER_CHANGED, "is changed", before, after)


async def made(
    tx: Transaction, by: Caller, name: str, email: str, *, administrator: bool = False
) -> User:
    """Return the person of an address, who is made if there is none."""
    user = await tx.users.insert(
        name=name, email=email, kind=UserKind.PERSON, administrator=administrator
    )
    if user is None:
        return lookup.found(await tx.users.of_email(email), "user", email)
    await tx.destinations.give_email(user.id)
    await _tell(tx, by, EventType.USER_CREATED, "is created", None, user)
    return user


async def deactivate(runner: Runner, caller: Caller, user_id: UUID) -> User:
    """Let a user come in no more: no key or session works from the commit on."""
    return await _set_active(runner, caller, user_id, active=False)


async def reactivate(runner: Runner, caller: Caller, user_id: UUID) -> User:
    """Let a user come in again: their keys work, their sessions are over."""
    return await _set_active(runner, caller, user_id, active=True)


async def _set_active(runner: Runner, caller: Caller, user_id: UUID, *, active: bool) -> User:
    async def work(tx: Transaction) -> User:
        by = permitted(caller, Action.CHANGE_USERS, _RESOURCE)
        await tx.users.lock_all()
        before = await lookup.locked_user(tx, user_id)
        if before.active == active:
            return before
        after = replace(before, deactivated_at=None if active else await tx.now())
        await _check_administrators(tx, before, after)
        await tx.users.save(after)
        if not active:
            await tx.passwords.drop_links(user_id)
            await sessions.end_all(tx, by, before)
        kind = EventType.USER_REACTIVATED if active else EventType.USER_DEACTIVATED
        await _tell(tx, by, kind, f"is {kind.value.partition('.')[2]}", before, after)
        return after

    return await runner.run(work)


def _taken(there: User | None, email: str | None) -> Conflict:
    if there is None:
        return Conflict("The address or the name was taken a moment ago.")
    same_address = email is not None and there.email == email
    what = f"a user with the address {email}" if same_address else f"a bot `{there.name}`"
    return Conflict(f"There is {what} already.", existing_id=str(there.id))


async def _check_administrators(tx: Transaction, before: User, after: User) -> None:
    """Raise `Conflict` if nobody would be left who may change this back."""
    loses = before.administrator and before.active and not (after.administrator and after.active)
    if loses and not await tx.users.are_other_administrators(before.id):
        raise Conflict(
            f"{before.name} is the last administrator. Make another one first.",
            existing_id=str(before.id),
        )


async def _tell(
    tx: Transaction,
    caller: Caller,
    kind: EventType,
    happened: str,
    before: User | None,
    after: User,
) -> None:
    await events.append(
        tx,
        NewEvent(
            type=kind,
            caller=caller,
            summary=f"User {after.name} {happened}.",
            payload={
                "user_id": str(after.id),
                "before": None if before is None else _to_wire(before),
                "after": _to_wire(after),
            },
        ),
    )


def _to_wire(user: User) -> JsonObject:
    return {
        "name": user.name,
        "email": user.email,
        "kind": user.kind.value,
        "administrator": user.administrator,
        "active": user.active,
    }
