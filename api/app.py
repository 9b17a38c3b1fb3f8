"""The HTTP door: `create_app` puts routers and middleware around what it is given.

It opens nothing, reads no settings and knows no Temporal; whoever calls it owns the resources and
their life.
"""

import json
from http import HTTPStatus
from threading import Lock
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.routing import BaseRoute

from api import (
    acknowledgments,
    api_keys,
    asset_bulk,
    assets,
    comments,
    comparisons,
    contract_bulk,
    contracts,
    deliveries,
    dependencies,
    destinations,
    diffs,
    event_types,
    events,
    facets,
    health,
    inbox,
    me,
    members,
    objections,
    operators,
    policies,
    problems,
    proofs,
    proposals,
    registrations,
    releases,
    reports,
    retirements,
    revise,
    sessions,
    slack,
    stewards,
    team_policies,
    teams,
    users,
)
from api.body_limit import BodyLimit
from api.cors import Cors
from api.documentation import documentation_router
from api.middleware import OwnNames, RequestContext
from api.problem_views import PROBLEM, problem_schemas
from api.resources import Resources
from api.routing import PREFIX, TesseraRoute
from api.ui.error_pages import ErrorPages
from api.ui.late import LatePages

DESCRIPTION = """
Tessera coordinates breaking changes of data contracts: it finds who is affected, asks them, waits,
then publishes or rejects.

Every error is a problem (RFC 9457) whose `type`, `urn:tessera:problem:<code>`, never changes.
Every `POST` takes an `Idempotency-Key`. Listings are pages, newest first: `next` is the `cursor`
of the page after.
"""
TAGS = [
    {"name": "teams", "description": "Own assets and answer proposals."},
    {"name": "assets", "description": "Things with a schema: tables, topics, endpoints, models."},
    {"name": "contracts", "description": "The published versions of an asset."},
    {"name": "registrations", "description": "Who declares to read what."},
    {"name": "proposals", "description": "Breaking changes that wait for their consumers."},
    {"name": "retirements", "description": "The ends of old versions, and who moves off them."},
    {"name": "events", "description": "The log: who did what to what, when."},
    {"name": "reports", "description": "What became of many proposals, put together."},
    {"name": "destinations", "description": "Where who is told what, and what became of it."},
    {"name": "users", "description": "The people and bots that belong to teams."},
    {"name": "API keys", "description": "Credentials of teams and users."},
    {"name": "health", "description": "For who runs it."},
]
_BEARER = {
    "type": "http",
    "scheme": "bearer",
    "description": "An API key, or the bootstrap key. A development server needs none.",
}
"""Described here and not as a dependency, which would be solved for every request in vain."""
_ROUTERS = (
    assets.router,
    acknowledgments.router,
    proposals.router,
    operators.router,
    revise.router,
    comments.router,
    objections.router,
    dependencies.router,
    proofs.router,
    contracts.router,
    registrations.router,
    events.router,
    diffs.router,
    comparisons.router,
    policies.router,
    teams.router,
    stewards.router,
    team_policies.router,
    facets.router,
    asset_bulk.router,
    contract_bulk.router,
    releases.router,
    destinations.router,
    deliveries.router,
    event_types.router,
    members.router,
    users.router,
    sessions.router,
    inbox.router,
    retirements.router,
    me.router,
    reports.router,
    api_keys.router,
)
"""Those that are asked most come first: a request is tried against each in turn."""
_PROBLEMS = {
    400: "The body is not JSON.",
    401: "No key, or one that does not work.",
    403: "Not allowed.",
    404: "Something that is named is not there.",
    409: "What is there stands in the way.",
    413: "The body is too large.",
    415: "The body is of another type than JSON.",
    422: "What was sent is not right; `errors` says where.",
    429: "Too many requests; `Retry-After` says in how many seconds to come back.",
    503: "Something that is needed does not answer; repeat it with the same Idempotency-Key.",
}


class TesseraApi(FastAPI):
    """FastAPI, whose description says what problems there are.

    They are told here and not to the routes: each would make a model of each of them at the start,
    in vain.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._described = Lock()
        self._written: bytes | None = None

    def written_out(self) -> bytes:
        """Return the description as it is served; made at the first call, which takes seconds.

        For a thread beside the event loop.
        """
        with self._described:
            if self._written is None:
                self._written = json.dumps(self.openapi(), ensure_ascii=False).encode()
            return self._written

    def openapi(self) -> dict[str, Any]:
        """Return the description."""
        if self.openapi_schema is None:
            described = get_openapi(
                title=self.title,
                version=self.version,
                description=self.description,
                tags=self.openapi_tags,
                routes=[_described(route) for route in self.routes],
            )
            components = described["components"]
            components["securitySchemes"] = {"HTTPBearer": _BEARER}
            for name in ("HTTPValidationError", "ValidationError"):  # FastAPI's, never sent
                components["schemas"].pop(name, None)
            components["schemas"] |= problem_schemas()
            for name, path in described["paths"].items():
                for operation in path.values():
                    _describe(operation, is_api=name.startswith(PREFIX))
            self.openapi_schema = described
        return self.openapi_schema


def create_app(resources: Resources) -> FastAPI:
    """Return the application over these resources, which must be open while it serves."""
    app = TesseraApi(
        title="Tessera",
        version="1",
        description=DESCRIPTION,
        openapi_tags=TAGS,
        openapi_url=None,  # `api.documentation` serves it
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.resources = resources
    problems.install(app)
    app.add_middleware(BodyLimit, largest=resources.max_body_bytes)
    if resources.own_names is not None:
        app.add_middleware(OwnNames, names=resources.own_names)
    if resources.cors_origins:
        app.add_middleware(Cors, origins=resources.cors_origins)
    app.add_middleware(RequestContext, public_url=resources.public_url)
    for router in (*_ROUTERS, health.router, slack.router, documentation_router(app.written_out)):
        app.router.routes.extend(router.routes)
    app.state.pages = LatePages(app.router)
    app.add_middleware(ErrorPages)  # the outermost
    return app


def _described(route: BaseRoute) -> BaseRoute:
    if isinstance(route, TesseraRoute) and route.include_in_schema:
        return route.described()
    return route


def _describe(operation: dict[str, Any], *, is_api: bool) -> None:
    if is_api:
        operation["security"] = [{"HTTPBearer": []}]
    for status, description in _PROBLEMS.items():
        if is_api or status == HTTPStatus.SERVICE_UNAVAILABLE:
            operation["responses"][str(status)] = {
                "description": description,
                "content": {problems.MEDIA_TYPE: {"schema": PROBLEM}},
            }
