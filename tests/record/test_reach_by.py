"""What the migration writes beside open asks is what is written when somebody is asked."""

from collections.abc import Sequence
from datetime import datetime
from importlib import import_module
from uuid import UUID

import pytest
from sqlalchemy import text

from store.transaction import Transaction
from tests.support.asked_stories import STORIES
from tests.support.facts import Facts

_MIGRATION = import_module("store.migrations.versions.2026_11_26_1600_reach_by")
_KEPT = text(
    "SELECT reach_by FROM notices WHERE kind = 'ask' AND proposal_id = :proposal ORDER BY team_id"
)


async def _kept(tx: Transaction, proposal_id: UUID) -> Sequence[datetime | None]:
    return [row.reach_by for row in await tx.sql.execute(_KEPT, {"proposal": proposal_id})]


@pytest.mark.parametrize("name", ["both in time", "with more notice than time", "by working days"])
async def test_open_asks_get_it_where_all_days_count(facts: Facts, name: str) -> None:
    conductor = await STORIES[name].told(facts)

    async def work(tx: Transaction) -> tuple[Sequence[datetime | None], Sequence[datetime | None]]:
        told = await _kept(tx, conductor.proposal.id)
        await tx.sql.execute(text("SET LOCAL TIME ZONE 'Europe/Berlin'"))
        await tx.sql.execute(
            text("UPDATE notices SET reach_by = NULL WHERE proposal_id = :proposal"),
            {"proposal": conductor.proposal.id},
        )
        await tx.sql.execute(text(_MIGRATION._OPEN))  # noqa: SLF001  # its own statement
        return told, await _kept(tx, conductor.proposal.id)

    told, written = await facts.database.run(work)
    assert None not in told
    assert written == ([None, None] if name == "by working days" else told)
