"""YAML as it may stand for JSON: what JSON cannot hold is refused."""

import json
import math
import re
from collections.abc import Mapping

from domain.json_values import JSON

_LARGE = re.compile(r"(?<![\w.])[-+]?[0-9]{19,}(?![\w.])")
"""Whole numbers of which those that 64 bits do not hold are read as the nearest float."""


def from_yaml(text: str) -> JSON:
    """Return the one document of a text, or raise `ValueError` or `RecursionError`."""
    from yaml12 import parse_yaml

    documents = parse_yaml(text, multi=True)
    if len(documents) != 1:
        raise ValueError(f"{len(documents)} documents where one is wanted")
    return _plain(documents[0], {float(each): each for each in _LARGE.findall(text)})


def _plain(value: object, rounded: Mapping[float, str]) -> JSON:
    """YAML can say more than JSON: other keys than text, other numbers, and types of its own."""
    if isinstance(value, dict):
        return _named(value, rounded)
    if isinstance(value, list):
        return [_plain(member, rounded) for member in value]
    if isinstance(value, float):
        _check(value, rounded)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise ValueError(f"{value!r} has a type of its own")


def _named(members: Mapping[object, object], rounded: Mapping[float, str]) -> dict[str, JSON]:
    named: dict[str, JSON] = {}
    for key, member in members.items():
        name = _key(key)
        if name in named:
            raise ValueError(f"the name {name[:100]!r} stands twice in one object")
        named[name] = _plain(member, rounded)
    return named


def _check(value: float, rounded: Mapping[float, str]) -> None:
    if not math.isfinite(value):
        raise ValueError(f"{value} is no number of JSON")
    if value in rounded:
        raise ValueError(f"{rounded[value][:40]} would be rounded; JSON can hold it as it is")


def _key(key: object) -> str:
    """`404: …` and `true: …` mean the names `"404"` and `"true"`."""
    if isinstance(key, str):
        return key
    if key is None or isinstance(key, bool | int):
        return json.dumps(key)
    raise ValueError(f"{key!r} is no name of a field")
