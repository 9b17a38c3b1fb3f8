"""What every route does before its own work: who asks, may a browser send this, can it be read.

The credential is looked at before the body is read: whoever may not come in is not served.
"""

from collections.abc import Awaitable, Callable
from functools import partial, wraps
from typing import Any

from fastapi import Request, Response, params
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from api.json_bodies import JsonRequest, storable
from api.refusals import CrossSite, UnsupportedMediaType
from api.resources import resources_of
from api.views import View
from domain.authorization import Principal, admit
from domain.errors import InvalidRequest, TesseraError, Unauthenticated
from domain.permissions import Action

PREFIX = "/api/v1"

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_SITE = frozenset({"same-origin", "none"})

Handler = Callable[[Request], Awaitable[Response]]
Endpoint = Callable[..., Any]


def operation_id(route: APIRoute) -> str:
    """Return the function's name: stable, and unique over all routers."""
    return route.name


class TesseraRoute(APIRoute):
    """The route class of every router that needs a principal.

    It puts its own prefix before the path: FastAPI would build a route a second time, at the first
    request, if its router were included with one.

    What it answers is told to FastAPI for the description alone, since `_written` writes it out: a
    model of each answer a second time is 1 MiB and a fiftieth of the start.

    What FastAPI makes of a route, models of its parameters above all, it makes for the first
    request: for all of them it is a tenth of the start.
    """

    below = PREFIX

    def __init__(self, path: str, endpoint: Endpoint, **options: Any) -> None:
        status: int = options.get("status_code") or 200
        options["generate_unique_id_function"] = operation_id
        self._options = options
        self._made = False
        self.path = self.below + path
        self.path_regex, self.path_format, self.param_convertors = compile_path(self.path)
        self.endpoint = _written(endpoint, status)
        self.name = options.get("name") or endpoint.__name__
        self.methods = {method.upper() for method in options["methods"]}
        self.include_in_schema = options["include_in_schema"]

    def __getattr__(self, name: str) -> Any:
        """Make what is not there yet: all but what a request is matched by."""
        if self.__dict__.get("_made", True):
            raise AttributeError(name)
        self._made = True
        super().__init__(self.path, self.endpoint, **{**self._options, "response_model": None})
        return getattr(self, name)

    def described(self) -> APIRoute:
        """Return the route with what it answers, as the description needs it."""
        return APIRoute(self.path, self.endpoint, **self._options)

    async def principal_of(self, request: Request) -> Principal:
        """Return who sends this: over HTTP, whose key is in the header."""
        resources = resources_of(request)
        return await resources.authenticator.principal(
            resources.database, request.headers.get("authorization")
        )

    def get_route_handler(self) -> Callable[[Request], Any]:
        """Wrap FastAPI's handler, which reads the body first of all."""
        serve: Handler = super().get_route_handler()
        takes_json = self.body_field is not None and not isinstance(
            self.body_field.field_info, params.Form
        )

        async def handle(request: Request) -> Response:
            request = JsonRequest(request.scope, request.receive)
            await self._authenticate(request)
            check_site(request)
            _check_query(request)
            if takes_json:
                _check_media_type(request)
            try:
                return await serve(request)
            except HTTPException as error:
                # FastAPI wraps whatever reading the body raises.
                if isinstance(error.__cause__, TesseraError):
                    raise error.__cause__ from None
                raise

        return handle

    async def _authenticate(self, request: Request) -> None:
        limits = resources_of(request).rate_limits
        try:
            principal = await self.principal_of(request)
        except Unauthenticated:
            await limits.attempts.failed(request)
            raise
        await limits.count(request, principal)
        admit(principal, Action.READ, "the API")
        request.state.principal = principal
        request.state.recognize = partial(self.principal_of, request)


def _written(endpoint: Endpoint, status: int) -> Endpoint:
    """Return the endpoint with its view written out, and not checked again against what it is."""

    @wraps(endpoint)
    async def answer(*args: object, **named: object) -> object:
        made = await endpoint(*args, **named)
        if isinstance(made, View):
            return Response(made.model_dump_json(), status, media_type="application/json")
        return made

    return answer


def check_site(request: Request) -> None:
    """Refuse what another site's page makes a browser send with no key but its address.

    Matters where callers are anonymous or known by a cookie; a key in a header is never sent by a
    browser of its own accord.
    """
    if request.method in _SAFE or "authorization" in request.headers:
        return
    if _is_foreign(request):
        raise CrossSite("A page of another site sent this; nothing was changed.")


def _is_foreign(request: Request) -> bool:
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        return site not in _OWN_SITE
    own = {request.headers.get("host"), _host(resources_of(request).public_url)}
    return origin is not None and _host(origin) not in own


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0]


def _check_query(request: Request) -> None:
    for name, value in request.query_params.multi_items():
        if not storable(value):
            raise InvalidRequest(
                "A query parameter holds a NUL character.",
                errors=[{"path": name[:100], "message": "holds a character that cannot be kept"}],
            )


def _check_media_type(request: Request) -> None:
    has_body = request.headers.get("content-length", "0") != "0" or (
        "transfer-encoding" in request.headers
    )
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    is_json = media_type == "application/json" or (
        media_type.startswith("application/") and media_type.endswith("+json")
    )
    if has_body and not is_json:
        raise UnsupportedMediaType("Send the body as `Content-Type: application/json`.")
