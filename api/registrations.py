"""Registrations: consumer teams declare what they read."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BeforeValidator, Field, StringConstraints

from api.call import Call, May
from api.json_bodies import Body
from api.once import Answer, Key, answered
from api.paging import Paging
from api.routing import TesseraRoute
from api.views import AssetRef, PageView, TeamRef, View
from domain.pages import Page
from domain.permissions import Action
from domain.registrations import Registration, UsedBy
from record import lookup, registrations
from record.registrations import NewRegistration, Registered, RegistrationChange
from store.transaction import Transaction

router = APIRouter(prefix="/registrations", tags=["registrations"], route_class=TesseraRoute)

FieldPath = Annotated[str, StringConstraints(min_length=1, max_length=1000)]


class UsedByBody(Body):
    """What of the consumer reads the asset: a job, a dashboard, a service."""

    name: str = Field(min_length=1, max_length=200, examples=["newsletter"])
    link: str | None = Field(
        None,
        max_length=2000,
        pattern="^https?://",
        examples=["https://wiki.example.com/newsletter"],
    )

    def use(self) -> UsedBy:
        """Return the domain's value."""
        return UsedBy(name=self.name, link=self.link)


def _as_list(sent: object) -> object:
    if sent is None:
        return []
    return [sent] if isinstance(sent, dict) else sent


Uses = Annotated[list[UsedByBody], BeforeValidator(_as_list, json_schema_input_type=object)]
Fields = Annotated[list[FieldPath], Field(max_length=5000)]


class NewRegistrationBody(Body):
    """A declaration; one that stands already is united with it."""

    asset_id: UUID
    consumer_team_id: UUID
    fields: Fields | None = Field(
        None,
        description="Field-tree paths; left out or null means all of them.",
        examples=[["email", "address.city"]],
    )
    pinned_version: str | None = Field(None, description="A version that exists.")
    used_by: Uses = Field(default=[], description="One use, or a list of them.", max_length=100)

    def new(self) -> NewRegistration:
        """Return the domain's value."""
        return NewRegistration(
            asset_id=self.asset_id,
            consumer_team_id=self.consumer_team_id,
            fields=None if self.fields is None else tuple(self.fields),
            pinned_version=self.pinned_version,
            used_by=tuple(use.use() for use in self.used_by),
        )


class RegistrationBody(Body):
    """What replaces what; what is left out stays."""

    fields: Fields | None = Field(None, description="Null means all of them.")
    pinned_version: str | None = Field(None, description="Null takes the pin away.")
    used_by: Uses = Field(default=[], description="One use, or a list of them.", max_length=100)

    def change(self) -> RegistrationChange:
        """Return what was sent."""
        sent = self.model_fields_set
        return RegistrationChange(
            change_fields="fields" in sent,
            fields=None if self.fields is None else tuple(self.fields),
            change_pin="pinned_version" in sent,
            pinned_version=self.pinned_version,
            used_by=tuple(use.use() for use in self.used_by) if "used_by" in sent else None,
        )


class UsedByView(View):
    """What of the consumer reads the asset."""

    name: str
    link: str | None


class RegistrationView(View):
    """A consumer team's declared use of an asset."""

    id: UUID
    asset_id: UUID
    asset: AssetRef
    consumer_team_id: UUID
    consumer: TeamRef
    fields: list[str] | None = Field(description="Null means all of them.")
    pinned_version: str | None
    used_by: list[UsedByView]
    created_at: datetime
    updated_at: datetime


async def _views(tx: Transaction, found: Iterable[Registration]) -> list[RegistrationView]:
    """Return the views, with two more queries however many they are."""
    found = tuple(found)
    assets = await tx.assets.by_id(each.asset_id for each in found)
    teams = await tx.teams.by_id(each.consumer_team_id for each in found)
    return [
        RegistrationView(
            id=each.id,
            asset_id=each.asset_id,
            asset=AssetRef.of(assets[each.asset_id]),
            consumer_team_id=each.consumer_team_id,
            consumer=TeamRef.of(teams[each.consumer_team_id]),
            fields=None if each.fields is None else list(each.fields),
            pinned_version=each.pinned_version,
            used_by=[UsedByView(name=use.name, link=use.link) for use in each.used_by],
            created_at=each.created_at,
            updated_at=each.updated_at,
        )
        for each in found
    ]


@router.post(
    "",
    status_code=201,
    response_model=RegistrationView,
    responses={200: {"model": RegistrationView, "description": "United with what stood."}},
    summary="Register a consumer",
)
async def register(
    call: Annotated[Call, Depends(May(Action.REGISTER, "registrations"))],
    key: Key,
    body: NewRegistrationBody,
) -> Response:
    """Declares that a team reads an asset: all of it, or only some fields.

    A team has one registration on an asset. Declaring again unites the fields and the uses.
    """

    async def render(tx: Transaction, registered: Registered) -> Answer:
        (view,) = await _views(tx, [registered.registration])
        return Answer(status=201 if registered.created else 200, body=view.model_dump_json())

    answer = await answered(
        call, key, lambda runner: registrations.register(runner, call.caller, body.new()), render
    )
    return answer.response()


@router.get("", summary="List registrations")
async def list_registrations(
    call: Annotated[Call, Depends(May(Action.READ, "registrations"))],
    page: Paging,
    asset_id: Annotated[UUID | None, Query(description="Only on this asset.")] = None,
    consumer_team_id: Annotated[UUID | None, Query(description="Only of this team.")] = None,
) -> PageView[RegistrationView]:
    """Newest first."""

    async def work(tx: Transaction) -> tuple[Page[Registration], list[RegistrationView]]:
        found = await tx.registrations.page(
            page, asset_id=asset_id, consumer_team_id=consumer_team_id
        )
        return found, await _views(tx, found.items)

    found, views = await call.resources.database.read(work)
    return PageView[RegistrationView](items=views, next=found.next)


@router.get("/{registration_id}", summary="Get a registration")
async def get_registration(
    call: Annotated[Call, Depends(May(Action.READ, "registrations"))], registration_id: UUID
) -> RegistrationView:
    """One registration by its id."""

    async def work(tx: Transaction) -> RegistrationView:
        return (await _views(tx, [await lookup.registration(tx, registration_id)]))[0]

    return await call.resources.database.read(work)


@router.patch("/{registration_id}", summary="Change a registration")
async def change_registration(
    call: Annotated[Call, Depends(May(Action.REGISTER, "registrations"))],
    registration_id: UUID,
    body: RegistrationBody,
) -> RegistrationView:
    """Replaces what is sent. An open proposal's parties follow."""
    changed = await registrations.change(
        call.resources.database, call.caller, registration_id, body.change()
    )

    async def work(tx: Transaction) -> RegistrationView:
        return (await _views(tx, [changed]))[0]

    return await call.resources.database.read(work)


@router.delete("/{registration_id}", status_code=204, summary="Remove a registration")
async def remove_registration(
    call: Annotated[Call, Depends(May(Action.REGISTER, "registrations"))], registration_id: UUID
) -> None:
    """An open proposal no longer waits for the team."""
    await registrations.unregister(call.resources.database, call.caller, registration_id)
