"""Examples of what is said about a proposal besides answers and decisions."""

from collections.abc import Mapping

from domain.events import EventType
from domain.json_types import JsonObject

_WHAT = "orders.customers 2.0.0"
_TEAM, _OTHER, _SAID = (f"0198c0de-0000-7000-8000-{number:012}" for number in (2, 7, 9))
_READY: JsonObject = {"response": "approved", "note": None, "until": None, "revision": 1}
_BREAKS = ["`email` is removed."]
SAID: Mapping[EventType, tuple[str, JsonObject]] = {
    EventType.REVISION_RECORDED: (
        f"The proposal {_WHAT} is revised by alice@example.com.",
        {
            "revision": 2,
            "version": "2.0.0",
            "base_version": "1.4.0",
            "breaking": _BREAKS,
            "asked": [_TEAM],
            "kept": [],
            "released": [_OTHER],
            "before": {"revision": 1, "content_hash": "9f2c1e"},
            "after": {"revision": 2, "content_hash": "c07d55"},
        },
    ),
    EventType.ANSWER_CARRIED: (
        "marketing answered ready to the same changes before; that counts for 2.0.0 too.",
        {
            **_READY,
            "changes_hash": "51b0aa",
            "from_proposal_id": _SAID,
            "answered_at": "2026-02-20T09:00:00+00:00",
            "answered_by": "bob@example.com",
            "before": None,
            "after": _READY,
        },
    ),
    EventType.COMMENTED: (
        f"marketing comments on {_WHAT}.",
        {
            "comment_id": _SAID,
            "thread_id": _SAID,
            "reply_to": None,
            "text": "We drop the column next week.",
            "before": None,
            "after": {"text": "We drop the column next week."},
        },
    ),
    EventType.OBJECTED: (
        f"finance objects to {_WHAT}.",
        {
            "objection_id": _SAID,
            "reason": "The monthly report is made of it.",
            "assets": ["reports.monthly"],
            "before": None,
            "after": {"reason": "The monthly report is made of it."},
        },
    ),
    EventType.DOWNSTREAM_TOLD: (
        f"1 team is told of {_WHAT}, of which assets of theirs are made.",
        {
            "version": "2.0.0",
            "breaking": _BREAKS,
            "told": [{"team_id": _OTHER, "assets": ["reports.monthly"]}],
        },
    ),
}
