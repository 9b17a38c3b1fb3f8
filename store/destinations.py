"""Destinations in Postgres: of a team, a person, or the server; each with a name of its owner's."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, Index, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from domain.destinations import (
    EVERYTHING,
    WHAT_CONCERNS_PEOPLE,
    Destination,
    DestinationKind,
    Pace,
    Subscription,
)
from domain.json_types import JsonObject
from domain.pages import Page, PageRequest
from store.encrypted_columns import (
    DESTINATION_PREVIOUS_SECRET,
    DESTINATION_SECRET,
    EncryptedColumn,
)
from store.encryption import Encryption
from store.pages import page_by_id
from store.rows import Id, Row, Stamp, Wire, new_id
from store.sql import Sql

SERVER = "server"


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a destination is: a team's, a user's, or with neither the server's."""

    team_id: UUID | None = None
    user_id: UUID | None = None

    @property
    def key(self) -> str:
        """The owner in one word: a unique index takes NULLs as different."""
        owner = self.team_id or self.user_id
        return SERVER if owner is None else str(owner)


class DestinationRow(Row):
    """A removed one stays for its deliveries' sake. Secrets are encrypted, if there is a key."""

    __tablename__ = "destinations"

    id: Mapped[Id]
    owner: Mapped[str]
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("teams.id"))
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    kind: Mapped[str]
    name: Mapped[str]
    address: Mapped[str | None]
    secret: Mapped[str | None]
    previous_secret: Mapped[str | None]
    overlap_until: Mapped[datetime | None]
    subscription: Mapped[JsonObject]
    pace: Mapped[str]
    disabled_at: Mapped[datetime | None]
    set_at: Mapped[Stamp]
    removed_at: Mapped[datetime | None]
    created_at: Mapped[Stamp]


Index(
    "ix_destinations_user_id",
    DestinationRow.user_id,
    postgresql_where=DestinationRow.removed_at.is_(None),
)
Index(
    "uq_destinations_owner_name",
    DestinationRow.owner,
    DestinationRow.name,
    unique=True,
    postgresql_where=DestinationRow.removed_at.is_(None),
)

_SUBSCRIPTION = Wire(Subscription)
_ADDING = 7_403
"""First key of the advisory lock under which an owner gets one more; the owner is the second."""


def subscription_from(stored: JsonObject) -> Subscription:
    """Return the domain value; most destinations say nothing and want everything."""
    return _SUBSCRIPTION.read(stored) if stored else EVERYTHING


def _stored(subscription: Subscription) -> JsonObject:
    return {} if subscription == EVERYTHING else _SUBSCRIPTION.write(subscription)


def _named(owner: Owner, name: str) -> tuple[ColumnElement[bool], ...]:
    return (
        DestinationRow.owner == owner.key,
        DestinationRow.name == name,
        DestinationRow.removed_at.is_(None),
    )


