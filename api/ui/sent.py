"""What was sent of a proposal's events, for those who may see where a destination leads."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from api.call import Call
from api.deliveries import DeliveryView
from api.ui import words
from domain.deliveries import Delivery, DeliveryStatus
from domain.destinations import Destination
from domain.events import Event
from domain.permissions import Action
from store.transaction import Transaction

SHOWN = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryLine:
    """One event to one destination, as the page shows it."""

    view: DeliveryView
    whose: str
    """The team or the person that is told; empty for the server's own destinations."""

    @property
    def again(self) -> bool:
        """Whether it is a replay."""
        return self.view.ordinal > 0

    @property
    def state(self) -> str:
        """How it stands: one that was tried and is still on its way is `failing`."""
        trying = self.view.status is DeliveryStatus.PENDING and self.view.last_error
        return "failing" if trying else self.view.status.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What was sent of one thing that happened."""

    lines: Sequence[DeliveryLine]

    @property
    def summary(self) -> str:
        """How it stands, in words: `Sent to 3 destinations: 2 delivered, 1 failing`."""
        counts = Counter(words.DELIVERY[each.state] for each in self.lines)
        states = ", ".join(f"{count} {state.lower()}" for state, count in counts.items())
        return f"To {words.counted(len(self.lines), 'destination')}: {states}"

    @property
    def troubled(self) -> bool:
        """Whether something does not arrive."""
        return any(each.state in ("failing", "failed") for each in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliveries:
    """Those of the events that may be seen, by event."""

    by_event: Mapping[UUID, Sequence[DeliveryLine]]
    more: bool
    """Whether there are others, of older events."""

    def of(self, event_ids: Sequence[UUID]) -> Sent | None:
        """Return what was sent of these events, if anything was."""
        lines = [line for each in event_ids for line in self.by_event.get(each, ())]
        return Sent(lines=lines) if lines else None


async def deliveries(tx: Transaction, call: Call, events: Sequence[Event]) -> Deliveries:
    """Return what was sent of these events to one's teams and oneself; administrators see all."""
    principal = call.principal
    seen_by = (principal.teams_for(Action.READ_DESTINATION), principal.user_id)
    if not principal.may_all and not any(seen_by):
        return Deliveries(by_event={}, more=False)
    by_id = {event.id: event for event in events}
    found = await tx.delivery_history.of_events(
        by_id, SHOWN + 1, None if principal.may_all else seen_by
    )
    shown = found[:SHOWN]
    places = await tx.destinations.by_id({each.destination_id for each in shown}) if shown else {}
    names = await _names(tx, places.values())
    return Deliveries(by_event=_by_event(shown, places, by_id, names), more=len(found) > len(shown))


def _by_event(
    found: Sequence[Delivery],
    places: Mapping[UUID, Destination],
    events: Mapping[UUID, Event],
    names: Mapping[UUID, str],
) -> Mapping[UUID, Sequence[DeliveryLine]]:
    lines: dict[UUID, list[DeliveryLine]] = defaultdict(list)
    for each in found:
        place = places[each.destination_id]
        whose = place.team_id or place.user_id
        lines[each.event_id].insert(
            0,
            DeliveryLine(
                view=DeliveryView.of(each, place, events[each.event_id]),
                whose="" if whose is None else names.get(whose, ""),
            ),
        )
    return lines


async def _names(tx: Transaction, places: Collection[Destination]) -> Mapping[UUID, str]:
    teams = {each.team_id for each in places if each.team_id is not None}
    users = {each.user_id for each in places if each.user_id is not None}
    found = await tx.teams.by_id(teams) if teams else {}
    return {
        **{team.id: team.name for team in found.values()},
        **(await tx.users.names(users) if users else {}),
    }
