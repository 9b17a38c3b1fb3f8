"""What is said about proposals besides answers, and which asset is made of which."""

from datetime import datetime

from tessera_sdk.models import AssetRef, NamedTeam, Received, TeamRef


class Comment(Received):
    """What somebody said for a team about a proposal."""

    id: str
    thread_id: str
    reply_to: str | None = None
    team: NamedTeam = TeamRef()
    text: str = ""
    by: str | None = None
    at: datetime | None = None


class Dependency(Received):
    """The downstream asset is made of the upstream one."""

    id: str
    upstream: AssetRef = AssetRef()
    downstream: AssetRef = AssetRef()
    declared_by: str | None = None
    declared_at: datetime | None = None
