"""A webhook receiver on loopback: it verifies signatures as a receiver would, and can misbehave."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Self

from domain.json_types import JsonObject
from tests.support.event_bodies import faults_of

Answer = Callable[["Received"], int | Awaitable[int]]


@dataclass(frozen=True)
class Received:
    """One request: headers in lower case, body to the byte."""

    headers: dict[str, str]
    body: bytes

    @property
    def message(self) -> JsonObject:
        message: JsonObject = json.loads(self.body)
        return message


@dataclass
class Receiver:
    """Keeps what it receives; `answer` chooses the status."""

    url: str
    answer: Answer = lambda _received: 204
    requests: list[Received] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    """How bodies departed from their schemas; the receiver's end fails if they did."""

    @classmethod
    @asynccontextmanager
    async def running(cls, answer: Answer | None = None) -> AsyncIterator[Self]:
        receiver = cls("", answer or (lambda _received: 204))
        server = await asyncio.start_server(receiver._serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        receiver.url = f"http://127.0.0.1:{port}/hook"
        async with server:
            yield receiver
        assert receiver.faults == [], receiver.faults

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {
                name.lower(): value.strip()
                for name, _, value in (line.partition(":") for line in head[1:] if line)
            }
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            received = Received(headers, body)
            self.requests.append(received)
            self.faults += faults_of(body)
            answer = self.answer(received)
            status = answer if isinstance(answer, int) else await answer
            writer.write(f"HTTP/1.1 {status} -\r\ncontent-length: 0\r\n".encode())
            writer.write(b"connection: close\r\n\r\n")
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()
