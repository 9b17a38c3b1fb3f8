"""What is told about an event, and how a webhook says it: pure, so that it can be shown."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from domain.coordination import Round
from domain.decisions import MEMBER as DECISION
from domain.event_kinds import SENT
from domain.events import Event
from domain.json_types import JsonObject
from domain.proposals import Proposal
from domain.users import User

BODY_LIMIT = 256 * 1024
"""Bytes of a webhook's body at most; of a digest, those that it is cut down from."""
DIGEST = "digest"
DIGEST_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What an event is about, in names that people know."""

    asset_fqn: str | None = None
    environment: str | None = None
    producer: str | None = None
    status: str | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a party is asked: an answer is bound to it."""

    revision: int
    changes_hash: str
    due_at: datetime | None
    """None: it has not been asked yet, or has answered for good."""


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
    questions: Mapping[UUID, Question] = field(default_factory=dict)
    """What each party of the proposal is asked, by its team."""
    at: datetime | None = None
    """When that was so."""
    recipient: User | None = None
    """Whom it is for, if that is one person."""
    refreshes: bool = False
    """Whether nothing new is said: only what was said `earlier` is brought up to date."""
    earlier: Sequence[Earlier] = ()
    answers_for: frozenset[UUID] = frozenset()
    """The teams for which that person may answer."""
    delivery_id: UUID | None = None
    """The same over all attempts."""
    carried: "tuple[Message, ...]" = ()
    """What it tells of besides, each with its own event: then it is a digest."""

    @property
    def told(self) -> "tuple[Message, ...]":
        """Everything that it tells of, the oldest first."""
        return (self, *self.carried)


def webhook_body(message: Message, public_url: str) -> bytes:
    """Return the JSON body: `type`, `timestamp` and `data`, as Standard Webhooks recommends.

    `version` is that of the body's schema, which `notify/event_schemas.py` has for each type.
    `data.sequence` orders the events of one proposal, since deliveries may arrive in any order.
    `data.changes` is there for an event that tells of changes and shows what proves them. What a
    decision rests on stays in the log.

    What tells of several events is a `digest`, whose `data.events` are the bodies that they would
    have had each by itself.
    """
    if message.carried:
        return _digest_body(message, public_url)
    body, content = _body(message, public_url)
    return _bounded(body, content)


def _digest_body(message: Message, public_url: str) -> bytes:
    """Return the body of a digest; if it is too large, without what its events show in detail."""
    events = [_body(each, public_url) for each in message.told]
    body: JsonObject = {
        "type": DIGEST,
        "version": DIGEST_VERSION,
        "timestamp": message.event.at.isoformat(),
        "data": {"events": [each for each, _ in events]},
    }
    written = json.dumps(body, ensure_ascii=False).encode()
    if len(written) <= BODY_LIMIT:
        return written
    for _, content in events:
        _leave_out(content, "changes", None)
        _leave_out(content, "details", {})
    return json.dumps(body, ensure_ascii=False).encode()


def _body(message: Message, public_url: str) -> tuple[JsonObject, JsonObject]:
    """Return the body of one event, and its `data`."""
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
        "details": {name: said for name, said in event.payload.items() if name != DECISION},
    }
    if message.changes is not None:
        content["changes"] = list(message.changes)
    body = {
        "type": event.type.value,
        "version": SENT[event.type].version,
        "timestamp": event.at.isoformat(),
        "data": content,
    }
    return body, content


def _bounded(body: JsonObject, content: JsonObject) -> bytes:
    """Return the body; what makes it too large is left out, and `data.left_out` names it."""
    written = json.dumps(body, ensure_ascii=False).encode()
    for name, instead in (("changes", None), ("details", {})):
        if len(written) <= BODY_LIMIT:
            break
        if _leave_out(content, name, instead):
            written = json.dumps(body, ensure_ascii=False).encode()
    return written


def _leave_out(content: JsonObject, name: str, instead: JsonObject | None) -> bool:
    """Leave a member out, if it says anything, and say so."""
    if not content.get(name):
        return False
    content[name] = instead
    content["left_out"] = [*content.get("left_out", []), name]
    return True


def _links(proposal_id: UUID, public_url: str) -> JsonObject:
    return {
        "page": f"{public_url}/proposals/{proposal_id}",
        "api": f"{public_url}/api/v1/proposals/{proposal_id}",
    }
