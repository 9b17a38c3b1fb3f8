"""Serving the app with uvicorn; stopping is prompt although streams never end by themselves."""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Generator

import structlog
import uvicorn
from starlette.types import ASGIApp

from api.careful_protocol import CarefulProtocol
from domain.errors import SetupFailed
from store.feed import Feed

_log = structlog.get_logger("api")

STOP_WITHIN = 10
"""Seconds that requests under way have once the server stops."""


class ApiServer(uvicorn.Server):
    """Ends the feed's streams and waits first, then lets the other requests finish.

    `then` is called once requests are taken, for what can wait until then.
    """

    def __init__(
        self,
        app: ASGIApp,
        feed: Feed,
        *,
        host: str,
        port: int,
        then: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                http=CarefulProtocol,
                proxy_headers=False,  # whom to believe is `api.client_address`'s
                lifespan="off",  # the resources' life is the composition root's
                access_log=False,  # `api.middleware` logs requests
                log_config=None,
                server_header=False,
                timeout_graceful_shutdown=STOP_WITHIN,
                timeout_keep_alive=30,
            )
        )
        self._feed = feed
        self._then = then
        self.serves = asyncio.Event()
        """Set once requests are taken."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen; raises `SetupFailed` where that cannot be done."""
        try:
            await super().startup(sockets)
        except SystemExit:  # uvicorn's way; it has logged why
            raise SetupFailed(
                f"Cannot listen on {self.config.host}, port {self.config.port}.",
                hint="Set TESSERA_PORT to a free port, or TESSERA_HOST to an address of this "
                "machine.",
            ) from None
        if self.started:
            self.serves.set()
            _log.info("api serves", host=self.config.host, port=self.config.port)
            self._then()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Stop on a signal without raising it again after: what is open is closed in order."""
        with super().capture_signals():
            yield
            self._captured_signals.clear()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop; also called by `serve` when a signal comes."""
        self._feed.end()
        await super().shutdown(sockets)

    def stop(self) -> None:
        """Let `serve` return soon."""
        self.should_exit = True
