"""API keys in Postgres: digests by lookup prefix, and never a key itself."""

import hmac
from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    and_,
    bindparam,
    exists,
    func,
    insert,
    not_,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from domain.api_keys import ApiKey, Recognized, Scope, digest_of, prefix_of
from domain.members import TeamRole
from domain.pages import Page, PageRequest
from store.fixed import fixed
from store.members import MemberRow
from store.pages import page_by_id
from store.rows import Id, OuterPart, Part, Row, Stamp, new_id
from store.sql import Sql
from store.teams import TeamRow
from store.users import UserRow, user_from


class ApiKeyRow(Row):
    """Revoked and expired keys stay, so that the log can be understood."""

    __tablename__ = "api_keys"

    id: Mapped[Id]
    name: Mapped[str]
    prefix: Mapped[str]
    digest: Mapped[str]
    scope: Mapped[str]
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("teams.id"), index=True)
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"), index=True)
    created_at: Mapped[Stamp]
    expires_at: Mapped[datetime | None]
    rotated_at: Mapped[datetime | None]
    successor_id: Mapped[UUID | None] = mapped_column(ForeignKey("api_keys.id"))
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("(team_id IS NULL) <> (user_id IS NULL)", name="bound_to_one"),
    )


Index("uq_api_keys_prefix", ApiKeyRow.prefix, unique=True)

_KEY = Part(ApiKeyRow, after=None)
_USER = OuterPart(UserRow, after=_KEY)
_ROLES = (
    select(func.jsonb_object_agg(MemberRow.team_id, MemberRow.role))
    .join(TeamRow, and_(TeamRow.id == MemberRow.team_id, TeamRow.deleted_at.is_(None)))
    .where(MemberRow.user_id == ApiKeyRow.user_id)
    .scalar_subquery()
)
_PRESENTED = fixed(
    select(*_KEY.columns, *_USER.columns, TeamRow.deleted_at, _ROLES, func.clock_timestamp())
    .join_from(ApiKeyRow, UserRow, UserRow.id == ApiKeyRow.user_id, isouter=True)
    .join(TeamRow, TeamRow.id == ApiKeyRow.team_id, isouter=True)
    .where(ApiKeyRow.prefix == bindparam("prefix"))
)
_THIS = fixed(select(ApiKeyRow).where(ApiKeyRow.id == bindparam("key_id")))
_LOCKED = fixed(select(ApiKeyRow.id).where(ApiKeyRow.id == bindparam("key_id")).with_for_update())
_WORKS = and_(
    ApiKeyRow.revoked_at.is_(None),
    or_(ApiKeyRow.expires_at.is_(None), ApiKeyRow.expires_at > func.clock_timestamp()),
)
_USED = fixed(
    update(ApiKeyRow)
    .where(ApiKeyRow.id == bindparam("key_id"))
    .values(last_used_at=func.clock_timestamp())
)


_SOMEBODY = select(or_(exists(select(UserRow.id)), exists(select(ApiKeyRow.id))))


class ApiKeys:
    """Reads and writes keys."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def is_anybody(self) -> bool:
        """Whether there is a user or a key, were it one that works no more."""
        return bool(await self._sql.value(_SOMEBODY))

    async def presented(self, text: str) -> Recognized | None:
        """Return what a key is now, whatever has become of it; None if it is not one of ours.

        One statement, by a unique index. That the secret is right is compared in constant time.
        """
        prefix = prefix_of(text)
        if prefix is None:
            return None
        row = (await self._sql.execute(_PRESENTED, {"prefix": prefix})).one_or_none()
        if row is None:
            return None
        key, user = _KEY.of(row), _USER.found(row)
        team_deleted_at, roles, at = row[_USER.end :]
        if not hmac.compare_digest(digest_of(text), key.digest):
            return None
        if team_deleted_at is not None:
            return None
        teams = {UUID(team_id): TeamRole(role) for team_id, role in (roles or {}).items()}
        if key.team_id is not None:
            teams = {key.team_id: TeamRole.MEMBER}
        return Recognized(
            key=key_from(key), user=None if user is None else user_from(user), teams=teams, at=at
        )

    async def insert(
        self,
        *,
        name: str,
        prefix: str,
        digest: str,
        scope: Scope,
        team_id: UUID | None,
        user_id: UUID | None,
        expires_at: datetime | None,
    ) -> ApiKey:
        """Insert a key."""
        statement = (
            insert(ApiKeyRow)
            .values(
                id=new_id(),
                name=name,
                prefix=prefix,
                digest=digest,
                scope=scope,
                team_id=team_id,
                user_id=user_id,
                expires_at=expires_at,
            )
            .returning(ApiKeyRow)
        )
        return key_from(await self._sql.one(statement))

    async def lock(self, key_id: UUID) -> None:
        """Lock the key's row."""
        await self._sql.execute(_LOCKED, {"key_id": key_id})

    async def get(self, key_id: UUID) -> ApiKey | None:
        """Return a key, whatever has become of it."""
        row = await self._sql.row(_THIS, {"key_id": key_id})
        return None if row is None else key_from(row)

    async def save(self, key: ApiKey) -> None:
        """Write what has become of a key."""
        await self._sql.execute(
            update(ApiKeyRow)
            .where(ApiKeyRow.id == key.id)
            .values(
                expires_at=key.expires_at,
                rotated_at=key.rotated_at,
                successor_id=key.successor_id,
                revoked_at=key.revoked_at,
            )
        )

    async def move(self, team_id: UUID, to_team_id: UUID) -> tuple[UUID, ...]:
        """Make a team's keys another team's; return which."""
        statement = (
            update(ApiKeyRow)
            .where(ApiKeyRow.team_id == team_id)
            .values(team_id=to_team_id)
            .returning(ApiKeyRow.id)
        )
        return tuple(await self._sql.values(statement))

    async def used(self, key_id: UUID) -> None:
        """Note that the key was used just now."""
        await self._sql.execute(_USED, {"key_id": key_id})

    async def page(
        self,
        request: PageRequest,
        *,
        team_id: UUID | None = None,
        user_id: UUID | None = None,
        scope: Scope | None = None,
        works: bool | None = None,
        seen_by: tuple[Collection[UUID], UUID | None] | None = None,
    ) -> Page[ApiKey]:
        """Return keys, newest first; with `works` those that open something, or nothing any more.

        With `seen_by` only those of these teams and of this user.
        """
        statement = select(ApiKeyRow)
        if scope is not None:
            statement = statement.where(ApiKeyRow.scope == scope)
        if works is not None:
            statement = statement.where(_WORKS if works else not_(_WORKS))
        if team_id is not None:
            statement = statement.where(ApiKeyRow.team_id == team_id)
        if user_id is not None:
            statement = statement.where(ApiKeyRow.user_id == user_id)
        if seen_by is not None:
            teams, user = seen_by
            of_them = ApiKeyRow.team_id.in_(teams)
            statement = statement.where(
                of_them if user is None else or_(of_them, ApiKeyRow.user_id == user)
            )
        return await page_by_id(self._sql, "api keys", statement, ApiKeyRow.id, request, key_from)


def key_from(row: Any) -> ApiKey:
    """Return the domain value of a row; the digest stays here."""
    return ApiKey(
        id=row.id,
        name=row.name,
        prefix=row.prefix,
        scope=Scope(row.scope),
        team_id=row.team_id,
        user_id=row.user_id,
        created_at=row.created_at,
        expires_at=row.expires_at,
        rotated_at=row.rotated_at,
        successor_id=row.successor_id,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
    )
