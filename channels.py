"""The channels of a worker: opened together, and closed when it stops."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass

from domain.destinations import DestinationKind
from notify.addresses import Network
from notify.channels import Channel
from notify.webhook import WebhookChannel, WebhookSender


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelOptions:
    """What the channels need to know; made from the settings when a worker starts."""

    public_url: str
    allow_private_webhooks: bool
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
    return {DestinationKind.WEBHOOK: WebhookChannel(webhooks, options.public_url)}
