"""A lasting subscription to the event stream: when to connect again and from where, without I/O."""

import json
from dataclasses import dataclass, field

import httpx
from pydantic import ValidationError

from tessera_sdk.calls import Query
from tessera_sdk.errors import UnexpectedAnswerError, UnreachableError
from tessera_sdk.exchange import RETRIED_STATUSES, Retries, problem_of, reason_of, retry_after
from tessera_sdk.models import Event
from tessera_sdk.sse import Message, MessageReader

STREAM_TYPE = "text/event-stream"


@dataclass(frozen=True, slots=True)
class EventStream:
    """What to subscribe to; `last_event_id` resumes after that event."""

    path: str
    query: Query = field(default_factory=dict)
    last_event_id: str | None = None


class Subscription:
    """The decisions of one subscription.

    The first connection is given up like any call. Once the server has spoken, a lost connection is
    made again without limit, from the last event seen, so that nothing is missed and nothing twice.
    """

    def __init__(self, stream: EventStream, retries: Retries, server: str) -> None:
        self._retries = retries
        self._server = server
        self._reader = MessageReader(stream.last_event_id)
        self._failures = 0
        self._has_spoken = False
        self._asked_pause: float | None = None

    @property
    def headers(self) -> dict[str, str]:
        headers = {"Accept": STREAM_TYPE, "Cache-Control": "no-store"}
        if self._reader.last_id:
            headers["Last-Event-ID"] = self._reader.last_id
        return headers

    def opened(self, response: httpx.Response) -> bool:
        """Whether events follow; if not, `pause` knows how long. Raises what cannot be mended.

        The response must have been read if it is not a success.
        """
        self._asked_pause = None
        if response.status_code in RETRIED_STATUSES and self._may_repeat():
            self._asked_pause = retry_after(response)
            return False
        if not response.is_success:
            raise problem_of(response)
        if not response.headers.get("Content-Type", "").startswith(STREAM_TYPE):
            raise UnexpectedAnswerError(f"{response.request.url} is not a stream of events.")
        self._failures = 0
        self._has_spoken = True
        self._reader.restart()
        return True

    def pause(self, failure: httpx.TransportError | None) -> float:
        """Seconds before the next connection, after one that failed or just ended."""
        if failure is not None and not self._may_repeat():
            raise UnreachableError(self._server, reason_of(failure)) from failure
        self._failures += 1
        backoff = self._retries.pause(min(self._failures, 10))
        asked = min(self._asked_pause or 0.0, self._retries.longest_retry_after)
        self._asked_pause = None
        return max(backoff, asked, self._reader.retry or 0.0)

    def feed(self, text: str) -> list[Event]:
        return [event_of(message) for message in self._reader.feed(text)]

    def _may_repeat(self) -> bool:
        return self._has_spoken or self._failures + 1 < self._retries.attempts


def event_of(message: Message) -> Event:
    try:
        return Event.model_validate(json.loads(message.data))
    except (json.JSONDecodeError, ValidationError) as error:
        raise UnexpectedAnswerError(f"The stream sent something unexpected: {error}") from error
