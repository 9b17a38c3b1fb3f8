"""API processes of a production server, which need a key."""

import base64
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from uuid import uuid4

import httpx

from tests.support.api_client import client_at
from tests.support.programs import programs

KEY = uuid4().hex
ADMIN = {"Authorization": f"Bearer {KEY}"}
_ENVIRONMENT = {
    "ENVIRONMENT": "production",
    "BOOTSTRAP_API_KEY": KEY,
    "TESSERA_ENCRYPTION_KEYS": base64.b64encode(bytes(32)).decode(),
    # The races ask oftener than anybody may.
    "TESSERA_RATE_LIMIT": "0",
    "TESSERA_RATE_LIMIT_ADDRESS": "0",
    "TESSERA_RATE_LIMIT_FAILURES": "0",
}


@asynccontextmanager
async def two_locked(database_url: str, directory: Path) -> AsyncIterator[list[httpx.AsyncClient]]:
    """Two of them over one database; each client is a browser of its own."""
    async with AsyncExitStack() as stack:
        started = await stack.enter_async_context(
            programs(database_url, directory, environment=_ENVIRONMENT)
        )
        yield [
            await stack.enter_async_context(client_at(url, timeout=120))
            for url in await started.apis(2)
        ]
        assert not started.defects()
