"""The stand-in's sockets: every request is recorded, and replies can be replaced by failures."""

import json
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, urlsplit

from standin.http import Answer, Drop, Reply, Request, Stream
from standin.tessera import Tessera


class StandIn:
    """`faults` are consumed one per request; `requests` is what arrived, in order."""

    def __init__(self) -> None:
        self.tessera = Tessera()
        self.requests: list[Request] = []
        self.faults: deque[Answer] = deque()
        self.closing = Event()
        self._http = Sockets(self)
        self._thread = Thread(target=self._http.serve_forever, args=(0.02,))
        self.url = f"http://127.0.0.1:{self._http.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def answer(self, request: Request) -> Answer:
        self.requests.append(request)
        if not self.faults:
            return self.tessera.answer(request)
        fault = self.faults.popleft()
        if isinstance(fault, Drop) and fault.after_work:
            self.tessera.answer(request)
        return fault

    @property
    def last(self) -> Request:
        return self.requests[-1]


class Sockets(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, standin: StandIn) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.standin = standin


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each reply waits 40 ms for an acknowledgment

    def handle_any(self) -> None:
        answer = self.standin.answer(self.received())
        if isinstance(answer, Reply):
            self.reply(answer)
        elif isinstance(answer, Stream):
            self.stream(answer)
        else:
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815 - http.server's names

    @property
    def standin(self) -> StandIn:
        assert isinstance(self.server, Sockets)
        return self.server.standin

    def received(self) -> Request:
        split = urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        return Request(
            self.command,
            split.path,
            united(parse_qsl(split.query)),
            {name.lower(): value for name, value in self.headers.items()},
            json.loads(raw) if raw else None,
        )

    def reply(self, answer: Reply) -> None:
        body = answer.content
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def stream(self, answer: Stream) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.end_headers()
        for piece in answer.pieces:
            self.wfile.write(piece)
            self.wfile.flush()
        if answer.hold:
            self.standin.closing.wait()
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its parent's name
        """Say nothing: the tests look at `requests`."""


def united(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """Query parameters by name; one that is repeated has its values with commas between."""
    query: dict[str, str] = {}
    for name, value in pairs:
        query[name] = f"{query[name]},{value}" if name in query else value
    return query
