"""Started every minute by a schedule: digests that are due are sent on their way."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.payloads import ActivityName, DigestsOutput
    from workflows import options

NAME = "DigestsWorkflow"


@workflow.defn(name=NAME)
class DigestsWorkflow:
    """One look; the next minute's run takes what this one could not."""

    @workflow.run
    async def run(self) -> int:
        """Return how many digests were sent on their way."""
        output: DigestsOutput = await workflow.execute_activity(
            ActivityName.SEND_DIGESTS,
            result_type=DigestsOutput,
            start_to_close_timeout=options.DATABASE_TIMEOUT,
            retry_policy=options.DATABASE_RETRIES,
            summary="send digests",
        )
        return output.sent
