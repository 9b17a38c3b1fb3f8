"""What is told about an event, and how a webhook says it: pure, so that it can be shown."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.coordination import Round
from domain.events import Event
from domain.json_types import JsonObject
from domain.proposals import Proposal
from domain.users import User


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What an event is about, in names that people know."""

    asset_fqn: str | None = None
    environment: str | None = None
    producer: str | None = None
    status: str | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """A message that stands there already."""

    receipt: str
    """What the channel said of it."""
    event: Event
    """What it told of."""
    is_current: bool
    """Whether what it asked, if it did, is still the question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """An event as it is told, with what is true at the moment of sending."""

    event: Event
    about: About
    changes: Sequence[JsonObject] | None = None
    """What breaks, with a record that proves it, for an event that tells of changes."""
    proposal: Proposal | None = None
    round: Round | None = None
    """Who is asked and who has answered, if it is about a proposal."""
    recipient: User | None = None
    """Whom it is for, if that is one person."""
    refreshes: bool = False
    """Whether nothing new is said: only what was said `earlier` is brought up to date."""
    earlier: Sequence[Earlier] = ()


def webhook_body(message: Message, public_url: str) -> bytes:
    """Return the JSON body: `type`, `timestamp` and `data`, as Standard Webhooks recommends.

    `data.sequence` orders the events of one proposal, since deliveries may arrive in any order.
    `data.changes` is there for an event that tells of changes and shows what proves them.
    """
    event, about = message.event, message.about
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
    if message.changes is not None:
        content["changes"] = list(message.changes)
    body = {"type": event.type.value, "timestamp": event.at.isoformat(), "data": content}
    return json.dumps(body, ensure_ascii=False).encode()


def _links(proposal_id: UUID, public_url: str) -> JsonObject:
    return {
        "page": f"{public_url}/proposals/{proposal_id}",
        "api": f"{public_url}/api/v1/proposals/{proposal_id}",
    }
