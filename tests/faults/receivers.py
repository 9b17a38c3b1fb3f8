"""Receivers of webhooks that outlive every server: they verify, keep, and can hold an answer."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Self

from standardwebhooks import Webhook, WebhookVerificationError

from tests.faults.servers import SECRET
from tests.support.event_bodies import faults_of

Sender = Callable[[int], int | None]
"""Gives the process that has a local port."""
Hold = Callable[[str, int], Awaitable[None]]
"""Called with the message's id and the sender's port before a request is answered."""


@dataclass(frozen=True, slots=True)
class Copy:
    """One request that came in."""

    message_id: str
    at: float
    sender: int | None
    """The process that sent it."""
    body: bytes


@dataclass
class Receiver:
    """Answers 204 to everything; `hold` may delay one answer while its sender is killed."""

    url: str = ""
    copies: list[Copy] = field(default_factory=list)
    forged: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    """How bodies departed from their schemas; the receiver's end fails if they did."""
    hold: Hold | None = None
    sender: Sender = lambda _port: None

    @classmethod
    @asynccontextmanager
    async def running(cls) -> AsyncIterator[Self]:
        receiver = cls()
        server = await asyncio.start_server(receiver._serve, "127.0.0.1", 0)
        receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
        async with server:
            yield receiver
        assert receiver.faults == [], receiver.faults

    def of(self, message_id: str) -> list[Copy]:
        return [copy for copy in self.copies if copy.message_id == message_id]

    def lately_again(self, sender: int, seconds: float) -> set[str]:
        """The messages that this process sent lately and that had come before."""
        since = time.time() - seconds
        lately = {
            copy.message_id for copy in self.copies if copy.at > since and copy.sender == sender
        }
        return {message_id for message_id in lately if len(self.of(message_id)) > 1}

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                await self._answer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in head[1:] if line)
        }
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        message_id = headers.get("webhook-id", "")
        try:
            Webhook(SECRET).verify(body, headers)
        except WebhookVerificationError as refusal:
            self.forged.append(f"{message_id}: {refusal}")
        self.faults += faults_of(body)
        port = writer.get_extra_info("peername")[1]
        self.copies.append(Copy(message_id, time.time(), self.sender(port), body))
        if self.hold is not None:
            hold, self.hold = self.hold, None
            await hold(message_id, port)
        writer.write(b"HTTP/1.1 204 -\r\ncontent-length: 0\r\n\r\n")
        await writer.drain()
