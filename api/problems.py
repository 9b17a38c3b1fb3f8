"""Every refusal as problem+json (RFC 9457): the one table from a domain error to a status.

Clients switch on `type`, which is `urn:tessera:problem:<code>` and never changes; `title` and
`detail` are for people and may. Messages are never parsed.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from api import refusals
from domain import errors
from domain.errors import TesseraError

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:tessera:problem:"
_MEMBERS = frozenset({"type", "title", "status", "detail", "instance", "request_id"})


@dataclass(frozen=True, slots=True)
class Problem:
    """How an error looks over HTTP."""

    status: int
    title: str


PROBLEMS: Mapping[type[TesseraError], Problem] = {
    errors.TesseraError: Problem(500, "Internal error"),
    errors.InvalidRequest: Problem(422, "Invalid request"),
    errors.InvalidSchema: Problem(422, "Invalid schema"),
    errors.ComparisonTooLarge: Problem(422, "Too large to be compared"),
    errors.InvalidVersion: Problem(422, "Invalid version"),
    errors.InvalidGuarantees: Problem(422, "Invalid guarantees"),
    errors.InvalidPolicy: Problem(422, "Invalid policy"),
    errors.InvalidCursor: Problem(422, "Invalid cursor"),
    errors.UnknownFields: Problem(422, "Unknown fields"),
    errors.NotFound: Problem(404, "Not found"),
    errors.Conflict: Problem(409, "Exists already"),
    errors.TeamOwnsAssets: Problem(409, "The team owns assets"),
    errors.TeamMerged: Problem(409, "The team was merged"),
    errors.OwnerDeleted: Problem(409, "The owner is deleted"),
    errors.ProposalOpen: Problem(409, "Another proposal is open"),
    errors.ProposalEnded: Problem(409, "The proposal has ended"),
    errors.InRelease: Problem(409, "In another release"),
    errors.ReleaseEnded: Problem(409, "The release has ended"),
    errors.RetirementEnded: Problem(409, "The retirement has ended"),
    errors.NotAMover: Problem(409, "Not asked to move"),
    errors.NotDeprecated: Problem(409, "Not deprecated"),
    errors.AnswersClosed: Problem(409, "Answers are closed"),
    errors.NotAParty: Problem(409, "Not a party"),
    errors.NotInvolved: Problem(409, "Not involved"),
    errors.QuestionChanged: Problem(409, "The question changed"),
    errors.NotReady: Problem(409, "Not ready"),
    errors.PublishContended: Problem(503, "It keeps changing"),
    errors.VersionTaken: Problem(409, "The version is taken"),
    errors.IdempotencyKeyReused: Problem(422, "The idempotency key was used before"),
    errors.Unauthenticated: Problem(401, "Not authenticated"),
    errors.Forbidden: Problem(403, "Not allowed"),
    errors.SignInRefused: Problem(401, "Not signed in"),
    errors.TooManyAttempts: Problem(429, "Too many attempts"),
    errors.LinkUsed: Problem(410, "The link is used up"),
    errors.BodyTooLarge: Problem(413, "The body is too large"),
    errors.Unavailable: Problem(503, "Not available"),
    errors.SetupFailed: Problem(500, "Internal error"),
    refusals.ProviderUnavailable: Problem(503, "The identity provider does not answer"),
    refusals.InvalidJson: Problem(400, "Invalid JSON"),
    refusals.UnsupportedMediaType: Problem(415, "Unsupported media type"),
    refusals.MethodNotAllowed: Problem(405, "Method not allowed"),
    refusals.CrossSite: Problem(403, "Sent by another site"),
    refusals.ForeignHost: Problem(421, "Not this server"),
    refusals.RateLimited: Problem(429, "Too many requests"),
    refusals.SlowBody: Problem(408, "The body takes too long"),
}

_HEADERS: Mapping[int, Mapping[str, str]] = {
    401: {"WWW-Authenticate": 'Bearer realm="tessera"'},
    408: {"Connection": "close"},
    413: {"Connection": "close"},
    503: {"Retry-After": "1"},
}


def problem_of(error: TesseraError) -> Problem:
    """Return the problem of an error, or of the nearest one it is a kind of."""
    return next(PROBLEMS[kind] for kind in type(error).__mro__ if kind in PROBLEMS)


def problem_document(
    error: TesseraError, *, instance: str, request_id: str | None
) -> dict[str, object]:
    """Return the members of the problem; the error's own details stand beside the standard ones."""
    problem = problem_of(error)
    extra = {name: value for name, value in error.extra.items() if name not in _MEMBERS}
    if "path" in extra and "errors" not in extra:
        extra["errors"] = [{"path": extra["path"], "message": error.detail}]
    return {
        "type": f"{TYPE_PREFIX}{error.code}",
        "title": problem.title,
        "status": problem.status,
        "detail": error.detail,
        "instance": instance,
        "request_id": request_id,
        **extra,
    }


def problem_response(
    error: TesseraError,
    *,
    instance: str,
    request_id: str | None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return the answer to a refused request."""
    document = problem_document(error, instance=instance, request_id=request_id)
    status = problem_of(error).status
    own = {"Retry-After": f"{error.extra['retry_after']}"} if "retry_after" in error.extra else {}
    return Response(
        json.dumps(document, ensure_ascii=False, default=str),
        status_code=status,
        media_type=MEDIA_TYPE,
        headers={**_HEADERS.get(status, {}), **own, **(headers or {})},
    )


def refuse(
    request: Request, error: TesseraError, headers: Mapping[str, str] | None = None
) -> Response:
    """Return the answer to this request."""
    request_id = getattr(request.state, "request_id", None)
    return problem_response(
        error, instance=request.url.path, request_id=request_id, headers=headers
    )


def install(app: FastAPI) -> None:
    """Have the app answer every refusal, its own and Starlette's, with a problem."""
    app.add_exception_handler(TesseraError, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _of_routing)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, TesseraError)
    return refuse(request, error)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = [
        {"path": _path(fault["loc"]), "message": _message(fault["type"], fault["msg"])}
        for fault in error.errors()
    ]
    told = "; ".join(f"`{each['path'] or 'the body'}` {each['message']}" for each in faults[:5])
    return refuse(
        request, errors.InvalidRequest(f"The request is not valid: {told}.", errors=faults)
    )


async def _of_routing(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    path = request.url.path
    headers = dict(error.headers or {})
    if error.status_code == 404:
        return refuse(request, errors.NotFound(f"There is nothing at `{path}`."), headers)
    if error.status_code == 405:
        return refuse(
            request,
            refusals.MethodNotAllowed(f"`{path}` takes no {request.method}."),
            headers | {"Allow": ", ".join(_allowed(request))},
        )
    return refuse(request, errors.InvalidRequest(f"{error.detail}."), headers)


def _allowed(request: Request) -> list[str]:
    """The methods that some route of this path takes: Starlette names those of the first only."""
    found: set[str] = set()
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        scope = {**request.scope, "method": method}
        for route in request.app.routes:
            match, _ = route.matches(scope)
            if match.name == "FULL":
                found.add(method)
    return sorted(found)


def _path(loc: Sequence[int | str]) -> str:
    """Where the fault is, as people write it: `used_by[0].name`; the body itself is empty."""
    path = ""
    for step in loc[1:]:
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else step
    return path


def _message(kind: str, message: str) -> str:
    plain = {"missing": "is required", "extra_forbidden": "is not known here"}
    text = plain.get(kind, message.removeprefix("Value error, ").rstrip("."))
    return text[:1].lower() + text[1:]
