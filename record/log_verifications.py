"""Verifying the log for a process that has other things to do: one at a time, in a child.

The reading takes as long as the log is long and keeps Python busy. The child goes on with it for a
moment at a time and says in between how far it has come; it is killed when nobody waits for it any
more, or when its time is over.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from domain.errors import NotReady, Unavailable
from record.child import Child, Died, Overrun

if TYPE_CHECKING:
    from domain.verification import Verification

WITHIN = 600.0
_A_MOMENT = 0.5
"""Seconds of reading, after which is told how far it has come."""
_GRACE = 60.0


@dataclass(frozen=True, slots=True)
class Progress:
    """How many events were read, of about how many."""

    done: int
    of: int


class LogVerifications:
    """Verifications of the log at a URL; `within` is the time of one in seconds."""

    def __init__(self, url: str, *, within: float = WITHIN) -> None:
        self._url = url
        self._within = within
        self._busy = False

    def start(self, expected_head: str | None) -> "AsyncGenerator[Progress | Verification, None]":
        """Return what tells of its progress, and at last the outcome.

        Raises `NotReady` while there is another one. The generator raises `Unavailable` when its
        time is over, and what `record.verification.verify` raises.
        """
        if self._busy:
            raise NotReady("The log is being verified already; try again when that is done.")
        return self._steps(expected_head)

    async def _steps(
        self, expected_head: str | None
    ) -> "AsyncGenerator[Progress | Verification, None]":
        if self._busy:
            raise NotReady("The log is being verified already; try again when that is done.")
        self._busy = True
        child = Child()
        watcher = ThreadPoolExecutor(1, thread_name_prefix="verification")
        loop, ends = asyncio.get_running_loop(), time.monotonic() + self._within
        try:
            await loop.run_in_executor(watcher, child.do, _begin, self._url, expected_head)
            while time.monotonic() < ends:
                said = await loop.run_in_executor(watcher, _next, child)
                yield said
                if not isinstance(said, Progress):
                    return
            raise Unavailable(
                f"The log is longer than what is read in {self._within:g} s; on the server "
                "`tessera events verify` takes all the time that it needs."
            )
        except Died as end:
            raise Unavailable("The verification was ended from outside.") from end
        finally:
            # Nothing is awaited here: whoever is cancelled is cancelled at each await again.
            self._busy = False
            child.interrupt()
            watcher.submit(child.kill)
            watcher.shutdown(wait=False)


def _next(child: Child) -> "Progress | Verification":
    try:
        return child.do(_go_on, _A_MOMENT, within=_GRACE)
    except Overrun as overrun:
        raise Unavailable(f"The verification {overrun}.") from overrun


# --- what runs in the child -----------------------------------------------------------------------


class _Verifying:
    """The one that the child has begun."""

    def __init__(self, work: "Coroutine[object, object, Verification]") -> None:
        self._loop = asyncio.new_event_loop()
        self._task = self._loop.create_task(work)
        self.progress = Progress(0, 0)

    def go_on(self, seconds: float) -> "Progress | Verification":
        self._loop.run_until_complete(asyncio.wait({self._task}, timeout=seconds))
        return self._task.result() if self._task.done() else self.progress

    def hear(self, done: int, of: int) -> None:
        self.progress = Progress(done, max(done, of))


_begun: list[_Verifying] = []


def _begin(url: str, expected_head: str | None) -> None:
    from record.verification import verify

    def hear(done: int, of: int) -> None:
        verifying.hear(done, of)

    verifying = _Verifying(verify(url, expected_head=expected_head, progress=hear))
    _begun[:] = [verifying]


def _go_on(seconds: float) -> "Progress | Verification":
    return _begun[0].go_on(seconds)
