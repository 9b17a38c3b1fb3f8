"""Sets of characters as sorted, separate intervals of code points, both ends included."""

from bisect import bisect_right
from collections.abc import Iterable
from functools import lru_cache

Intervals = tuple[tuple[int, int], ...]

LAST = 0x10FFFF
ANY: Intervals = ((0, LAST),)
NONE: Intervals = ()


def joined(parts: Iterable[Intervals]) -> Intervals:
    found: list[tuple[int, int]] = []
    for low, high in sorted(interval for part in parts for interval in part):
        if found and low <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], high))
        else:
            found.append((low, high))
    return tuple(found)


def complement(of: Intervals) -> Intervals:
    found, start = [], 0
    for low, high in of:
        if low > start:
            found.append((start, low - 1))
        start = high + 1
    if start <= LAST:
        found.append((start, LAST))
    return tuple(found)


def has(intervals: Intervals, point: int) -> bool:
    at = bisect_right(intervals, (point, LAST))
    return at > 0 and point <= intervals[at - 1][1]


def single(character: str) -> Intervals:
    return ((ord(character), ord(character)),)


def of(*texts: str) -> Intervals:
    """`of("az", "_")`: a range for two characters, else the character itself."""
    return joined([((ord(text[0]), ord(text[-1])),) for text in texts])


# As ECMA-262 reads them: digits and words are ASCII, spaces are those of Unicode.
DIGITS = of("09")
WORDS = of("az", "AZ", "09", "_")
SPACES = of(
    "\t\r",
    " ",
    "\xa0",
    "\u1680",
    "\u2000\u200a",
    "\u2028\u2029",
    "\u202f",
    "\u205f",
    "\u3000",
    "\ufeff",
)
LINE_ENDS = of("\n", "\r", "\u2028\u2029")

# What people like to read in an example comes first.
_LIKED = "".join(map(chr, (*range(0x61, 0x7B), *range(0x30, 0x3A), *range(0x41, 0x5B)))) + "-_. "
_RANKS = {character: rank for rank, character in enumerate(_LIKED)}


def example(intervals: Intervals) -> str:
    """One character of a set that is not empty; one that prints, if there is one."""
    for character in _LIKED:
        if has(intervals, ord(character)):
            return character
    for low, high in intervals:
        for point in (max(low, 0x21), max(low, 0xA1), max(low, 0xE000)):
            if point <= high and _is_seen(point):
                return chr(point)
    return chr(intervals[0][0])


@lru_cache(maxsize=1024)
def one_of_each(told_apart: frozenset[Intervals]) -> tuple[str, ...]:
    """A character for every way to be in some of these sets and not in the others.

    Those that people like to read come first; halves of surrogate pairs are in no text.
    """
    sets = sorted(told_apart)
    edges = {edge for intervals in sets for low, high in intervals for edge in (low, high + 1)}
    bounds = sorted(edge for edge in edges | {0} if edge <= LAST)
    alike: dict[tuple[bool, ...], list[tuple[int, int]]] = {}
    for low, after in zip(bounds, [*bounds[1:], LAST + 1], strict=True):
        alike.setdefault(tuple(has(each, low) for each in sets), []).append((low, after - 1))
    found = [example(tuple(intervals)) for intervals in alike.values()]
    whole = [character for character in found if not is_half(ord(character))]
    return tuple(sorted(whole, key=lambda each: _RANKS.get(each, ord(each) + 1_000)))


def _is_seen(point: int) -> bool:
    """Not U+2028 and U+2029 either: some dialects do not take them for ends of a line."""
    return not (is_half(point) or 0x7F <= point <= 0xA0 or point in (0x2028, 0x2029))


def is_half(point: int) -> bool:
    return 0xD800 <= point <= 0xDFFF
