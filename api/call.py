"""One request as a route sees it: what it works with, who asks, and what stands in the log."""

import re
from dataclasses import dataclass, replace
from typing import cast
from uuid import UUID

from fastapi import Request

from api.resources import Resources, resources_of
from domain.actors import Caller, Origin
from domain.authorization import Action, Principal, Resource, authorize

_PREFIX = re.compile("/api/v[0-9]+/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """An authorised request."""

    resources: Resources
    request: Request
    principal: Principal
    caller: Caller

    def acting_for(self, team_id: UUID) -> Caller:
        """Return the caller as somebody who acts for a team that is not known by its own key."""
        return replace(self.caller, actor=replace(self.caller.actor, acting_for=team_id))


@dataclass(frozen=True, slots=True)
class May:
    """A dependency of every route: authorises its one action and gives the `Call`."""

    action: Action
    noun: str

    async def __call__(self, request: Request) -> Call:
        """Return the call, or raise `Unauthenticated` or `Forbidden`."""
        principal = cast("Principal", request.state.principal)
        authorize(principal, self.action, Resource(noun=self.noun))
        return Call(
            resources=resources_of(request),
            request=request,
            principal=principal,
            caller=Caller(
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
