"""The kinds of events that are sent, each with the schema of its body and an example."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import Field

from api.call import Call, May
from api.routing import TesseraRoute
from api.views import View
from domain.errors import NotFound
from domain.event_kinds import SENT
from domain.events import EventType
from domain.json_types import JsonObject
from domain.permissions import Action
from domain.severity import SEVERITIES, Severity

router = APIRouter(prefix="/event-types", tags=["events"], route_class=TesseraRoute)

Reads = Annotated[Call, Depends(May(Action.READ, "events"))]


class EventTypeView(View):
    """A kind of event that can be subscribed to."""

    type: EventType
    version: int = Field(description="Of its body's schema; members may be added within one.")
    severity: Severity
    says: str
    reaches: str = Field(
        description="Whose destinations receive it; the server's own receive everything."
    )

    @classmethod
    def of(cls, type_: EventType) -> "EventTypeView":
        """Return the view of a type that is sent."""
        kind = SENT[type_]
        return cls(
            type=type_,
            version=kind.version,
            severity=SEVERITIES[type_],
            says=kind.says,
            reaches=kind.reaches,
        )


class EventTypesView(View):
    """Every kind that is sent."""

    items: list[EventTypeView]


class WholeEventTypeView(EventTypeView):
    """The same with what a receiver needs to read it."""

    body_schema: JsonObject = Field(
        alias="schema", description="The JSON Schema (2020-12) of a webhook's body."
    )
    example: JsonObject = Field(description="Such a body.")


class DigestTypeView(View):
    """What a webhook receives where several events come in one body."""

    type: Literal["digest"]
    version: int = Field(description="Of its own schema; each event in it has that of its kind.")
    says: str
    reaches: str
    body_schema: JsonObject = Field(
        alias="schema", description="The JSON Schema (2020-12) of such a body."
    )
    example: JsonObject = Field(description="Such a body.")


@router.get("", summary="List the kinds of events that are sent")
async def get_event_types(call: Reads) -> EventTypesView:
    """What subscriptions can name, by patterns too."""
    del call
    return EventTypesView(items=[EventTypeView.of(type_) for type_ in SENT])


@router.get("/{type}", summary="Get a kind of event with its schema and an example")
async def get_event_type(
    call: Reads,
    type: str,  # noqa: A002
) -> WholeEventTypeView | DigestTypeView:
    """By its type, such as `proposal.asked`; `digest` is what several in one body come as."""
    from notify.event_examples import example_of  # loaded by who asks for them
    from notify.event_schemas import schema_of
    from notify.messages import DIGEST

    if type == DIGEST:
        return _digest(call.resources.public_url)
    found = next((each for each in SENT if each.value == type), None)
    if found is None:
        raise NotFound(f"No event of the type `{type}` is sent.", noun="event type", key=type)
    return WholeEventTypeView(
        **EventTypeView.of(found).model_dump(),
        body_schema=schema_of(found),
        example=example_of(found, call.resources.public_url),
    )


def _digest(public_url: str) -> DigestTypeView:
    from notify.event_examples import digest_example
    from notify.event_schemas import digest_schema
    from notify.messages import DIGEST_VERSION

    return DigestTypeView(
        type="digest",
        version=DIGEST_VERSION,
        says="Several events that came at once, each with the body that it would have by itself.",
        reaches="a webhook that is told of several events by one publication of many contracts",
        body_schema=digest_schema(),
        example=digest_example(public_url),
    )
