"""Reading a guarantees document: each check refuses with the JSON pointer of what is not right."""

import re
from collections.abc import Mapping, Sequence
from typing import NoReturn

from domain.errors import InvalidGuarantees
from domain.json_values import JSON, as_list, as_object, shown

_DURATION = re.compile(r"([1-9]\d{0,8})([smhd])")
_MOST_ROWS = 2**63 - 1


def an_object(value: object, path: str, *, needed: bool = False) -> dict[str, JSON]:
    if value is None and not needed:
        return {}
    if not isinstance(value, dict):
        refuse(path, f"must be an object, not {told(value)}")
    return as_object(value)


def a_list(value: object, path: str) -> list[JSON]:
    if value is not None and not isinstance(value, list):
        refuse(path, f"must be a list, not {told(value)}")
    return as_list(value)


def only_known(members: Mapping[str, JSON], known: Sequence[str], path: str = "") -> None:
    for name in members:
        if name not in known:
            refuse(below(path, name), f"is not known; known are {', '.join(known)}")


def below(path: str, name: str) -> str:
    escaped = name.replace("~", "~0").replace("/", "~1")
    return f"{path}/{escaped}"


def told(value: object) -> str:
    return shown(value) if isinstance(value, str | int | float | bool | None) else "that"


def refuse(path: str, sentence: str) -> NoReturn:
    spoken = f"`{path}`" if path else "The guarantees"
    raise InvalidGuarantees(f"{spoken} {sentence}.", path=path)


def a_duration(value: object, path: str) -> str:
    if not isinstance(value, str) or not _DURATION.fullmatch(value):
        refuse(path, f"must be a duration such as 15m, 24h or 7d, not {told(value)}")
    return value


def a_row_count(value: JSON, path: str) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST_ROWS:
        refuse(path, f"must be a whole number of rows, not {told(value)}")
    return value
