"""Rate limits: what a bucket holds, and how many of its tokens a process takes at a time.

A bucket refills evenly and holds less than a minute's worth. A process leases tokens out of it in
blocks and may spend them for a few seconds; what it does not spend by then is lost. In any span of
T seconds, all processes together spend at most what the bucket holds when it is full, and what it
gains in T seconds and one lease: with `span` chosen as it is, `quota * (1 + T / 60)`.
"""

import math
from dataclasses import dataclass

MINUTE = 60.0
LEASE = 5.0
"""Seconds for which leased tokens are good."""
SHORTEST_REFUSAL = 1.0
"""Seconds. A process that got nothing does not ask again sooner, however many are refused."""
_BUSY = 1.0
"""Seconds. A block that is gone sooner was too small."""


@dataclass(frozen=True, slots=True)
class Limit:
    """So many tokens a minute; `name` is what clients are told."""

    name: str
    quota: int
    lease: float = LEASE
    largest_block: int = 1_000_000

    @property
    def rate(self) -> float:
        """Tokens that a bucket gains per second."""
        return self.quota / MINUTE

    @property
    def span(self) -> float:
        """Seconds in which an empty bucket is full again; it holds at least one token then."""
        return max(MINUTE - self.lease, 1 / self.rate)

    @property
    def capacity(self) -> int:
        """The whole tokens of a full bucket."""
        return math.floor(self.span * self.rate + 1e-9)

    @property
    def most(self) -> int:
        """The largest block that one process takes: others want some too."""
        return max(1, min(self.largest_block, self.capacity // 8))


@dataclass(frozen=True, slots=True)
class Leased:
    """What came of asking for a block."""

    granted: int
    fills_in: float
    """Seconds until the bucket is full again."""


class Purse:
    """What one process holds of one bucket. Times are the process' own, in seconds."""

    __slots__ = (
        *("_block", "_granted", "_left", "_limit"),
        *("_refused_until", "_rest", "_since", "_until"),
    )

    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        self._block = min(4, limit.most)
        self._left = self._granted = 0
        self._since = self._until = self._refused_until = -math.inf
        self._rest = float(limit.capacity)

    def spend(self, now: float) -> bool:
        """Take a token out; False if there is none that is still good."""
        if self._left and now < self._until:
            self._left -= 1
            return True
        return False

    def give_back(self, now: float) -> None:
        """Put a token back, as long as it would still be good."""
        if now < self._until:
            self._left += 1

    def refused_for(self, now: float) -> float:
        """Return for how many seconds nothing is to be had; 0 if one may ask."""
        return max(0.0, self._refused_until - now)

    def wanted(self, now: float) -> int:
        """Return the size of the next block: twice what was gone at once, or what was enough."""
        if self._left:
            self._block = max(1, self._granted - self._left)
        elif now - self._since < _BUSY:
            self._block = min(self._limit.most, self._block * 2)
        return self._block

    def fill(self, leased: Leased, asked_at: float, now: float) -> None:
        """Take what was granted; it is good for a time that began when it was asked for."""
        limit = self._limit
        self._rest = max(0.0, (limit.span - leased.fills_in) * limit.rate)
        if leased.granted:
            self._left = self._granted = leased.granted
            self._since, self._until = now, asked_at + limit.lease
        else:
            next_token = leased.fills_in + 1 / limit.rate - limit.span
            self._left, self._refused_until = 0, now + max(SHORTEST_REFUSAL, next_token)

    def lend(self, now: float) -> None:
        """Go on without asking, for a second, at the rate of the limit."""
        self._left = self._granted = max(1, math.ceil(self._limit.rate))
        self._since, self._until = now, now + SHORTEST_REFUSAL

    def remaining(self, now: float) -> int:
        """Return about how many tokens there are: here, and in the bucket when last looked at."""
        here = self._left if now < self._until else 0
        return min(self._limit.quota, here + int(self._rest))

    def is_idle(self, now: float) -> bool:
        """Whether nothing is lost if this is forgotten."""
        return now >= self._until and now >= self._refused_until
