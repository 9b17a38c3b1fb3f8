"""Destinations in Postgres: one webhook per team, and one of the server's own."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, Index, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql.selectable import TypedReturnsRows

from domain.deliveries import Destination, DestinationKind
from store.encrypted_columns import DESTINATION_SECRET
from store.encryption import Encryption
from store.rows import Id, Row, Stamp, among, new_id
from store.sql import Sql


class DestinationRow(Row):
    """`team_id` NULL is the server's own; a removed one stays for its deliveries' sake.

    `owner` says the same without NULL, since a unique index takes NULLs as different. `secret` is
    encrypted, where the server has a key.
    """

    __tablename__ = "destinations"

    id: Mapped[Id]
    owner: Mapped[str]
    team_id: Mapped[UUID | None] = mapped_column(ForeignKey("teams.id"))
    kind: Mapped[str]
    url: Mapped[str]
    secret: Mapped[str]
    disabled_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]
    created_at: Mapped[Stamp]


Index(
    "uq_destinations_owner_kind",
    DestinationRow.owner,
    DestinationRow.kind,
    unique=True,
    postgresql_where=DestinationRow.removed_at.is_(None),
)


_RECEIVING = (
    select(DestinationRow.id, DestinationRow.team_id)
    .where(
        DestinationRow.removed_at.is_(None),
        DestinationRow.disabled_at.is_(None),
        or_(
            DestinationRow.team_id.is_(None),
            among(DestinationRow.team_id, "teams"),
        ),
    )
    .order_by(DestinationRow.id)
)


class Destinations:
    """Reads and writes destinations."""

    def __init__(self, sql: Sql, encryption: Encryption) -> None:
        self._sql = sql
        self._encryption = encryption

    async def receiving(
        self, audiences: Mapping[UUID, Iterable[UUID]]
    ) -> dict[UUID, tuple[UUID, ...]]:
        """Return for each event the ids of its destinations; `audiences` are teams by event.

        They are the working ones of these teams, and the server's own.
        """
        teams = {team_id for audience in audiences.values() for team_id in audience}
        found = (await self._sql.execute(_RECEIVING, {"teams": list(teams)})).all()
        return {
            event_id: tuple(
                each.id for each in found if each.team_id is None or each.team_id in audience
            )
            for event_id, audience in audiences.items()
        }

    async def webhook_of(self, team_id: UUID | None) -> Destination | None:
        """Return the webhook of a team, or with None the server's own."""
        row = await self._sql.row(select(DestinationRow).where(*_is_webhook(team_id)))
        return None if row is None else self._destination(row)

    async def get(self, destination_id: UUID) -> Destination | None:
        """Return a destination that is not removed."""
        statement = select(DestinationRow).where(
            DestinationRow.id == destination_id, DestinationRow.removed_at.is_(None)
        )
        row = await self._sql.row(statement)
        return None if row is None else self._destination(row)

    async def set_webhook(self, team_id: UUID | None, url: str, secret: str) -> Destination:
        """Insert or replace the webhook; replacing one enables it again."""
        while True:
            standing = await self._sql.value(
                select(DestinationRow.id).where(*_is_webhook(team_id)).with_for_update()
            )
            statement = (
                self._inserted(team_id, url, secret)
                if standing is None
                else self._replaced(standing, url, secret)
            )
            row = await self._sql.row(statement)
            if row is not None:  # else another transaction has inserted one in the meantime
                return self._destination(row)

    def _inserted(
        self, team_id: UUID | None, url: str, secret: str
    ) -> TypedReturnsRows[DestinationRow]:
        row_id = new_id()
        return (
            insert(DestinationRow)
            .values(
                id=row_id,
                owner=_owner(team_id),
                team_id=team_id,
                kind=DestinationKind.WEBHOOK,
                url=url,
                secret=DESTINATION_SECRET.encrypt(self._encryption, row_id, secret),
            )
            .on_conflict_do_nothing(
                index_elements=["owner", "kind"], index_where=DestinationRow.removed_at.is_(None)
            )
            .returning(DestinationRow)
        )

    def _replaced(self, row_id: UUID, url: str, secret: str) -> TypedReturnsRows[DestinationRow]:
        kept = DESTINATION_SECRET.encrypt(self._encryption, row_id, secret)
        return (
            update(DestinationRow)
            .where(DestinationRow.id == row_id)
            .values(url=url, secret=kept, disabled_at=None)
            .returning(DestinationRow)
        )

    async def remove(self, destination_id: UUID) -> None:
        """Take a destination out of use."""
        await self._sql.execute(
            update(DestinationRow)
            .where(DestinationRow.id == destination_id)
            .values(removed_at=func.clock_timestamp())
        )

    async def move(self, destination_id: UUID, to_team_id: UUID) -> None:
        """Make a destination another team's, which has none."""
        await self._sql.execute(
            update(DestinationRow)
            .where(DestinationRow.id == destination_id)
            .values(team_id=to_team_id, owner=_owner(to_team_id))
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

    def _destination(self, row: DestinationRow) -> Destination:
        return Destination(
            id=row.id,
            team_id=row.team_id,
            kind=DestinationKind(row.kind),
            url=row.url,
            secret=DESTINATION_SECRET.decrypt(self._encryption, row.id, row.secret),
            disabled_at=row.disabled_at,
            created_at=row.created_at,
        )


def _owner(team_id: UUID | None) -> str:
    return "server" if team_id is None else str(team_id)


def _is_webhook(team_id: UUID | None) -> tuple[ColumnElement[bool], ...]:
    return (
        DestinationRow.owner == _owner(team_id),
        DestinationRow.kind == DestinationKind.WEBHOOK,
        DestinationRow.removed_at.is_(None),
    )
