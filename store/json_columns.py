"""JSON as Postgres gives it back."""

import json

from pydantic_core import from_json

from domain.json_values import JSON


def read_json(text: str) -> JSON:
    """Return the value of a JSON text: what `json.loads` returns, ten times as quickly.

    Rows of listings have several such columns. The quick reader goes 200 levels deep, the other one
    as deep as Python does.
    """
    try:
        value: JSON = from_json(text)
    except ValueError:
        value = json.loads(text)
    return value
