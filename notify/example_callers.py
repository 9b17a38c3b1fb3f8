"""Who brings about what the examples of events tell."""

from domain.actors import SERVER, WORKFLOW, Actor, ActorKind, Caller, Origin
from domain.events import EventType

_ALICE = Caller(
    actor=Actor(kind=ActorKind.PERSON, name="alice@example.com", id=None), origin=Origin.API
)
_BY_PEOPLE = frozenset(
    {
        *(EventType.ASSET_REASSIGNED, EventType.ASSET_DELETED, EventType.ASSET_RESTORED),
        *(EventType.DESTINATION_PINGED, EventType.PROPOSAL_OPENED, EventType.ACKNOWLEDGED),
        *(EventType.FORCE_RECORDED, EventType.CONTRACT_PUBLISHED, EventType.CONSUMERS_TOLD),
        *(EventType.FORCE_REQUESTED, EventType.EXTENDED, EventType.REGISTRATION_REASSIGNED),
        *(EventType.MOVED, EventType.RETIREMENT_EXTENDED, EventType.RETIREMENT_SET),
    }
)
_BY_SERVER = frozenset(
    {
        *(EventType.DESTINATION_DISABLED, EventType.STUCK, EventType.UNSTUCK),
        *(EventType.RETIREMENT_STUCK, EventType.RETIREMENT_UNSTUCK),
        EventType.OUTBOX_PARKED,
    }
)


def caller_of(type_: EventType) -> Caller:
    """Return who the example of this type comes from."""
    if type_ in _BY_PEOPLE:
        return _ALICE
    return SERVER if type_ in _BY_SERVER else WORKFLOW
