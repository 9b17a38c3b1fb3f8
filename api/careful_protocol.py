"""uvicorn's HTTP protocol with limits on what comes before the body, of which it has none.

The head of a request (its first line and headers) may be so large and take so long, and a
connection on which nothing comes is closed.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES = 32 * 1024
HEAD_WITHIN = 20.0
"""Seconds from the first byte of the head to its last, and from connecting to the first."""
_TOO_LARGE = b"The first line and the headers of a request may have %d bytes.\n" % HEAD_BYTES


class _HeadTooLarge(Exception):
    """Stops the parser."""


class CarefulProtocol(HttpToolsProtocol):
    """One connection."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._head_bytes = 0
        self._in_head = True
        self._refused = False
        self._late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Expect a head soon."""
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Expect nothing more."""
        self._head_is_here()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came; a head that grows too large is refused before it is whole."""
        if self._in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > HEAD_BYTES and not self.transport.is_closing():
            self._refuse_head()

    def on_message_begin(self) -> None:
        """Begin a head."""
        super().on_message_begin()
        self._in_head = True
        if self._late is None:
            self._expect_head()

    def on_headers_complete(self) -> None:
        """End a head; one that came in a single piece is measured here."""
        self._head_is_here()
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > HEAD_BYTES:
            self._refused = True
            raise _HeadTooLarge
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what cannot be parsed, or was not to be."""
        if self._refused:
            self._refuse_head()
            return
        super().send_400_response(msg)

    def _expect_head(self) -> None:
        self._late = self.loop.call_later(HEAD_WITHIN, self._close_for_being_late)

    def _head_is_here(self) -> None:
        self._head_bytes, self._in_head = 0, False
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _close_for_being_late(self) -> None:
        self._late = None
        if not self.transport.is_closing():
            self.transport.close()

    def _refuse_head(self) -> None:
        self.transport.write(
            b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
            b"content-type: text/plain; charset=utf-8\r\n"
            b"content-length: %d\r\nconnection: close\r\n\r\n%b" % (len(_TOO_LARGE), _TOO_LARGE)
        )
        self.transport.close()