class Destinations:
    """Reads and writes destinations."""

    def __init__(self, sql: Sql, encryption: Encryption) -> None:
        self._sql = sql
        self._encryption = encryption

    async def named(self, owner: Owner, name: str) -> Destination | None:
        """Return the destination that its owner calls so."""
        row = await self._sql.row(select(DestinationRow).where(*_named(owner, name)))
        return None if row is None else self._destination(row)

    async def of_owner(self, owner: Owner) -> tuple[Destination, ...]:
        """Return everything that an owner has, by name."""
        statement = (
            select(DestinationRow)
            .where(DestinationRow.owner == owner.key, DestinationRow.removed_at.is_(None))
            .order_by(DestinationRow.name)
        )
        return tuple(self._destination(row) for row in await self._sql.rows(statement))

    async def page(
        self,
        request: PageRequest,
        *,
        team_id: UUID | None = None,
        disabled: bool | None = None,
        seen_by: Collection[UUID] | None = None,
    ) -> Page[Destination]:
        """Return what teams and the server have, newest first; with `seen_by` only of these teams.

        What people have of their own is not among them.
        """
        statement = select(DestinationRow).where(
            DestinationRow.user_id.is_(None), DestinationRow.removed_at.is_(None)
        )
        if team_id is not None:
            statement = statement.where(DestinationRow.team_id == team_id)
        if disabled is not None:
            statement = statement.where(DestinationRow.disabled_at.is_not(None) == disabled)
        if seen_by is not None:
            statement = statement.where(DestinationRow.team_id.in_(seen_by))
        return await page_by_id(
            self._sql, "destinations", statement, DestinationRow.id, request, self._destination
        )

    async def count(self, owner: Owner) -> int:
        """Return how many an owner has; nobody else adds one before this transaction ends."""
        lock = func.pg_advisory_xact_lock(_ADDING, func.hashtext(owner.key))
        await self._sql.execute(select(lock))
        statement = select(func.count()).where(
            DestinationRow.owner == owner.key, DestinationRow.removed_at.is_(None)
        )
        return int(await self._sql.one_value(statement))

    async def get(self, destination_id: UUID) -> Destination | None:
        """Return a destination, unless it is removed."""
        statement = select(DestinationRow).where(
            DestinationRow.id == destination_id, DestinationRow.removed_at.is_(None)
        )
        row = await self._sql.row(statement)
        return None if row is None else self._destination(row)

    async def by_id(self, destination_ids: Iterable[UUID]) -> dict[UUID, Destination]:
        """Return these destinations, removed ones too."""
        statement = select(DestinationRow).where(DestinationRow.id.in_(list(destination_ids)))
        return {row.id: self._destination(row) for row in await self._sql.rows(statement)}

    async def lock(self, destination_id: UUID) -> Destination | None:
        """Wait for a destination's row, then return it, unless it is removed."""
        await self._sql.execute(
            select(DestinationRow.id)
            .where(DestinationRow.id == destination_id)
            .with_for_update(key_share=True)
        )
        return await self.get(destination_id)

    async def lock_named(self, owner: Owner, name: str) -> Destination | None:
        """Wait for the row of a destination, then return it."""
        await self._sql.execute(
            select(DestinationRow.id).where(*_named(owner, name)).with_for_update(key_share=True)
        )
        return await self.named(owner, name)

    async def insert(
        self,
        owner: Owner,
        *,
        kind: DestinationKind,
        name: str,
        address: str | None,
        secret: str | None,
        subscription: Subscription,
        pace: Pace,
    ) -> Destination | None:
        """Insert a destination; None if its owner has one of the name, also since a moment ago."""
        row_id = new_id()
        statement = (
            insert(DestinationRow)
            .values(
                id=row_id,
                owner=owner.key,
                team_id=owner.team_id,
                user_id=owner.user_id,
                kind=kind,
                name=name,
                address=address,
                secret=self._kept(DESTINATION_SECRET, row_id, secret),
                subscription=_stored(subscription),
                pace=pace,
            )
            .on_conflict_do_nothing(
                index_elements=["owner", "name"], index_where=DestinationRow.removed_at.is_(None)
            )
            .returning(DestinationRow)
        )
        row = await self._sql.row(statement)
        return None if row is None else self._destination(row)

    async def save(self, destination: Destination, *, set_anew: bool = False) -> None:
        """Write a destination as it is now; its row is locked.

        What failed before it was set anew says nothing of it any more.
        """
        id_ = destination.id
        anew = {"set_at": func.clock_timestamp()} if set_anew else {}
        await self._sql.execute(
            update(DestinationRow)
            .where(DestinationRow.id == id_)
            .values(
                owner=Owner(destination.team_id, destination.user_id).key,
                team_id=destination.team_id,
                name=destination.name,
                address=destination.address,
                secret=self._kept(DESTINATION_SECRET, id_, destination.secret),
                previous_secret=self._kept(
                    DESTINATION_PREVIOUS_SECRET, id_, destination.previous_secret
                ),
                overlap_until=destination.overlap_until,
                subscription=_stored(destination.subscription),
                pace=destination.pace,
                disabled_at=destination.disabled_at,
                **anew,
            )
        )

    async def remove(self, destination_id: UUID) -> None:
        """Take a destination out of use."""
        await self._sql.execute(
            update(DestinationRow)
            .where(DestinationRow.id == destination_id)
            .values(removed_at=func.clock_timestamp())
        )

    async def move(self, destination_id: UUID, to_team_id: UUID) -> None:
        """Make a destination another team's, which has none of its name."""
        await self._sql.execute(
            update(DestinationRow)
            .where(DestinationRow.id == destination_id)
            .values(team_id=to_team_id, owner=Owner(to_team_id).key)
        )

    async def disable(self, destination_id: UUID) -> bool:
        """Stop sending to a destination that keeps failing; False when it was stopped before."""
        statement = (
            update(DestinationRow)
            .where(DestinationRow.id == destination_id, DestinationRow.disabled_at.is_(None))
            .values(disabled_at=func.clock_timestamp())
            .returning(DestinationRow.id)
        )
        return await self._sql.value(statement) is not None

    async def give_email(self, user_id: UUID) -> None:
        """Have a new person told by e-mail, until they say how they want to be told."""
        await self.insert(
            Owner(user_id=user_id),
            kind=DestinationKind.EMAIL,
            name=DestinationKind.EMAIL.value,
            address=None,
            secret=None,
            subscription=WHAT_CONCERNS_PEOPLE,
            pace=Pace.AUTO,
        )

    def _kept(self, column: EncryptedColumn, row_id: UUID, text: str | None) -> str | None:
        return None if text is None else column.encrypt(self._encryption, row_id, text)

    def _read(self, column: EncryptedColumn, row_id: UUID, kept: str | None) -> str | None:
        return None if kept is None else column.decrypt(self._encryption, row_id, kept)

    def _destination(self, row: DestinationRow) -> Destination:
        return Destination(
            id=row.id,
            team_id=row.team_id,
            user_id=row.user_id,
            kind=DestinationKind(row.kind),
            name=row.name,
            address=row.address,
            secret=self._read(DESTINATION_SECRET, row.id, row.secret),
            previous_secret=self._read(DESTINATION_PREVIOUS_SECRET, row.id, row.previous_secret),
            overlap_until=row.overlap_until,
            subscription=subscription_from(row.subscription),
            pace=Pace(row.pace),
            disabled_at=row.disabled_at,
            created_at=row.created_at,
        )
