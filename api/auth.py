"""From a request's credential to a principal. What the principal may do is the policy's."""

import hashlib
import hmac

from api.key_uses import KeyUses
from domain.actors import Actor, ActorKind
from domain.api_keys import KeyStatus, Recognized, Scope, prefix_of
from domain.authorization import Principal, Role
from domain.errors import Unauthenticated
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
        self.uses = KeyUses()

    async def principal(self, database: Database, authorization: str | None) -> Principal:
        """Return who sends this `Authorization` header.

        Raises `Unauthenticated` for a key of ours that works no more: only who has the whole key is
        told that much. Where anonymous callers are allowed, a key that is not known makes nobody
        less: it was meant for another server.
        """
        text = _bearer(authorization)
        if text is None:
            return self.anonymous
        if self._is_bootstrap_key(text):
            return ADMINISTRATOR
        if prefix_of(text) is None:
            return self.anonymous
        found = await api_keys.recognize(database, text)
        if found is None:
            return self.anonymous
        principal = holder_of(found)
        self.uses.note(database, found)
        return principal

    def _is_bootstrap_key(self, text: str) -> bool:
        return self._hash is not None and hmac.compare_digest(_digest(text), self._hash)

    def secret_for(self, purpose: str) -> bytes | None:
        """Return a secret derived from the bootstrap key; None where there is no key.

        Every process of the server derives the same one, and another key makes another one.
        """
        if self._hash is None:
            return None
        return hmac.digest(self._hash, purpose.encode(), "sha256")


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
