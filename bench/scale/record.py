"""What the record says while it is measured: how many wait, settled, were told, and when."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from store.database import Database
from store.transaction import Transaction

POLL_SECONDS = 0.5
PATIENCE = 1800.0
"""Seconds without any progress after which a measurement is given up."""


class Record:
    """Questions in SQL, since no route and no repository asks them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def waiting(self, proposals: Sequence[UUID]) -> int:
        """How many of these are open and have a workflow that waits for something later."""
        return await self._count(
            "SELECT count(*) FROM proposals WHERE id = ANY(:ids) AND status = 'pending'"
            " AND next_review_at > clock_timestamp() + interval '10 seconds'",
            ids=proposals,
        )

    async def ended(self, proposals: Sequence[UUID]) -> int:
        """How many of these are not open any more."""
        return await self._count(
            "SELECT count(*) FROM proposals WHERE id = ANY(:ids) AND ended_at IS NOT NULL",
            ids=proposals,
        )

    async def published(self, proposals: Sequence[UUID]) -> int:
        """How many contracts came of these."""
        return await self._count(
            "SELECT count(*) FROM contracts WHERE proposal_id = ANY(:ids)", ids=proposals
        )

    async def asked(self, proposal: UUID) -> int:
        """How many teams were asked by this one."""
        return await self._count(
            "SELECT count(*) FROM notices WHERE kind = 'ask' AND proposal_id = :id", id=proposal
        )

    async def answered(self, proposal: UUID) -> int:
        """How many teams have answered this one."""
        return await self._count(
            "SELECT count(DISTINCT team_id) FROM acknowledgments WHERE proposal_id = :id",
            id=proposal,
        )

    async def settled_after(self, proposals: Sequence[UUID]) -> list[float]:
        """Seconds from the last answer to the publication, of each."""
        return await self._seconds(
            "SELECT p.ended_at - max(a.recorded_at)"
            " FROM proposals p JOIN acknowledgments a ON a.proposal_id = p.id"
            " WHERE p.id = ANY(:ids) AND p.status = 'published' GROUP BY p.id",
            ids=proposals,
        )

    async def reminded(self, since: datetime) -> int:
        """How many reminders were recorded since then."""
        return await self._count(
            "SELECT count(*) FROM notices WHERE kind = 'remind' AND created_at >= :since",
            since=since,
        )

    async def make_due(
        self, proposals: Sequence[UUID], first: datetime, spread: timedelta, after: timedelta
    ) -> None:
        """Date the asks so that reminders fall due from `first` on, evenly over `spread`."""

        async def work(tx: Transaction) -> None:
            await tx.sql.execute(
                text(
                    "UPDATE notices SET noted_at ="
                    " CAST(:first AS timestamptz) - CAST(:after AS interval)"
                    " + (wanted.place - 1) * CAST(:spread AS interval) / :count"
                    " FROM unnest(CAST(:ids AS uuid[])) WITH ORDINALITY AS wanted (id, place)"
                    " WHERE proposal_id = wanted.id AND kind = 'ask'"
                ),
                {
                    "first": first,
                    "after": after,
                    "spread": spread,
                    "count": len(proposals),
                    "ids": list(proposals),
                },
            )

        await self._database.run(work)

    async def reviewed_for(self, before: datetime) -> int:
        """How many open proposals are to be looked at before then."""
        return await self._count(
            "SELECT count(*) FROM proposals WHERE status = 'pending' AND next_review_at <= :before",
            before=before,
        )

    async def lateness(self, since: datetime, after: timedelta) -> list[float]:
        """Seconds from when each reminder was due until it was recorded."""
        return await self._seconds(
            "SELECT reminder.created_at - (ask.noted_at + CAST(:after AS interval))"
            " FROM notices reminder JOIN notices ask USING (proposal_id, team_id, revision)"
            " WHERE reminder.kind = 'remind' AND ask.kind = 'ask'"
            " AND reminder.created_at >= :since",
            since=since,
            after=after,
        )

    async def now(self) -> datetime:
        """The time of Postgres."""
        return await self._database.run(lambda tx: tx.now())

    async def _count(self, statement: str, **given: object) -> int:
        async def work(tx: Transaction) -> int:
            return int((await tx.sql.execute(text(statement), given)).scalar_one())

        return await self._database.run(work)

    async def _seconds(self, statement: str, **given: object) -> list[float]:
        async def work(tx: Transaction) -> list[float]:
            found = await tx.sql.execute(text(statement), given)
            return [each.total_seconds() for each in found.scalars()]

        return await self._database.run(work)


async def until(count: Callable[[], Awaitable[int]], wanted: int) -> float:
    """Return the seconds until so many are counted; `AssertionError` if it does not go on."""
    began = moved = time.monotonic()
    last = -1
    while (found := await count()) < wanted:
        if found != last:
            last, moved = found, time.monotonic()
        if time.monotonic() > moved + PATIENCE:
            raise AssertionError(f"it stays at {found} of {wanted}")
        await asyncio.sleep(POLL_SECONDS)
    return time.monotonic() - began
