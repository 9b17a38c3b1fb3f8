"""Users in Postgres."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, and_, bindparam, false, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from domain.pages import Page, PageRequest
from domain.users import User, UserKind
from store.pages import page_by_id
from store.rows import Id, Row, Stamp, among, new_id
from store.sql import Sql

USERS_LOCK = 0x7E55_E8A5
"""Key of the advisory lock under which users change, one after the other."""


class UserRow(Row):
    """A user stays for ever: what they did is in the log. `email` is kept in lower case."""

    __tablename__ = "users"

    id: Mapped[Id]
    name: Mapped[str]
    email: Mapped[str | None]
    kind: Mapped[str]
    administrator: Mapped[bool]
    administrator_by_groups: Mapped[bool] = mapped_column(server_default=false())
    """Whether the provider's groups made them one, and may take it away again."""
    deactivated_at: Mapped[datetime | None]
    created_at: Mapped[Stamp]


Index("uq_users_email", UserRow.email, unique=True)
Index(
    "uq_users_bot_name",
    UserRow.name,
    unique=True,
    postgresql_where=UserRow.kind == UserKind.BOT.value,
)

_THIS = select(UserRow).where(UserRow.id == bindparam("user_id"))
_OTHER_ADMINISTRATORS = (
    select(UserRow.id)
    .where(
        UserRow.administrator, UserRow.deactivated_at.is_(None), UserRow.id != bindparam("user_id")
    )
    .limit(1)
)
_ALL_LOCKED = select(func.pg_advisory_xact_lock(USERS_LOCK))
_LOCKED = (
    select(UserRow.id).where(UserRow.id == bindparam("user_id")).with_for_update(key_share=True)
)


class Users:
    """Reads and writes users."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def insert(
        self, *, name: str, email: str | None, kind: UserKind, administrator: bool
    ) -> User | None:
        """Insert a user; None when the e-mail address, or a bot's name, is taken."""
        statement = (
            insert(UserRow)
            .values(id=new_id(), name=name, email=email, kind=kind, administrator=administrator)
            .on_conflict_do_nothing()
            .returning(UserRow)
        )
        row = await self._sql.row(statement)
        return None if row is None else user_from(row)

    async def lock(self, user_id: UUID) -> None:
        """Lock the user's row."""
        await self._sql.execute(_LOCKED, {"user_id": user_id})

    async def get(self, user_id: UUID) -> User | None:
        """Return a user, deactivated ones too."""
        row = await self._sql.row(_THIS, {"user_id": user_id})
        return None if row is None else user_from(row)

    async def lock_all(self) -> None:
        """Let no other transaction change users: what is looked at across them stays as it is."""
        await self._sql.execute(_ALL_LOCKED)

    async def taken_by(
        self, name: str, email: str | None, kind: UserKind, other_than: UUID | None = None
    ) -> User | None:
        """Return another user who has this e-mail address, or the other bot of this name."""
        taken = [UserRow.email == email] if email is not None else []
        if kind is UserKind.BOT:
            taken.append(and_(UserRow.name == name, UserRow.kind == UserKind.BOT))
        statement = select(UserRow).where(or_(false(), *taken))
        if other_than is not None:
            statement = statement.where(UserRow.id != other_than)
        row = (await self._sql.execute(statement.limit(1))).first()
        return None if row is None else user_from(row)

    async def are_other_administrators(self, user_id: UUID) -> bool:
        """Whether anybody else may come in as an administrator."""
        return bool(await self._sql.value(_OTHER_ADMINISTRATORS, {"user_id": user_id}))

    async def of_email(self, email: str) -> User | None:
        """Return the person or bot of this address."""
        statement = select(UserRow).where(UserRow.email == email.strip().lower())
        row = await self._sql.row(statement)
        return None if row is None else user_from(row)

    async def names(self, user_ids: Iterable[UUID]) -> dict[UUID, str]:
        """Return what these users are called."""
        wanted = list(set(user_ids))
        if not wanted:
            return {}
        statement = select(UserRow.id, UserRow.name).where(among(UserRow.id))
        found = await self._sql.execute(statement, {"ids": wanted})
        return {row.id: row.name for row in found.all()}

    async def save(self, user: User) -> None:
        """Replace what a user is."""
        await self._sql.execute(
            update(UserRow)
            .where(UserRow.id == user.id)
            .values(
                name=user.name,
                email=user.email,
                administrator=user.administrator,
                administrator_by_groups=user.administrator_by_groups,
                deactivated_at=user.deactivated_at,
            )
        )

    async def page(
        self,
        request: PageRequest,
        *,
        name: str | None = None,
        email: str | None = None,
        kind: UserKind | None = None,
        active: bool | None = None,
        words: str = "",
    ) -> Page[User]:
        """Return users, newest first; with `words` those who have them in their name or address."""
        statement = select(UserRow)
        if words:
            statement = statement.where(
                or_(
                    UserRow.name.icontains(words, autoescape=True),
                    UserRow.email.icontains(words, autoescape=True),
                )
            )
        if name is not None:
            statement = statement.where(UserRow.name == name)
        if email is not None:
            statement = statement.where(UserRow.email == email.strip().lower())
        if kind is not None:
            statement = statement.where(UserRow.kind == kind)
        if active is not None:
            statement = statement.where(UserRow.deactivated_at.is_(None) == active)
        return await page_by_id(self._sql, "users", statement, UserRow.id, request, user_from)


def user_from(row: Any) -> User:
    """Return the domain value of a row."""
    return User(
        id=row.id,
        name=row.name,
        email=row.email,
        kind=UserKind(row.kind),
        administrator=row.administrator,
        administrator_by_groups=row.administrator_by_groups,
        deactivated_at=row.deactivated_at,
        created_at=row.created_at,
    )
