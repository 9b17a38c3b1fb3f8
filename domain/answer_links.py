"""Links by which one person may answer one question: signed, and of no use for anything else.

A link is the question (proposal, team, revision, hash of the changes that were shown), whom it is
for and until when, and over all of it HMAC-SHA256. What is answered is not in it: that is chosen on
the page that it leads to. Membership and everything else is asked when it is used.
"""

import base64
import hashlib
import hmac
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

LABEL = b"tessera answer links v1"
"""What the keys are derived for."""
LASTS_LONGER = timedelta(days=7)
"""So long after the deadline a link still leads to a page that says what became of the question."""
LASTS_WITHOUT_DEADLINE = timedelta(days=30)

_FORM = 1
_BODY = struct.Struct(">B16s16s16sIq32s")
_SIGNATURE = hashlib.sha256().digest_size
_LONGEST = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerLink:
    """A question to a team, for one of its members."""

    proposal_id: UUID
    team_id: UUID
    user_id: UUID
    revision: int
    changes_hash: str
    """SHA-256 in hexadecimal."""
    expires_at: datetime


class AnswerLinks:
    """Signs with the first key; any of the keys is good enough for what was signed before."""

    def __init__(self, keys: Sequence[bytes] = ()) -> None:
        self._keys = tuple(keys)

    @property
    def usable(self) -> bool:
        """Whether there is a key; without one there are no such links."""
        return bool(self._keys)

    def sign(self, link: AnswerLink) -> str:
        """Return the text that stands in an address."""
        body = _BODY.pack(
            _FORM,
            link.proposal_id.bytes,
            link.team_id.bytes,
            link.user_id.bytes,
            link.revision,
            int(link.expires_at.timestamp()),
            bytes.fromhex(link.changes_hash),
        )
        signed = body + _signature(self._keys[0], body)
        return base64.urlsafe_b64encode(signed).rstrip(b"=").decode()

    def read(self, text: str) -> AnswerLink | None:
        """Return the link, though it may have expired; None if we have not signed it."""
        raw = _decoded(text)
        if len(raw) != _BODY.size + _SIGNATURE:
            return None
        body, signature = raw[: _BODY.size], raw[_BODY.size :]
        # Each key is tried, whichever fits: how long it takes tells nothing.
        fits = [hmac.compare_digest(_signature(key, body), signature) for key in self._keys]
        if not any(fits):
            return None
        form, proposal_id, team_id, user_id, revision, expires_at, changes = _BODY.unpack(body)
        if form != _FORM:
            return None
        return AnswerLink(
            proposal_id=UUID(bytes=proposal_id),
            team_id=UUID(bytes=team_id),
            user_id=UUID(bytes=user_id),
            revision=revision,
            changes_hash=changes.hex(),
            expires_at=datetime.fromtimestamp(expires_at, UTC),
        )


def expiry(due_at: datetime | None, now: datetime) -> datetime:
    """Return until when a link to a question works that is due then."""
    return now + LASTS_WITHOUT_DEADLINE if due_at is None else max(due_at, now) + LASTS_LONGER


def _signature(key: bytes, body: bytes) -> bytes:
    return hmac.new(key, body, hashlib.sha256).digest()


def _decoded(text: str) -> bytes:
    if len(text) > _LONGEST or not text.isascii():
        return b""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return b""
    # One link is one text: what differs in bits that do not count is another one.
    return raw if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() == text else b""
