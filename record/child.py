"""A process of its own for work that may take too long: it can be killed in the middle of it.

A thread cannot be stopped, and neither can one task of `ProcessPoolExecutor`. So each child does
one piece of work at a time, and is replaced when it was killed or has died.
"""

import contextlib
import fcntl
import gc
import math
import os
import pickle
import resource
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

MIB = 1024 * 1024
_STARTS_WITHIN = 120.0
_COLLECTED_AFTER = 50_000
"""So many new objects, some 5 MiB, at which Python looks for cycles among them."""
_PROGRAM = "import sys; from record.child import serve; serve(*map(int, sys.argv[1:]))"


class Overrun(Exception):
    """The work needs more `time` or `memory` than it may take: that is its `limit`."""

    def __init__(self, limit: str, said: str) -> None:
        super().__init__(said)
        self.limit = limit


class Died(Exception):
    """The process ended in the middle of the work; `status` is its exit status."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the process ended with {status}")
        self.status = status

    @property
    def by_itself(self) -> bool:
        """Whether the work itself brought it down, and nobody from outside."""
        return self.status not in (-signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT)


class Child:
    """One process, started when it is needed. Not to be used by two threads at once.

    Functions and arguments must be picklable; `memory` is what the work may take, in MiB. A new
    process is called with `prepare` first, so that its imports are no part of any work's time.
    """

    def __init__(self, prepare: Callable[[], None] | None = None, *, memory: int = 2048) -> None:
        self._prepare = prepare
        self._memory = memory
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection[Any, Any] | None = None
        self._lifeline: int | None = None

    @property
    def pid(self) -> int | None:
        """The process's id, while there is one."""
        return None if self._process is None else self._process.pid

    def do(self, function: Callable[..., T], *arguments: object, within: float | None = None) -> T:
        """Return what the function returns or raise what it raises.

        Raises `Overrun` after `within` seconds and `Died` when the process is gone.
        """
        if self._process is not None and self._process.poll() is not None:
            self._buried()  # it died while there was nothing to do, which is no fault of this work
        connection = self._connection or self._started()
        try:
            connection.send((function, arguments, within))
            if not connection.poll(within):
                self.kill()
                raise Overrun("time", f"takes longer than {within:g} s")
            outcome, value = connection.recv()
        except (EOFError, OSError):
            raise Died(self._buried()) from None
        if outcome == "raised":
            raise value
        if outcome == "overrun":
            self.kill()
            raise Overrun("memory", value)
        result: T = value
        return result

    def interrupt(self) -> None:
        """Kill the process while another thread waits for it, which then meets `Died`."""
        if self._process is not None:
            self._process.kill()

    def kill(self) -> None:
        """End the process, if there is one; the next piece of work starts another."""
        if self._process is not None:
            self._process.kill()
            self._buried()

    def _buried(self) -> int:
        """Return the exit status of a process that has ended, or is about to."""
        process, self._process = self._process, None
        connection, self._connection = self._connection, None
        lifeline, self._lifeline = self._lifeline, None
        if connection is not None:
            connection.close()
        if lifeline is not None:
            os.close(lifeline)
        return 0 if process is None else process.wait()

    def _started(self) -> "Connection[Any, Any]":
        own, others = socket.socketpair()
        ends_with_us, self._lifeline = os.pipe()
        passed = (others.fileno(), ends_with_us)
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _PROGRAM, *map(str, (*passed, self._memory))],
                pass_fds=passed,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
        finally:
            others.close()
            os.close(ends_with_us)
        connection = self._connection = Connection(own.detach())
        if self._prepare is not None:
            self.do(_prepared, self._prepare, within=_STARTS_WITHIN)
        return connection


# --- what runs in the process ---------------------------------------------------------------------


def _prepared(prepare: Callable[[], None]) -> None:
    """Leave what is loaded by now out of the collector's way, and let it look seldom.

    What one piece of work makes lives until its end, nearly all of it without cycles. Looking
    through it every few hundred objects, and now and then through all modules, was a sixth of the
    time of a comparison.
    """
    prepare()
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECTED_AFTER, 10, 10)


def serve(descriptor: int, lifeline: int, memory: int) -> None:
    """Do one piece of work after the other until the other end is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C meets the whole group; the parent decides
    _end_with(lifeline)
    threading.Thread(target=_until_parent_ends, args=(descriptor,), daemon=True).start()
    _limit_memory(memory)
    connection: Connection[Any, Any] = Connection(descriptor)
    while True:
        try:
            function, arguments, within = connection.recv()
        except (EOFError, OSError):
            return
        _limit_time(within)
        connection.send_bytes(_done(function, arguments, memory))


def _done(function: Callable[..., object], arguments: tuple[object, ...], memory: int) -> bytes:
    try:
        return pickle.dumps(("returned", function(*arguments)))
    except MemoryError:
        return pickle.dumps(("overrun", f"takes more than {memory} MiB of memory"))
    except Exception as error:  # noqa: BLE001  # it is raised on the other side
        return pickle.dumps(("raised", error))


def _end_with(lifeline: int) -> None:
    """Let the kernel end this process as soon as the other end of the pipe is closed.

    Native code that lets no thread run cannot keep it from that. SIGIO ends who does not handle it.
    """
    with contextlib.suppress(AttributeError, OSError):  # Linux can; for others there is the thread
        fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)


def _until_parent_ends(descriptor: int) -> None:
    """End with the parent, also in the middle of work and also when it was killed.

    Native code may keep this thread from running; then the limit of time ends the work.
    """
    poll = select.poll()
    poll.register(descriptor, 0)  # nothing is asked for: only that the other end is closed is told
    poll.poll()
    os._exit(0)


def _limit_time(within: float | None) -> None:
    """Let the kernel end work that goes on after its time, in case that nobody watches any more."""
    if within is not None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        ends = math.ceil(used.ru_utime + used.ru_stime + within) + 1
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_CPU, (ends, hard))


def _limit_memory(memory: int) -> None:
    with contextlib.suppress(ValueError, OSError):  # not every system keeps to it
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (_address_space() + memory * MIB, hard))


def _address_space() -> int:
    """Bytes that are mapped already; 0 where the system does not say."""
    with contextlib.suppress(OSError):
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[0]
        return int(pages) * resource.getpagesize()
    return 0
