"""Asking the identity provider: bounded in time and size, and led nowhere else.

The addresses come from the issuer that whoever runs the server has named, and from its discovery
document. No redirect is followed, no proxy of the environment is used.
"""

import asyncio
import json
import ssl
from collections.abc import Mapping
from typing import cast

import structlog

from api.refusals import ProviderUnavailable
from domain.json_types import JsonObject

TOTAL_SECONDS = 10.0
LARGEST = 512 * 1024

_log = structlog.get_logger("api")


class ProviderCalls:
    """One per process. The connections and the certificates come with the first call."""

    def __init__(self, *, total_seconds: float = TOTAL_SECONDS, largest: int = LARGEST) -> None:
        self._total_seconds = total_seconds
        self._largest = largest

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> JsonObject:
        """Return the JSON object at an address; raises `ProviderUnavailable`."""
        status, answer = await self._exchange("GET", url, headers or {}, b"")
        if status != 200:
            raise _unavailable(url, f"answered {status}")
        return answer

    async def post(
        self, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, JsonObject]:
        """Return the status and the JSON object that a form is answered with."""
        status, answer = await self._exchange("POST", url, headers, body)
        if status >= 500 or 300 <= status < 400:
            raise _unavailable(url, f"answered {status}")
        return status, answer

    async def _exchange(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, JsonObject]:
        import httpcore

        failures = (
            *(httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError),
            *(httpcore.UnsupportedProtocol, OSError, UnicodeError),
        )
        try:
            async with asyncio.timeout(self._total_seconds):
                status, content = await self._read(method, url, headers, body)
            answer = json.loads(content) if content else {}
        except failures as error:
            raise _unavailable(url, f"{type(error).__name__}: {error}") from error
        except (ValueError, RecursionError) as error:
            raise _unavailable(url, "did not answer with JSON") from error
        if not isinstance(answer, dict):
            raise _unavailable(url, "did not answer with a JSON object")
        return status, cast("JsonObject", answer)

    async def _read(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, bytes]:
        """A connection for each call: sign-ins are rare, and none is left half read."""
        import httpcore

        named = {"accept": "application/json", **headers}
        sent = [(name.encode(), value.encode("latin-1")) for name, value in named.items()]
        context = await asyncio.to_thread(_certificates)
        async with (
            httpcore.AsyncConnectionPool(ssl_context=context, max_connections=1) as pool,
            pool.stream(method, url, headers=sent, content=body) as answer,
        ):
            content = b""
            async for chunk in answer.aiter_stream():
                content += chunk
                if len(content) > self._largest:
                    raise _unavailable(url, f"answered with more than {self._largest} bytes")
            return answer.status, content


def _certificates() -> ssl.SSLContext:
    return ssl.create_default_context()


def _unavailable(url: str, why: str) -> ProviderUnavailable:
    """What went wrong is for who runs the server; who signs in is told that it did."""
    _log.warning("the identity provider fails", url=url.partition("?")[0], why=why[:300])
    return ProviderUnavailable("The identity provider does not answer as it should.")
