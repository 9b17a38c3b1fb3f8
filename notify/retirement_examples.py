"""Examples of what is sent about the end of an old version."""

from collections.abc import Mapping

from domain.events import EventType
from domain.json_types import JsonObject

_OLD: JsonObject = {"contract_id": "0198c0de-0000-7000-8000-000000000005", "version": "1.4.0"}
_MARKETING = "0198c0de-0000-7000-8000-000000000002"
_SUNSET = "2026-03-31T09:00:00+00:00"
_LONGER = "2026-04-20T09:00:00+00:00"
_WHAT = "orders.customers 1.4.0"
_SET: JsonObject = {
    "status": "open",
    "cause": None,
    "revision": 1,
    "sunset_at": _SUNSET,
    "stuck": None,
}


def _notice(ordinal: int) -> JsonObject:
    return {
        **_OLD,
        "revision": 1,
        "ordinal": ordinal,
        "reason": "reads `email`",
        "sunset_at": _SUNSET,
        "due_at": _SUNSET,
        "latest_until": "2026-06-29T09:00:00+00:00",
    }


def _says(note: str | None, **says: object) -> JsonObject:
    return {
        **_OLD,
        **says,
        "note": note,
        "before": {"moved": False, "until": None},
        "after": says,
    }


def _ended(status: str, cause: str) -> JsonObject:
    return {
        "before": {"status": "open", "cause": None},
        "after": {"status": status, "cause": cause},
    }


def _stuck(before: str | None, after: str | None) -> JsonObject:
    error = "the disk is full"
    return {**_OLD, "error": error, "before": {"stuck": before}, "after": {"stuck": after}}


OF_RETIREMENTS: Mapping[EventType, tuple[str, JsonObject]] = {
    EventType.RETIREMENT_SET: (
        f"{_WHAT} is to be retired on 2026-03-31.",
        {
            **_OLD,
            "sunset_at": _SUNSET,
            "reason": None,
            "movers": [_MARKETING],
            "before": None,
            "after": _SET,
        },
    ),
    EventType.RETIREMENT_ASKED: (
        f"marketing is asked to move off {_WHAT} by 2026-03-31.",
        _notice(1),
    ),
    EventType.RETIREMENT_REMINDED: (
        f"marketing is reminded to move off {_WHAT} by 2026-03-31.",
        _notice(2),
    ),
    EventType.RETIREMENT_ESCALATED: (
        f"marketing is still on {_WHAT}, which ends on 2026-03-31.",
        _notice(1),
    ),
    EventType.MOVER_UNREACHABLE: (
        f"marketing cannot be reached about the end of {_WHAT}.",
        _notice(1),
    ),
    EventType.MOVED: (f"marketing has moved off {_WHAT}.", _says(None, moved=True, until=None)),
    EventType.RETIREMENT_EXTENDED: (
        f"marketing needs longer {_WHAT}.",
        _says("The spring sale runs until then.", moved=False, until=_LONGER),
    ),
    EventType.RETIREMENT_CANCELLED: (
        f"{_WHAT} is not retired; it stays deprecated.",
        {**_OLD, "reason": "A partner still needs it.", **_ended("cancelled", "cancelled")},
    ),
    EventType.CONTRACT_RETIRED: (
        f"{_WHAT} is retired.",
        {**_OLD, "still_on": ["marketing"], **_ended("retired", "sunset")},
    ),
    EventType.RETIREMENT_STUCK: (
        f"The retirement of {_WHAT} is stuck: the disk is full",
        _stuck(None, "the disk is full"),
    ),
    EventType.RETIREMENT_UNSTUCK: (
        f"The retirement of {_WHAT} is not stuck any more.",
        _stuck("the disk is full", None),
    ),
}
"""Of each type: its sentence, and what stands in `data.details`."""
