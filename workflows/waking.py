"""What the workflows that review a record share: they wait, are woken, and outlive a cancel.

A signal only wakes; what it was about stands in the record, which is read next.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Coroutine, Sequence
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.common import RawValue
from temporalio.exceptions import ActivityError, ApplicationError, FailureError
from temporalio.exceptions import TimeoutError as TimeIsUp

with workflow.unsafe.imports_passed_through():
    from activities.payloads import Shown, Step
    from workflows import options
    from workflows.attributes import attributes_of

FAILED = (ActivityError, ApplicationError, TimeIsUp)
"""A local activity's failure comes as it is; that of any other inside an `ActivityError`."""


class Waking(ABC):
    """Subclasses clear `_woken` before they read the record, never after."""

    def __init__(self, cancel_asked: bool = False) -> None:
        self._woken = False
        self._cancel_asked = cancel_asked
        self._shown: Shown | None = None

    @workflow.signal(dynamic=True)
    def _unknown_signal(self, name: str, arguments: Sequence[RawValue]) -> None:
        """Wake: whatever was meant, looking at the record is right."""
        workflow.logger.warning("unknown signal %s taken as a wake", name)
        self._woken = True

    @abstractmethod
    async def _mark_stuck(self, error: str | None) -> None:
        """Say in the record that no retry can mend a step (None: that it works again)."""

    async def _outlive(self, living: Coroutine[object, object, str], instead: str) -> str:
        """Live to the end: cancelling is no way around the record, it is noted and shown."""
        life = asyncio.create_task(living)
        while not life.done():
            try:
                await asyncio.shield(life)
            except asyncio.CancelledError:
                if life.done():  # in the same activation: how it ended is what counts
                    break
                workflow.logger.warning("cancel ignored; %s instead", instead)
                self._cancel_asked = True
                self._woken = True
        return life.result()

    async def _wait(self, until: datetime, summary: str) -> None:
        """Wait for a wake, or until the time of the step; never less than a second."""
        await self._wait_for(max(until - workflow.now(), options.SHORTEST_WAIT), summary)

    async def _wait_for(self, longest: timedelta, summary: str) -> None:
        try:
            await workflow.wait_condition(
                lambda: self._woken, timeout=longest, timeout_summary=short(summary)
            )
        except TimeoutError:
            return

    async def _wait_stuck(self, error: FailureError) -> None:
        """No retry can mend it: say so in the record, and look again on a wake or in an hour."""
        reason = str(error.cause or error)[:400]
        workflow.logger.error("stuck: %s", reason)
        try:
            await self._mark_stuck(reason)
        except ActivityError:
            workflow.logger.exception("could not even be marked as stuck")
        await self._wait_for(options.STUCK_WAIT, f"stuck: {reason}")

    def _show(self, step: Step) -> None:
        """Bring up to date what Temporal's UI shows."""
        if step.shown is None or step.shown == self._shown:
            return
        workflow.set_current_details(step.shown.details)
        workflow.upsert_search_attributes(attributes_of(step.shown))
        self._shown = step.shown


def short(summary: str) -> str:
    """Cut a summary to Temporal's 400 bytes."""
    return summary.encode()[:390].decode(errors="ignore")
