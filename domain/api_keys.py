"""API keys: credentials of a team or of a user.

A key is 256 random bits. It is shown once; what is kept is its SHA-256 and a lookup prefix that is
no secret. A hash for passwords would only make requests slow: nobody guesses 256 bits.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from domain.errors import InvalidRequest
from domain.members import TeamRole
from domain.users import User

NAME_LIMIT = 100
LONGEST_OVERLAP = timedelta(days=30)
_TEXT = re.compile(r"tsr_([0-9a-f]{12})_[0-9a-f]{64}")


class Scope(StrEnum):
    """How much a key may do at most; each includes those before it."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"

    def covers(self, needed: "Scope") -> bool:
        """Whether this scope is enough where `needed` is asked for."""
        order = list(Scope)
        return order.index(self) >= order.index(needed)


class KeyStatus(StrEnum):
    """What has become of a key."""

    ACTIVE = "active"
    RETIRING = "retiring"
    """A new key has taken its place; it works until the end of the overlap."""
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """Bound to a team or to a user, never to both."""

    id: UUID
    name: str
    prefix: str
    """What the key begins with, after `tsr_`: by it people and the server find a key."""
    scope: Scope
    team_id: UUID | None
    user_id: UUID | None
    created_at: datetime
    expires_at: datetime | None
    rotated_at: datetime | None
    successor_id: UUID | None
    revoked_at: datetime | None
    last_used_at: datetime | None

    def status(self, at: datetime) -> KeyStatus:
        """Return what the key is worth at a time."""
        if self.revoked_at is not None:
            return KeyStatus.REVOKED
        if self.expires_at is not None and self.expires_at <= at:
            return KeyStatus.EXPIRED
        return KeyStatus.ACTIVE if self.rotated_at is None else KeyStatus.RETIRING

    @property
    def life(self) -> timedelta | None:
        """For how long it was made; None if it never expires."""
        return None if self.expires_at is None else self.expires_at - self.created_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognized:
    """A key whose secret was right, and what its holder is; `at` is when this was so."""

    key: ApiKey
    user: User | None
    teams: Mapping[UUID, TeamRole]
    at: datetime


def text_of(prefix: str, secret: str) -> str:
    """Return a key as people see it, of 12 and 64 hexadecimal digits."""
    return f"tsr_{prefix}_{secret}"


def prefix_of(text: str) -> str | None:
    """Return the lookup prefix of a key; None for what has not the form of one."""
    found = _TEXT.fullmatch(text)
    return None if found is None else found.group(1)


def digest_of(text: str) -> str:
    """Return what is kept of a key."""
    return hashlib.sha256(text.encode()).hexdigest()


def checked_key_name(name: str) -> str:
    """Return the name as it is stored, or raise `InvalidRequest`."""
    name = name.strip()
    if not name or len(name) > NAME_LIMIT or not name.isprintable():
        raise InvalidRequest(
            f"A key's name has 1 to {NAME_LIMIT} characters and no line break.",
            errors=[{"path": "name", "message": "not a usable name"}],
        )
    return name


def check_expiry(expires_at: datetime | None, now: datetime) -> None:
    """Raise `InvalidRequest` if the time has passed."""
    if expires_at is not None and expires_at <= now:
        raise InvalidRequest(
            "A key expires in the future.",
            errors=[{"path": "expires_at", "message": "lies in the past"}],
        )


def checked_overlap(overlap: timedelta) -> timedelta:
    """Return for how long both keys work, or raise `InvalidRequest`."""
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise InvalidRequest(
            f"Both keys may work for at most {LONGEST_OVERLAP.days} days.",
            errors=[{"path": "overlap", "message": "too long, or less than nothing"}],
        )
    return overlap
