"""How a server that nobody has is given its first administrator, and nobody takes it before.

Whoever does it must have the bootstrap key or, where there is none, a code that the server says in
its log: something that only who runs it can see.
"""

import hmac
import secrets
from collections.abc import Sequence
from typing import Self

import structlog

from api.auth import Authenticator
from record import first_administrator
from store.database import Database

LABEL = b"tessera set-up code v1"
"""What a code is derived for."""
_CHARACTERS = 32

_log = structlog.get_logger("api")


class SetUp:
    """Open until there is a user or a key. Without a code the bootstrap key is asked for."""

    def __init__(self, code: str | None = None) -> None:
        self.code = code
        self._is_over = False

    @classmethod
    def with_code(cls, keys: Sequence[bytes]) -> Self:
        """Return one with a code: of the encryption key, so that all processes say the same."""
        code = keys[0].hex() if keys else secrets.token_hex(_CHARACTERS // 2)
        return cls(code[:_CHARACTERS])

    async def is_open(self, database: Database) -> bool:
        """Whether nobody has the server; asked no more once somebody has."""
        if not self._is_over:
            self._is_over = not await first_administrator.is_wanted(database)
        return not self._is_over

    def admits(self, authenticator: Authenticator, text: str) -> bool:
        """Whether this is what only who runs the server can know."""
        if self.code is None:
            return authenticator.is_bootstrap_key(text)
        return hmac.compare_digest(self.code.encode(), text.strip().encode("utf-8", "replace"))

    async def announced(self, database: Database, address: str) -> Self:
        """Say in the log where the server is set up, and with what, while nobody has it."""
        try:
            is_open = await self.is_open(database)
        except Exception:  # noqa: BLE001  # away, or not migrated yet: then start it again
            is_open = False
        if is_open:
            told = {} if self.code is None else {"code": self.code}
            _log.warning("nobody has this server yet", set_up=f"{address}/setup", **told)
        return self
