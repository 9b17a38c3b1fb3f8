"""Who comes in, as the server answers: users, members of teams, and keys."""

from datetime import datetime

from tessera_sdk.models import Received


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
    status: str = ""
    created_at: datetime | None = None
    expires_at: datetime | None = None
    rotated_at: datetime | None = None
    successor_id: str | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
    key: str | None = None
