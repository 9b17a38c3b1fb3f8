"""Two texts beside one another, line by line: what is the same is folded, the rest is marked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import takewhile

CONTEXT = 3
"""Lines that stay in sight before and after what differs."""
_WORTH_FOLDING = 4
_ALIKE = 0.4
"""The part of a line that must be the same, or it is another line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of one text; what stands in `middle` is not in the other one."""

    number: int
    before: str
    middle: str = ""
    after: str = ""

    @property
    def text(self) -> str:
        """The whole line."""
        return f"{self.before}{self.middle}{self.after}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What stands beside one another."""

    old: Line | None
    new: Line | None
    same: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Pairs that follow one another; a folded one holds nothing that differs."""

    pairs: tuple[Pair, ...]
    folded: bool = False

    @property
    def text(self) -> str:
        """What stands on the old side, in one piece."""
        return "\n".join(pair.old.text for pair in self.pairs if pair.old is not None)


def side_by_side(old: str, new: str) -> tuple[Stretch, ...]:
    """Return all lines of both texts in stretches."""
    before, after = old.splitlines(), new.splitlines()
    blocks = list(_blocks(before, after))
    found: list[Stretch] = []
    for place, (same, pairs) in enumerate(blocks):
        found += (
            _folded(pairs, is_first=place == 0, is_last=place == len(blocks) - 1)
            if same
            else [Stretch(pairs=tuple(pairs))]
        )
    return _joined(found)


def _blocks(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[bool, list[Pair]]]:
    for word, a, to_a, b, to_b in SequenceMatcher(None, old, new).get_opcodes():
        if word == "equal":
            yield (
                True,
                [
                    Pair(
                        old=Line(number=a + at + 1, before=old[a + at]),
                        new=Line(number=b + at + 1, before=new[b + at]),
                        same=True,
                    )
                    for at in range(to_a - a)
                ],
            )
        else:
            yield False, list(_differing(old, new, range(a, to_a), range(b, to_b)))


def _differing(
    old: Sequence[str], new: Sequence[str], was: Sequence[int], now: Sequence[int]
) -> Iterator[Pair]:
    for at in range(max(len(was), len(now))):
        left = was[at] if at < len(was) else None
        right = now[at] if at < len(now) else None
        if left is not None and right is not None:
            yield _marked(left, old[left], right, new[right])
        elif left is not None:
            yield Pair(old=Line(number=left + 1, before="", middle=old[left]), new=None)
        elif right is not None:
            yield Pair(old=None, new=Line(number=right + 1, before="", middle=new[right]))


def _marked(left: int, old: str, right: int, new: str) -> Pair:
    """Return two lines with what differs in them, unless they have little in common."""
    head = _alike(old, new)
    most = min(len(old), len(new)) - head
    tail = min(most, _alike(old[::-1], new[::-1]))
    indent = len(old) - len(old.lstrip())
    if head + tail - min(head, indent) < _ALIKE * min(len(old.strip()), len(new.strip())):
        head = tail = 0
    return Pair(old=_cut(left, old, head, tail), new=_cut(right, new, head, tail))


def _alike(one: str, other: str) -> int:
    """Return with how many letters both begin."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _cut(at: int, text: str, head: int, tail: int) -> Line:
    end = len(text) - tail
    return Line(number=at + 1, before=text[:head], middle=text[head:end], after=text[end:])


def _folded(pairs: Sequence[Pair], *, is_first: bool, is_last: bool) -> list[Stretch]:
    head, tail = (0 if is_first else CONTEXT), (0 if is_last else CONTEXT)
    if len(pairs) < head + tail + _WORTH_FOLDING:
        return [Stretch(pairs=tuple(pairs))]
    end = len(pairs) - tail
    parts = [
        Stretch(pairs=tuple(pairs[:head])),
        Stretch(pairs=tuple(pairs[head:end]), folded=True),
        Stretch(pairs=tuple(pairs[end:])),
    ]
    return [part for part in parts if part.pairs]


def _joined(stretches: Sequence[Stretch]) -> tuple[Stretch, ...]:
    """Return them with what is in sight in one piece between two folds."""
    found: list[Stretch] = []
    for each in stretches:
        if found and not each.folded and not found[-1].folded:
            found[-1] = Stretch(pairs=(*found[-1].pairs, *each.pairs))
        else:
            found.append(each)
    return tuple(found)
