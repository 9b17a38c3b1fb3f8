"""The pages are loaded when somebody first asks for one.

A process that only serves the API starts sooner without them and stays smaller; the first page of a
process takes as long as loading them does.
"""

import asyncio
import gc
import sys
from collections.abc import Sequence

from starlette.routing import BaseRoute, Router
from starlette.types import Receive, Scope, Send

API = "/api/"
"""Below it are no pages."""


class LatePages:
    """What a router turns to when none of its routes fits, until the pages are among them."""

    def __init__(self, router: Router) -> None:
        self._router = router
        self._unknown = router.default
        self._loading = asyncio.Lock()
        router.default = self

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Load the pages, beside the event loop, and let the router look once more."""
        if scope["path"].startswith(API):
            await self._unknown(scope, receive, send)
            return
        async with self._loading:
            if self._router.default is self:
                self._add(await asyncio.to_thread(_routes))
        await self._router(scope, receive, send)

    def load(self) -> None:
        """Load them now, for who wants to see every route."""
        if self._router.default is self:
            self._add(_routes())

    def _add(self, routes: Sequence[BaseRoute]) -> None:
        self._router.routes.extend(routes)
        self._router.default = self._unknown


def _routes() -> Sequence[BaseRoute]:
    are_new = "api.ui.pages" not in sys.modules
    from api.ui.pages import ROUTES

    if are_new:
        gc.freeze()  # as what was loaded at the start: no collection walks through it
    return ROUTES
