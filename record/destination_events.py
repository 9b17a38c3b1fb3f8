"""What the log says of a destination: where it leads, without what may be a secret."""

import hashlib
from urllib.parse import urlsplit

from domain.actors import Caller
from domain.destinations import Destination, DestinationKind
from domain.events import EventType, NewEvent
from domain.json_types import JsonObject
from domain.teams import Team
from domain.users import User


def told(
    caller: Caller,
    whose: Team | User | None,
    before: Destination | None,
    after: Destination | None,
) -> NewEvent:
    """Return the event that tells what became of a destination."""
    destination = after or before
    assert destination is not None
    verb = "is no longer told at" if after is None else "is told at"
    return NewEvent(
        type=EventType.DESTINATION_REMOVED if after is None else EventType.DESTINATION_SET,
        caller=caller,
        summary=f"{name_of(whose)} {verb} {place_of(destination)}.",
        team_id=destination.team_id,
        payload={
            **named_in_log(destination),
            "host": _host(destination),
            "before": _to_wire(before),
            "after": _to_wire(after),
            "secret_replaced": before is not None
            and after is not None
            and before.secret != after.secret,
        },
    )


def named_in_log(destination: Destination) -> JsonObject:
    """Return which destination an event is about."""
    return {
        "destination_id": str(destination.id),
        "user_id": None if destination.user_id is None else str(destination.user_id),
        "kind": destination.kind.value,
        "name": destination.name,
    }


def name_of(whose: Team | User | None) -> str:
    """Return what the owner is called."""
    return "The server" if whose is None else whose.name


def place_of(destination: Destination) -> str:
    """Return where it leads, without what may be a secret or somebody's address."""
    if destination.kind is DestinationKind.WEBHOOK:
        return str(_host(destination))
    if destination.kind is DestinationKind.SLACK:
        return "Slack"
    return "an e-mail address"


def _host(destination: Destination) -> str | None:
    if destination.kind is not DestinationKind.WEBHOOK:
        return None
    return urlsplit(destination.address or "").hostname


def _to_wire(destination: Destination | None) -> JsonObject | None:
    """Return what the log keeps. Addresses hold keys often, so of one only a digest is kept."""
    if destination is None:
        return None
    address, subscription = destination.address, destination.subscription
    return {
        "host": _host(destination),
        "address_sha256": None if address is None else hashlib.sha256(address.encode()).hexdigest(),
        "events": list(subscription.events),
        "assets": list(subscription.assets),
        "severity": subscription.severity.value,
        "pace": destination.pace.value,
        "disabled": destination.disabled_at is not None,
    }
