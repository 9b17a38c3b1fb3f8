"""Users: the people who belong to teams, and the bots that act like one."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.errors import InvalidRequest

NAME_LIMIT = 100
EMAIL_LIMIT = 254
_EMAIL = re.compile(r"[^\s@,;<>]+@[^\s@,;<>]+")


class UserKind(StrEnum):
    """Whether a person or a program is behind it; the log keeps it beside the name."""

    PERSON = "person"
    BOT = "bot"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person is known by the e-mail address, a bot by its name.

    An `administrator` may hold keys of the scope `admin`. Who is not `active` comes in by no key.
    """

    id: UUID
    name: str
    email: str | None
    kind: UserKind
    administrator: bool
    administrator_by_groups: bool = False
    """Whether the identity provider's groups made them one, and may take it away again."""
    deactivated_at: datetime | None
    created_at: datetime

    @property
    def active(self) -> bool:
        return self.deactivated_at is None


def checked_user_name(name: str) -> str:
    """Return the name as it is stored, or raise `InvalidRequest`."""
    name = name.strip()
    if not name or len(name) > NAME_LIMIT or not name.isprintable():
        raise InvalidRequest(
            f"A user's name has 1 to {NAME_LIMIT} characters and no line break.",
            errors=[{"path": "name", "message": "not a usable name"}],
        )
    return name


def checked_email(email: str | None, kind: UserKind) -> str | None:
    """Return the address in lower case, or raise `InvalidRequest`; only a bot needs none."""
    if email is None and kind is UserKind.BOT:
        return None
    email = (email or "").strip().lower()
    if len(email) > EMAIL_LIMIT or not email.isprintable() or not _EMAIL.fullmatch(email):
        raise InvalidRequest(
            "A person has an e-mail address, such as `ada@example.com`.",
            errors=[{"path": "email", "message": "not an e-mail address"}],
        )
    return email
