"""A webhook receiver for the teams of the story, on the loopback, as theirs would be elsewhere.

It checks signatures by the Standard Webhooks specification and takes each message once.
https://github.com/standard-webhooks/standard-webhooks
"""

import asyncio
import base64
import hmac
import json
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Self

from embedded.ports import LOOPBACK

LARGEST_BODY = 1024 * 1024
SENDS_WITHIN = 10.0


@dataclass(frozen=True, slots=True)
class Letter:
    """An event that a team received: `type` is what happened, `summary` says it in a sentence."""

    team: str
    type: str
    summary: str


class Mailbox:
    """Receives what is sent to the teams; only letters with a valid signature are taken."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._port = 0
        self._seen: set[tuple[str, str]] = set()
        self._letters: list[Letter] = []
        self._shown = 0
        self._arrival = asyncio.Event()
        self.refused = 0

    @classmethod
    @asynccontextmanager
    async def open(cls) -> AsyncIterator[Self]:
        """Listen as long as the context lasts."""
        mailbox = cls()
        server = await asyncio.start_server(mailbox._serve, LOOPBACK, 0)
        mailbox._port = server.sockets[0].getsockname()[1]
        async with server:
            yield mailbox

    @property
    def secret(self) -> str:
        """What the server signs with."""
        return "whsec_" + base64.b64encode(self._key).decode()

    def url_of(self, team: str) -> str:
        """The address that this team's webhook is set to."""
        return f"http://{LOOPBACK}:{self._port}/{team}"

    async def arrives(self, team: str, type_: str, *, within: float) -> bool:
        """Whether the team has received, or receives in time, something it was not shown yet."""
        try:
            async with asyncio.timeout(within):
                while not any((x.team, x.type) == (team, type_) for x in self._unshown):
                    self._arrival.clear()
                    await self._arrival.wait()
        except TimeoutError:
            return False
        return True

    def new(self) -> list[Letter]:
        """Return what came in since this was asked last, in the order of arrival."""
        fresh = self._unshown
        self._shown = len(self._letters)
        return fresh

    @property
    def _unshown(self) -> list[Letter]:
        return self._letters[self._shown :]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(SENDS_WITHIN):
                status = await self._take(reader)
            writer.write(f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode())
            writer.write(b"Content-Length: 0\r\nConnection: close\r\n\r\n")
            await writer.drain()
        except (TimeoutError, OSError, EOFError, asyncio.LimitOverrunError):
            return  # whoever does not finish its request gets no answer
        finally:
            writer.close()

    async def _take(self, reader: asyncio.StreamReader) -> HTTPStatus:
        """Read one request and return the status of its answer."""
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {
            name.strip().lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines)
        }
        length = headers.get("content-length", "")
        if not length.isdecimal() or int(length) > LARGEST_BODY:
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        body = await reader.readexactly(int(length))
        if not self._is_genuine(headers, body):
            self.refused += 1
            return HTTPStatus.UNAUTHORIZED
        team = first.removeprefix("POST /").partition(" ")[0]
        return self._keep(team, headers["webhook-id"], body)

    def _is_genuine(self, headers: Mapping[str, str], body: bytes) -> bool:
        identity, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        signed = f"{identity}.{timestamp}.".encode() + body
        wanted = b"v1," + base64.b64encode(hmac.digest(self._key, signed, "sha256"))
        sent = headers.get("webhook-signature", "").encode().split(b" ")
        return bool(identity) and any(hmac.compare_digest(each, wanted) for each in sent)

    def _keep(self, team: str, identity: str, body: bytes) -> HTTPStatus:
        """A message may be sent again, for example when our answer was lost: it counts once.

        Its identity is the event's, which several teams may be told of.
        """
        try:
            event = json.loads(body)
            letter = Letter(team, str(event["type"]), str(event["data"]["summary"]))
        except (ValueError, KeyError, TypeError):
            return HTTPStatus.BAD_REQUEST
        if (team, identity) not in self._seen:
            self._seen.add((team, identity))
            self._letters.append(letter)
            self._arrival.set()
        return HTTPStatus.NO_CONTENT
