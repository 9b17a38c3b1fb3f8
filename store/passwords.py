"""Passwords in Postgres: argon2id hashes, and the digests of links by which one is set."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ForeignKey, Index, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from domain.passwords import KeptPassword, PasswordLink
from store.rows import Id, Row, Stamp, new_id
from store.sql import Sql


class PasswordRow(Row):
    """A user's password; who has none has no row."""

    __tablename__ = "passwords"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    hashed: Mapped[str]
    changed_at: Mapped[Stamp]


class PasswordLinkRow(Row):
    """A link that was not used; a used one is no more."""

    __tablename__ = "password_links"

    id: Mapped[Id]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    digest: Mapped[str]
    created_at: Mapped[Stamp]
    expires_at: Mapped[datetime]


Index("uq_password_links_digest", PasswordLinkRow.digest, unique=True)
Index("uq_password_links_user_id", PasswordLinkRow.user_id, unique=True)
_WORKS = PasswordLinkRow.expires_at > func.clock_timestamp()


class Passwords:
    """Reads and writes passwords and links."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def get(self, user_id: UUID) -> KeptPassword | None:
        """Return what is kept of a user's password."""
        row = await self._sql.row(select(PasswordRow).where(PasswordRow.user_id == user_id))
        if row is None:
            return None
        return KeptPassword(user_id=row.user_id, hashed=row.hashed, changed_at=row.changed_at)

    async def put(self, user_id: UUID, hashed: str) -> None:
        """Keep the hash of a new password."""
        now = func.clock_timestamp()
        await self._sql.execute(
            insert(PasswordRow)
            .values(user_id=user_id, hashed=hashed)
            .on_conflict_do_update(
                index_elements=["user_id"], set_={"hashed": hashed, "changed_at": now}
            )
        )

    async def rehash(self, kept: KeptPassword, hashed: str) -> None:
        """Keep another hash of the same password, unless it was changed meanwhile."""
        await self._sql.execute(
            update(PasswordRow)
            .where(PasswordRow.user_id == kept.user_id, PasswordRow.hashed == kept.hashed)
            .values(hashed=hashed)
        )

    async def put_link(self, user_id: UUID, digest: str, lasts: timedelta) -> PasswordLink:
        """Keep a new link, which takes the place of one that was not used."""
        new = {
            "id": new_id(),
            "digest": digest,
            "created_at": func.clock_timestamp(),
            "expires_at": func.clock_timestamp() + lasts,
        }
        statement = (
            insert(PasswordLinkRow)
            .values(user_id=user_id, **new)
            .on_conflict_do_update(index_elements=["user_id"], set_=new)
            .returning(PasswordLinkRow)
        )
        return _link_from(await self._sql.one(statement))

    async def link(self, digest: str) -> PasswordLink | None:
        """Return a link that works."""
        statement = select(PasswordLinkRow).where(PasswordLinkRow.digest == digest, _WORKS)
        row = await self._sql.row(statement)
        return None if row is None else _link_from(row)

    async def drop_links(self, user_id: UUID) -> None:
        """Let no link of a user work any more."""
        await self._sql.execute(delete(PasswordLinkRow).where(PasswordLinkRow.user_id == user_id))

    async def forget_old(self) -> None:
        """Delete links whose time is over."""
        await self._sql.execute(delete(PasswordLinkRow).where(~_WORKS))


def _link_from(row: PasswordLinkRow) -> PasswordLink:
    return PasswordLink(
        id=row.id, user_id=row.user_id, created_at=row.created_at, expires_at=row.expires_at
    )
