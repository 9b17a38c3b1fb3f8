"""A child process: refusals come back whole, and what takes too much is really ended."""

import asyncio
import gc
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from domain.errors import ComparisonTooLarge, Unavailable
from record.child import Child, Died, Overrun
from record.children import Children
from record.comparison import ready

PATIENCE = 90.0
PARENT = """
import os, sys, threading, time
from record.child import Child
child = Child()
child.do(os.getpid)
print(child.pid, flush=True)
child.do(eval, "sum(range(10**12))", within=3600.0)
"""


@pytest.fixture
def child() -> Iterator[Child]:
    child = Child(memory=256)
    yield child
    child.kill()


@pytest.fixture
async def children() -> AsyncIterator[Children]:
    children = Children(1, ready, within=4.0, memory=256)
    yield children
    await asyncio.to_thread(children.close)


def is_there(pid: int) -> bool:
    """Whether a process runs; one that only waits to be buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_one_process_does_one_piece_after_the_other(child: Child) -> None:
    first = child.do(os.getpid)
    assert first == child.do(os.getpid) == child.pid != os.getpid()
    with pytest.raises(ValueError, match="invalid literal"):
        child.do(int, "x")
    assert child.do(os.getpid) == first


def test_what_is_loaded_before_the_work_is_left_out_of_collections() -> None:
    child = Child(ready, memory=256)
    try:
        assert child.do(gc.get_freeze_count) > 10_000
        assert child.do(gc.get_threshold)[0] > gc.get_threshold()[0]
        assert child.do(gc.isenabled)
    finally:
        child.kill()


def test_work_that_takes_too_long_is_ended_and_the_next_is_done(child: Child) -> None:
    first = child.do(os.getpid)
    before = time.monotonic()
    with pytest.raises(Overrun, match="longer than"):
        child.do(eval, "sum(range(10**12))", within=0.3)
    assert time.monotonic() - before < PATIENCE
    assert not is_there(first)
    assert child.do(os.getpid) != first


def test_work_that_takes_too_much_memory_is_ended(child: Child) -> None:
    assert len(child.do(bytes, 50 * 1024 * 1024)) == 50 * 1024 * 1024
    with pytest.raises(Overrun, match="256 MiB"):
        child.do(bytearray, 1024 * 1024 * 1024)
    assert child.do(int, "1") == 1


def test_a_process_that_dies_says_whether_it_was_killed(child: Child, tmp_path: Path) -> None:
    with pytest.raises(Died) as crash:
        child.do(os.abort)
    assert crash.value.by_itself
    begun = tmp_path / "begun"

    def interrupt() -> None:
        while not begun.exists():
            time.sleep(0.02)
        child.interrupt()

    threading.Thread(target=interrupt, daemon=True).start()
    with pytest.raises(Died) as murder:
        child.do(eval, f"open({str(begun)!r}, 'w').close() or __import__('time').sleep({PATIENCE})")
    assert murder.value.status == -signal.SIGKILL
    assert not murder.value.by_itself


def test_a_process_that_died_between_two_pieces_is_replaced(child: Child) -> None:
    first = child.do(os.getpid)
    os.kill(first, signal.SIGKILL)
    os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)  # all of it has ended, and lies there
    assert child.do(os.getpid) != first


def test_a_busy_child_ends_with_a_parent_that_is_killed() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True, bufsize=1
    )
    assert parent.stdout is not None
    with parent.stdout:
        pid = int(parent.stdout.readline())
    time.sleep(0.5)  # so that it is in the middle of native code, which lets no other thread run
    assert is_there(pid)
    parent.kill()
    parent.wait()
    until = time.monotonic() + PATIENCE
    while is_there(pid) and time.monotonic() < until:
        time.sleep(0.05)
    if is_there(pid):
        os.kill(pid, signal.SIGKILL)
        pytest.fail("the child outlives its parent")


async def test_what_is_too_much_for_one_request_is_told_as_such(children: Children) -> None:
    with pytest.raises(ComparisonTooLarge, match="longer than 4 s") as too_long:
        await children.run(eval, "sum(range(10**12))")
    with pytest.raises(ComparisonTooLarge, match="256 MiB") as too_much:
        await children.run(bytearray, 1024 * 1024 * 1024)
    with pytest.raises(ComparisonTooLarge, match="in the middle") as crash:
        await children.run(os.abort)
    limits = [each.value.extra["limit"] for each in (too_long, too_much, crash)]
    assert limits == ["time", "memory", "child"]
    assert await children.run(int, "1") == 1


async def test_work_that_is_killed_twice_is_no_fault_of_its_own(children: Children) -> None:
    with pytest.raises(Unavailable):
        await children.run(eval, "__import__('os').kill(__import__('os').getpid(), 9)")


async def test_closing_does_not_wait_for_what_is_at_work() -> None:
    children = Children(1, ready, within=PATIENCE, memory=256)
    await children.run(int, "1")
    (pid,) = children.pids
    work = asyncio.ensure_future(children.run(time.sleep, PATIENCE))
    await asyncio.sleep(0.3)
    before = time.monotonic()
    await asyncio.to_thread(children.close)
    with pytest.raises(Unavailable):
        await work
    assert time.monotonic() - before < PATIENCE / 2
    assert not is_there(pid)
