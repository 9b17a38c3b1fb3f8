"""Looking at the record as a whole: what waits, what is stuck, what nobody looks after."""

from collections.abc import Mapping
from uuid import UUID

from domain.bounds import ServerPolicy
from domain.health import FactsSeen, FallbackSeen, Revisions, SecretsSeen
from domain.team_policies import Fallback
from record import deliveries, digests
from record.openings import server_fallback
from record.wakes import OVERDUE_BY
from store.database import Runner
from store.encryption import Standing
from store.fallbacks import Reach
from store.health import LISTED
from store.migrate import known_revisions
from store.revisions import current_revision
from store.transaction import Transaction


async def revisions(runner: Runner) -> Revisions:
    """Return where the database's tables are, and what this code knows."""

    async def work(tx: Transaction) -> str | None:
        return await current_revision(tx.sql)

    return Revisions(current=await runner.run(work), known=known_revisions())


async def look(runner: Runner, fallback: str | None = None) -> FactsSeen:
    """Return everything that may be wrong, as of one moment; `fallback` is the server's."""

    async def work(tx: Transaction) -> FactsSeen:
        late = await tx.deliveries.overdue(deliveries.OVERDUE_BY, LISTED)
        return FactsSeen(
            backlog=await tx.health.backlog(),
            parked=await tx.outbox.parked(LISTED),
            overdue=await tx.health.overdue(OVERDUE_BY),
            stuck=await tx.health.stuck(),
            settled=await tx.health.settled(),
            destinations=await tx.health.destinations(),
            log=await tx.health.log(),
            secrets=_secrets(await tx.encrypted_columns.standings()),
            late_events=len(late),
            late_digests=await tx.digests.late(digests.OVERDUE_BY),
            late_retirements=len(await tx.retirements.overdue(OVERDUE_BY, LISTED)),
            stuck_retirements=await tx.health.stuck_retirements(),
            settled_retirements=await tx.health.settled_retirements(),
            fallbacks=await _fallbacks(tx, fallback),
        )

    return await runner.run(work)


async def _fallbacks(tx: Transaction, server: str | None) -> tuple[FallbackSeen, ...]:
    """Return the server's fallback and those of teams."""
    of_server = await server_fallback(tx, ServerPolicy(fallback=server))
    of_teams = await tx.fallbacks.of_teams()
    reach = await tx.fallbacks.reach(filter(None, [of_server, *of_teams.values()]))
    seen = [_fallback(team, fallback, reach) for team, fallback in of_teams.items()]
    if server is not None:
        there = None if of_server is None else _fallback(None, of_server, reach)
        gone = FallbackSeen(whose=None, named=server, there=False, reached=False)
        seen.insert(0, there or gone)
    return tuple(seen)


def _fallback(whose: str | None, fallback: Fallback, reach: Mapping[UUID, Reach]) -> FallbackSeen:
    id_ = fallback.team_id or fallback.user_id
    found = None if id_ is None else reach.get(id_)
    if found is None:
        return FallbackSeen(whose=whose, named=str(id_), there=False, reached=False)
    return FallbackSeen(whose=whose, named=found.name, there=found.there, reached=found.reached)


def _secrets(standings: Mapping[Standing, int]) -> SecretsSeen:
    return SecretsSeen(**{each.value: standings.get(each, 0) for each in Standing})


async def waiting(runner: Runner) -> int:
    """Return how many rows wait for the relay."""

    async def work(tx: Transaction) -> int:
        return (await tx.health.backlog()).waiting

    return await runner.run(work)
