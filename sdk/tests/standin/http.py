"""Replies as values, among them those of a broken network."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None
Document = dict[str, Json]


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Json

    @property
    def document(self) -> Document:
        assert isinstance(self.body, dict)
        return self.body


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: Json | bytes = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"

    @property
    def content(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return b"" if self.status == 204 else json.dumps(self.body).encode()


@dataclass(frozen=True, slots=True)
class Drop:
    """Close the connection without a word; with `after_work` only the reply is lost."""

    after_work: bool = False


@dataclass(frozen=True, slots=True)
class Stream:
    """Send the pieces as they are, then close or, with `hold`, stay silent until the end."""

    pieces: tuple[bytes, ...]
    hold: bool = False


Answer = Reply | Drop | Stream


def problem(status: int, code: str, title: str, detail: str = "", **extras: Json) -> Reply:
    document: Document = {
        "type": f"urn:tessera:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        **extras,
    }
    return Reply(status, document, content_type="application/problem+json")
