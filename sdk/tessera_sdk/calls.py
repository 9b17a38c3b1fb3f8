"""Requests as values: what is asked and how its answer is read, without sending it.

The blocking and the asynchronous client execute the same values, so that no endpoint is described
twice.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Generic, TypeVar
from uuid import uuid4

from pydantic import JsonValue

from tessera_sdk.errors import not_found
from tessera_sdk.models import Page, Received

T = TypeVar("T")
ReceivedT = TypeVar("ReceivedT", bound=Received)

Body = Mapping[str, JsonValue]
Query = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One request below `/api/v1`.

    `key` is the Idempotency-Key: made once with the value, so every attempt carries the same one.
    `wait` asks the server to answer only when something is settled, for at most so many seconds.
    """

    method: str
    path: str
    parse: Callable[[JsonValue], T]
    query: Query = field(default_factory=dict)
    body: Body | None = None
    key: str | None = None
    wait: float | None = None

    @property
    def headers(self) -> dict[str, str]:
        headers: dict[str, str] = {}
        if self.key is not None:
            headers["Idempotency-Key"] = self.key
        if self.wait is not None:
            headers["Prefer"] = f"wait={seconds(self.wait)}"
        return headers


def given(**values: JsonValue) -> dict[str, JsonValue]:
    """The values that were given: `None` means left to the server."""
    return {name: value for name, value in values.items() if value is not None}


def content_body(
    schema: JsonValue,
    documents: Mapping[str, JsonValue] | None,
    root: str | None,
    language: str | None,
    version: str | None,
    guarantees: Mapping[str, JsonValue] | None,
) -> dict[str, JsonValue]:
    """The content of a contract: a schema, or a bundle of `documents` of which `root` is it."""
    if (schema is None) == (documents is None):
        raise ValueError("Give either a schema or documents.")
    return given(
        schema=schema,
        documents=None if documents is None else dict(documents),
        root=root,
        format=language,
        version=version,
        guarantees=None if guarantees is None else dict(guarantees),
    )


def query(**values: str | bool | Sequence[str] | None) -> dict[str, str | Sequence[str]]:
    """The same for a query string, where `True` is `true` and `False` and nothing are left out."""
    return {
        name: "true" if value is True else value
        for name, value in values.items()
        if value is not None and value is not False and value != ()
    }


def texts(values: Sequence[str] | None) -> list[JsonValue] | None:
    return None if values is None else list(values)


def paging(limit: int | None, cursor: str | None) -> dict[str, str | Sequence[str]]:
    return query(limit=None if limit is None else str(limit), cursor=cursor)


def instant(value: datetime | None) -> str | None:
    """ISO 8601 with an offset; a time without one is meant in the caller's own time zone."""
    return None if value is None else value.astimezone().isoformat()


def seconds(value: float) -> str:
    """Plain digits, never an exponent: 2.5, 60, 1000000."""
    return f"{value:.3f}".rstrip("0").rstrip(".")


def nothing(_: JsonValue) -> None:
    """Read an answer that has no content."""


def get(path: str, answer: type[ReceivedT], given_query: Query | None = None) -> Call[ReceivedT]:
    return Call("GET", path, answer.model_validate, query=given_query or {})


def after(call: Call[Page[ReceivedT]], cursor: str) -> Call[Page[ReceivedT]]:
    """The same listing from a cursor on."""
    return replace(call, query={**call.query, "cursor": cursor})


def only(
    path: str,
    page: type[Page[ReceivedT]],
    wanted: Query,
    is_meant: Callable[[ReceivedT], bool],
    sought: str,
) -> Call[ReceivedT]:
    """Look one thing up by its unique name; `sought` names it if there is none."""

    def parse(document: JsonValue) -> ReceivedT:
        for item in page.model_validate(document).items:
            if is_meant(item):
                return item
        raise not_found(f"There is no {sought}.")

    return Call("GET", path, parse, query=wanted)


def post(
    path: str,
    answer: type[ReceivedT],
    body: Body,
    *,
    given_query: Query | None = None,
    wait: float | None = None,
    key: str | None = None,
) -> Call[ReceivedT]:
    return Call(
        "POST",
        path,
        answer.model_validate,
        query=given_query or {},
        body=body,
        key=key or str(uuid4()),
        wait=wait,
    )


def change(method: str, path: str, answer: type[ReceivedT], body: Body) -> Call[ReceivedT]:
    """PUT or PATCH."""
    return Call(method, path, answer.model_validate, body=body)


def delete(path: str, given_query: Query | None = None) -> Call[None]:
    return Call("DELETE", path, nothing, query=given_query or {})
