"""What can go wrong between a caller and the server. All of it is a `TesseraError`."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pydantic import JsonValue

STANDARD_MEMBERS = frozenset({"type", "title", "status", "detail", "code"})


class TesseraError(Exception):
    """Anything this package raises on purpose."""


class ConfigurationError(TesseraError):
    """The client cannot be made from what it was given, for example a URL without a scheme."""


class UnreachableError(TesseraError):
    """The server at `url` did not answer, and the retries are used up."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"No answer from {url}: {reason}")
        self.url = url
        self.reason = reason


class UnexpectedAnswerError(TesseraError):
    """Something answered, but not in Tessera's language: another server, or a proxy."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """One place of the request that is wrong; `path` is empty when it is the whole of it."""

    path: str
    message: str


class ProblemError(TesseraError):
    """The server refused, in the words of an RFC 9457 problem.

    Switch on `code` (the last part of `type`), which is stable; `title` and `detail` are for
    people. `extras` holds every further member, among them `errors` and `hint` where there are any.
    """

    def __init__(
        self,
        *,
        status: int,
        type_: str = "about:blank",
        title: str = "",
        detail: str = "",
        code: str | None = None,
        extras: Mapping[str, JsonValue] | None = None,
    ) -> None:
        super().__init__(detail or title)
        self.status = status
        self.type = type_
        self.title = title
        self.detail = detail
        self.code = code or code_of(type_, status)
        self.extras: Mapping[str, JsonValue] = MappingProxyType(dict(extras or {}))

    @property
    def errors(self) -> tuple[FieldError, ...]:
        """The single faults, where the server lists them."""
        listed = self.extras.get("errors")
        faults = listed if isinstance(listed, list) else []
        return tuple(
            FieldError(str(fault.get("path", "")), str(fault.get("message", "")))
            for fault in faults
            if isinstance(fault, dict)
        )

    @property
    def hint(self) -> str | None:
        """What to do about it, where the server knows."""
        return self._text("hint")

    @property
    def link(self) -> str | None:
        """What stands in the way, for example the open proposal of the asset."""
        return self._text("link")

    @property
    def document(self) -> dict[str, JsonValue]:
        """The problem as JSON."""
        members: dict[str, JsonValue] = {
            "type": self.type,
            "code": self.code,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }
        return {**members, **self.extras}

    def _text(self, name: str) -> str | None:
        value = self.extras.get(name)
        return value if isinstance(value, str) else None

    @classmethod
    def from_document(cls, status: int, document: Mapping[str, JsonValue]) -> "ProblemError":
        """Read problem+json; members that are missing or of the wrong type are left empty."""

        def text(name: str) -> str:
            value = document.get(name)
            return value if isinstance(value, str) else ""

        return cls(
            status=status,
            type_=text("type") or "about:blank",
            title=text("title"),
            detail=text("detail"),
            code=text("code") or None,
            extras={key: value for key, value in document.items() if key not in STANDARD_MEMBERS},
        )


def not_found(detail: str) -> ProblemError:
    """The problem of a name that nothing has: found by a listing, so the server did not say it."""
    return ProblemError(
        status=404,
        type_="urn:tessera:problem:not_found",
        title="Not found",
        detail=detail,
    )


def code_of(type_: str, status: int) -> str:
    """`urn:tessera:problem:not_found` -> `not_found`; a bare HTTP error becomes `http_502`."""
    if type_ == "about:blank":
        return f"http_{status}"
    return type_.rstrip("/").replace("#", "/").replace(":", "/").rpartition("/")[2]
