"""Socket mode: what people do in Slack comes over a connection that we open.

Slack sends each envelope to one of the connections of the app, and again if nobody says within
three seconds that it was taken.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import structlog

from domain.json_types import JsonObject
from notify.slack_calls import SlackCalls, silent

if TYPE_CHECKING:
    from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
    from slack_sdk.socket_mode.request import SocketModeRequest

PING_SECONDS = 5.0
DRAINS_WITHIN = 5.0
_log = structlog.get_logger(__name__)

Acknowledge = Callable[[JsonObject | None], Awaitable[None]]
Serve = Callable[[str, Mapping[str, Any], str, Acknowledge], Awaitable[None]]
"""Takes the envelope's type, payload and id, and what to call with the answer."""


class SlackSocket:
    """Holds the connection while it is a context; the library opens it again when it is lost."""

    def __init__(
        self, calls: SlackCalls, app_token: str, serve: Serve, *, ping: float = PING_SECONDS
    ) -> None:
        self._calls = calls
        self._app_token = app_token
        self._serve = serve
        self._ping = ping
        self._serving: set[asyncio.Task[None]] = set()
        self._stop = asyncio.Event()
        self._run: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._run = asyncio.create_task(self._hold(), name="slack socket")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        if self._run is not None:
            await self._run

    async def _hold(self) -> None:
        from slack_sdk.socket_mode.aiohttp import SocketModeClient

        client = SocketModeClient(
            app_token=self._app_token,
            web_client=self._calls.client(None),
            logger=silent(),
            ping_interval=self._ping,
        )
        client.proxy = self._calls.client(None).proxy
        client.socket_mode_request_listeners.append(self._take)
        connecting = asyncio.create_task(client.connect())  # type: ignore[no-untyped-call]
        _log.info("slack's socket is being opened")
        await self._stop.wait()
        if self._serving:
            await asyncio.wait(self._serving, timeout=DRAINS_WITHIN)
        client.closed = True
        connecting.cancel()
        await asyncio.gather(connecting, return_exceptions=True)
        await _end(client)

    async def _take(
        self, client: "AsyncBaseSocketModeClient", request: "SocketModeRequest"
    ) -> None:
        serving = asyncio.create_task(self._answer(client, request))
        self._serving.add(serving)
        serving.add_done_callback(self._serving.discard)

    async def _answer(
        self, client: "AsyncBaseSocketModeClient", request: "SocketModeRequest"
    ) -> None:
        from slack_sdk.socket_mode.response import SocketModeResponse

        async def acknowledge(body: JsonObject | None) -> None:
            await client.send_socket_mode_response(
                SocketModeResponse(envelope_id=request.envelope_id, payload=body)
            )

        try:
            await self._serve(request.type, request.payload, request.envelope_id, acknowledge)
        except Exception as failure:  # noqa: BLE001  # one envelope never ends the others
            _log.error("an envelope of slack's failed", failure=type(failure).__name__)


async def _end(client: Any) -> None:
    """Close the client and wait for what it cancels, which it does not do by itself."""
    tasks = [client.message_processor, client.current_session_monitor, client.message_receiver]
    await client.close()
    await asyncio.gather(*(each for each in tasks if each is not None), return_exceptions=True)
