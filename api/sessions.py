"""Sessions of a user on the pages: where they are signed in, and signing them out."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import Field

from api.call import Call, May
from api.once import Answer, Key, answered
from api.paging import Paging
from api.routing import TesseraRoute
from api.views import PageView, View
from domain.authorization import authorize
from domain.pages import Page
from domain.passwords import PasswordLink
from domain.permissions import Action
from domain.sessions import Session, SessionStatus, SignInMethod
from record import lookup, passwords, sessions
from store.transaction import Transaction

router = APIRouter(prefix="/users/{user_id}", tags=["users"], route_class=TesseraRoute)
SET_PASSWORD = "/set-password"


class SessionView(View):
    """One browser in which a user is signed in, or was."""

    id: UUID
    user_id: UUID | None = Field(description="Null where a session is of one of the user's keys.")
    key_id: UUID | None = Field(description="It ends with this key.")
    method: SignInMethod
    status: SessionStatus
    address: str = Field(description="Where it was begun.")
    agent: str = Field(description="What the browser called itself.")
    created_at: datetime
    seen_at: datetime = Field(description="To a minute or so.")
    expires_at: datetime
    revoked_at: datetime | None

    @classmethod
    def of(cls, session: Session, at: datetime, idle: timedelta) -> "SessionView":
        """Return the view of a session."""
        return cls(
            id=session.id,
            user_id=session.user_id,
            key_id=session.key_id,
            method=session.method,
            status=session.status(at, idle),
            address=session.address,
            agent=session.agent,
            created_at=session.created_at,
            seen_at=session.seen_at,
            expires_at=session.expires_at,
            revoked_at=session.revoked_at,
        )


class SignedOutView(View):
    """How many sessions were ended."""

    ended: int


class PasswordLinkView(View):
    """A link that was just made."""

    user_id: UUID
    link: str | None = Field(
        description="Give it to the user; it is shown in this one answer. Null where the request "
        "was repeated with its Idempotency-Key: then make another."
    )
    expires_at: datetime


@router.get("/sessions", summary="List a user's sessions")
async def list_sessions(
    call: Annotated[Call, Depends(May(Action.READ_SESSIONS, "sessions"))],
    page: Paging,
    user_id: UUID,
) -> PageView[SessionView]:
    """For the user and administrators, newest first. A session is gone when its time is over."""
    authorize(call.principal, Action.READ_SESSIONS, sessions.resource_of(user_id))
    idle = call.resources.sessions.idle

    async def work(tx: Transaction) -> tuple[Page[Session], datetime]:
        await lookup.user(tx, user_id)
        return await tx.sessions.page_of_user(page, user_id), await tx.now()

    found, now = await call.resources.database.read(work)
    return PageView[SessionView].of(found, lambda each: SessionView.of(each, now, idle))


@router.post("/sessions/{session_id}/revoke", response_model=SessionView, summary="End a session")
async def revoke_session(
    call: Annotated[Call, Depends(May(Action.END_SESSIONS, "sessions"))],
    key: Key,
    user_id: UUID,
    session_id: UUID,
) -> Response:
    """For the user and administrators. From the answer on it opens nothing, on any process."""

    async def render(tx: Transaction, session: Session) -> Answer:
        view = SessionView.of(session, await tx.now(), call.resources.sessions.idle)
        return Answer(status=200, body=view.model_dump_json())

    answer = await answered(
        call,
        key,
        lambda runner: sessions.revoke(runner, call.caller, user_id, session_id),
        render,
    )
    return answer.response()


@router.post("/sign-out", response_model=SignedOutView, summary="Sign a user out everywhere")
async def sign_out_user(
    call: Annotated[Call, Depends(May(Action.END_SESSIONS, "sessions"))], key: Key, user_id: UUID
) -> Response:
    """For the user and administrators. Their keys go on working."""

    async def render(_tx: Transaction, ended: int) -> Answer:
        return Answer(status=200, body=SignedOutView(ended=ended).model_dump_json())

    answer = await answered(
        call,
        key,
        lambda runner: sessions.sign_out_everywhere(runner, call.caller, user_id),
        render,
    )
    return answer.response()


@router.post(
    "/password-link",
    status_code=201,
    response_model=PasswordLinkView,
    summary="Make a link to set a password",
)
async def create_password_link(
    call: Annotated[Call, Depends(May(Action.LINK_PASSWORD, "passwords"))],
    key: Key,
    user_id: UUID,
) -> Response:
    """For administrators. The link works once, for a day; a new one takes the place of the last.

    The user's password stays until the link is used.
    """
    page = f"{call.resources.public_url}{SET_PASSWORD}"

    async def render(_tx: Transaction, made: tuple[PasswordLink, str]) -> Answer:
        link, token = made
        shown, kept = (
            PasswordLinkView(user_id=user_id, link=each, expires_at=link.expires_at)
            for each in (f"{page}?link={token}", None)
        )
        return Answer(status=201, body=shown.model_dump_json(), kept_body=kept.model_dump_json())

    answer = await answered(
        call, key, lambda runner: passwords.create_link(runner, call.caller, user_id), render
    )
    return answer.response()
