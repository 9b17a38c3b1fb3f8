"""General categories of Unicode, for `\\p{…}`: the characters that Python's own database counts."""

import sys
import unicodedata
from functools import cache
from itertools import groupby

from domain.schemas.json_schema.search.characters import Intervals, joined

_LONG = {
    "Letter": "L",
    "Cased_Letter": "LC",
    "Uppercase_Letter": "Lu",
    "Lowercase_Letter": "Ll",
    "Titlecase_Letter": "Lt",
    "Modifier_Letter": "Lm",
    "Other_Letter": "Lo",
    "Mark": "M",
    "Number": "N",
    "Decimal_Number": "Nd",
    "digit": "Nd",
    "Letter_Number": "Nl",
    "Other_Number": "No",
    "Punctuation": "P",
    "punct": "P",
    "Symbol": "S",
    "Math_Symbol": "Sm",
    "Currency_Symbol": "Sc",
    "Separator": "Z",
    "Space_Separator": "Zs",
}
_PARTS = {"LC": ("Lu", "Ll", "Lt")}


def category(name: str) -> Intervals | None:
    """By its short or long name; None for one that is not known, a script or a property."""
    short = _LONG.get(name, name)
    every = _categories()
    found = [every[c] for c in every if c == short or c in _PARTS.get(short, ())]
    if len(short) == 1:
        found = [every[c] for c in every if c[0] == short]
    return joined(found) if found else None


@cache
def _categories() -> dict[str, Intervals]:
    """Counted through once, where a pattern asks: it takes a tenth of a second."""
    found: dict[str, list[tuple[int, int]]] = {}
    named = ((unicodedata.category(chr(point)), point) for point in range(sys.maxunicode + 1))
    for name, run in groupby(named, key=lambda each: each[0]):
        points = [point for _, point in run]
        found.setdefault(name, []).append((points[0], points[-1]))
    return {name: tuple(intervals) for name, intervals in found.items()}
