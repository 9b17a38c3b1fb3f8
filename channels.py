"""The channels of a worker: opened together, and closed when it stops."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from domain.answer_links import AnswerLinks
from domain.destinations import DestinationKind
from notify.addresses import Network
from notify.channels import Channel
from notify.smtp_server import SmtpServer
from notify.webhook import WebhookChannel, WebhookSender


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


async def opened(
    stack: AsyncExitStack, options: ChannelOptions
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
    return channels


def _email(server: SmtpServer, options: ChannelOptions) -> Channel:
    """Loaded by who sends mail alone."""
    from notify.email import EmailChannel
    from notify.email_message import Sender

    sender = Sender(
        address=options.mail_sender, public_url=options.public_url, links=options.answer_links
    )
    return EmailChannel(server, sender)
