"""From a request's credential to a principal. What the principal may do is `authorize`'s."""

import hashlib
import hmac

from domain.actors import Actor, ActorKind
from domain.authorization import Principal, Role

_SCHEME = "bearer"

ADMINISTRATOR = Principal(actor=Actor(kind=ActorKind.KEY, name="bootstrap key"), role=Role.ADMIN)
DEVELOPER = Principal(actor=Actor(kind=ActorKind.ANONYMOUS, name="anonymous"), role=Role.DEVELOPER)
NOBODY = Principal(actor=Actor(kind=ActorKind.ANONYMOUS, name="nobody"), role=Role.NOBODY)


class Authenticator:
    """Knows the bootstrap key by its hash only."""

    def __init__(self, *, bootstrap_key: str | None, anonymous_allowed: bool) -> None:
        self._hash = None if bootstrap_key is None else _digest(bootstrap_key)
        self._anonymous = DEVELOPER if anonymous_allowed else NOBODY

    def principal(self, authorization: str | None) -> Principal:
        """Return who sends this `Authorization` header.

        Where anonymous callers are allowed, a key that is not known makes nobody less: it was meant
        for another server.
        """
        key = _bearer(authorization)
        if key is None or self._hash is None:
            return self._anonymous
        if hmac.compare_digest(_digest(key), self._hash):
            return ADMINISTRATOR
        return self._anonymous

    def secret_for(self, purpose: str) -> bytes | None:
        """Return a secret derived from the bootstrap key; None where there is no key.

        Every process of the server derives the same one, and another key makes another one.
        """
        if self._hash is None:
            return None
        return hmac.digest(self._hash, purpose.encode(), "sha256")


def _bearer(authorization: str | None) -> str | None:
    scheme, _, credential = (authorization or "").partition(" ")
    return credential.strip() if scheme.lower() == _SCHEME else None


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()
