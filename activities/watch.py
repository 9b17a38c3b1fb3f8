"""What the schedule does every minute: wake what nobody looks after, forget what is old."""

from temporalio import activity

from activities.payloads import ActivityName, WatchOutput
from record import deliveries, digests, wakes
from store.database import Database
from store.rate_limits import BATCH
from store.transaction import Transaction


class WatchActivities:
    """Each part is safe to repeat."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @activity.defn(name=ActivityName.WATCH)
    async def watch(self) -> WatchOutput:
        """Wake what is overdue, and delete what has had its time.

        The one are proposals, retirements, deliveries and digests; the other are old idempotency
        keys, full buckets, sessions, links and counted attempts.
        """

        async def work(tx: Transaction) -> None:
            await tx.idempotency.forget_old()
            await tx.sessions.forget_old()
            await tx.passwords.forget_old()
            await tx.sign_ins.forget_old()

        woken = await wakes.wake_overdue(self._database)
        retirements = await wakes.wake_overdue_retirements(self._database)
        await self._database.run(work)
        if woken:
            activity.logger.warning("woke %s overdue proposals", woken)
        if retirements:
            activity.logger.warning("woke %s overdue retirements", retirements)
        if late := await deliveries.wake_overdue(self._database):
            activity.logger.warning("woke the deliveries of %s events", late)
        if late := await digests.send_due(self._database, digests.OVERDUE_BY):
            activity.logger.warning("sent %s digests that nobody looked after", late)
        await self._forget_buckets()
        return WatchOutput(woken=woken, retirements=retirements)

    async def _forget_buckets(self) -> None:
        async def work(tx: Transaction) -> int:
            return await tx.rate_limits.forget_full()

        while await self._database.run(work) == BATCH:
            pass
