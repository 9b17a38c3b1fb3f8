"""How much an event matters to those who receive it: what subscriptions filter by."""

from collections.abc import Mapping
from enum import StrEnum

from domain.events import EventType


class Severity(StrEnum):
    """From what is good to know to what somebody has to look at."""

    INFO = "info"
    """Nobody has to do anything."""
    WARNING = "warning"
    """Something breaks, or an answer is wanted or given."""
    CRITICAL = "critical"
    """Somebody is silent, overruled, or cannot be told."""

    def reaches(self, least: "Severity") -> bool:
        """Whether it is at least that."""
        return _ORDER.index(self) >= _ORDER.index(least)


_ORDER = tuple(Severity)

_CRITICAL = frozenset(
    {
        EventType.PROPOSAL_ESCALATED,
        *(EventType.ESCALATED_TO_OWNERS, EventType.ESCALATED_TO_FALLBACK),
        EventType.PARTY_UNREACHABLE,
        EventType.FORCE_REQUESTED,
        EventType.FORCE_RECORDED,
        EventType.STUCK,
        *(EventType.RETIREMENT_ESCALATED, EventType.MOVER_UNREACHABLE, EventType.RETIREMENT_STUCK),
        EventType.DESTINATION_DISABLED,
        EventType.OUTBOX_PARKED,
    }
)
_WARNING = frozenset(
    {
        *(EventType.PROPOSAL_OPENED, EventType.PROPOSAL_ASKED, EventType.PROPOSAL_REMINDED),
        *(EventType.CONSUMERS_TOLD, EventType.PARTIES_CHANGED, EventType.ACKNOWLEDGED),
        *(EventType.EXTENDED, EventType.REGISTRATION_REASSIGNED),
        EventType.DELEGATED,
        *(EventType.BASE_MOVED, EventType.REVISED, EventType.REOPENED),
        *(EventType.REVISION_RECORDED, EventType.ANSWER_CARRIED),
        *(EventType.OBJECTED, EventType.DOWNSTREAM_TOLD),
        *(EventType.CONFIRMATION_ASKED, EventType.PROPOSAL_APPROVED),
        *(EventType.PROPOSAL_PUBLISHED, EventType.PROPOSAL_REJECTED),
        *(EventType.PROPOSAL_WITHDRAWN, EventType.PROPOSAL_EXPIRED),
        *(EventType.RETIREMENT_SET, EventType.RETIREMENT_ASKED, EventType.RETIREMENT_REMINDED),
        *(EventType.MOVED, EventType.RETIREMENT_EXTENDED, EventType.CONTRACT_RETIRED),
    }
)
SEVERITIES: Mapping[EventType, Severity] = {
    **dict.fromkeys(EventType, Severity.INFO),
    **dict.fromkeys(_WARNING, Severity.WARNING),
    **dict.fromkeys(_CRITICAL, Severity.CRITICAL),
}
"""The severity of every kind of event."""
