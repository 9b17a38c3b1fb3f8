"""One request as a route sees it: what it works with, who asks, and what stands in the log."""

import re
from dataclasses import dataclass
from typing import cast

from fastapi import Request

from api.resources import Resources, resources_of
from domain.actors import Origin
from domain.authorization import Principal, Requester, admit
from domain.errors import Unauthenticated
from domain.permissions import Action

_PREFIX = re.compile("/api/v[0-9]+/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request that is let in. What it may do to which team's things is decided in `record/`."""

    resources: Resources
    request: Request
    principal: Principal
    caller: Requester

    async def still_comes_in(self) -> bool:
        """Whether the credential works still; for answers that go on for long."""
        try:
            principal: Principal = await self.request.state.recognize()
            admit(principal, Action.READ, "the API")
        except Unauthenticated:
            return False
        return True


@dataclass(frozen=True, slots=True)
class May:
    """A dependency of every route: names its one action and gives the `Call`.

    Who may do it nowhere is refused here; teams are asked for under the lock of what is changed.
    """

    action: Action
    noun: str

    async def __call__(self, request: Request) -> Call:
        """Return the call, or raise `Unauthenticated` or `Forbidden`."""
        principal = cast("Principal", request.state.principal)
        admit(principal, self.action, self.noun)
        return Call(
            resources=resources_of(request),
            request=request,
            principal=principal,
            caller=Requester(
                principal=principal,
                actor=principal.actor,
                origin=_origin(request),
                request_id=getattr(request.state, "request_id", None),
            ),
        )


def _origin(request: Request) -> Origin:
    if not _PREFIX.match(request.url.path):
        return Origin.PAGE
    said = request.headers.get("tessera-origin", "").strip().lower()
    return Origin.CLI if said == Origin.CLI.value else Origin.API
