"""Destinations: where a team, a person and the server are told what happens, and of what."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from api.call import Call, May
from api.deliveries import DeliveryView, shown
from api.destination_views import (
    DestinationBody,
    DestinationsView,
    DestinationView,
    ReplayBody,
    ReplayedView,
    SecretRotationBody,
)
from api.once import Answer, Key, answered
from api.routing import TesseraRoute
from domain.authorization import authorize
from domain.destinations import Destination
from domain.permissions import Action
from record import destination_secrets, destinations, lookup, pings, replays
from record.destination_secrets import OVERLAP
from record.destinations import Put
from record.replays import Replayed
from store.destinations import Owner
from store.transaction import Transaction

router = APIRouter(tags=["destinations"], route_class=TesseraRoute)

Reads = Annotated[Call, Depends(May(Action.READ_DESTINATION, "destinations"))]
Changes = Annotated[Call, Depends(May(Action.CHANGE_DESTINATION, "destinations"))]

TEAMS = "/teams/{team_id}/destinations"
USERS = "/users/{user_id}/destinations"
SERVERS = "/server/destinations"
ONE = "/destinations/{destination_id}"


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
async def get_team_destinations(call: Reads, team_id: UUID) -> DestinationsView:
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
async def get_user_destinations(call: Reads, user_id: UUID) -> DestinationsView:
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
async def get_server_destinations(call: Reads) -> DestinationsView:
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
    """All that was given up since a time and not sent again, the oldest first.

    People get one message of it.
    """

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
