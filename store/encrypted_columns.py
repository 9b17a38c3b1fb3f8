"""The columns that hold encrypted texts: told of here once, they are rotated and looked after.

A repository with such a column asks an `EncryptedColumn` for what to keep and what was kept.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, column, select, table, update
from sqlalchemy.types import Text, Uuid

from store.encryption import Encryption, Standing, place_of
from store.sql import Sql

BATCH = 200
_FIRST = UUID(int=0)


@dataclass(frozen=True, slots=True)
class EncryptedColumn:
    """A column of texts, in a table whose key is `id`."""

    table: str
    column: str

    def encrypt(self, encryption: Encryption, row_id: UUID, text: str) -> str:
        """Return what this row keeps."""
        return encryption.encrypt(text, place_of(self.table, self.column, row_id))

    def decrypt(self, encryption: Encryption, row_id: UUID, kept: str) -> str | None:
        """Return the text of this row, or None if no key decrypts it."""
        return encryption.decrypt(kept, place_of(self.table, self.column, row_id))

    def standing(self, encryption: Encryption, row_id: UUID, kept: str) -> Standing:
        """Return how this row keeps its text."""
        return encryption.standing(kept, place_of(self.table, self.column, row_id))

    @property
    def name(self) -> str:
        """How people name it."""
        return f"{self.table}.{self.column}"


DESTINATION_SECRET = EncryptedColumn("destinations", "secret")
DESTINATION_PREVIOUS_SECRET = EncryptedColumn("destinations", "previous_secret")
SLACK_TOKEN = EncryptedColumn("slack_installations", "token")
ENCRYPTED = (DESTINATION_SECRET, DESTINATION_PREVIOUS_SECRET, SLACK_TOKEN)


@dataclass(frozen=True, slots=True)
class Batch:
    """What became of some rows; `last` is where the next batch begins, None after the last."""

    encrypted: int
    unreadable: tuple[UUID, ...]
    last: UUID | None


class EncryptedColumns:
    """Looks through all texts of a column."""

    def __init__(self, sql: Sql, encryption: Encryption) -> None:
        self._sql = sql
        self._encryption = encryption

    async def encrypt_again(self, which: EncryptedColumn, after: UUID | None) -> Batch:
        """Bring the next texts under the current key; those that no key decrypts stay."""
        rows = _Rows(which)
        found = (
            await self._sql.execute(
                select(rows.id, rows.kept)
                .where(
                    rows.id > (after or _FIRST),
                    rows.kept.is_not(None),
                    rows.kept.not_like(f"{self._encryption.current}%"),
                )
                .order_by(rows.id)
                .limit(BATCH)
                .with_for_update()
            )
        ).all()
        changed, unreadable = 0, []
        for row_id, kept in found:
            text = which.decrypt(self._encryption, row_id, kept)
            if text is None:
                unreadable.append(row_id)
                continue
            again = which.encrypt(self._encryption, row_id, text)
            await self._sql.execute(
                update(rows.table).where(rows.id == row_id).values({which.column: again})
            )
            changed += 1
        last = found[-1].id if len(found) == BATCH else None
        return Batch(encrypted=changed, unreadable=tuple(unreadable), last=last)

    async def standings(self) -> Mapping[Standing, int]:
        """Return how many texts there are of each kind, over all columns."""
        counted: Counter[Standing] = Counter()
        for which in ENCRYPTED:
            rows = _Rows(which)
            texts = select(rows.id, rows.kept).where(rows.kept.is_not(None))
            for row_id, kept in await self._sql.execute(texts):
                counted[which.standing(self._encryption, row_id, kept)] += 1
        return counted


class _Rows:
    """A table by its name: rows are not mapped for this."""

    def __init__(self, which: EncryptedColumn) -> None:
        self.table = table(which.table, column("id", Uuid), column(which.column, Text))
        self.id: ColumnElement[UUID] = self.table.c.id
        self.kept: ColumnElement[str] = self.table.c[which.column]
