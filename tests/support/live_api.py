"""The API on a real socket of the loopback, for what needs one: streams, slow clients, shutdown."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.types import ASGIApp

from api.serving import ApiServer
from store.feed import Feed


def listening_at(port: int = 0) -> socket.socket:
    """Return a socket of the loopback whose connections send at once.

    Asyncio sees to that where the protocol is named, which `socket.create_server` does not: then
    what follows an answer's head waits 40 ms for the other side to confirm the head.
    """
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    listening.listen()
    return listening


@asynccontextmanager
async def live(app: ASGIApp, feed: Feed, *, port: int = 0) -> AsyncIterator[str]:
    """Serve while the block runs; gives the address."""
    with listening_at(port) as listening:
        port = listening.getsockname()[1]
        server = ApiServer(app, feed, host="127.0.0.1", port=port)
        serving = asyncio.create_task(server.serve([listening]))
        await server.serves.wait()
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.stop()
            await serving
