"""One call with its retries, as decisions only: the clients bring the network and the clock.

Who retries what: a call is repeated when the connection failed or the server (or something before
it) said 429, 502, 503 or 504. That is safe for every call, because a POST carries its
Idempotency-Key and all others may be repeated anyway. Nothing else is repeated.
"""

import random
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Generic, TypeVar

import httpx
from pydantic import JsonValue, ValidationError

from tessera_sdk.calls import Call
from tessera_sdk.errors import ProblemError, UnexpectedAnswerError, UnreachableError

T = TypeVar("T")

ERRNO = re.compile(r"^\[Errno -?\d+\] ")
RETRIED_STATUSES = frozenset({429, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Retries:
    """How patient a client is: seconds, and attempts including the first."""

    attempts: int = 4
    first_pause: float = 0.25
    longest_pause: float = 5.0
    longest_retry_after: float = 60.0

    def pause(self, attempt: int) -> float:
        """After which pause to try again: doubling, with jitter, so that clients do not march."""
        ceiling = min(self.longest_pause, self.first_pause * 2.0 ** (attempt - 1))
        return random.uniform(ceiling / 2, ceiling)


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait, then send again."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    value: T


class Exchange(Generic[T]):
    """Says after each attempt whether to pause and repeat, and else gives the answer or raises."""

    def __init__(self, call: Call[T], retries: Retries, server: str) -> None:
        self._call = call
        self._retries = retries
        self._server = server
        self._attempt = 0

    def judge(self, outcome: httpx.Response | httpx.TransportError) -> Pause | Done[T]:
        self._attempt += 1
        if isinstance(outcome, httpx.TransportError):
            return self._after_failure(outcome)
        if outcome.status_code in RETRIED_STATUSES and self._may_repeat():
            return Pause(self._pause_asked_by(outcome))
        if self._was_deleted_before(outcome):
            return Done(self._call.parse(None))
        return Done(read(self._call, outcome))

    def _after_failure(self, error: httpx.TransportError) -> Pause:
        if isinstance(error, httpx.UnsupportedProtocol | httpx.LocalProtocolError):
            raise UnreachableError(self._server, str(error)) from error
        if not self._may_repeat():
            raise UnreachableError(self._server, reason_of(error)) from error
        return Pause(self._retries.pause(self._attempt))

    def _may_repeat(self) -> bool:
        return self._attempt < self._retries.attempts

    def _pause_asked_by(self, response: httpx.Response) -> float:
        asked = retry_after(response)
        if asked is None:
            return self._retries.pause(self._attempt)
        return min(asked, self._retries.longest_retry_after)

    def _was_deleted_before(self, response: httpx.Response) -> bool:
        """A repeated DELETE that finds nothing succeeded the first time; its answer was lost."""
        return self._call.method == "DELETE" and self._attempt > 1 and response.status_code == 404


def read(call: Call[T], response: httpx.Response) -> T:
    """The answer of a response, or the problem that it carries."""
    if not response.is_success:
        raise problem_of(response)
    try:
        return call.parse(document_of(response))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"]) or "the answer"
        raise UnexpectedAnswerError(
            f"{response.request.url} answered something unexpected: {place}: {first['msg']}."
        ) from error


def document_of(response: httpx.Response) -> JsonValue:
    if response.status_code == HTTPStatus.NO_CONTENT or not response.content:
        return None
    try:
        document: JsonValue = response.json()
    except ValueError as error:
        raise UnexpectedAnswerError(
            f"{response.request.url} did not answer with JSON. Is this a Tessera server?"
        ) from error
    return document


def problem_of(response: httpx.Response) -> ProblemError:
    """The problem of a response; a proxy's page becomes one too, with code `http_<status>`."""
    try:
        document = response.json()
    except ValueError:
        document = None
    if isinstance(document, dict):
        problem = ProblemError.from_document(response.status_code, document)
        if problem.title:
            return problem
    return ProblemError(
        status=response.status_code,
        title=response.reason_phrase or f"HTTP {response.status_code}",
        detail=f"{response.request.url} answered {response.status_code} without an explanation.",
    )


def retry_after(response: httpx.Response) -> float | None:
    """Seconds from a Retry-After header, which is a number or a date (RFC 9110 §10.2.3)."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isdigit():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def reason_of(error: httpx.TransportError) -> str:
    """The reason in a few words; httpx leaves some messages empty."""
    if isinstance(error, httpx.TimeoutException):
        return "it took too long"
    return ERRNO.sub("", str(error)) or type(error).__name__
