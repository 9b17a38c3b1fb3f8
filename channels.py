"""The channels of a worker: opened together, and closed when it stops."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial

from api.slack_envelopes import served
from api.slack_interactions import SlackInteractions
from domain.answer_links import AnswerLinks
from domain.destinations import DestinationKind
from notify.addresses import Network
from notify.channels import Channel
from notify.slack import SlackChannel
from notify.slack_calls import SLACK, SlackCalls
from notify.slack_socket import SlackSocket
from notify.smtp_server import SmtpServer
from notify.webhook import WebhookChannel, WebhookSender
from record.slack_workspace import SlackWorkspace
from store.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackOptions:
    """How Slack is spoken to; without a token of its own, with that of the installation."""

    api_url: str = SLACK
    bot_token: str | None = field(default=None, repr=False)
    app_token: str | None = field(default=None, repr=False)
    """With it the worker holds a connection (socket mode)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelOptions:
    """What the channels need to know; made from the settings when a worker starts."""

    public_url: str
    allow_private_webhooks: bool
    smtp_server: SmtpServer | None = None
    mail_sender: str = ""
    answer_links: AnswerLinks = field(default_factory=AnswerLinks)
    webhook_networks: tuple[Network, ...] = ()
    """Allowed beside public addresses."""
    webhook_hosts: tuple[str, ...] = ()
    """The only ones, if there are any."""
    slack: "SlackOptions | None" = None


async def opened(
    stack: AsyncExitStack, options: ChannelOptions, database: Database
) -> Mapping[DestinationKind, Channel]:
    """Return a channel for each kind that the options say something of; `stack` closes them."""
    webhooks = await stack.enter_async_context(
        WebhookSender(
            allow_private=options.allow_private_webhooks,
            networks=options.webhook_networks,
            hosts=options.webhook_hosts,
        )
    )
    channels: dict[DestinationKind, Channel] = {
        DestinationKind.WEBHOOK: WebhookChannel(webhooks, options.public_url)
    }
    if options.smtp_server is not None:
        channels[DestinationKind.EMAIL] = _email(options.smtp_server, options)
    if options.slack is not None:
        channels[DestinationKind.SLACK] = await _slack(stack, options, options.slack, database)
    return channels


async def _slack(
    stack: AsyncExitStack, options: ChannelOptions, slack: SlackOptions, database: Database
) -> SlackChannel:
    """Return the channel, and open the socket if there is one to be opened."""
    calls = SlackCalls(slack.api_url)
    stack.push_async_callback(calls.close)
    workspace = SlackWorkspace(database, calls, slack.bot_token)
    if slack.app_token is not None:
        interactions = SlackInteractions(database, calls, workspace, options.public_url)
        await stack.enter_async_context(
            SlackSocket(calls, slack.app_token, partial(served, interactions))
        )
    return SlackChannel(calls, workspace.token, options.public_url)


def _email(server: SmtpServer, options: ChannelOptions) -> Channel:
    """Loaded by who sends mail alone."""
    from notify.email import EmailChannel
    from notify.email_message import Sender

    sender = Sender(
        address=options.mail_sender, public_url=options.public_url, links=options.answer_links
    )
    return EmailChannel(server, sender)
