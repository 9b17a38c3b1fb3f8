"""The bounds of a child: a slow task is given up, a hungry one too, a stuck one is ended."""

import asyncio
import multiprocessing
import signal
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import pytest

from domain.errors import ComparisonTooLarge
from record.bounds import Bounds, bound_memory, within
from record.comparison import Comparer
from tests.support.facts import table

SHORT = Bounds(seconds=0.5, seconds_at_most=2.0)


def endless() -> None:
    while True:
        pass


def hungry() -> int:
    return len(bytearray(2**40))


def stuck() -> None:
    """As in native code: no signal gets through."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
    time.sleep(60)


def in_a_child(work: Callable[[], object]) -> object:
    context = multiprocessing.get_context("forkserver")
    with ProcessPoolExecutor(
        1, mp_context=context, initializer=bound_memory, initargs=(SHORT,)
    ) as pool:
        return pool.submit(within, SHORT, work, ()).result(timeout=30)


@pytest.mark.parametrize(("work", "limit"), [(endless, "time"), (hungry, "memory")])
def test_what_takes_too_much_is_given_up(work: Callable[[], object], limit: str) -> None:
    with pytest.raises(ComparisonTooLarge) as refusal:
        in_a_child(work)
    assert refusal.value.extra["limit"] == limit


def test_what_is_stuck_in_native_code_ends_with_its_process() -> None:
    with pytest.raises(BrokenProcessPool):
        in_a_child(stuck)


async def test_after_a_task_that_was_given_up_the_next_one_is_done() -> None:
    async with Comparer(1, Bounds(seconds=0.2)) as comparer:
        await comparer.warm()
        large = table(*(f"field_{number}" for number in range(30_000)))
        with pytest.raises(ComparisonTooLarge):
            await comparer.content(
                format="json_schema", schema=large, documents=None, root=None, guarantees=None
            )
        await asyncio.sleep(0)
        _, fields = await comparer.content(
            format="json_schema", schema=table("id"), documents=None, root=None, guarantees=None
        )
        assert [field.path for field in fields] == ["id"]
