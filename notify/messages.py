"""What a webhook says about an event: pure, so that it can be shown without sending it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.events import Event
from domain.json_types import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What an event is about, in names that people know."""

    asset_fqn: str | None = None
    environment: str | None = None
    producer: str | None = None
    status: str | None = None
    version: str | None = None


def webhook_body(
    event: Event,
    about: About,
    public_url: str,
    changes: Sequence[JsonObject] | None = None,
) -> bytes:
    """Return the JSON body: `type`, `timestamp` and `data`, as Standard Webhooks recommends.

    `data.sequence` orders the events of one proposal, since deliveries may arrive in any order.
    `data.changes` is there for an event that tells of changes and shows what proves them.
    """
    proposal: JsonObject | None = None
    if event.proposal_id is not None:
        proposal = {
            "id": str(event.proposal_id),
            "status": about.status,
            "version": about.version,
            "links": _links(event.proposal_id, public_url),
        }
    content: JsonObject = {
        "id": str(event.id),
        "sequence": event.cursor.sequence,
        "summary": event.summary,
        "actor": {"kind": event.caller.actor.kind.value, "name": event.caller.actor.name},
        "team_id": None if event.team_id is None else str(event.team_id),
        "asset": {
            "id": None if event.asset_id is None else str(event.asset_id),
            "fqn": about.asset_fqn,
            "environment": about.environment,
            "producer": about.producer,
        },
        "proposal": proposal,
        "details": event.payload,
    }
    if changes is not None:
        content["changes"] = list(changes)
    message = {"type": event.type.value, "timestamp": event.at.isoformat(), "data": content}
    return json.dumps(message, ensure_ascii=False).encode()


def _links(proposal_id: UUID, public_url: str) -> JsonObject:
    return {
        "page": f"{public_url}/proposals/{proposal_id}",
        "api": f"{public_url}/api/v1/proposals/{proposal_id}",
    }
