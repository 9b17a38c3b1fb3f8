"""Sessions: what a browser has after somebody signed in on the pages.

The browser holds 256 random bits in a cookie; what is kept is their SHA-256. A session ends by
itself when it was not used for a while, when its time is over, or when somebody ends it.
"""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from domain.api_keys import ApiKey
from domain.members import TeamRole
from domain.users import User

AGENT_LIMIT = 300


class SignInMethod(StrEnum):
    """How somebody showed who they are."""

    KEY = "key"
    PASSWORD = "password"
    PROVIDER = "provider"


class SessionStatus(StrEnum):
    """What has become of a session."""

    ACTIVE = "active"
    IDLE = "idle"
    """Not used for too long."""
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLimits:
    """How long a session lasts without being used, and at all."""

    idle: timedelta = timedelta(hours=12)
    lifetime: timedelta = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """The browser that a request came from, for people to recognise it by."""

    address: str
    agent: str

    @property
    def agent_kept(self) -> str:
        """What is kept of how the browser calls itself."""
        return "".join(each if each.isprintable() else " " for each in self.agent)[:AGENT_LIMIT]


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Of a user, of an API key, or of the bootstrap key."""

    id: UUID
    user_id: UUID | None
    key_id: UUID | None
    method: SignInMethod
    address: str
    agent: str
    created_at: datetime
    seen_at: datetime
    """To a minute or so."""
    expires_at: datetime
    revoked_at: datetime | None

    def status(self, at: datetime, idle: timedelta) -> SessionStatus:
        """Return what the session is worth at a time."""
        if self.revoked_at is not None:
            return SessionStatus.REVOKED
        if self.expires_at <= at:
            return SessionStatus.EXPIRED
        return SessionStatus.IDLE if self.seen_at + idle <= at else SessionStatus.ACTIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognizedSession:
    """A session whose token was right, and what its holder is; `at` is when this was so.

    `user` is the person who signed in, or whose key it is. Of the bootstrap key's session neither
    is there, but what it was begun with.
    """

    session: Session
    user: User | None
    key: ApiKey | None
    bootstrap: str | None
    teams: Mapping[UUID, TeamRole]
    at: datetime


def new_token() -> str:
    """Return 256 random bits for a cookie or a link."""
    return secrets.token_hex(32)


def token_digest(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
