"""Where a team is told what happens: its webhook."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import Field

from api.call import Call, May
from api.json_bodies import Body
from api.routing import TesseraRoute
from api.views import View
from domain.authorization import Action, Resource, authorize
from domain.destinations import Destination
from record import destinations
from record.destinations import Wanted
from store.destinations import Owner

router = APIRouter(prefix="/teams/{team_id}/webhook", tags=["teams"], route_class=TesseraRoute)


class WebhookBody(Body):
    """Where to send a team's events."""

    url: str = Field(examples=["https://hooks.example.com/tessera"])
    secret: str | None = Field(
        None, description="Signs what is sent (Standard Webhooks). Left out, one is made."
    )


class WebhookView(View):
    """A team's webhook; the secret is shown only when it was made for this answer."""

    team_id: UUID
    url: str
    secret: str | None = None
    disabled_at: datetime | None = Field(
        description="Set when it kept failing; setting it again enables it."
    )
    created_at: datetime

    @classmethod
    def of(cls, team_id: UUID, destination: Destination, *, shows_secret: bool) -> "WebhookView":
        """Return the view of a webhook."""
        return cls(
            team_id=team_id,
            url=destination.address or "",
            secret=destination.secret if shows_secret else None,
            disabled_at=destination.disabled_at,
            created_at=destination.created_at,
        )


@router.put("", summary="Set a team's webhook")
async def set_team_webhook(
    call: Annotated[Call, Depends(May(Action.CHANGE_DESTINATION, "webhooks"))],
    team_id: UUID,
    body: WebhookBody,
) -> WebhookView:
    """Replaces the one before. Without a `secret` a new one is made and shown here, once."""
    put = await destinations.put(
        call.resources.database,
        call.caller,
        Owner(team_id),
        destinations.WEBHOOK,
        Wanted(address=body.url, secret=body.secret),
    )
    return WebhookView.of(team_id, put.destination, shows_secret=body.secret is None)


@router.get("", summary="Get a team's webhook")
async def get_team_webhook(
    call: Annotated[Call, Depends(May(Action.READ_DESTINATION, "webhooks"))], team_id: UUID
) -> WebhookView:
    """Without its secret. For members of the team: many an address is a secret itself."""
    authorize(call.principal, Action.READ_DESTINATION, Resource(noun="webhooks", team_id=team_id))
    destination = await destinations.named(
        call.resources.database, Owner(team_id), destinations.WEBHOOK
    )
    return WebhookView.of(team_id, destination, shows_secret=False)


@router.delete("", status_code=204, summary="Remove a team's webhook")
async def remove_team_webhook(
    call: Annotated[Call, Depends(May(Action.CHANGE_DESTINATION, "webhooks"))], team_id: UUID
) -> None:
    """Removing what is not there is no error."""
    await destinations.remove(
        call.resources.database, call.caller, Owner(team_id), destinations.WEBHOOK
    )
