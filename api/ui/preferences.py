"""How one is told, on one's own page: at what pace, and of what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Response
from fastapi.responses import RedirectResponse

from api.call import Call, May
from api.ui.entered import Entered, wrong
from api.ui.routing import PageRoute
from domain.destinations import (
    WHAT_CONCERNS_PEOPLE,
    Channels,
    Destination,
    DestinationKind,
    Pace,
)
from domain.permissions import Action
from domain.severity import Severity
from record import destinations
from record.destinations import Wanted
from store.destinations import Owner

ACCOUNT = "/account"
router = APIRouter(route_class=PageRoute, include_in_schema=False)

CHANNEL = {DestinationKind.EMAIL: "E-mail", DestinationKind.SLACK: "Slack"}
PACES: Mapping[Pace, str] = {
    Pace.AT_ONCE: "At once; if much happens at once, together",
    Pace.AUTO: "At once what no channel of my team is told, the rest once a day",
    Pace.DIGEST: "Once a day, together",
    Pace.OFF: "Not at all, but for reminders near a deadline",
}
SEVERITIES: Mapping[Severity, str] = {
    Severity.INFO: "Everything",
    Severity.WARNING: "What breaks, what waits for an answer, what is decided",
    Severity.CRITICAL: "Only silence, force and what cannot be delivered",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """How one is told by one channel."""

    kind: DestinationKind
    channel: str
    pace: Pace
    severity: Severity
    disabled: bool
    """Whether nothing is sent since the address does not take it; to save it tries again."""

    @classmethod
    def of(cls, kind: DestinationKind, destination: Destination | None) -> Self:
        """Return what stands; who has no destination of the kind is not told by it."""
        subscription = destination.subscription if destination else WHAT_CONCERNS_PEOPLE
        return cls(
            kind=kind,
            channel=CHANNEL[kind],
            pace=destination.pace if destination else Pace.OFF,
            severity=subscription.severity,
            disabled=destination is not None and destination.disabled_at is not None,
        )


def preferences(own: Sequence[Destination], channels: Channels) -> list[Preference]:
    """Return a preference for each channel by which this server tells people."""
    named = {each.name: each for each in own}
    return [
        Preference.of(kind, named.get(kind.value)) for kind in CHANNEL if kind in channels.kinds
    ]


@router.post(f"{ACCOUNT}/told")
async def set_preference(
    call: Annotated[Call, Depends(May(Action.CHANGE_DESTINATION, "destinations"))],
) -> Response:
    """Say how one is told by one channel."""
    entered = await Entered.read(call.request, "told")
    kind, pace, severity = _chosen(entered)
    user_id = call.principal.user_id
    if user_id is None or kind not in call.resources.channels.kinds:
        raise wrong("kind", "This server does not tell you by that.")
    owner, database = Owner(user_id=user_id), call.resources.database
    own = await destinations.of_owner(database, owner)
    before = next((each for each in own if each.name == kind.value), None)
    subscription = before.subscription if before else WHAT_CONCERNS_PEOPLE
    wanted = Wanted(kind=kind, pace=pace, subscription=replace(subscription, severity=severity))
    await destinations.put(database, call.caller, owner, kind.value, wanted)
    return RedirectResponse(f"{ACCOUNT}?said=told#told", 303)


def _chosen(entered: Entered) -> tuple[DestinationKind, Pace, Severity]:
    values = entered.values
    try:
        kind = DestinationKind(values.get("kind", ""))
        pace, severity = Pace(values.get("pace", "")), Severity(values.get("severity", ""))
    except ValueError:
        raise wrong("pace", "Choose how and of what you are told.") from None
    if kind not in CHANNEL:
        raise wrong("kind", "A person is told by e-mail or Slack.")
    return kind, pace, severity
