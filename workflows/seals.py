"""Started every minute by a schedule: what was written to the log since is sealed."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.payloads import ActivityName, SealOutput
    from workflows import options

NAME = "SealWorkflow"


@workflow.defn(name=NAME)
class SealWorkflow:
    """One round of sealing; the next minute's run takes what this one could not."""

    @workflow.run
    async def run(self) -> int:
        """Return how many events were sealed."""
        output: SealOutput = await workflow.execute_activity(
            ActivityName.SEAL,
            result_type=SealOutput,
            start_to_close_timeout=options.DATABASE_TIMEOUT,
            retry_policy=options.DATABASE_RETRIES,
            summary="seal the log",
        )
        return output.sealed
