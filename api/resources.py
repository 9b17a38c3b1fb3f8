"""What the API works with, made by the composition root and never by the API itself."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from fastapi import Request

from api.auth import Authenticator
from api.rate_limits import RateLimits
from api.setup_code import SetUp
from api.turns import Turns
from domain.answer_links import AnswerLinks
from domain.bounds import UNBOUNDED, ServerPolicy
from domain.destinations import Channels
from domain.sessions import SessionLimits
from domain.timeline import Timeline
from record.comparison import Comparer
from record.log_verifications import LogVerifications
from record.password_hashing import PasswordHashing
from record.team_policies import ServerSays
from store.database import Database
from store.feed import Feed

if TYPE_CHECKING:
    from api.provider import Provider
    from api.slack_door import SlackDoor

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """Collaborators and limits; `timeline` is the default of what assets do not set themselves."""

    database: Database
    comparer: Comparer
    feed: Feed
    authenticator: Authenticator
    timeline: Timeline = Timeline()  # noqa: RUF009  # frozen
    server_policy: ServerPolicy = UNBOUNDED
    observe: bool = False
    """Whether assets observe of which neither they nor their team say anything."""
    public_url: str = "http://localhost:8000"
    temporal_ui_url: str | None = None
    temporal_namespace: str = "default"
    max_body_bytes: int = 10 * MIB
    sessions: SessionLimits = SessionLimits()  # noqa: RUF009  # frozen
    hashing: PasswordHashing = field(default_factory=PasswordHashing)
    provider: "Provider | None" = None
    """Where people sign in besides, if they do."""
    channels: Channels = Channels()  # noqa: RUF009  # frozen
    """By which kinds of destinations this server tells anybody."""
    answer_links: AnswerLinks = field(default_factory=AnswerLinks)
    """What the links in mails are signed with."""
    set_up: SetUp | None = None
    """How a server that nobody has is given its first administrator; None where it is not."""
    slack: "SlackDoor | None" = None
    """How Slack comes in, if it does."""
    verifications: LogVerifications | None = None
    """How the whole log is read from its page."""
    turns: Turns = field(default_factory=Turns)
    rate_limits: RateLimits = field(default_factory=RateLimits)
    cors_origins: tuple[str, ...] = ()
    """The sites whose pages may use the API from a browser."""
    own_names: frozenset[str] | None = None
    """The hosts that a request may name; None is any, since who comes in needs a key."""

    @property
    def server_says(self) -> ServerSays:
        """What holds where neither a team nor its asset says anything."""
        return ServerSays(observe=self.observe, timeline=self.timeline, policy=self.server_policy)


def resources_of(request: Request) -> Resources:
    """Return what the app was made with."""
    return cast("Resources", request.app.state.resources)
