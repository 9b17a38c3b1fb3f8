"""Cases: questions about two schemas as `tessera diff --batch` takes them, one JSON object a line.

Only their form; who watches over the time of a case needs no more, and starts the quicker for it.
"""

import json
from collections.abc import Mapping
from typing import TypeAlias

from domain.errors import InvalidRequest
from domain.json_values import JSON

Three: TypeAlias = tuple[bool | None, bool | None, bool | None]
"""Backward, forward, full; None is undecided."""
_DIRECTIONS = ("backward", "forward", "full")
_UNDECIDED: Three = (None, None, None)


def read_case(line: bytes) -> Mapping[str, JSON]:
    """The members of a line, or raise `InvalidRequest`."""
    try:
        document: JSON = json.loads(line.decode("utf-8-sig").strip())
    except (ValueError, RecursionError) as error:
        raise InvalidRequest(f"The line is not JSON: {_brief(error)}.") from None
    if not isinstance(document, dict):
        raise InvalidRequest("The line is not a JSON object.")
    return document


def answer_line(id_: JSON, plain: Three, transitive: Three | None, why: str) -> dict[str, JSON]:
    """The members of an answer; those about a history are there if the case has one."""
    answered: dict[str, JSON] = {"id": id_, **dict(zip(_DIRECTIONS, plain, strict=True))}
    if transitive is not None:
        names = (f"{name}_transitive" for name in _DIRECTIONS)
        answered |= dict(zip(names, transitive, strict=True))
    return {**answered, "why": why}


def unanswered(document: Mapping[str, JSON], why: str) -> dict[str, JSON]:
    """The answer that there is none, in the form that the case asks for."""
    with_history = isinstance(document.get("history"), list)
    return answer_line(document.get("id"), _UNDECIDED, _UNDECIDED if with_history else None, why)


def _brief(error: Exception) -> str:
    return str(error).split("(char")[0].strip()[:200] or type(error).__name__
