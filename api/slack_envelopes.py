"""What comes over Slack's socket: the same as over HTTP, in envelopes."""

from collections.abc import Mapping
from typing import Any

from api.slack_interactions import Reply, SlackInteractions
from domain.errors import Conflict
from notify.slack_socket import Acknowledge


async def served(
    interactions: SlackInteractions,
    kind: str,
    payload: Mapping[str, Any],
    envelope_id: str,
    acknowledge: Acknowledge,
) -> None:
    """Serve one envelope. One that Slack sends again, since nobody said so, is taken once."""
    try:
        if kind == "interactive":
            reply = await interactions.interaction(payload, envelope_id)
        elif kind == "slash_commands":
            reply = await interactions.command(payload, envelope_id)
        else:
            reply = Reply()
    except Conflict:
        reply = Reply()
    await acknowledge(reply.body)
    if reply.then is not None:
        await reply.then()
