"""Carrying one event to up to 25 destinations: short attempts with pauses between them."""

import asyncio
from uuid import UUID

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.payloads import (
        ActivityName,
        AttemptInput,
        AttemptOutcome,
        AttemptOutput,
        DeliveryInput,
        GiveUpInput,
        RecordAttemptInput,
    )
    from workflows import options

NAME = "DeliveryWorkflow"


@workflow.defn(name=NAME)
class DeliveryWorkflow:
    """Ends when each of its deliveries has ended; the record says how."""

    @workflow.run
    async def run(self, given: DeliveryInput) -> None:
        """Deliver in parallel; one slow destination holds up no other."""
        await asyncio.gather(*(self._deliver(delivery_id) for delivery_id in given.delivery_ids))

    async def _deliver(self, delivery_id: UUID) -> None:
        lost = 0
        while True:
            output = await self._attempt(delivery_id)
            if output is not None and not output.recorded:
                output = await self._record(delivery_id, output.outcome)
            if output is not None:
                if output.pause is None:
                    return
                await workflow.sleep(output.pause, summary="next attempt")
                continue
            if lost == len(options.LOST_ATTEMPT_PAUSES):
                await self._give_up(delivery_id)
                return
            await workflow.sleep(options.LOST_ATTEMPT_PAUSES[lost], summary="attempt was lost")
            lost += 1

    async def _attempt(self, delivery_id: UUID) -> AttemptOutput | None:
        """Return what the attempt says, or None when it was lost with its worker."""
        try:
            output: AttemptOutput = await workflow.execute_activity(
                ActivityName.DELIVER,
                AttemptInput(delivery_id, workflow.now()),
                result_type=AttemptOutput,
                start_to_close_timeout=options.ATTEMPT_TIMEOUT,
                retry_policy=options.ATTEMPT_ONCE,
                summary=f"deliver {delivery_id}",
            )
        except ActivityError as error:
            workflow.logger.warning("attempt lost: %s", error.cause or error)
            return None
        return output

    async def _record(
        self, delivery_id: UUID, outcome: AttemptOutcome | None
    ) -> AttemptOutput | None:
        """Record an attempt for as long as it takes Postgres to come back: it is not made again."""
        try:
            output: AttemptOutput = await workflow.execute_activity(
                ActivityName.RECORD_ATTEMPT,
                RecordAttemptInput(delivery_id, outcome),
                result_type=AttemptOutput,
                start_to_close_timeout=options.DATABASE_TIMEOUT,
                retry_policy=options.DATABASE_RETRIES,
                summary="record the attempt" if outcome else "wait for the record",
            )
        except ActivityError as error:
            workflow.logger.warning("attempt not recorded: %s", error.cause or error)
            return None
        return output

    async def _give_up(self, delivery_id: UUID) -> None:
        await workflow.execute_activity(
            ActivityName.GIVE_UP_DELIVERY,
            GiveUpInput(delivery_id, "every attempt was lost with its worker"),
            start_to_close_timeout=options.DATABASE_TIMEOUT,
            retry_policy=options.DATABASE_RETRIES,
            summary="give up",
        )
