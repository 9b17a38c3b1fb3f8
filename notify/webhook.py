"""Sending a signed webhook, by the Standard Webhooks specification.

https://github.com/standard-webhooks/standard-webhooks: `webhook-id` stays the same over all
attempts, `webhook-timestamp` is the attempt's time in Unix seconds, `webhook-signature` is `v1,`
and the base64 of HMAC-SHA256 over `id.timestamp.body`; while a secret is being replaced there are
several of them, with spaces between.
"""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import re
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Self, cast
from urllib.parse import unquote, urlsplit

import httpcore

from domain.deliveries import Sent
from domain.destination_addresses import is_usable_url
from domain.destinations import Destination
from notify.addresses import Network
from notify.channels import not_sent
from notify.exchanges import request_kept, response_kept, secrets_of
from notify.messages import Message, webhook_body
from notify.pinned import ForbiddenAddress, PinnedBackend, Resolve, Resolver

_SECRET_PREFIX = "whsec_"
UNREADABLE = "not sent: none of TESSERA_ENCRYPTION_KEYS decrypts the webhook's secret"
TOTAL_SECONDS = 20.0
_READ_LIMIT = 64 * 1024
_READ_SECONDS = 0.2
_FAILURES = (
    httpcore.NetworkError,
    httpcore.TimeoutException,
    httpcore.ProtocolError,
    httpcore.UnsupportedProtocol,
    OSError,  # TimeoutError and ssl.SSLError are among them
)


class WebhookSender:
    """Posts messages; holds the connections of one process, so use it as a context."""

    def __init__(
        self,
        *,
        allow_private: bool,
        networks: Sequence[Network] = (),
        hosts: Sequence[str] = (),
        connector: httpcore.AsyncNetworkBackend | None = None,
        resolve: Resolve | None = None,
        total_seconds: float = TOTAL_SECONDS,
    ) -> None:
        self._total_seconds = total_seconds
        self._resolver = Resolver()
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=ssl.create_default_context(),
            max_connections=200,
            max_keepalive_connections=10,
            keepalive_expiry=5,
            network_backend=PinnedBackend(
                allow_private=allow_private,
                networks=networks,
                hosts=hosts,
                connector=connector,
                resolve=resolve or self._resolver,
            ),
        )

    async def send(
        self, *, url: str, secrets: Sequence[str], message_id: str, timestamp: int, body: bytes
    ) -> Sent:
        """Post once and return what came of it; never raises for what the receiver does.

        Redirects are not followed. The answer is its status: of the body so much is read as can be
        kept and lets the connection be used again, in a time in which what was taken is not
        recorded yet.
        """
        if not is_usable_url(url):
            return not_sent("not sent: the address is none that a webhook can have")
        headers = {
            "content-type": "application/json",
            "user-agent": "Tessera-Webhook/1",
            "webhook-id": message_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signatures(secrets, message_id, timestamp, body),
            **_credentials(url),
        }
        signed = headers["webhook-signature"]
        cut = secrets_of(url, secrets, f"{signed} {headers.get('authorization', '')}")
        started = time.monotonic()
        answer: _Answer | None = None
        error: str | None = None
        try:
            async with asyncio.timeout(self._total_seconds):
                answer = await self._post(url, headers, body)
        except TimeoutError:
            error = f"no answer within {self._total_seconds:g} s"
        except ForbiddenAddress as refusal:
            error = str(refusal)
        except _FAILURES as failure:
            error = f"{type(failure).__name__}: {failure}"[:500]
        return Sent(
            status_code=None if answer is None else answer.status,
            error=error,
            duration=timedelta(seconds=time.monotonic() - started),
            retry_after=None if answer is None else _retry_after(answer.headers),
            request=request_kept(url, headers, body, cut),
            response=None if answer is None else response_kept(answer.headers, answer.body, cut),
        )

    async def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> "_Answer":
        # httpcore's own type is wider
        sent = cast("Mapping[bytes | str, bytes | str]", headers)
        async with self._pool.stream("POST", url, headers=sent, content=body) as answer:
            read = bytearray()
            with contextlib.suppress(*_FAILURES):
                async with asyncio.timeout(_READ_SECONDS):
                    await _read_some(answer, read)
            return _Answer(answer.status, answer.headers, bytes(read))

    async def __aenter__(self) -> Self:
        await self._pool.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._resolver.close()
        await self._pool.__aexit__(kind, error, trace)


class WebhookChannel:
    """Tells a program, by a signed POST."""

    def __init__(self, sender: WebhookSender, public_url: str) -> None:
        self._sender = sender
        self._public_url = public_url

    async def send(self, destination: Destination, message: Message) -> Sent:
        """Post the event once."""
        now = datetime.now(UTC)
        secrets = destination.secrets(now)
        if not secrets or destination.address is None:
            return not_sent(UNREADABLE)
        return await self._sender.send(
            url=destination.address,
            secrets=secrets,
            message_id=str(message.event.id),
            timestamp=int(now.timestamp()),
            body=webhook_body(message, self._public_url),
        )


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes
    """As much as was read of it."""


async def _read_some(answer: httpcore.Response, read: bytearray) -> None:
    async for chunk in answer.aiter_stream():
        read += chunk
        if len(read) > _READ_LIMIT:
            return


def signatures(secrets: Sequence[str], message_id: str, timestamp: int, body: bytes) -> str:
    """Return the `webhook-signature` header's value: a signature for each secret."""
    return " ".join(signature(each, message_id, timestamp, body) for each in secrets)


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """Return the signature with one secret."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    digest = hmac.new(secret_bytes(secret), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def secret_bytes(secret: str) -> bytes:
    """Return the key: the base64 after `whsec_`, or the bytes of a secret of any other form."""
    if secret.startswith(_SECRET_PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(_SECRET_PREFIX), validate=True)
        except ValueError:  # not base64, or not even ASCII
            return secret.encode()
    return secret.encode()


def _credentials(url: str) -> Mapping[str, str]:
    """Return the header that says what stands before the `@` of a URL (RFC 7617), if anything."""
    parts = urlsplit(url)
    if parts.username is None:
        return {}
    said = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return {"authorization": f"Basic {base64.b64encode(said.encode()).decode()}"}


def _retry_after(headers: Sequence[tuple[bytes, bytes]]) -> timedelta | None:
    """Read `Retry-After`, seconds or an HTTP date (RFC 9110, 10.2.3); None if there is none."""
    value = next((v for k, v in headers if k.lower() == b"retry-after"), b"").decode("latin-1")
    value = value.strip()
    if re.fullmatch("[0-9]{1,20}", value):
        return timedelta(seconds=min(int(value), 86_400))
    try:
        at = parsedate_to_datetime(value)
        at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)  # HTTP knows no other zone
        return max(timedelta(0), at - datetime.now(UTC))
    except (ValueError, OverflowError):
        return None
