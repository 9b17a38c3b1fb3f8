"""A team's webhook in the record: the one destination that most tests need."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from uuid import UUID

from domain.actors import Caller
from domain.destinations import Destination, DestinationKind
from notify.channels import Channel
from notify.webhook import WebhookChannel, WebhookSender
from record import destinations
from record.destinations import WEBHOOK, Wanted
from store.database import Runner
from store.destinations import Owner


@asynccontextmanager
async def webhooks_alone(
    public_url: str = "https://tessera.example",
) -> AsyncIterator[Mapping[DestinationKind, Channel]]:
    """The channels of a worker that may send webhooks to this machine, and nothing else."""
    async with WebhookSender(allow_private=True) as sender:
        yield {DestinationKind.WEBHOOK: WebhookChannel(sender, public_url)}


async def set_webhook(
    runner: Runner, caller: Caller, team_id: UUID, url: str, secret: str | None
) -> Destination:
    """Set the webhook of a team and return it."""
    wanted = Wanted(address=url, secret=secret)
    put = await destinations.put(runner, caller, Owner(team_id), WEBHOOK, wanted)
    return put.destination


async def remove_webhook(runner: Runner, caller: Caller, team_id: UUID) -> None:
    """Remove the webhook of a team."""
    await destinations.remove(runner, caller, Owner(team_id), WEBHOOK)


async def webhook_of(runner: Runner, team_id: UUID) -> Destination:
    """Return the webhook of a team."""
    return await destinations.named(runner, Owner(team_id), WEBHOOK)
