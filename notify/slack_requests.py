"""What Slack sends: whether it is Slack, and what somebody did there.

https://docs.slack.dev/authentication/verifying-requests-from-slack: the signature is `v0=` and the
HMAC-SHA256 over `v0:timestamp:body`, of the raw body.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from notify.slack_views import NOTE, UNTIL

WINDOW_SECONDS = 300
_TOKEN = re.compile(r"([0-9a-f]{32})\.([0-9]{1,9})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What a button names: the event that it was shown with, and the revision that was shown."""

    event_id: UUID
    revision: int

    @classmethod
    def read(cls, token: str) -> "Named | None":
        """Return what a button's value names, if it is one of ours."""
        found = _TOKEN.fullmatch(token)
        if found is None:
            return None
        return cls(event_id=UUID(hex=found[1]), revision=int(found[2]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Click:
    """A button was pressed."""

    user_id: str
    action: str
    token: str
    trigger_id: str = field(repr=False)
    channel_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A form was sent."""

    user_id: str
    form: str
    token: str
    until: date | None
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A slash command was given."""

    user_id: str
    text: str


def is_slacks(secret: str, timestamp: str, signature: str, body: bytes, now: float) -> bool:
    """Whether Slack signed this body within the last minutes; compared in constant time."""
    if not re.fullmatch("[0-9]{1,12}", timestamp) or abs(now - int(timestamp)) > WINDOW_SECONDS:
        return False
    return hmac.compare_digest(
        signed(secret, timestamp, body).encode(), signature.encode("utf-8", "surrogateescape")
    )


def signed(secret: str, timestamp: str, body: bytes) -> str:
    """Return the signature of a body."""
    text = f"v0:{timestamp}:".encode() + body
    return f"v0={hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()}"


def form_of(body: bytes) -> Mapping[str, str]:
    """Return the fields of a body; what cannot be read is not there."""
    try:
        found = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=100)
    except ValueError:
        return {}
    return {name: values[0] for name, values in found.items()}


def payload_of(body: bytes) -> Mapping[str, Any]:
    """Return the payload of an interaction's body; empty if there is none that can be read."""
    try:
        found = json.loads(form_of(body).get("payload", ""))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def interaction(payload: Mapping[str, Any]) -> Click | Submission | None:
    """Return what somebody did, or None for what means nothing here."""
    kind = _text(payload, "type")
    if kind == "block_actions":
        return _click(payload)
    return _submission(payload) if kind == "view_submission" else None


def command(form: Mapping[str, Any]) -> Command | None:
    """Return the command that was given."""
    user_id = _text(form, "user_id")
    return Command(user_id=user_id, text=_text(form, "text")) if user_id else None


def _click(payload: Mapping[str, Any]) -> Click | None:
    actions = payload.get("actions")
    first = actions[0] if isinstance(actions, list) and actions else None
    user_id = _text(payload, "user", "id")
    if not isinstance(first, dict) or not user_id:
        return None
    return Click(
        user_id=user_id,
        action=_text(first, "action_id"),
        token=_text(first, "value"),
        trigger_id=_text(payload, "trigger_id"),
        channel_id=_text(payload, "channel", "id") or _text(payload, "container", "channel_id"),
    )


def _submission(payload: Mapping[str, Any]) -> Submission | None:
    user_id = _text(payload, "user", "id")
    if not user_id:
        return None
    values = ("view", "state", "values")
    day = _text(payload, *values, UNTIL, UNTIL, "selected_date")
    note = _text(payload, *values, NOTE, NOTE, "value").strip()
    return Submission(
        user_id=user_id,
        form=_text(payload, "view", "callback_id"),
        token=_text(payload, "view", "private_metadata"),
        until=_day(day),
        note=note or None,
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _text(found: Any, *path: str) -> str:
    """Return a text without what Postgres does not keep: NUL, and half a surrogate pair."""
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    text = found if isinstance(found, str) else ""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()
