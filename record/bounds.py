"""Bounds of the work of one child process: time by two clocks, and memory.

Comparisons count their steps and end by themselves; these bounds are for what was not thought of.
The first clock raises in the child's own code and the child goes on with the next task. The second
ends the child, even inside of a native library, and the pool replaces it.
"""

import faulthandler
import os
import resource
import signal
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import NoReturn, TypeVar

from domain.errors import ComparisonTooLarge

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Bounds:
    """Of one task. `memory` is all address space of a child, in bytes."""

    seconds: float = 10.0
    seconds_at_most: float = 20.0
    memory: int = 3 * 2**30


class _TimeIsUp(BaseException):
    """Passes everything that catches exceptions."""


def bound_memory(bounds: Bounds) -> None:
    """Called once in a child."""
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    limit = bounds.memory if most == resource.RLIM_INFINITY else min(bounds.memory, most)
    resource.setrlimit(resource.RLIMIT_AS, (limit, most))


def within(bounds: Bounds, function: Callable[..., T], arguments: tuple[object, ...]) -> T:
    """Call the function in the main thread of a child; raises `ComparisonTooLarge`."""
    before = signal.signal(signal.SIGALRM, _raise_time_is_up)
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123 - a file descriptor
        faulthandler.dump_traceback_later(bounds.seconds_at_most, exit=True, file=nowhere)
        signal.setitimer(signal.ITIMER_REAL, bounds.seconds)
        try:
            return function(*arguments)
        except _TimeIsUp:
            raise ComparisonTooLarge(
                f"The schemas could not be compared within {bounds.seconds:g} seconds.",
                limit="time",
            ) from None
        except MemoryError:
            raise ComparisonTooLarge(
                "The schemas could not be compared within the memory that is allowed.",
                limit="memory",
            ) from None
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
            faulthandler.cancel_dump_traceback_later()


def _raise_time_is_up(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise _TimeIsUp
