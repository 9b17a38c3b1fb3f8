"""An example of every body that a webhook receives, made as the real ones are."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from domain.events import PROVEN, Cursor, Event, EventType
from domain.json_types import JsonObject
from notify.example_callers import caller_of
from notify.messages import About, Message, webhook_body
from notify.retirement_examples import OF_RETIREMENTS
from notify.said_examples import SAID

_AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
_DUE = "2026-03-15T09:00:00+00:00"
_BREAKS = ["`email` is removed."]
_OPENED: JsonObject = {
    "status": "pending",
    "cause": None,
    "revision": 1,
    "version": "2.0.0",
    "base_version": "1.4.0",
    "base_moved": False,
    "content_hash": "9f2c1e",
    "confirmation_asked": False,
    "confirmed_base": None,
    "withdrawn": False,
    "cancelled": False,
    "force_requested": False,
    "forced": False,
    "publish_requested": False,
    "extended_by": "PT0S",
    "publish_at": None,
    "stuck": None,
}
_CHANGES: list[JsonObject] = [
    {
        "kind": "field_removed",
        "path": "email",
        "before": "string",
        "after": None,
        "breaks_backward": True,
        "breaks_forward": False,
        "undecided": False,
        "sentence": "`email` is removed.",
        "also": [],
        "witness": {
            "instance": {"id": 1, "email": "a@example.com"},
            "direction": "backward",
            "valid_before": True,
            "valid_after": False,
        },
        "suggestion": None,
    }
]


def _id(number: int) -> str:
    return str(UUID(f"0198c0de-0000-7000-8000-{number:012}"))


def _notice(ordinal: int) -> JsonObject:
    return {
        "revision": 1,
        "ordinal": ordinal,
        "reason": "reads `email`",
        "breaking": _BREAKS,
        "due_at": _DUE,
    }


def _decided(status: str, cause: str, *pending: str) -> JsonObject:
    return {
        "status": status,
        "cause": cause,
        "version": "2.0.0",
        "revision": 1,
        "pending": list(pending),
        "before": {"status": "pending", "cause": None},
        "after": {"status": status, "cause": cause},
    }


def _rebased(reopened: bool) -> JsonObject:
    changed = {"revision": 2, "base_version": "1.5.0", "base_moved": False}
    was = {"revision": 1, "base_version": "1.4.0", "base_moved": True}
    status = ({"status": "approved"}, {"status": "pending"}) if reopened else ({}, {})
    return {
        "revision": 2,
        "base_version": "1.5.0",
        "before": {**status[0], **was},
        "after": {**status[1], **changed},
    }


_HOOK: JsonObject = {
    "destination_id": _id(6),
    "user_id": None,
    "kind": "webhook",
    "name": "webhook",
}
_REGISTERED: JsonObject = {
    "id": _id(10),
    "fields": ["email"],
    "pinned_version": None,
    "used_by": [],
}
_READY: JsonObject = {"response": "approved", "note": None, "until": None, "revision": 1}
_LATER: JsonObject = {
    "response": "migrating",
    "note": "After the spring sale.",
    "until": "2026-03-10T00:00:00+00:00",
    "revision": 1,
}

Example = tuple[str, JsonObject]
_WHAT = "orders.customers 2.0.0"
_SILENT = f"marketing is silent about {_WHAT}"
EXAMPLES: Mapping[EventType, Example] = {
    EventType.ASSET_REASSIGNED: (
        "orders.customers in production goes from checkout to orders.",
        {
            "before": {"owner_team_id": _id(7), "owner": "checkout"},
            "after": {"owner_team_id": _id(8), "owner": "orders"},
        },
    ),
    EventType.ASSET_DELETED: (
        "orders.customers in production is deleted.",
        {"before": {"deleted": False}, "after": {"deleted": True}},
    ),
    EventType.ASSET_RESTORED: (
        "orders.customers in production is restored.",
        {"before": {"deleted": True}, "after": {"deleted": False}},
    ),
    EventType.DESTINATION_DISABLED: (
        "marketing is told at hooks.example.com no more: answered 410.",
        {
            **_HOOK,
            "error": "answered 410",
            "before": {"disabled": False},
            "after": {"disabled": True},
        },
    ),
    EventType.DESTINATION_PINGED: (
        "A test: marketing is told at hooks.example.com.",
        _HOOK,
    ),
    EventType.CONTRACT_PUBLISHED: (
        f"{_WHAT} is published.",
        {
            "contract_id": _id(5),
            "version": "2.0.0",
            "replaces": "1.4.0",
            "before": {"active_version": "1.4.0"},
            "after": {"active_version": "2.0.0", "content_hash": "9f2c1e"},
        },
    ),
    EventType.CONSUMERS_TOLD: (
        "1 team is told what changes in orders.customers 2.0.0.",
        {
            "version": "2.0.0",
            "told": [{"team_id": _id(2), "reason": "registered", "breaking": _BREAKS}],
        },
    ),
    EventType.REGISTRATION_REASSIGNED: (
        "growth reads orders.customers in the place of marketing.",
        {
            "reason": "The campaigns moved.",
            "before": {"team_id": _id(2), "team": "marketing", "registration": _REGISTERED},
            "after": {"team_id": _id(9), "team": "growth", "registration": _REGISTERED},
        },
    ),
    EventType.PROPOSAL_OPENED: (
        f"{_WHAT} is proposed: 1 breaking change.",
        {
            "version": "2.0.0",
            "base_version": "1.4.0",
            "breaking": _BREAKS,
            "asked": [_id(2)],
            "before": None,
            "after": _OPENED,
        },
    ),
    EventType.PROPOSAL_ASKED: (f"marketing is asked about {_WHAT}.", _notice(1)),
    EventType.PROPOSAL_REMINDED: (f"marketing is reminded of {_WHAT}.", _notice(2)),
    EventType.PROPOSAL_ESCALATED: (
        f"marketing has not settled {_WHAT}: escalated.",
        _notice(1),
    ),
    EventType.ESCALATED_TO_OWNERS: (f"{_SILENT}: escalated to bob.", _notice(1)),
    EventType.ESCALATED_TO_FALLBACK: (f"{_SILENT}: escalated to platform.", _notice(1)),
    EventType.PARTY_UNREACHABLE: (f"marketing cannot be reached about {_WHAT}.", _notice(1)),
    EventType.DELEGATED: (
        f"marketing hands its answer about {_WHAT} to bob.",
        {
            **{name: value for name, value in _notice(1).items() if name != "ordinal"},
            "before": {"delegate": None, "delegate_id": None},
            "after": {"delegate": "bob", "delegate_id": _id(3)},
        },
    ),
    EventType.ACKNOWLEDGED: (
        f"marketing answers ready to {_WHAT}.",
        {**_READY, "changes_hash": "51b0aa", "before": _LATER, "after": _READY},
    ),
    EventType.EXTENDED: (
        f"The proposal {_WHAT} is given more time by alice@example.com.",
        {
            "reason": "The holidays.",
            "before": {"extended_by": "PT0S"},
            "after": {"extended_by": "P7D"},
        },
    ),
    EventType.FORCE_REQUESTED: (
        f"The proposal {_WHAT} is to be forced, once a second person says so, as asked by "
        "alice@example.com.",
        {
            "reason": "Deleted by order of the court.",
            "before": {"force_requested": False},
            "after": {"force_requested": True},
        },
    ),
    EventType.FORCE_RECORDED: (
        f"The proposal {_WHAT} is forced by alice@example.com.",
        {
            "reason": "Deleted by order of the court.",
            "before": {"forced": False},
            "after": {"forced": True},
        },
    ),
    EventType.BASE_MOVED: (
        "orders.customers 1.5.0 is published while 2.0.0 is proposed.",
        {
            "base_version": "1.4.0",
            "active_version": "1.5.0",
            "before": {"base_moved": False},
            "after": {"base_moved": True},
        },
    ),
    EventType.REVISED: (f"The proposal {_WHAT} is now against 1.5.0.", _rebased(False)),
    EventType.REOPENED: (f"The proposal {_WHAT} is open again against 1.5.0.", _rebased(True)),
    **SAID,
    EventType.CONFIRMATION_ASKED: (
        f"Publishing {_WHAT} would now also break what nobody was asked about; its producer has "
        "to confirm.",
        {
            "breaking": _BREAKS,
            "before": {"confirmation_asked": False},
            "after": {"confirmation_asked": True},
        },
    ),
    EventType.PROPOSAL_APPROVED: (
        f"{_WHAT} is approved (all approved).",
        _decided("approved", "all_approved"),
    ),
    EventType.PROPOSAL_PUBLISHED: (
        f"{_WHAT} is published (all approved).",
        _decided("published", "all_approved"),
    ),
    EventType.PROPOSAL_REJECTED: (
        f"{_WHAT} is rejected (blocked).",
        _decided("rejected", "blocked", "marketing"),
    ),
    EventType.PROPOSAL_WITHDRAWN: (
        f"{_WHAT} is withdrawn (withdrawn).",
        _decided("withdrawn", "withdrawn", "marketing"),
    ),
    EventType.PROPOSAL_EXPIRED: (
        f"{_WHAT} is expired (silence).",
        _decided("expired", "silence", "marketing"),
    ),
    EventType.STUCK: (
        "A proposal is stuck: the comparison takes too much memory.",
        {
            "error": "the comparison takes too much memory",
            "before": {"stuck": None},
            "after": {"stuck": "the comparison takes too much memory"},
        },
    ),
    EventType.UNSTUCK: (
        "A proposal is not stuck any more.",
        {
            "error": "the comparison takes too much memory",
            "before": {"stuck": "the comparison takes too much memory"},
            "after": {"stuck": None},
        },
    ),
    EventType.OUTBOX_PARKED: (
        "Temporal refused a delivery's wake for good: the namespace is not there.",
        {"outbox_id": 17, "kind": "delivery", "error": "the namespace is not there"},
    ),
    **OF_RETIREMENTS,
}
"""Of each type that is sent: its sentence, and what stands in `data.details`."""


def example_of(type_: EventType, public_url: str) -> JsonObject:
    """Return a body of this type, which is one of `SENT`, as a server at this address sends it."""
    example: JsonObject = json.loads(webhook_body(_message(type_), public_url))
    return example


def digest_example(public_url: str) -> JsonObject:
    """Return the body of a digest."""
    first, other = _message(EventType.PROPOSAL_ASKED), _message(EventType.CONSUMERS_TOLD)
    example: JsonObject = json.loads(webhook_body(replace(first, carried=(other,)), public_url))
    return example


def _message(type_: EventType) -> Message:
    summary, details = EXAMPLES[type_]
    of_proposal = type_.value.startswith("proposal.")
    of_asset = of_proposal or type_.value.startswith(("asset.", "contract.", "retirement."))
    event = Event(
        id=UUID(_id(1)),
        cursor=Cursor(700, 41),
        type=type_,
        caller=caller_of(type_),
        summary=summary,
        asset_id=UUID(_id(3)) if of_asset else None,
        proposal_id=UUID(_id(4)) if of_proposal else None,
        team_id=None if type_ is EventType.OUTBOX_PARKED else UUID(_id(2)),
        payload=details,
        at=_AT,
    )
    about = About(
        asset_fqn="orders.customers" if of_asset else None,
        environment="production" if of_asset else None,
        producer="checkout" if of_asset else None,
        status=details.get("status", "pending") if of_proposal else None,
        version="2.0.0" if of_proposal else None,
    )
    changes = _CHANGES if type_ in PROVEN else None
    return Message(event=event, about=about, changes=changes)
