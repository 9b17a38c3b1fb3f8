"""API keys: credentials of teams and users, shown once."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BeforeValidator, Field

from api.call import Call, May
from api.json_bodies import Body, Moment
from api.once import Answer, Key, answered
from api.paging import Paging
from api.routing import TesseraRoute
from api.views import PageView, View
from domain.api_keys import ApiKey, KeyStatus, Scope
from domain.authorization import authorize
from domain.permissions import Action
from domain.timeline import parse_duration
from record import api_keys, lookup
from record.api_keys import OVERLAP, Minted, NewApiKey
from store.database import Runner
from store.transaction import Transaction

router = APIRouter(prefix="/api-keys", tags=["API keys"], route_class=TesseraRoute)

Duration = Annotated[timedelta, BeforeValidator(parse_duration, json_schema_input_type=str)]


class NewApiKeyBody(Body):
    """A key to be made, for a team or for a user."""

    name: str = Field(description="What it is for.", examples=["checkout's pipeline"])
    scope: Scope = Field(
        Scope.WRITE, description="`read`, `write`, or `admin`: whatever an administrator may do."
    )
    team_id: UUID | None = Field(None, description="It acts as a member of this team.")
    user_id: UUID | None = Field(None, description="It may do what this user may, at most.")
    expires_at: Moment | None = Field(None, description="Never, if left out.")


class RotationBody(Body):
    """How a key is replaced."""

    overlap: Duration = Field(
        OVERLAP,
        description="For how long both keys work: seconds, `36h`, `7d` or ISO 8601; `0s` is none.",
    )
    expires_at: Moment | None = Field(
        None, description="Of the new key. Left out, it lives as long as the old one was to live."
    )


class ApiKeyView(View):
    """A key without its secret, which nobody can show any more."""

    id: UUID
    name: str
    prefix: str = Field(description="What the key begins with, after `tsr_`.")
    scope: Scope
    team_id: UUID | None
    user_id: UUID | None
    holder: str = Field(description="What the team or the user is called.")
    status: KeyStatus = Field(
        description="`retiring`: another has taken its place, and it works until it expires."
    )
    created_at: datetime
    expires_at: datetime | None
    rotated_at: datetime | None
    successor_id: UUID | None
    revoked_at: datetime | None
    last_used_at: datetime | None = Field(description="To a minute or so.")

    @classmethod
    def of(cls, key: ApiKey, holder: str, at: datetime) -> "ApiKeyView":
        """Return the view of a key."""
        return cls(
            id=key.id,
            name=key.name,
            prefix=key.prefix,
            scope=key.scope,
            team_id=key.team_id,
            user_id=key.user_id,
            holder=holder,
            status=key.status(at),
            created_at=key.created_at,
            expires_at=key.expires_at,
            rotated_at=key.rotated_at,
            successor_id=key.successor_id,
            revoked_at=key.revoked_at,
            last_used_at=key.last_used_at,
        )


class MintedKeyView(ApiKeyView):
    """A key that was just made."""

    key: str | None = Field(
        description="The key itself, shown in this one answer. Null where the request was repeated "
        "with its Idempotency-Key: then rotate or revoke it."
    )


async def _seen(tx: Transaction, key: ApiKey) -> ApiKeyView:
    """Return the view of one key."""
    return ApiKeyView.of(key, (await holders(tx, [key]))[key.id], await tx.now())


async def holders(tx: Transaction, keys: Iterable[ApiKey]) -> dict[UUID, str]:
    """Return what the holder of each key is called, by the keys' ids."""
    keys = list(keys)
    teams = await tx.teams.by_id(key.team_id for key in keys if key.team_id is not None)
    users = await tx.users.names(key.user_id for key in keys if key.user_id is not None)
    names = {team.id: team.name for team in teams.values()} | users
    return {key.id: names[holder] for key in keys if (holder := key.team_id or key.user_id)}


