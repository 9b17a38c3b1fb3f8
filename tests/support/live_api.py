"""The API on a real socket of the loopback, for what needs one: streams, slow clients, shutdown."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.types import ASGIApp

from api.serving import ApiServer
from store.feed import Feed


@asynccontextmanager
async def live(app: ASGIApp, feed: Feed, *, port: int = 0) -> AsyncIterator[str]:
    """Serve while the block runs; gives the address."""
    with socket.create_server(("127.0.0.1", port)) as listening:
        port = listening.getsockname()[1]
        server = ApiServer(app, feed, host="127.0.0.1", port=port)
        serving = asyncio.create_task(server.serve([listening]))
        await server.serves.wait()
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.stop()
            await serving
