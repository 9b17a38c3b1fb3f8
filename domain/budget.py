"""How much work an answer may cost. What meets the limit is left undecided, never guessed.

Steps are counted, so that the same question gets the same answer on every machine; who has a clock
hands in `is_over` besides, which is asked now and then.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

_ASKED_EVERY = 64


class Spent(Exception):
    """Raised where the limit is met."""


def _never() -> bool:
    return False


@dataclass(slots=True)
class Budget:
    """`steps` of the search for a value that one schema accepts and the other does not."""

    steps: int = 10_000
    is_over: Callable[[], bool] = _never
    _used: int = field(default=0, init=False)

    def share(self, parts: int) -> "Budget":
        """A part of what is left, to be spent apart; `take_back` counts it here too."""
        return Budget(max(self.steps - self._used, 0) // parts, self.is_over)

    def take_back(self, share: "Budget") -> None:
        """Note what was spent of a share; never raises."""
        self._used += share.used if share is not self else 0

    @property
    def used(self) -> int:
        return self._used

    def spend(self, steps: int = 1) -> None:
        """Raises Spent once more steps were taken than there are."""
        before = self._used
        self._used += steps
        if self._used > self.steps:
            raise Spent
        if before // _ASKED_EVERY != self._used // _ASKED_EVERY and self.is_over():
            raise Spent
