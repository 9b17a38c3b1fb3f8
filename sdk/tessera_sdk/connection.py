"""Where the server is and how it is spoken to: what both clients share about HTTP."""

import os
from dataclasses import dataclass, field
from typing import TypedDict, TypeVar

import httpx

from tessera_sdk.calls import Call
from tessera_sdk.errors import ConfigurationError
from tessera_sdk.exchange import Retries
from tessera_sdk.streams import EventStream, Subscription
from tessera_sdk.version import __version__

T = TypeVar("T")

DEFAULT_URL = "http://localhost:8000"
PREFIX = "/api/v1"
LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
# The server sends a comment every few seconds, so a stream silent for this long is dead.
STREAM_SILENCE = 60.0


class HttpOptions(TypedDict):
    base_url: str
    headers: dict[str, str]
    timeout: httpx.Timeout
    trust_env: bool
    verify: bool


@dataclass(frozen=True, slots=True)
class Connection:
    url: str
    api_key: str | None = field(default=None, repr=False)
    origin: str = "sdk"
    timeout: float = 30.0
    retries: Retries = field(default_factory=Retries)

    @classmethod
    def resolve(
        cls,
        url: str | None,
        api_key: str | None,
        *,
        origin: str,
        timeout: float,
        retries: Retries,
    ) -> "Connection":
        """What is not given comes from `TESSERA_URL` and `TESSERA_API_KEY`."""
        address = (url or os.environ.get("TESSERA_URL") or DEFAULT_URL).rstrip("/")
        return cls(
            checked(address.removesuffix(PREFIX)),
            api_key or os.environ.get("TESSERA_API_KEY") or None,
            origin,
            timeout,
            retries,
        )

    @property
    def http_options(self) -> HttpOptions:
        headers = {
            "Accept": "application/json, application/problem+json",
            "User-Agent": f"tessera-sdk/{__version__}",
            "Tessera-Origin": self.origin,
        }
        if self.api_key is not None:
            headers["Authorization"] = f"Bearer {self.api_key}"
        address = httpx.URL(self.url)
        return {
            "base_url": f"{self.url}{PREFIX}",
            "headers": headers,
            "timeout": httpx.Timeout(self.timeout, connect=min(self.timeout, 10.0)),
            # A proxy from the environment cannot reach this machine's own loopback.
            "trust_env": address.host not in LOOPBACK_HOSTS,
            # Plain HTTP has no certificate, and loading the authorities takes longer than a call.
            "verify": address.scheme == "https",
        }

    def request(self, http: httpx.Client | httpx.AsyncClient, call: Call[T]) -> httpx.Request:
        timeout = httpx.Timeout(self.timeout, connect=min(self.timeout, 10.0))
        if call.wait is not None:
            timeout.read = self.timeout + call.wait
        return http.build_request(
            call.method,
            call.path,
            params=call.query or None,
            json=call.body,
            headers=call.headers,
            timeout=timeout,
        )

    def stream_request(
        self,
        http: httpx.Client | httpx.AsyncClient,
        stream: EventStream,
        subscription: Subscription,
    ) -> httpx.Request:
        return http.build_request(
            "GET",
            stream.path,
            params=stream.query or None,
            headers=subscription.headers,
            timeout=httpx.Timeout(self.timeout, connect=10.0, read=STREAM_SILENCE),
        )


def checked(address: str) -> str:
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL as error:
        raise ConfigurationError(f"{address!r} is not a URL: {error}") from error
    if url.scheme not in ("http", "https") or not url.host:
        raise ConfigurationError(
            f"{address!r} is not the address of a server. It looks like http://localhost:8000."
        )
    return address
