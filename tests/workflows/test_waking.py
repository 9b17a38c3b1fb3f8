"""What the workflows that review a record share, without any server."""

import asyncio

from workflows.waking import Waking


class _Living(Waking):
    async def _mark_stuck(self, error: str | None) -> None:
        raise AssertionError(error)

    async def run(self, ends: asyncio.Event) -> str:
        async def life() -> str:
            await ends.wait()
            return "published"

        return await self._outlive(life(), "it is withdrawn")


async def test_a_cancel_that_comes_with_the_end_changes_nothing_of_it() -> None:
    """Both are in one activation: the last step's result, and somebody's cancel."""
    ends = asyncio.Event()
    run = asyncio.create_task(_Living().run(ends))
    await asyncio.sleep(0.01)
    ends.set()
    run.cancel()
    assert await run == "published"
