"""JSON as it may come in: what Python's reader lets pass and others do not is refused here.

Refused are duplicate names (readers disagree which one counts), NaN and Infinity (not JSON),
numbers that no double holds, and nesting that later steps would pay for with their stack. Text with
a NUL or half a surrogate pair is JSON, but Postgres cannot keep it.
"""

import asyncio
import json
from collections.abc import Iterator
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict
from starlette.requests import Request

from api.refusals import InvalidJson
from domain.errors import InvalidRequest
from domain.json_values import JSON

DEEPEST = 100
_LARGE = 256 * 1024
"""From this size on a body is read in a thread, so that other requests do not wait for it."""


class Body(BaseModel):
    """Base of all request bodies: a member that is not known is told, not ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _written_out(value: object) -> object:
    """A number is a time to pydantic too, seconds since 1970, which nobody means."""
    if not isinstance(value, str) or "-" not in value.strip()[1:]:
        raise ValueError("a time is written as in ISO 8601, `2030-01-31T12:00:00Z`")
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_written_out)]


class JsonRequest(Request):
    """A request whose body is read by our rules; FastAPI asks it for `json()`."""

    async def json(self) -> JSON:
        """Return the body, or raise `InvalidJson` or `InvalidRequest`."""
        raw = await self.body()
        if len(raw) < _LARGE:
            return read_json(raw)
        return await asyncio.to_thread(read_json, raw)


def read_json(raw: bytes) -> JSON:
    """Return the value, or raise `InvalidJson` or `InvalidRequest`."""
    value = _parsed(_decoded(raw))
    escaped = b"\\u0000" in raw or b"\\ud" in raw.lower()
    _check_depth(value)
    if escaped:
        _check_text(value)
    return value


def check_value(value: JSON) -> None:
    """Raise for a value, read from something else than JSON, that JSON would not be taken with."""
    _check_depth(value)
    _check_text(value)


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidJson("The body is not UTF-8.", position=error.start) from None


def _parsed(text: str) -> JSON:
    try:
        value: JSON = json.loads(
            text, parse_constant=_constant, parse_float=_double, object_pairs_hook=_unique
        )
    except json.JSONDecodeError as error:
        raise InvalidJson(
            f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.",
            line=error.lineno,
            column=error.colno,
            position=error.pos,
        ) from None
    except RecursionError:
        raise _too_deep() from None
    except ValueError:  # an integer of more digits than Python reads
        raise InvalidJson("A number in the body has too many digits.") from None
    return value


def _constant(name: str) -> JSON:
    raise InvalidJson(f"`{name}` is not JSON.")


def _double(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise InvalidJson(f"The number `{text[:40]}` is too large.")
    return value


def _unique(pairs: list[tuple[str, JSON]]) -> dict[str, JSON]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidJson(f"The name `{twice[:100]}` stands twice in one object.")
    return found


def _check_depth(value: JSON) -> None:
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > DEEPEST:
            raise _too_deep()
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else _items(node))
            if isinstance(child, dict | list)
        ]


def _items(node: JSON) -> list[JSON]:
    return node if isinstance(node, list) else []


def _too_deep() -> InvalidJson:
    return InvalidJson(f"The body is nested more than {DEEPEST} levels deep.")


def _check_text(value: JSON) -> None:
    for path, text in _texts(value, ""):
        if not storable(text):
            raise InvalidRequest(
                "A text holds a NUL character or half a surrogate pair, which cannot be kept.",
                errors=[{"path": path, "message": "holds a character that cannot be kept"}],
            )


def storable(text: str) -> bool:
    """Whether Postgres can keep the text."""
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def _texts(value: JSON, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, child in value.items():
            yield path, name
            yield from _texts(child, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _texts(child, f"{path}[{index}]")
