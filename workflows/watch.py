"""Started every minute by a schedule: proposals that nobody looks after are woken."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.payloads import ActivityName, WatchOutput
    from workflows import options

NAME = "WatchWorkflow"


@workflow.defn(name=NAME)
class WatchWorkflow:
    """One look; the next minute's run takes what this one could not."""

    @workflow.run
    async def run(self) -> int:
        """Return how many proposals were woken."""
        output: WatchOutput = await workflow.execute_activity(
            ActivityName.WATCH,
            result_type=WatchOutput,
            start_to_close_timeout=options.DATABASE_TIMEOUT,
            retry_policy=options.DATABASE_RETRIES,
            summary="wake overdue proposals",
        )
        return output.woken
