"""The facts of sessions: who signed in on the pages, and that it was ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.actors import Actor, ActorKind, Caller
from domain.authorization import Resource, permitted
from domain.errors import NotFound
from domain.events import EventType, NewEvent
from domain.json_types import JsonObject
from domain.permissions import Action
from domain.sessions import (
    RecognizedSession,
    Session,
    SessionLimits,
    SignInMethod,
    Visitor,
    new_token,
    token_digest,
)
from domain.users import User, UserKind
from record import events, lookup
from store.database import Database, Runner
from store.sessions import NewSession
from store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A session and its token, which nobody sees again."""

    session: Session
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """What a new session is made of besides its holder.

    `before` is the token of the session that the browser has, which ends.
    """

    method: SignInMethod
    visitor: Visitor
    limits: SessionLimits
    before: str | None = None


async def recognize(database: Database, token: str) -> RecognizedSession | None:
    """Return what this session is now; None if it is not one of ours."""

    async def work(tx: Transaction) -> RecognizedSession | None:
        return await tx.sessions.presented(token_digest(token))

    return await database.read(work)


async def start(
    runner: Runner,
    caller: Caller,
    beginning: Beginning,
    *,
    key_id: UUID | None = None,
    bootstrap: str | None = None,
) -> Started:
    """Start a session that ends with the key that somebody has signed in with."""

    async def work(tx: Transaction) -> Started:
        return await started(tx, caller, beginning, key_id=key_id, bootstrap=bootstrap)

    return await runner.run(work)


async def started(
    tx: Transaction,
    caller: Caller,
    beginning: Beginning,
    *,
    user: User | None = None,
    key_id: UUID | None = None,
    bootstrap: str | None = None,
) -> Started:
    """Start a session within a transaction. A browser's session before ends: no token lives on."""
    if beginning.before is not None:
        await _end_before(tx, caller, beginning.before)
    token = new_token()
    session = await tx.sessions.insert(
        NewSession(
            digest=token_digest(token),
            method=beginning.method,
            address=beginning.visitor.address,
            agent=beginning.visitor.agent_kept,
            expires_at=await tx.now() + beginning.limits.lifetime,
            user_id=None if user is None else user.id,
            key_id=key_id,
            bootstrap=bootstrap,
        )
    )
    await events.append(
        tx,
        NewEvent(
            type=EventType.SESSION_STARTED,
            caller=caller,
            summary=f"{caller.actor.name} signed in.",
            payload={"user_id": _text(session.user_id), "before": None, "after": _to_wire(session)},
        ),
    )
    return Started(session=session, token=token)


async def sign_out(runner: Runner, caller: Caller, session_id: UUID) -> None:
    """End the session that one has; ending it again changes nothing."""

    async def work(tx: Transaction) -> None:
        for ended in await tx.sessions.revoke([session_id]):
            await _tell_ended(
                tx, caller, ended.user_id, [ended], f"{caller.actor.name} signed out."
            )

    await runner.run(work)


async def revoke(runner: Runner, caller: Caller, user_id: UUID, session_id: UUID) -> Session:
    """End a user's session; ending it again changes nothing."""

    async def work(tx: Transaction) -> Session:
        by = permitted(caller, Action.END_SESSIONS, resource_of(user_id))
        user = await lookup.user(tx, user_id)
        session = await tx.sessions.get_of_user(user_id, session_id)
        if session is None:
            raise NotFound(
                f"{user.name} has no session `{session_id}`.", noun="session", key=str(session_id)
            )
        ended = await tx.sessions.revoke([session_id])
        await _tell_ended(tx, by, user_id, ended, f"A session of {user.name} is ended.")
        return next(iter(ended), session)

    return await runner.run(work)


async def sign_out_everywhere(
    runner: Runner, caller: Caller, user_id: UUID, but: UUID | None = None
) -> int:
    """End all sessions of a user, but one if it is named; return how many that were."""

    async def work(tx: Transaction) -> int:
        by = permitted(caller, Action.END_SESSIONS, resource_of(user_id))
        user = await lookup.locked_user(tx, user_id)
        return await end_all(tx, by, user, but=but)

    return await runner.run(work)


async def end_all(tx: Transaction, by: Caller, user: User, but: UUID | None = None) -> int:
    """End a user's sessions within a transaction that has locked the user."""
    ended = await tx.sessions.revoke_of_user(user.id, but)
    await _tell_ended(tx, by, user.id, ended, f"{user.name} is signed out everywhere.")
    return len(ended)


def resource_of(user_id: UUID) -> Resource:
    """Return whose sessions they are."""
    return Resource(noun="sessions", user_id=user_id)


def person(user: User) -> Actor:
    """Return who stands in the log for what a user does."""
    kind = ActorKind.BOT if user.kind is UserKind.BOT else ActorKind.PERSON
    return Actor(kind=kind, name=user.name, id=user.id)


async def _end_before(tx: Transaction, caller: Caller, token: str) -> None:
    found = await tx.sessions.presented(token_digest(token))
    if found is not None:
        ended = await tx.sessions.revoke([found.session.id])
        await _tell_ended(
            tx, caller, found.session.user_id, ended, "A session is replaced by a new one."
        )


async def _tell_ended(
    tx: Transaction, by: Caller, user_id: UUID | None, ended: Sequence[Session], summary: str
) -> None:
    """One event for all that end at once."""
    if not ended:
        return
    payload: JsonObject = {
        "user_id": _text(user_id),
        "before": {"sessions": [_to_wire(each) for each in ended]},
        "after": {"sessions": []},
    }
    event = NewEvent(type=EventType.SESSIONS_ENDED, caller=by, summary=summary, payload=payload)
    await events.append(tx, event)


def _to_wire(session: Session) -> JsonObject:
    """Where somebody was is not kept for ever: address and browser stay out of the log."""
    return {
        "session_id": str(session.id),
        "method": session.method.value,
        "key_id": _text(session.key_id),
        "expires_at": session.expires_at.isoformat(),
    }


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)
