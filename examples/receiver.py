"""A webhook receiver: checks the signature, tells each event once, and answers.

    RECEIVER_SECRET=whsec_… python examples/receiver.py --port 9000

Standard library only, so that it can be copied into any service. Signatures are those of the
Standard Webhooks specification (https://github.com/standard-webhooks/standard-webhooks).
"""

import argparse
import base64
import binascii
import hmac
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOLERANCE_SECONDS = 300
LARGEST_BODY = 1024 * 1024
REMEMBERED_IDS = 10_000

Tell = Callable[[str], None]


def is_genuine(secret: str, headers: Mapping[str, str], body: bytes, now: float) -> bool:
    """Whether somebody who knows the secret signed exactly this body, a short while ago."""
    message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not message_id or not timestamp.isdecimal():
        return False
    if abs(now - int(timestamp)) > TOLERANCE_SECONDS:
        return False
    signed = f"{message_id}.{timestamp}.".encode() + body
    wanted = b"v1," + base64.b64encode(hmac.digest(key_of(secret), signed, "sha256"))
    # Several signatures, separated by spaces, are sent while a secret is being replaced.
    given = headers.get("webhook-signature", "").encode().split(b" ")
    return any(hmac.compare_digest(each, wanted) for each in given)


def key_of(secret: str) -> bytes:
    """The base64 after `whsec_`; a secret of any other form is its own bytes."""
    if secret.startswith("whsec_"):
        try:
            return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        except binascii.Error:
            pass
    return secret.encode()


class Inbox:
    """Remembers what has come: the same id may arrive more than once and must count once."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._seen: dict[str, None] = {}
        self._lock = threading.Lock()

    def take(self, message_id: str, body: bytes) -> None:
        """Tell a new event; raises `ValueError` for what is not one."""
        with self._lock:
            if message_id in self._seen:
                return
            self._tell(line_of(body))
            self._seen[message_id] = None
            if len(self._seen) > REMEMBERED_IDS:
                del self._seen[next(iter(self._seen))]


def line_of(body: bytes) -> str:
    """An event in one line; raises `ValueError` for what is not one."""
    event = json.loads(body)
    try:
        return f"{event['type']}: {event['data']['summary']}"
    except (KeyError, TypeError):
        raise ValueError("not an event") from None


def handler(secret: str, inbox: Inbox) -> type[BaseHTTPRequestHandler]:
    """The request handler of one receiver."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(self._taken())
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _taken(self) -> HTTPStatus:
            length = self.headers.get("Content-Length", "")
            if not length.isdecimal() or int(length) > LARGEST_BODY:
                self.close_connection = True
                return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            body = self.rfile.read(int(length))
            headers = {name.lower(): value for name, value in self.headers.items()}
            if not is_genuine(secret, headers, body, time.time()):
                return HTTPStatus.UNAUTHORIZED
            try:
                inbox.take(headers["webhook-id"], body)
            except ValueError:
                return HTTPStatus.BAD_REQUEST
            return HTTPStatus.NO_CONTENT

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name there
            """Say nothing about requests; the events are the output."""

    return Handler


def receiver(secret: str, port: int, tell: Tell) -> ThreadingHTTPServer:
    """A receiver that listens on the loopback; `serve_forever` runs it."""
    return ThreadingHTTPServer(("127.0.0.1", port), handler(secret, Inbox(tell)))


def main() -> int:
    """Run until Ctrl-C."""
    parser = argparse.ArgumentParser(description="Print the events that Tessera sends.")
    parser.add_argument("--port", type=int, default=9000)
    port = parser.parse_args().port
    secret = os.environ.get("RECEIVER_SECRET")
    if not secret:
        print("Set RECEIVER_SECRET to the webhook's secret.", file=sys.stderr)
        return 2
    with receiver(secret, port, lambda line: print(line, flush=True)) as server:
        print(f"Listening on http://127.0.0.1:{server.server_port}", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
