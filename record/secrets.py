"""Secrets of the record: brought under the current key of encryption, and looked after."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from store.database import Runner
from store.encrypted_columns import ENCRYPTED, Batch, EncryptedColumn
from store.encryption import Standing
from store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotated:
    """What was done to one column."""

    column: str
    encrypted: int
    unreadable: tuple[UUID, ...]
    """Rows whose text no key decrypts; they are left as they are."""


async def rotate(runner: Runner) -> tuple[Rotated, ...]:
    """Encrypt with the current key what is plain or under an old one; a few rows a transaction.

    Safe to repeat, and to run while the server works: each row is locked while it is changed.
    """
    return tuple([await _rotate(runner, which) for which in ENCRYPTED])


async def standings(runner: Runner) -> Mapping[Standing, int]:
    """Return how many texts there are of each kind."""

    async def work(tx: Transaction) -> Mapping[Standing, int]:
        return await tx.encrypted_columns.standings()

    return await runner.run(work)


async def _rotate(runner: Runner, which: EncryptedColumn) -> Rotated:
    encrypted = 0
    unreadable: list[UUID] = []
    after: UUID | None = None
    while True:

        async def work(tx: Transaction, after: UUID | None = after) -> Batch:
            return await tx.encrypted_columns.encrypt_again(which, after)

        batch = await runner.run(work)
        encrypted += batch.encrypted
        unreadable += batch.unreadable
        after = batch.last
        if after is None:
            return Rotated(column=which.name, encrypted=encrypted, unreadable=tuple(unreadable))
