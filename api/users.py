"""Users: the people and bots that belong to teams."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field, StrictBool

from api.call import Call, May
from api.json_bodies import Body
from api.once import Answer, Key, answered
from api.paging import Paging
from api.routing import TesseraRoute
from api.views import PageView, View
from domain.pages import Page
from domain.permissions import Action
from domain.users import User, UserKind
from record import lookup, users
from record.users import NewUser, UserChange
from store.transaction import Transaction

router = APIRouter(prefix="/users", tags=["users"], route_class=TesseraRoute)


class NewUserBody(Body):
    """A user to be made."""

    name: str = Field(description="What people see.", examples=["Ada"])
    email: str | None = Field(
        None,
        description="Unique. A person needs one, a bot may have one.",
        examples=["ada@example.com"],
    )
    kind: UserKind = Field(UserKind.PERSON, description="A bot's name is unique among bots.")
    administrator: StrictBool = Field(False, description="May hold keys of the scope `admin`.")


class UserBody(Body):
    """What changes; what is left out stays."""

    name: str | None = None
    email: str | None = None
    administrator: StrictBool | None = None


class UserView(View):
    """A user."""

    id: UUID
    name: str
    email: str | None
    kind: UserKind
    administrator: bool
    active: bool
    deactivated_at: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, user: User) -> "UserView":
        """Return the view of a user."""
        return cls(
            id=user.id,
            name=user.name,
            email=user.email,
            kind=user.kind,
            administrator=user.administrator,
            active=user.active,
            deactivated_at=user.deactivated_at,
            created_at=user.created_at,
        )


async def _rendered(_tx: Transaction, user: User) -> Answer:
    return Answer(status=200, body=UserView.of(user).model_dump_json())


@router.post("", status_code=201, response_model=UserView, summary="Create a user")
async def create_user(
    call: Annotated[Call, Depends(May(Action.CHANGE_USERS, "users"))], key: Key, body: NewUserBody
) -> Response:
    """For administrators. A taken e-mail address is a `conflict` with the user's id."""
    new = NewUser(
        name=body.name, email=body.email, kind=body.kind, administrator=body.administrator
    )

    async def render(_tx: Transaction, user: User) -> Answer:
        return Answer(status=201, body=UserView.of(user).model_dump_json())

    answer = await answered(
        call, key, lambda runner: users.create(runner, call.caller, new), render
    )
    return answer.response()


@router.get("", summary="List users")
async def list_users(
    call: Annotated[Call, Depends(May(Action.READ, "users"))],
    page: Paging,
    name: Annotated[str | None, Query(description="Exactly this name.")] = None,
    email: Annotated[str | None, Query(description="The one of this address.")] = None,
    kind: Annotated[UserKind | None, Query(description="Only persons, or only bots.")] = None,
    active: Annotated[bool | None, Query(description="Only those who may come in, or not.")] = None,
) -> PageView[UserView]:
    """Newest first."""

    async def work(tx: Transaction) -> Page[User]:
        return await tx.users.page(page, name=name, email=email, kind=kind, active=active)

    return PageView[UserView].of(await call.resources.database.read(work), UserView.of)


@router.get("/{user_id}", summary="Get a user")
async def get_user(
    call: Annotated[Call, Depends(May(Action.READ, "users"))], user_id: UUID
) -> UserView:
    """One user by their id."""

    async def work(tx: Transaction) -> User:
        return await lookup.user(tx, user_id)

    return UserView.of(await call.resources.database.read(work))


@router.patch("/{user_id}", summary="Change a user")
async def change_user(
    call: Annotated[Call, Depends(May(Action.CHANGE_USERS, "users"))], user_id: UUID, body: UserBody
) -> UserView:
    """For administrators. Only what is sent changes."""
    wanted = UserChange(name=body.name, email=body.email, administrator=body.administrator)
    return UserView.of(await users.change(call.resources.database, call.caller, user_id, wanted))


@router.post("/{user_id}/deactivate", response_model=UserView, summary="Deactivate a user")
async def deactivate_user(
    call: Annotated[Call, Depends(May(Action.CHANGE_USERS, "users"))], key: Key, user_id: UUID
) -> Response:
    """For administrators. From the answer on, no key of the user works."""
    answer = await answered(
        call, key, lambda runner: users.deactivate(runner, call.caller, user_id), _rendered
    )
    return answer.response()


@router.post("/{user_id}/reactivate", response_model=UserView, summary="Reactivate a user")
async def reactivate_user(
    call: Annotated[Call, Depends(May(Action.CHANGE_USERS, "users"))], key: Key, user_id: UUID
) -> Response:
    """For administrators. The keys that the user had work again, unless revoked or expired."""
    answer = await answered(
        call, key, lambda runner: users.reactivate(runner, call.caller, user_id), _rendered
    )
    return answer.response()
