"""How many requests are served: for each holder of keys, else for each address.

Counted together by all processes. A request takes a token of the process' own purse, and only an
empty purse asks Postgres.
"""

import math
import time

from fastapi import Request

from api.client_address import ClientAddresses
from api.leases import PATIENCE_SECONDS, Leases
from api.refusals import RateLimited
from domain.authorization import Principal, Role
from domain.rate_limits import Limit, Purse
from store.database import Database

CREDENTIAL, ADDRESS, FAILURES = "credential", "address", "failures"
FAILURE_LEASE = 1.0
_MOST_PURSES = 20_000


class Counter:
    """Counts against one limit; without a limit it lets everything pass."""

    def __init__(self, limit: Limit | None, leases: Leases | None) -> None:
        self._limit = limit
        self._leases = leases
        self._purses: dict[str, Purse] = {}
        policy = "" if limit is None else f'"{limit.name}";q={limit.quota};w=60'
        self._policy = (b"ratelimit-policy", policy.encode())

    async def spend(self, request: Request, who: str) -> None:
        """Take a token, and have the answer tell of the rest; raises `RateLimited`."""
        limit, leases = self._limit, self._leases
        if limit is None or leases is None:
            return
        purse = self._purses.get(who)
        if purse is None:
            purse = self._opened(who, limit)
        while not purse.spend(now := time.monotonic()):
            if seconds := purse.refused_for(now):
                self._tell(request, limit, 0)
                raise _refusal(limit, math.ceil(seconds))
            await leases.fill(f"{limit.name}:{who}", limit, purse)
        self._tell(request, limit, purse.remaining(now))

    def _tell(self, request: Request, limit: Limit, remaining: int) -> None:
        """Have the answer say so, as draft-ietf-httpapi-ratelimit-headers has it.

        `t` is when the bucket is full again: here nothing is ever reset at once.
        """
        seconds = math.ceil((limit.quota - remaining) / limit.rate)
        standing = f'"{limit.name}";r={remaining};t={seconds}'
        request.state.rate_limit = (self._policy, (b"ratelimit", standing.encode()))

    def give_back(self, who: str) -> None:
        """Put a token back that was taken a moment ago."""
        if purse := self._purses.get(who):
            purse.give_back(time.monotonic())

    def _opened(self, who: str, limit: Limit) -> Purse:
        if len(self._purses) >= _MOST_PURSES:
            now = time.monotonic()
            self._purses = {
                key: kept for key, kept in self._purses.items() if not kept.is_idle(now)
            }
        if len(self._purses) >= _MOST_PURSES:
            self._purses.clear()  # what is in them is lost, which is in nobody's favour
        purse = self._purses[who] = Purse(limit)
        return purse


class Attempts:
    """Limits how often an address may be wrong.

    For secrets that cannot be guessed ask afterwards (`failed`): who has the right one never waits
    for others. For passwords take a token first (`begin`) and give it back (`succeeded`), since
    an attempt that is looked at has been made.
    """

    def __init__(self, counter: Counter, addresses: ClientAddresses) -> None:
        self._counter = counter
        self._addresses = addresses

    async def failed(self, request: Request) -> None:
        """Count a wrong key; raises `RateLimited` when there were too many."""
        await self._counter.spend(request, self._addresses.of(request.scope))

    async def begin(self, request: Request) -> None:
        """Count an attempt before it is looked at; raises `RateLimited` as `failed` does."""
        await self._counter.spend(request, self._addresses.of(request.scope))

    def succeeded(self, request: Request) -> None:
        """Take back what `begin` has counted."""
        self._counter.give_back(self._addresses.of(request.scope))


class RateLimits:
    """What every route asks."""

    def __init__(
        self,
        database: Database | None = None,
        *,
        credential: int = 0,
        address: int = 0,
        failures: int = 0,
        addresses: ClientAddresses | None = None,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        """Limits are requests per minute; 0 is no limit.

        So many seconds of `patience` a request waits to be counted; then it goes on uncounted.
        """
        leases = None if database is None else Leases(database, patience=patience)
        self._addresses = addresses or ClientAddresses()
        self._by_holder = Counter(_limit(CREDENTIAL, credential), leases)
        self._by_address = Counter(_limit(ADDRESS, address), leases)
        strict = Limit(FAILURES, failures, lease=FAILURE_LEASE, largest_block=1)
        self.attempts = Attempts(Counter(strict if failures else None, leases), self._addresses)

    def address_of(self, request: Request) -> str:
        """Return where a request comes from: of IPv6 the first 64 bits."""
        return self._addresses.of(request.scope)

    async def count_address(self, request: Request) -> None:
        """Count a request of who is not known yet, by where they are; raises `RateLimited`."""
        await self._by_address.spend(request, self._addresses.of(request.scope))

    async def count(self, request: Request, principal: Principal) -> None:
        """Count a request of this principal; raises `RateLimited`."""
        if principal.role is Role.NOBODY and "authorization" in request.headers:
            await self.attempts.failed(request)
            return
        if principal.role in (Role.NOBODY, Role.DEVELOPER):
            await self.count_address(request)
        else:
            await self._by_holder.spend(request, _holder_of(principal))


def _holder_of(principal: Principal) -> str:
    """Who a credential is of: nobody gets more by having more of them."""
    if principal.user_id is not None:
        return f"user:{principal.user_id}"
    if principal.key_id is not None:
        return f"team:{next(iter(principal.teams), principal.key_id)}"
    return f"{principal.actor.kind.value}:{principal.actor.name}"


def _limit(name: str, quota: int) -> Limit | None:
    return Limit(name, quota) if quota else None


def _refusal(limit: Limit, seconds: int) -> RateLimited:
    what = "wrong keys" if limit.name == FAILURES else "requests"
    return RateLimited(
        f"Too many {what}: {limit.quota} a minute are served. Come back in {seconds} s.",
        retry_after=seconds,
        limit=limit.quota,
    )
