"""Sessions of the pages in Postgres: digests of tokens, never a token itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Select,
    and_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from domain.members import TeamRole
from domain.pages import Page, PageRequest
from domain.sessions import RecognizedSession, Session, SignInMethod
from store.api_keys import ApiKeyRow, key_from
from store.members import MemberRow
from store.pages import page_by_id
from store.rows import Id, OuterPart, Part, Row, Stamp, new_id
from store.sql import Sql
from store.teams import TeamRow
from store.users import UserRow, user_from


class SessionRow(Row):
    """Rows go when their time is over; the log keeps that there was one."""

    __tablename__ = "sessions"

    id: Mapped[Id]
    digest: Mapped[str]
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"), index=True)
    key_id: Mapped[UUID | None] = mapped_column(ForeignKey("api_keys.id"), index=True)
    bootstrap: Mapped[str | None]
    method: Mapped[str]
    address: Mapped[str]
    agent: Mapped[str]
    created_at: Mapped[Stamp]
    seen_at: Mapped[Stamp]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("num_nonnulls(user_id, key_id, bootstrap) = 1", name="of_one"),
    )


Index("uq_sessions_digest", SessionRow.digest, unique=True)
Index("ix_sessions_expires_at", SessionRow.expires_at)

_SESSION = Part(SessionRow, after=None)
_KEY = OuterPart(ApiKeyRow, after=_SESSION)
_USER = OuterPart(UserRow, after=_KEY)
_HOLDER = func.coalesce(SessionRow.user_id, ApiKeyRow.user_id)
_ROLES = (
    select(func.jsonb_object_agg(MemberRow.team_id, MemberRow.role))
    .join(TeamRow, and_(TeamRow.id == MemberRow.team_id, TeamRow.deleted_at.is_(None)))
    .where(MemberRow.user_id == UserRow.id)
    .scalar_subquery()
)
_PRESENTED = (
    select(
        *_SESSION.columns,
        *_KEY.columns,
        *_USER.columns,
        TeamRow.deleted_at,
        _ROLES,
        func.clock_timestamp(),
    )
    .join_from(SessionRow, ApiKeyRow, ApiKeyRow.id == SessionRow.key_id, isouter=True)
    .join(UserRow, UserRow.id == _HOLDER, isouter=True)
    .join(TeamRow, TeamRow.id == ApiKeyRow.team_id, isouter=True)
    .where(SessionRow.digest == bindparam("digest"))
)
_SEEN = (
    update(SessionRow)
    .where(SessionRow.id == bindparam("session_id"))
    .values(seen_at=func.clock_timestamp())
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSession:
    """Of a user, a key or the bootstrap key, whichever is given."""

    digest: str
    method: SignInMethod
    address: str
    agent: str
    expires_at: datetime
    user_id: UUID | None = None
    key_id: UUID | None = None
    bootstrap: str | None = None


class Sessions:
    """Reads and writes sessions."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def presented(self, digest: str) -> RecognizedSession | None:
        """Return what a session and its holder are now; None if it is not one of ours.

        One statement, by a unique index: a session that was ended opens nothing from the commit on.
        """
        row = (await self._sql.execute(_PRESENTED, {"digest": digest})).one_or_none()
        if row is None:
            return None
        session, key, user = _SESSION.of(row), _KEY.found(row), _USER.found(row)
        team_deleted_at, roles, at = row[_USER.end :]
        if team_deleted_at is not None:
            return None
        teams = {UUID(team_id): TeamRole(role) for team_id, role in (roles or {}).items()}
        if key is not None and key.team_id is not None:
            teams = {key.team_id: TeamRole.MEMBER}
        return RecognizedSession(
            session=session_from(session),
            user=None if user is None else user_from(user),
            key=None if key is None else key_from(key),
            bootstrap=session.bootstrap,
            teams=teams,
            at=at,
        )

    async def insert(self, new: NewSession) -> Session:
        """Insert a session."""
        statement = (
            insert(SessionRow)
            .values(
                id=new_id(),
                digest=new.digest,
                user_id=new.user_id,
                key_id=new.key_id,
                bootstrap=new.bootstrap,
                method=new.method,
                address=new.address,
                agent=new.agent,
                expires_at=new.expires_at,
            )
            .returning(SessionRow)
        )
        return session_from(await self._sql.one(statement))

    async def seen(self, session_id: UUID) -> None:
        """Note that the session was used just now."""
        await self._sql.execute(_SEEN, {"session_id": session_id})

    async def get_of_user(self, user_id: UUID, session_id: UUID) -> Session | None:
        """Return one of a user's sessions, whatever has become of it."""
        row = await self._sql.row(_of_user(user_id).where(SessionRow.id == session_id))
        return None if row is None else session_from(row)

    async def revoke(self, session_ids: Sequence[UUID]) -> list[Session]:
        """End sessions; returns those that had not been ended before."""
        statement = (
            update(SessionRow)
            .where(SessionRow.id.in_(session_ids), SessionRow.revoked_at.is_(None))
            .values(revoked_at=func.clock_timestamp())
            .returning(SessionRow)
        )
        return [session_from(row) for row in await self._sql.rows(statement)]

    async def revoke_of_user(self, user_id: UUID, but: UUID | None = None) -> list[Session]:
        """End a user's sessions, those by their keys too; returns those that had not ended."""
        found = await self._sql.rows(_of_user(user_id).where(SessionRow.revoked_at.is_(None)))
        return await self.revoke([row.id for row in found if row.id != but])

    async def page_of_user(
        self, request: PageRequest, user_id: UUID, open_since: datetime | None = None
    ) -> Page[Session]:
        """Return a user's sessions, newest first; with `open_since` those used since and not ended.

        Those by the user's keys are among them.
        """
        statement = _of_user(user_id)
        if open_since is not None:
            statement = statement.where(
                SessionRow.revoked_at.is_(None),
                SessionRow.expires_at > func.clock_timestamp(),
                SessionRow.seen_at > open_since,
            )
        return await page_by_id(
            self._sql, "sessions", statement, SessionRow.id, request, session_from
        )

    async def forget_old(self) -> None:
        """Delete those whose time is over."""
        await self._sql.execute(
            delete(SessionRow).where(SessionRow.expires_at < func.clock_timestamp())
        )


def _of_user(user_id: UUID) -> Select[SessionRow]:
    keys = select(ApiKeyRow.id).where(ApiKeyRow.user_id == user_id)
    return select(SessionRow).where(or_(SessionRow.user_id == user_id, SessionRow.key_id.in_(keys)))


def session_from(row: Any) -> Session:
    """Return the domain value of a row; the digest stays here."""
    return Session(
        id=row.id,
        user_id=row.user_id,
        key_id=row.key_id,
        method=SignInMethod(row.method),
        address=row.address,
        agent=row.agent,
        created_at=row.created_at,
        seen_at=row.seen_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
    )
