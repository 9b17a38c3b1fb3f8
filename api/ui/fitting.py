"""Names that fit a box of a picture, where nothing wraps: measured roughly, in middling letters."""

import unicodedata
from functools import lru_cache

_NARROW, _BROAD = frozenset("fijlrt.,:;|!'-/ 1"), frozenset("mwMWQ@%")


def shortened(fqn: str, room: float) -> str:
    """Return an FQN that fits: its last parts whole, or else the last one without its middle."""
    if _width(fqn) <= room:
        return fqn
    parts = fqn.split(".")
    for first in range(1, len(parts)):
        rest = "…" + ".".join(parts[first:])
        if _width(rest) <= room:
            return rest
    last = parts[-1]
    head = cut(last, room * 0.6)[:-1]
    tail = cut(last[::-1], room * 0.4)[:-1][::-1]
    return f"{head}…{tail}"


def cut(text: str, room: float) -> str:
    """Return as much of a text as fits."""
    taken = 0.0
    for place, letter in enumerate(text):
        taken += _breadth(letter)
        if taken > room - 1 and _width(text[place:]) > room - taken + _breadth(letter):
            return text[:place] + "…"
    return text


def _width(text: str) -> float:
    return sum(map(_breadth, text))


@lru_cache(maxsize=1024)
def _breadth(letter: str) -> float:
    if letter in _NARROW:
        return 0.6
    if letter in _BROAD:
        return 1.5
    if unicodedata.east_asian_width(letter) in "WF":
        return 1.9
    return 1.2 if letter.isupper() else 1.0
