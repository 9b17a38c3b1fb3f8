"""Which other sites' pages may use the API from a browser: CORS, for the API and nothing else.

Without credentials of the browser: a page brings a key of its own in a header, and a cookie never
counts for the API.
"""

from collections.abc import Sequence

from starlette.datastructures import MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_API = "/api/"
ANY = "*"
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_ALLOWED = (
    *("Authorization", "Content-Type", "Idempotency-Key", "Last-Event-ID", "Prefer"),
    "X-Request-ID",
)
_EXPOSED = (
    *("Location", "Preference-Applied", "RateLimit", "RateLimit-Policy", "Retry-After"),
    *("WWW-Authenticate", "X-Request-ID"),
)
_KEPT_SECONDS = 600


class Cors:
    """Starlette's, for paths of the API; every answer says that it differs by `Origin`."""

    def __init__(self, app: ASGIApp, origins: Sequence[str]) -> None:
        self._app = app
        self._open = CORSMiddleware(
            app,
            allow_origins=origins,
            allow_methods=_METHODS,
            allow_headers=_ALLOWED,
            expose_headers=_EXPOSED,
            max_age=_KEPT_SECONDS,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or not scope["path"].startswith(_API):
            await self._app(scope, receive, send)
            return

        async def varying(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(raw=message["headers"]).add_vary_header("Origin")
            await send(message)

        await self._open(scope, receive, varying)
