"""What is kept beside each question, and the same written anew from the facts."""

from datetime import datetime
from importlib import import_module
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text

from store.database import Database
from store.transaction import Transaction

_MIGRATION = import_module("store.migrations.versions.2026_11_26_1300_what_became_of_questions")


class Asks(NamedTuple):
    """A table of notices that ask: what it asks about, and what writes its columns anew."""

    table: str
    about: str
    from_facts: str


OF_PROPOSALS = Asks("notices", "proposal_id", _MIGRATION._OF_PROPOSALS)  # noqa: SLF001
OF_RETIREMENTS = Asks("mover_notices", "contract_id", _MIGRATION._OF_RETIREMENTS)  # noqa: SLF001


class Kept(NamedTuple):
    """What stands beside one ask; of an end only whether there is one."""

    about: UUID
    team: str
    revision: int
    due_at: datetime
    reminders: int
    answered_at: datetime | None
    closed: bool


async def kept(database: Database, asks: Asks) -> list[Kept]:
    """Return what stands beside every ask, in the order of what is asked about."""
    return await database.read(lambda tx: _read(tx, asks))


async def from_facts(database: Database, asks: Asks) -> list[Kept]:
    """Return what stands there once it is written anew, as the migration of 0022 does."""

    async def work(tx: Transaction) -> list[Kept]:
        await tx.sql.execute(text(asks.from_facts.replace(":", "\\:")))
        return await _read(tx, asks)

    return await database.run(work)


async def _read(tx: Transaction, asks: Asks) -> list[Kept]:
    rows = await tx.sql.execute(
        text(
            f"SELECT n.{asks.about}, t.name, n.revision, n.due_at, n.reminders, n.answered_at,"
            f" n.closed_at IS NOT NULL FROM {asks.table} n JOIN teams t ON t.id = n.team_id"
            " WHERE n.kind = 'ask' ORDER BY 1, 2, 3"
        )
    )
    return [Kept(*row) for row in rows]