async def _minted(call: Call, key: Key, effect: Callable[[Runner], Awaitable[Minted]]) -> Response:
    """Show what was made; of the answer that is kept for repetitions the key is no part."""

    async def render(tx: Transaction, minted: Minted) -> Answer:
        seen = (await _seen(tx, minted.key)).model_dump()
        shown, kept = (MintedKeyView(**seen, key=text) for text in (minted.text, None))
        return Answer(status=201, body=shown.model_dump_json(), kept_body=kept.model_dump_json())

    return (await answered(call, key, effect, render)).response()


@router.post("", status_code=201, response_model=MintedKeyView, summary="Create a key")
async def create_api_key(
    call: Annotated[Call, Depends(May(Action.CREATE_KEYS, "API keys"))],
    key: Key,
    body: NewApiKeyBody,
) -> Response:
    """For owners of the team and administrators; no key makes another for its own user.

    The key is shown here and never again. Only administrators make one of the scope `admin`.
    """
    new = NewApiKey(
        name=body.name,
        scope=body.scope,
        team_id=body.team_id,
        user_id=body.user_id,
        expires_at=body.expires_at,
    )
    return await _minted(call, key, lambda runner: api_keys.create(runner, call.caller, new))


@router.get("", summary="List keys")
async def list_api_keys(
    call: Annotated[Call, Depends(May(Action.READ_KEYS, "API keys"))],
    page: Paging,
    team_id: Annotated[UUID | None, Query(description="Only of this team.")] = None,
    user_id: Annotated[UUID | None, Query(description="Only of this user.")] = None,
) -> PageView[ApiKeyView]:
    """One's own and those of one's teams, newest first; administrators see all."""
    principal = call.principal
    teams = principal.teams_for(Action.READ_KEYS)
    seen_by = None if principal.may_all else (teams, principal.user_id)

    async def work(tx: Transaction) -> PageView[ApiKeyView]:
        found = await tx.api_keys.page(page, team_id=team_id, user_id=user_id, seen_by=seen_by)
        names, now = await holders(tx, found.items), await tx.now()
        return PageView[ApiKeyView].of(found, lambda each: ApiKeyView.of(each, names[each.id], now))

    return await call.resources.database.read(work)


@router.get("/{key_id}", summary="Get a key")
async def get_api_key(
    call: Annotated[Call, Depends(May(Action.READ_KEYS, "API keys"))], key_id: UUID
) -> ApiKeyView:
    """What has become of a key, and when it was used last."""

    async def work(tx: Transaction) -> ApiKeyView:
        found = await lookup.api_key(tx, key_id)
        authorize(call.principal, Action.READ_KEYS, api_keys.resource_of(found))
        return await _seen(tx, found)

    return await call.resources.database.read(work)


@router.post("/{key_id}/revoke", response_model=ApiKeyView, summary="Revoke a key")
async def revoke_api_key(
    call: Annotated[Call, Depends(May(Action.REVOKE_KEYS, "API keys"))], key: Key, key_id: UUID
) -> Response:
    """From the answer on it opens nothing, whichever process is asked."""

    async def render(tx: Transaction, revoked: ApiKey) -> Answer:
        return Answer(status=200, body=(await _seen(tx, revoked)).model_dump_json())

    answer = await answered(
        call, key, lambda runner: api_keys.revoke(runner, call.caller, key_id), render
    )
    return answer.response()


@router.post(
    "/{key_id}/rotate", status_code=201, response_model=MintedKeyView, summary="Rotate a key"
)
async def rotate_api_key(
    call: Annotated[Call, Depends(May(Action.ROTATE_KEYS, "API keys"))],
    key: Key,
    key_id: UUID,
    body: RotationBody | None = None,
) -> Response:
    """Makes a new key that takes its place; both work for the overlap, a day if nothing is said.

    A key may replace itself, by one that expires no later. Only who may create it anew gives it a
    longer life.
    """
    wanted = body or RotationBody()
    return await _minted(
        call,
        key,
        lambda runner: api_keys.rotate(
            runner, call.caller, key_id, overlap=wanted.overlap, expires_at=wanted.expires_at
        ),
    )
