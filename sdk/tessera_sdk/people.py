"""Who comes in, as the server answers: users, members of teams, keys and sessions."""

from datetime import datetime

from tessera_sdk.models import NamedTeam, Received


class User(Received):
    """A person or a bot."""

    id: str
    name: str
    email: str | None = None
    kind: str = "person"
    administrator: bool = False
    active: bool = True
    deactivated_at: datetime | None = None
    created_at: datetime | None = None


class Member(Received):
    """What a user is in a team."""

    team_id: str
    user_id: str
    user: User
    role: str
    added_at: datetime | None = None


class ApiKey(Received):
    """A credential. `key` is shown once, when it is made."""

    id: str
    name: str
    prefix: str = ""
    scope: str = ""
    team_id: str | None = None
    user_id: str | None = None
    holder: str = ""
    """What the team or the user is called."""
    status: str = ""
    created_at: datetime | None = None
    expires_at: datetime | None = None
    rotated_at: datetime | None = None
    successor_id: str | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
    key: str | None = None


class TeamOfMine(Received):
    """What one is in a team."""

    team: NamedTeam
    role: str = ""


class Me(Received):
    """Who the credential belongs to that one sends."""

    kind: str
    name: str
    id: str | None = None
    administrator: bool = False
    scope: str = ""
    user: User | None = None
    teams: tuple[TeamOfMine, ...] = ()


class Session(Received):
    """A browser in which a user is signed in, or was."""

    id: str
    user_id: str | None = None
    key_id: str | None = None
    method: str = ""
    status: str = ""
    address: str = ""
    agent: str = ""
    created_at: datetime | None = None
    seen_at: datetime | None = None
    expires_at: datetime | None = None
    revoked_at: datetime | None = None


class SignedOut(Received):
    """How many sessions were ended."""

    ended: int = 0


class PasswordLink(Received):
    """A link by which a user sets a password. `link` is shown once, when it is made."""

    user_id: str
    link: str | None = None
    expires_at: datetime | None = None
