"""The route class of the pages, with a key in the header or the session of who signed in.

And how their addresses are read and written.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from api.resources import resources_of
from api.routing import TesseraRoute
from api.ui import sessions
from domain.authorization import Principal
from domain.errors import NotFound, Unauthenticated

SET_UP = "/setup"
"""The page that gives a server its first administrator."""


class PageRoute(TesseraRoute):
    """Checks what every route checks, the site of a POST among it; see `api.ui.sessions`."""

    below = ""

    async def principal_of(self, request: Request) -> Principal:
        """Return who is signed in, or else whose key is in the header."""
        return await sessions.principal_of(request) or await super().principal_of(request)

    def get_route_handler(self) -> Callable[[Request], Any]:
        """Wrap the handler: who comes to a server that nobody has is led to its set-up."""
        serve = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                response: Response = await serve(request)
            except Unauthenticated:
                if request.method == "GET" and await is_nobodys(request):
                    return RedirectResponse(SET_UP, 303)
                raise
            return response

        return handle


async def is_nobodys(request: Request) -> bool:
    """Whether the server waits for its first administrator."""
    resources = resources_of(request)
    return resources.set_up is not None and await resources.set_up.is_open(resources.database)


async def counted(request: Request) -> None:
    """A dependency of the ways in, which nobody has come through yet: counts by address."""
    await resources_of(request).rate_limits.count_address(request)


def id_of(text: str, noun: str) -> UUID:
    """Read the id in an address; one that is none names nothing."""
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(f"There is no {noun} `{text[:100]}`.", noun=noun, key=text[:100]) from None


def address(path: str, **given: object) -> str:
    """Return a page's address with what is given of its query."""
    query = urlencode({name: value for name, value in given.items() if value})
    return f"{path}?{query}" if query else path
