"""From a request's credential to a principal. What the principal may do is the policy's."""

import hashlib
import hmac
from datetime import timedelta

from api.last_uses import LastUses
from domain.actors import Actor, ActorKind
from domain.api_keys import KeyStatus, Recognized, Scope, prefix_of
from domain.authorization import Principal, Role
from domain.errors import Unauthenticated
from domain.principals import person_of
from domain.sessions import RecognizedSession, SessionStatus
from domain.users import UserKind
from record import api_keys
from store.database import Database

_SCHEME = "bearer"

ADMINISTRATOR = Principal(
    actor=Actor(kind=ActorKind.KEY, name="bootstrap key"), role=Role.ADMIN, scope=Scope.ADMIN
)
DEVELOPER = Principal(
    actor=Actor(kind=ActorKind.ANONYMOUS, name="anonymous"), role=Role.DEVELOPER, scope=Scope.ADMIN
)
NOBODY = Principal(actor=Actor(kind=ActorKind.ANONYMOUS, name="nobody"), role=Role.NOBODY)


class Authenticator:
    """Knows the bootstrap key by its hash only, and remembers no other key."""

    def __init__(self, *, bootstrap_key: str | None, anonymous_allowed: bool) -> None:
        self._hash = None if bootstrap_key is None else _digest(bootstrap_key)
        self.anonymous = DEVELOPER if anonymous_allowed else NOBODY
        self.uses = LastUses()

    async def principal(self, database: Database, authorization: str | None) -> Principal:
        """Return who sends this `Authorization` header.

        Raises `Unauthenticated` for a key of ours that works no more: only who has the whole key is
        told that much. Where anonymous callers are allowed, a key that is not known makes nobody
        less: it was meant for another server.
        """
        text = _bearer(authorization)
        if text is None:
            return self.anonymous
        if self.is_bootstrap_key(text):
            return ADMINISTRATOR
        if prefix_of(text) is None:
            return self.anonymous
        found = await api_keys.recognize(database, text)
        if found is None:
            return self.anonymous
        principal = holder_of(found)
        self.uses.of_key(database, found.key.id)
        return principal

    def is_bootstrap_key(self, text: str) -> bool:
        """Whether it is the one that the server was started with."""
        return self._hash is not None and hmac.compare_digest(_digest(text), self._hash)

    @property
    def bootstrap_mark(self) -> str | None:
        """What a session of the bootstrap key keeps of it: another key makes another mark."""
        return None if self._hash is None else hashlib.sha256(b"session" + self._hash).hexdigest()

    def of_session(self, found: RecognizedSession, idle: timedelta) -> Principal | None:
        """Return who a session is of; None if it, or what it hangs on, has ended."""
        if found.session.status(found.at, idle) is not SessionStatus.ACTIVE:
            return None
        if found.bootstrap is not None:
            mark = self.bootstrap_mark
            is_ours = mark is not None and hmac.compare_digest(mark, found.bootstrap)
            return ADMINISTRATOR if is_ours else None
        if found.key is None:
            return None if found.user is None else person_of(found.user, found.teams)
        try:
            return holder_of(
                Recognized(key=found.key, user=found.user, teams=found.teams, at=found.at)
            )
        except Unauthenticated:
            return None


def holder_of(found: Recognized) -> Principal:
    """Return who holds this key, or raise `Unauthenticated` that says why it works no more."""
    key, user = found.key, found.user
    status = key.status(found.at)
    if status in (KeyStatus.REVOKED, KeyStatus.EXPIRED):
        raise Unauthenticated(f"This key is {status.value}.")
    if user is None:
        role = Role.ADMIN if key.scope is Scope.ADMIN else Role.USER
        actor = Actor(kind=ActorKind.KEY, name=key.name, id=key.id)
        return Principal(actor=actor, role=role, scope=key.scope, teams=found.teams, key_id=key.id)
    if not user.active:
        raise Unauthenticated("The user of this key is deactivated.")
    kind = ActorKind.BOT if user.kind is UserKind.BOT else ActorKind.PERSON
    is_admin = key.scope is Scope.ADMIN and user.administrator
    return Principal(
        actor=Actor(kind=kind, name=user.name, id=user.id, key_id=key.id),
        role=Role.ADMIN if is_admin else Role.USER,
        scope=key.scope,
        teams=found.teams,
        user_id=user.id,
        key_id=key.id,
    )


def _bearer(authorization: str | None) -> str | None:
    scheme, _, credential = (authorization or "").partition(" ")
    return credential.strip() if scheme.lower() == _SCHEME else None


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()
