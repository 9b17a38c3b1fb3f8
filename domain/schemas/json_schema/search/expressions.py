"""Regular expressions as ECMA-262 writes them, read into a tree.

Only what means the same to every validator is read; for all else `parse_expression` gives None, and
the question is left undecided: backward references, lookbehind, lookahead but at the very start,
properties and scripts of Unicode, flags, set operations in classes, and escapes that other dialects
read otherwise.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from domain.schemas.json_schema.search.categories import category
from domain.schemas.json_schema.search.characters import (
    ANY,
    DIGITS,
    LINE_ENDS,
    SPACES,
    WORDS,
    Intervals,
    complement,
    joined,
    single,
)


@dataclass(frozen=True, slots=True)
class Characters:
    intervals: Intervals


@dataclass(frozen=True, slots=True)
class Sequence:
    parts: tuple["Tree", ...]


@dataclass(frozen=True, slots=True)
class Either:
    options: tuple["Tree", ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    part: "Tree"
    least: int
    most: int | None


@dataclass(frozen=True, slots=True)
class Assertion:
    """`^`, `$`, `b` or `B`."""

    kind: str


@dataclass(frozen=True, slots=True)
class Ahead:
    """What must, or must not, follow from the start; only ever the first parts of a pattern."""

    part: "Tree"
    sign: bool


Tree: TypeAlias = Characters | Sequence | Either | Repeat | Assertion | Ahead

_CLASSES = {
    "d": DIGITS,
    "D": complement(DIGITS),
    "w": WORDS,
    "W": complement(WORDS),
    "s": SPACES,
    "S": complement(SPACES),
}
_LETTER = re.compile(r"c([A-Za-z])")
_CATEGORY = re.compile(r"([pP])\{(?:(?:gc|General_Category)=)?([A-Za-z_]+)\}")
_CONTROLS = {"t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r"}
_COUNTED = re.compile(r"\{(\d+)(,(\d*))?\}")
_HEX = re.compile(r"x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,6})\}")
_MOST_NESTED = 60


class _Unread(Exception):
    pass


@lru_cache(maxsize=1024)
def parse_expression(pattern: str) -> Tree | None:
    reader = _Reader(pattern)
    try:
        tree = reader.alternatives(leading=True)
    except _Unread:
        return None
    return tree if reader.is_done else None


class _Reader:
    def __init__(self, pattern: str) -> None:
        self._text = pattern
        self._at = 0
        self._depth = 0

    @property
    def is_done(self) -> bool:
        return self._at >= len(self._text)

    def _peek(self, token: str) -> bool:
        return self._text.startswith(token, self._at)

    def _take(self, token: str) -> bool:
        if self._peek(token):
            self._at += len(token)
            return True
        return False

    def _next(self) -> str:
        if self.is_done:
            raise _Unread
        self._at += 1
        return self._text[self._at - 1]

    def alternatives(self, *, leading: bool = False) -> Tree:
        self._depth += 1
        if self._depth > _MOST_NESTED:
            raise _Unread
        options = [self._sequence(leading=leading)]
        while self._take("|"):
            options.append(self._sequence(leading=False))
        self._depth -= 1
        if len(options) > 1 and any(_looks_ahead(option) for option in options):
            raise _Unread
        return options[0] if len(options) == 1 else Either(tuple(options))

    def _sequence(self, *, leading: bool) -> Tree:
        parts: list[Tree] = []
        while not self.is_done and not self._peek("|") and not self._peek(")"):
            first = leading and all(isinstance(p, Ahead) or p == Assertion("^") for p in parts)
            part = self._atom(leading=first and Assertion("^") in parts)
            parts.append(part if isinstance(part, Assertion | Ahead) else self._repeated(part))
        return Sequence(tuple(parts))

    def _repeated(self, part: Tree) -> Tree:
        least, most = 1, 1
        counted = _COUNTED.match(self._text, self._at)
        if self._take("*"):
            part = Repeat(part, 0, None)
        elif self._take("+"):
            part = Repeat(part, 1, None)
        elif self._take("?"):
            part = Repeat(part, 0, 1)
        elif counted:
            self._at = counted.end()
            least = int(counted.group(1))
            most = least if counted.group(2) is None else int(counted.group(3) or -1)
            part = Repeat(part, least, None if most < 0 else most)
        else:
            return part
        self._take("?")  # lazy: the same words
        if (not self.is_done and self._text[self._at] in "*+?") or _COUNTED.match(
            self._text, self._at
        ):
            raise _Unread  # possessive, or not valid
        return part

    def _atom(self, *, leading: bool) -> Tree:
        character = self._next()
        if character in "^$":
            return Assertion(character)
        if character == ".":
            return Characters(complement(LINE_ENDS))
        if character == "(":
            return self._group(leading=leading)
        if character == "[":
            return Characters(self._class())
        if character == "\\":
            return self._escape()
        if character in "*+?{}]":
            raise _Unread  # some dialects take them as they are, others refuse
        return Characters(single(character))

    def _group(self, *, leading: bool) -> Tree:
        sign: bool | None = None
        if self._take("?="):
            sign = True
        elif self._take("?!"):
            sign = False
        elif self._take("?<"):
            name = re.compile(r"[A-Za-z_]\w*>").match(self._text, self._at)
            if name is None:
                raise _Unread
            self._at = name.end()
        elif not self._take("?:") and self._peek("?"):
            raise _Unread
        tree = self.alternatives()
        if not self._take(")") or (sign is not None and not leading):
            raise _Unread
        return tree if sign is None else Ahead(tree, sign)

    def _escape(self) -> Tree:
        if self._peek("b") or self._peek("B"):
            return Assertion(self._next())
        return Characters(self._escaped())

    def _escaped(self) -> Intervals:
        """One character or class after a backslash."""
        coded = _HEX.match(self._text, self._at)
        if coded:
            self._at = coded.end()
            return _point(int(next(group for group in coded.groups() if group), 16))
        control = _LETTER.match(self._text, self._at)
        if control:
            self._at = control.end()
            return _point(ord(control.group(1)) % 32)
        named = _CATEGORY.match(self._text, self._at)
        if named:
            self._at = named.end()
            return _category(named.group(2), negated=named.group(1) == "P")
        character = self._next()
        if character in _CLASSES:
            return _CLASSES[character]
        if character in _CONTROLS:
            return single(_CONTROLS[character])
        if character.isalnum() or character == "_":
            raise _Unread
        return single(character)

    def _class(self) -> Intervals:
        negated = self._take("^")
        found: list[Intervals] = []
        while not self._take("]"):
            low = self._member()
            if self._peek("-") and not self._peek("-]"):
                self._at += 1
                high = self._member()
                if not _is_range(low, high):
                    raise _Unread
                low = ((low[0][0], high[0][1]),)
            found.append(low)
        together = joined(found)
        return complement(together) if negated else together

    def _member(self) -> Intervals:
        if any(self._peek(token) for token in ("[", "&&", "--", "~~", "||")):
            raise _Unread  # set operations and nested classes of other dialects
        character = self._next()
        if character != "\\":
            return single(character)
        return single("\b") if self._take("b") else self._escaped()


def _point(value: int) -> Intervals:
    if value > ANY[0][1] or 0xD800 <= value <= 0xDFFF:
        raise _Unread
    return ((value, value),)


def _category(name: str, *, negated: bool) -> Intervals:
    intervals = category(name)
    if intervals is None:
        raise _Unread
    return complement(intervals) if negated else intervals


def _is_range(low: Intervals, high: Intervals) -> bool:
    ends = len(low) == len(high) == 1 and low[0][0] == low[0][1] and high[0][0] == high[0][1]
    return ends and low[0][0] <= high[0][0]


def _looks_ahead(tree: Tree) -> bool:
    return isinstance(tree, Sequence) and any(isinstance(part, Ahead) for part in tree.parts)
