"""How Slack comes in over HTTP; made by the composition root."""

from dataclasses import dataclass, field

from api.slack_interactions import SlackInteractions
from notify.slack_calls import SlackCalls


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackApp:
    """The app's own credentials, with which it is installed."""

    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackDoor:
    """What the routes need; without a secret no request of Slack's is taken."""

    interactions: SlackInteractions
    calls: SlackCalls
    signing_secret: str | None = field(repr=False)
    app: SlackApp | None = None
    has_token: bool = False
    """Whether the settings name a bot's token, which comes before an installation's."""
