"""Calls of Slack's Web API by its own library, each bounded and none raising for what Slack says.

The library is imported at the first call: a server without Slack never loads it.
"""

import asyncio
import importlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from aiohttp import ClientSession
    from slack_sdk.web.async_client import AsyncWebClient

SLACK = "https://slack.com/api/"
CALL_SECONDS = 10.0
LONGEST_PAUSE = timedelta(hours=1)
_HERE = ("localhost", "127.0.0.1", "::1")

Call = Callable[["AsyncWebClient"], Awaitable[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackAnswer:
    """What came of a call: `error` is Slack's word for it, or None when all is well."""

    status: int | None
    error: str | None
    body: Mapping[str, Any] = field(default_factory=dict, repr=False)
    retry_after: timedelta | None = None

    @property
    def is_ok(self) -> bool:
        """Whether Slack did what it was asked."""
        return self.error is None

    def text(self, *path: str) -> str:
        """Return the text at this place of the answer; empty if there is none."""
        found: Any = self.body
        for name in path:
            found = found.get(name) if isinstance(found, Mapping) else None
        return found if isinstance(found, str) else ""


class SlackCalls:
    """Holds the connections of one process; `close` ends them."""

    def __init__(self, api_url: str = SLACK) -> None:
        self.api_url = api_url
        self._session: ClientSession | None = None
        self._is_loaded = False

    async def call(
        self, token: str | None, call: Call, *, within: float = CALL_SECONDS
    ) -> SlackAnswer:
        """Call once and return the answer. Nothing is repeated here: that is for who asks."""
        if not self._is_loaded:
            await asyncio.to_thread(_load)  # half a second
            self._is_loaded = True
        from aiohttp import ClientError
        from slack_sdk.errors import SlackApiError, SlackClientError

        try:
            async with asyncio.timeout(within):
                response = await call(self.client(token))
        except TimeoutError:
            return SlackAnswer(status=None, error=f"no answer within {within:g} s")
        except SlackApiError as refusal:
            return _refused(refusal.response)
        except (SlackClientError, ClientError, OSError, ValueError, AttributeError) as failure:
            # The library reads what is no answer of Slack's in several ways, none of them kind.
            return SlackAnswer(status=None, error=f"no answer of Slack's: {type(failure).__name__}")
        if not isinstance(response.data, dict):
            return SlackAnswer(status=response.status_code, error="no answer of Slack's")
        return SlackAnswer(status=response.status_code, error=None, body=response.data)

    def client(self, token: str | None) -> "AsyncWebClient":
        """Return the library's client over our connections; it repeats nothing by itself."""
        from aiohttp import ClientSession
        from slack_sdk.web.async_client import AsyncWebClient

        if self._session is None:
            self._session = ClientSession()
        client = AsyncWebClient(
            token=token,
            base_url=self.api_url,
            session=self._session,
            retry_handlers=[],
            logger=silent(),
        )
        if urlsplit(self.api_url).hostname in _HERE:
            client.proxy = None  # the library takes it from the environment, exceptions unread
        return client

    async def close(self) -> None:
        """End the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None


def _load() -> None:
    importlib.import_module("slack_sdk.web.async_client")  # and aiohttp with it


def silent() -> logging.Logger:
    """Return a logger that says nothing: what the library logs may hold what is secret."""
    logger = logging.getLogger("slack_sdk.silent")
    logger.disabled = True
    return logger


def _refused(response: Any) -> SlackAnswer:  # the library's response, or what it could not read
    headers = getattr(response, "headers", None) or {}
    body = getattr(response, "data", response)
    body = body if isinstance(body, Mapping) else {}
    error = body.get("error")
    if not isinstance(error, str) or not error:
        error = "no answer of Slack's"
    return SlackAnswer(
        status=getattr(response, "status_code", None),
        error=error[:200],
        body=body,
        retry_after=_retry_after(headers),
    )


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    value = next((str(v) for k, v in headers.items() if str(k).lower() == "retry-after"), "")
    if not value.isdecimal():
        return None
    return min(timedelta(seconds=min(int(value), 86_400)), LONGEST_PAUSE)
