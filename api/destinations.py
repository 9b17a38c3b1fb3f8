"""Destinations: where a team, a person and the server are told what happens, and of what."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import BeforeValidator, Field

from api.call import Call, May
from api.deliveries import DeliveryView, shown
from api.json_bodies import Body, Moment
from api.once import Answer, Key, answered
from api.routing import TesseraRoute
from api.views import View
from domain.authorization import Action, authorize
from domain.destinations import Destination, DestinationKind, Pace, Subscription
from domain.severity import Severity
from domain.timeline import parse_duration
from record import destination_secrets, destinations, lookup, pings, replays
from record.destination_secrets import OVERLAP
from record.destinations import Put, Wanted
from record.replays import REPLAYED_AT_ONCE, Replayed
from store.destinations import Owner
from store.transaction import Transaction

router = APIRouter(tags=["destinations"], route_class=TesseraRoute)

Reads = Annotated[Call, Depends(May(Action.READ_DESTINATION, "destinations"))]
Changes = Annotated[Call, Depends(May(Action.CHANGE_DESTINATION, "destinations"))]
Duration = Annotated[timedelta, BeforeValidator(parse_duration, json_schema_input_type=str)]

TEAMS = "/teams/{team_id}/destinations"
USERS = "/users/{user_id}/destinations"
SERVERS = "/server/destinations"
ONE = "/destinations/{destination_id}"


class SubscriptionBody(Body):
    """Which events are wanted: those that meet all that is said."""

    events: list[str] = Field(
        [],
        description="Types or patterns of them; none means every one.",
        examples=[["proposal.*", "contract.published"]],
    )
    assets: list[str] = Field(
        [],
        description="Patterns of FQNs; none means every one, and what is about no asset.",
        examples=[["orders.*"]],
    )
    severity: Severity = Field(Severity.INFO, description="At least this.")

    def value(self) -> Subscription:
        """Return the domain value."""
        return Subscription(
            events=tuple(self.events), assets=tuple(self.assets), severity=self.severity
        )


class DestinationBody(Body):
    """Where to tell, and what. What is left out is as it is by default, but for the secret."""

    kind: DestinationKind = DestinationKind.WEBHOOK
    address: str | None = Field(
        None,
        description="A URL, a Slack channel's id, or an e-mail address. Left out for a person, who "
        "is told where their own e-mail address leads.",
        examples=["https://hooks.example.com/tessera"],
    )
    secret: str | None = Field(
        None,
        description="Signs what a webhook is sent (Standard Webhooks). Left out, the one it has "
        "stays; a new webhook gets one.",
    )
    subscription: SubscriptionBody | None = Field(
        None, description="Left out: everything; for a person, what is `warning` and above."
    )
    pace: Pace | None = Field(
        None,
        description="`at_once`, `digest` (once a day), `off`, or for a person `auto`: at once what "
        "no channel of their teams takes at once, the rest in the digest. A reminder near a "
        "deadline always goes out.",
    )

    def wanted(self) -> Wanted:
        """Return the domain value."""
        return Wanted(
            kind=self.kind,
            address=self.address,
            secret=self.secret,
            subscription=None if self.subscription is None else self.subscription.value(),
            pace=self.pace,
        )


class SecretRotationBody(Body):
    """How a secret is replaced."""

    overlap: Duration = Field(
        OVERLAP,
        description="For how long both sign: seconds, `36h`, `7d` or ISO 8601; `0s` is none.",
    )


class ReplayBody(Body):
    """Which failed deliveries are made again."""

    since: Moment = Field(description="Those made at this time or later.")


class SubscriptionView(View):
    """Which events are wanted."""

    events: list[str]
    assets: list[str]
    severity: Severity

    @classmethod
    def of(cls, subscription: Subscription) -> "SubscriptionView":
        """Return the view of a subscription."""
        return cls(
            events=list(subscription.events),
            assets=list(subscription.assets),
            severity=subscription.severity,
        )


class DestinationView(View):
    """Where somebody is told; with neither team nor user the server."""

    id: UUID
    team_id: UUID | None
    user_id: UUID | None
    kind: DestinationKind
    name: str
    address: str | None
    secret: str | None = Field(
        description="Shown in the one answer for which it was made, and null in all others."
    )
    subscription: SubscriptionView
    pace: Pace
    overlap_until: datetime | None = Field(
        description="Until then the secret before the present one signs too."
    )
    disabled_at: datetime | None = Field(
        description="Set when it kept failing; setting it again enables it."
    )
    created_at: datetime

    @classmethod
    def of(cls, destination: Destination, secret: str | None = None) -> "DestinationView":
        """Return the view of a destination, with a secret that was made just now."""
        return cls(
            id=destination.id,
            team_id=destination.team_id,
            user_id=destination.user_id,
            kind=destination.kind,
            name=destination.name,
            address=destination.address,
            secret=secret,
            subscription=SubscriptionView.of(destination.subscription),
            pace=destination.pace,
            overlap_until=destination.overlap_until,
            disabled_at=destination.disabled_at,
            created_at=destination.created_at,
        )


class DestinationsView(View):
    """Everything that an owner has, by name."""

    items: list[DestinationView]


class ReplayedView(View):
    """What is sent again."""

    replayed: int
    remaining: int = Field(
        description=f"What failed and is left: one request sends {REPLAYED_AT_ONCE} again."
    )


# --- a team's, a person's, the server's -----------------------------------------------------------


async def _listed(call: Call, owner: Owner) -> DestinationsView:
    authorize(call.principal, Action.READ_DESTINATION, destinations.resource_of(owner))
    found = await destinations.of_owner(call.resources.database, owner)
    return DestinationsView(items=[DestinationView.of(each) for each in found])


async def _shown(call: Call, owner: Owner, name: str) -> DestinationView:
    authorize(call.principal, Action.READ_DESTINATION, destinations.resource_of(owner))
    return DestinationView.of(await destinations.named(call.resources.database, owner, name))


async def _put(call: Call, owner: Owner, name: str, body: DestinationBody) -> DestinationView:
    put = await destinations.put(call.resources.database, call.caller, owner, name, body.wanted())
    return DestinationView.of(put.destination, put.made_secret)


async def _removed(call: Call, owner: Owner, name: str) -> None:
    await destinations.remove(call.resources.database, call.caller, owner, name)


@router.get(TEAMS, summary="List a team's destinations")
async def list_team_destinations(call: Reads, team_id: UUID) -> DestinationsView:
    """For members of the team: many an address is a secret itself."""
    return await _listed(call, Owner(team_id))


@router.get(f"{TEAMS}/{{name}}", summary="Get a team's destination")
async def get_team_destination(call: Reads, team_id: UUID, name: str) -> DestinationView:
    """Without its secret."""
    return await _shown(call, Owner(team_id), name)


@router.put(f"{TEAMS}/{{name}}", summary="Set a team's destination")
async def put_team_destination(
    call: Changes, team_id: UUID, name: str, body: DestinationBody
) -> DestinationView:
    """Replaces the one of the name and enables it again. A secret that is made is shown here."""
    return await _put(call, Owner(team_id), name, body)


@router.delete(f"{TEAMS}/{{name}}", status_code=204, summary="Remove a team's destination")
async def remove_team_destination(call: Changes, team_id: UUID, name: str) -> None:
    """Removing what is not there is no error."""
    await _removed(call, Owner(team_id), name)


@router.get(USERS, summary="List a person's destinations")
async def list_user_destinations(call: Reads, user_id: UUID) -> DestinationsView:
    """How somebody is told in person: for themselves and administrators."""
    return await _listed(call, Owner(user_id=user_id))


@router.get(f"{USERS}/{{name}}", summary="Get a person's destination")
async def get_user_destination(call: Reads, user_id: UUID, name: str) -> DestinationView:
    """Every person has one called `email` from the start."""
    return await _shown(call, Owner(user_id=user_id), name)


@router.put(f"{USERS}/{{name}}", summary="Set a person's destination")
async def put_user_destination(
    call: Changes, user_id: UUID, name: str, body: DestinationBody
) -> DestinationView:
    """`email` or `slack`, without an address; `pace` and `subscription` are the preferences."""
    return await _put(call, Owner(user_id=user_id), name, body)


@router.delete(f"{USERS}/{{name}}", status_code=204, summary="Remove a person's destination")
async def remove_user_destination(call: Changes, user_id: UUID, name: str) -> None:
    """Removing what is not there is no error."""
    await _removed(call, Owner(user_id=user_id), name)


@router.get(SERVERS, summary="List the server's destinations")
async def list_server_destinations(call: Reads) -> DestinationsView:
    """For administrators. They receive every event that reaches anybody."""
    return await _listed(call, Owner())


@router.get(f"{SERVERS}/{{name}}", summary="Get a destination of the server")
async def get_server_destination(call: Reads, name: str) -> DestinationView:
    """The one called `webhook` is what the setting WEBHOOK_URL says."""
    return await _shown(call, Owner(), name)


@router.put(f"{SERVERS}/{{name}}", summary="Set a destination of the server")
async def put_server_destination(
    call: Changes, name: str, body: DestinationBody
) -> DestinationView:
    """For administrators. The one called `webhook` is a `conflict`: it belongs to the settings."""
    return await _put(call, Owner(), name, body)


@router.delete(f"{SERVERS}/{{name}}", status_code=204, summary="Remove a destination of the server")
async def remove_server_destination(call: Changes, name: str) -> None:
    """Removing what is not there is no error."""
    await _removed(call, Owner(), name)


# --- one by its id --------------------------------------------------------------------------------


@router.get(ONE, summary="Get a destination by its id")
async def get_destination(call: Reads, destination_id: UUID) -> DestinationView:
    """Whosever it is."""

    async def work(tx: Transaction) -> Destination:
        found = await tx.destinations.get(destination_id)
        return lookup.found(found, "destination", destination_id)

    found = await call.resources.database.read(work)
    authorize(call.principal, Action.READ_DESTINATION, destinations.resource_of_one(found))
    return DestinationView.of(found)


@router.post(
    f"{ONE}/ping", status_code=202, response_model=DeliveryView, summary="Try a destination"
)
async def ping_destination(call: Changes, key: Key, destination_id: UUID) -> Response:
    """Sends `destination.pinged` there and nowhere else; the answer is its delivery."""
    answer = await answered(
        call, key, lambda once: pings.ping(once, call.caller, destination_id), shown
    )
    return answer.response()


@router.post(
    f"{ONE}/rotate-secret", response_model=DestinationView, summary="Replace a webhook's secret"
)
async def rotate_destination_secret(
    call: Changes, key: Key, destination_id: UUID, body: SecretRotationBody | None = None
) -> Response:
    """A new secret, shown here and never again; the one before signs too during the overlap."""
    overlap = OVERLAP if body is None else body.overlap

    async def render(_tx: Transaction, put: Put) -> Answer:
        shown, kept = (DestinationView.of(put.destination, it) for it in (put.made_secret, None))
        return Answer(status=200, body=shown.model_dump_json(), kept_body=kept.model_dump_json())

    answer = await answered(
        call,
        key,
        lambda once: destination_secrets.rotate(once, call.caller, destination_id, overlap=overlap),
        render,
    )
    return answer.response()


@router.post(
    f"{ONE}/replay",
    status_code=202,
    response_model=ReplayedView,
    summary="Send what failed again",
)
async def replay_failed_deliveries(
    call: Changes, key: Key, destination_id: UUID, body: ReplayBody
) -> Response:
    """All that failed since a time and was not sent again, the oldest first."""

    async def render(_tx: Transaction, made: Replayed) -> Answer:
        view = ReplayedView(replayed=made.replayed, remaining=made.remaining)
        return Answer(status=202, body=view.model_dump_json())

    answer = await answered(
        call,
        key,
        lambda once: replays.replay_failed(once, call.caller, destination_id, body.since),
        render,
    )
    return answer.response()
