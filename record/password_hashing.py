"""Hashing passwords: argon2id in threads of its own, few at once, and no endless queue.

Each hash takes 19 MiB and tens of milliseconds, by intent. In the event loop it would hold all
requests up, and without a bound a flood of sign-ins would take all memory: what is beyond the queue
is refused at once.
"""

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from domain.errors import Unavailable

if TYPE_CHECKING:
    from argon2 import PasswordHasher

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """OWASP's second choice for argon2id: 19 MiB, two passes, one lane."""

    memory_kib: int = 19 * 1024
    passes: int = 2
    lanes: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """Whether a password was right, and its hash by today's parameters if the kept one is older."""

    right: bool
    rehashed: str | None = None


@dataclass(kw_only=True)
class PasswordHashing:
    """One per process. The library and its threads come with the first password."""

    cost: Cost = field(default_factory=Cost)
    at_once: int = 2
    waiting: int = 16
    _under_way: int = 0

    async def hashed(self, password: str) -> str:
        """Return the hash of a new password; raises `Unavailable` when too many are under way."""
        return await self._beside(lambda: self._argon2.hash(password))

    async def check(self, password: str, kept: str | None) -> Checked:
        """Return whether it is the password of a kept hash; raises `Unavailable`.

        Where there is none, one that fits nothing is checked: the answer takes the same time.
        """
        found = await self._beside(lambda: self._check(password, kept or self._of_nobody))
        return found if kept is not None else Checked(right=False)

    def _check(self, password: str, kept: str) -> Checked:
        from argon2.exceptions import InvalidHashError, VerificationError

        try:
            self._argon2.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return Checked(right=False)
        is_old = self._argon2.check_needs_rehash(kept)
        return Checked(right=True, rehashed=self._argon2.hash(password) if is_old else None)

    async def _beside(self, work: Callable[[], T]) -> T:
        if self._under_way >= self.at_once + self.waiting:
            raise Unavailable("Too many people are signing in; try again in a moment.")
        self._under_way += 1
        future = asyncio.get_running_loop().run_in_executor(self._threads, work)
        future.add_done_callback(self._is_done)
        return await asyncio.shield(future)

    def _is_done(self, _future: object) -> None:
        """Whoever waited may have gone; the work is under way until it is done."""
        self._under_way -= 1

    @cached_property
    def _threads(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self.at_once, thread_name_prefix="passwords")

    @cached_property
    def _argon2(self) -> "PasswordHasher":
        from argon2 import PasswordHasher

        return PasswordHasher(
            time_cost=self.cost.passes,
            memory_cost=self.cost.memory_kib,
            parallelism=self.cost.lanes,
        )

    @cached_property
    def _of_nobody(self) -> str:
        return self._argon2.hash(secrets.token_hex(16))
