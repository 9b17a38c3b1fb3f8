"""Looking at the record as a whole: what waits, what is stuck, what nobody looks after."""

from collections.abc import Mapping

from domain.health import FactsSeen, Revisions, SecretsSeen
from record import deliveries, digests
from record.wakes import OVERDUE_BY
from store.database import Runner
from store.encryption import Standing
from store.health import LISTED
from store.migrate import known_revisions
from store.revisions import current_revision
from store.transaction import Transaction


async def revisions(runner: Runner) -> Revisions:
    """Return where the database's tables are, and what this code knows."""

    async def work(tx: Transaction) -> str | None:
        return await current_revision(tx.sql)

    return Revisions(current=await runner.run(work), known=known_revisions())


async def look(runner: Runner) -> FactsSeen:
    """Return everything that may be wrong, as of one moment."""

    async def work(tx: Transaction) -> FactsSeen:
        late = await tx.deliveries.overdue(deliveries.OVERDUE_BY, LISTED)
        waiting = await tx.outbox.waiting_for(late)
        return FactsSeen(
            backlog=await tx.health.backlog(),
            parked=await tx.outbox.parked(LISTED),
            overdue=await tx.health.overdue(OVERDUE_BY),
            stuck=await tx.health.stuck(),
            settled=await tx.health.settled(),
            destinations=await tx.health.destinations(),
            log=await tx.health.log(),
            secrets=_secrets(await tx.encrypted_columns.standings()),
            late_events=len(set(late) - waiting),
            late_digests=await tx.digests.late(digests.OVERDUE_BY),
            late_retirements=len(await tx.retirements.overdue(OVERDUE_BY, LISTED)),
            stuck_retirements=await tx.retirements.stuck(),
        )

    return await runner.run(work)


def _secrets(standings: Mapping[Standing, int]) -> SecretsSeen:
    return SecretsSeen(**{each.value: standings.get(each, 0) for each in Standing})


async def waiting(runner: Runner) -> int:
    """Return how many rows wait for the relay."""

    async def work(tx: Transaction) -> int:
        return (await tx.health.backlog()).waiting

    return await runner.run(work)
