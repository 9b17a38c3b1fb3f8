"""The route class of the pages: a key in the header, or the session of who signed in."""

from fastapi import Request

from api.resources import resources_of
from api.routing import TesseraRoute
from api.ui import sessions
from domain.authorization import Principal


class PageRoute(TesseraRoute):
    """Checks what every route checks, the site of a POST among it; see `api.ui.sessions`."""

    below = ""

    async def principal_of(self, request: Request) -> Principal:
        """Return who is signed in, or else whose key is in the header."""
        return await sessions.principal_of(request) or await super().principal_of(request)


async def counted(request: Request) -> None:
    """A dependency of the ways in, which nobody has come through yet: counts by address."""
    await resources_of(request).rate_limits.count_address(request)
