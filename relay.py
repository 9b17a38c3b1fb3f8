"""The relay: carries the outbox to Temporal. The one loop of the product that is not a workflow.

Any number may run. A row is claimed and the claim committed before Temporal is called, and deleted
by claim after it; a relay that dies in between leaves the row to another when the claim runs out,
and the call is safe to repeat.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from uuid import UUID

import structlog
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from activities.payloads import DeliveryInput, ProposalInput, RetirementInput
from domain.errors import Unavailable
from record import wakes
from store.database import Database
from store.listener import Listener
from store.outbox import OutboxItem, OutboxKind
from store.transaction import Transaction
from workflows import delivery, proposal, retirement

BATCH = 50
AT_ONCE = 10
LEASE = timedelta(seconds=30)
POLL_SECONDS = 1.0
PREPARE_SECONDS = 60.0
_REFUSED = frozenset(
    {
        RPCStatusCode.INVALID_ARGUMENT,
        RPCStatusCode.FAILED_PRECONDITION,
        RPCStatusCode.OUT_OF_RANGE,
        RPCStatusCode.UNIMPLEMENTED,
    }
)
"""What Temporal will say again to the same call; anything else may pass later."""

_log = structlog.get_logger(__name__)


class Relay:
    """Moves rows until it is told to stop.

    `prepare`, called every minute, sees to what the namespace needs besides: whoever loses
    Temporal's database loses the watch with it, and the watch cannot miss itself.
    """

    def __init__(
        self,
        database: Database,
        client: Client,
        listener: Listener,
        *,
        task_queue: str,
        prepare: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._database = database
        self._client = client
        self._listener = listener
        self._task_queue = task_queue
        self._stopping = False
        self._failures = 0
        self._prepare = prepare
        self._prepared_at = time.monotonic()

    def stop(self) -> None:
        """Finish the batch under way, then return from `run`."""
        self._stopping = True
        self._listener.nudge()

    async def run(self) -> None:
        """Carry rows as they come; an unreachable database or Temporal only makes it wait."""
        while not self._stopping:
            try:
                moved = await self.carry_batch()
            except Unavailable:
                _log.warning("relay waits for the database")
                moved = 0
            await self._prepare_now_and_then()
            if moved < BATCH and not self._stopping:
                await self._listener.wait(POLL_SECONDS)

    async def _prepare_now_and_then(self) -> None:
        if self._prepare is None or time.monotonic() < self._prepared_at + PREPARE_SECONDS:
            return
        self._prepared_at = time.monotonic()
        try:
            await self._prepare()
        except (RPCError, TimeoutError) as error:  # away, or not ours to change: the next minute
            _log.warning("temporal could not be prepared", error=str(error))

    async def carry_batch(self) -> int:
        """Claim a batch, make its calls, write what came of them; return how many were claimed."""

        async def claim(tx: Transaction) -> tuple[OutboxItem, ...]:
            return await tx.outbox.claim(BATCH, LEASE)

        items = await self._database.run(claim)
        calls = _calls(items)
        done: list[OutboxItem] = []
        for start in range(0, len(calls), AT_ONCE):
            part = calls[start : start + AT_ONCE]
            outcomes = await asyncio.gather(*(self._carry(call[0]) for call in part))
            for call, carried in zip(part, outcomes, strict=True):
                done += call if carried else ()
                if not carried:
                    await self._release(call[1:])
            if not any(outcomes):  # Temporal is away: the rest would only outlast its lease
                await self._release([item for call in calls[start + AT_ONCE :] for item in call])
                break
        await self._finish(done)
        return len(items)

    async def _release(self, items: Sequence[OutboxItem]) -> None:
        async def work(tx: Transaction) -> None:
            await tx.outbox.back_off(items, timedelta(seconds=1), "left for the next batch")

        if items:
            await self._database.run(work)

    async def _finish(self, done: Sequence[OutboxItem]) -> None:
        async def work(tx: Transaction) -> None:
            await tx.outbox.finish(done)

        if done:
            await self._database.run(work)

    async def _carry(self, item: OutboxItem) -> bool:
        """Make the call of one row; False when it failed, which is then written already."""
        try:
            if item.kind is OutboxKind.PROPOSAL:
                await self._wake(item, proposal.NAME, ProposalInput(item.subject_id))
            elif item.kind is OutboxKind.RETIREMENT:
                await self._wake(item, retirement.NAME, RetirementInput(item.subject_id))
            else:
                await self._start_delivery(item)
        except RPCError as error:
            if error.status in _REFUSED:
                _log.error("temporal refuses an outbox row", id=item.id, error=str(error))
                await wakes.park(self._database, item, str(error)[:500])
            else:
                await self._back_off(item, error)
            return False
        except (ValueError, KeyError, TypeError) as error:  # a row that cannot be read
            _log.error("outbox row is not readable", id=item.id, error=repr(error))
            await wakes.park(self._database, item, repr(error)[:500])
            return False
        self._failures = 0
        return True

    async def _back_off(self, item: OutboxItem, error: RPCError) -> None:
        self._failures += 1
        if self._failures == 1:
            _log.warning("temporal does not answer, holding the outbox", error=str(error))
        pause = timedelta(seconds=min(30.0, 0.5 * 2 ** min(item.attempts - 1, 6)))

        async def work(tx: Transaction) -> None:
            await tx.outbox.back_off([item], pause, str(error)[:500])

        await self._database.run(work)

    async def _wake(self, item: OutboxItem, workflow: str, given: object) -> None:
        """Signal with start: it wakes the workflow that runs, or starts it if none does."""
        await self._client.start_workflow(
            workflow,
            given,
            id=f"{item.kind.value}-{item.subject_id}",
            task_queue=self._task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            start_signal=item.payload["signal"],
            static_summary=str(item.payload["summary"]).encode()[:200].decode(errors="ignore"),
            rpc_timeout=timedelta(seconds=10),
        )

    async def _start_delivery(self, item: OutboxItem) -> None:
        """Start the delivery once; a second start finds the first and changes nothing.

        Only one that was terminated by hand, or failed, is started again.
        """
        delivery_ids = [UUID(text) for text in item.payload["delivery_ids"]]
        try:
            await self._client.start_workflow(
                delivery.NAME,
                DeliveryInput(item.subject_id, delivery_ids),
                id=f"delivery-{item.subject_id}-{item.payload['part']}",
                task_queue=self._task_queue,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
                rpc_timeout=timedelta(seconds=10),
            )
        except WorkflowAlreadyStartedError:
            return


def _calls(items: Sequence[OutboxItem]) -> list[list[OutboxItem]]:
    """Return the rows by the call that carries them.

    A signal is only a wake: many answers to one question need one. Its oldest row makes the call.
    """
    calls: dict[tuple[object, ...], list[OutboxItem]] = {}
    for item in items:
        is_wake = item.kind is not OutboxKind.DELIVERY and isinstance(item.payload, dict)
        key = (item.subject_id, str(item.payload.get("signal"))) if is_wake else (item.id,)
        calls.setdefault(key, []).append(item)
    return list(calls.values())
