"""Who users are at the identity provider, in Postgres."""

from uuid import UUID

from sqlalchemy import ForeignKey, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from store.rows import Row, Stamp
from store.sql import Sql


class IdentityRow(Row):
    """Issuer and subject are somebody's for ever; whose they are here never changes."""

    __tablename__ = "identities"

    issuer: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    linked_at: Mapped[Stamp]


class Identities:
    """Reads and writes identities."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def user_id(self, issuer: str, subject: str) -> UUID | None:
        """Return whose identity it is."""
        statement = select(IdentityRow.user_id).where(
            IdentityRow.issuer == issuer, IdentityRow.subject == subject
        )
        return await self._sql.value(statement)

    async def is_known(self, issuer: str, user_id: UUID) -> bool:
        """Whether this user is somebody at this issuer."""
        statement = select(IdentityRow.subject).where(
            IdentityRow.issuer == issuer, IdentityRow.user_id == user_id
        )
        return (await self._sql.execute(statement.limit(1))).first() is not None

    async def link(self, issuer: str, subject: str, user_id: UUID) -> bool:
        """Give a user an identity; False if it has become somebody's meanwhile."""
        statement = (
            insert(IdentityRow)
            .values(issuer=issuer, subject=subject, user_id=user_id)
            .on_conflict_do_nothing()
            .returning(IdentityRow.user_id)
        )
        return await self._sql.value(statement) is not None
