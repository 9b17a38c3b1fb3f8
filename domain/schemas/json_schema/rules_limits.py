"""Numbers, lengths, patterns, formats: keywords that bound a value without looking inside it.

`format` is read as an assertion: a new format is a narrowing even where validators ignore it,
because a consumer that parses the field does not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from domain.changes import ChangeKind
from domain.json_values import JSON
from domain.schemas.json_schema.nodes import ARRAY, FRACTION, INTEGER, OBJECT, STRING, Bound, Exact
from domain.schemas.json_schema.outcome import (
    BREAKS,
    FINE,
    UNSURE,
    Effect,
    Facing,
    Finding,
    breaks_if,
)
from domain.schemas.json_schema.positions import common_multiple
from domain.schemas.json_schema.rules_arrays import limits_with_items


@dataclass(frozen=True, slots=True)
class _Words:
    must: str
    unit: str
    limit: str

    def demand(self, count: int | None) -> str:
        return self.must.format(f"{count} {self.unit}{'' if count == 1 else 's'}")


_LIMITS: Mapping[str, tuple[str, _Words]] = {
    "minLength": (STRING, _Words("be at least {} long", "character", "a least length")),
    "maxLength": (STRING, _Words("be at most {} long", "character", "a greatest length")),
    "minItems": (ARRAY, _Words("have at least {}", "item", "a least number of items")),
    "maxItems": (ARRAY, _Words("have at most {}", "item", "a greatest number of items")),
    "minProperties": (OBJECT, _Words("have at least {}", "field", "a least number of fields")),
    "maxProperties": (OBJECT, _Words("have at most {}", "field", "a greatest number of fields")),
}


def judge_limits(facing: Facing) -> None:
    old, new = (limits_with_items(*side) for side in facing.sides())
    for keyword, (type_name, _) in _LIMITS.items():
        if (keyword not in old and keyword not in new) or not facing.share(type_name):
            continue
        least = keyword.startswith("min")
        before, after = old.get(keyword), new.get(keyword)
        if least:  # at least none is no limit
            before, after = before or None, after or None
        if before != after:
            facing.report(
                _bound_finding(keyword, before, after, stricter=_stricter(before, after, least))
            )


def _stricter(before: int | None, after: int | None, least: bool) -> bool:
    if before is None or after is None:
        return before is None
    return (after > before) is least


def _bound_finding(
    keyword: str, before: int | None, after: int | None, *, stricter: bool
) -> Finding:
    _, words = _LIMITS[keyword]
    if before is None:
        kind, phrase = ChangeKind.BOUND_ADDED, f"now must {words.demand(after)}"
    elif after is None:
        kind, phrase = ChangeKind.BOUND_REMOVED, f"no longer has {words.limit} (was {before})"
    elif stricter:
        kind = ChangeKind.BOUND_TIGHTENED
        phrase = f"now must {words.demand(after)} (was {before})"
    else:
        kind = ChangeKind.BOUND_LOOSENED
        phrase = f"now only must {words.demand(after)} (was {before})"
    return Finding(
        kind,
        phrase,
        before=before,
        after=after,
        backward=breaks_if(stricter),
        forward=breaks_if(not stricter),
        contestable=True,
        keyword=keyword,
    )


# --- numbers ------------------------------------------------------------------------------------


def judge_numbers(facing: Facing) -> None:
    shared = facing.old.types & facing.new.types
    whole = FRACTION not in shared
    if whole and INTEGER not in shared:
        return
    for lower in (True, False):
        before = facing.old.lower if lower else facing.old.upper
        after = facing.new.lower if lower else facing.new.upper
        if before == after:
            continue
        old, new = _reach(before, lower, whole), _reach(after, lower, whole)
        if old != new:
            stricter = new is not None and (old is None or new > old)
            facing.report(_range_finding(before, after, lower=lower, stricter=stricter))
    if facing.old.multiple != facing.new.multiple:
        _judge_multiples(facing, whole)


def _reach(bound: Bound | None, lower: bool, whole: bool) -> tuple[Exact, bool] | None:
    """Greater is stricter. Among whole numbers `> 4` and `>= 4.5` are both `>= 5`."""
    if bound is None:
        return None
    value, exclusive = bound.value, bound.exclusive
    if whole:
        step = 1 if lower else -1
        edge = ceil(value) if lower else floor(value)
        value, exclusive = edge + step if exclusive and edge == value else edge, False
    return (value if lower else -value, exclusive)


def _range_finding(
    before: Bound | None, after: Bound | None, *, lower: bool, stricter: bool
) -> Finding:
    limit = "a minimum" if lower else "a maximum"
    was = "" if before is None else f" (was {_bound_words(before, lower)})"
    if before is None and after is not None:
        kind, phrase = ChangeKind.BOUND_ADDED, f"now must be {_bound_words(after, lower)}"
    elif after is None:
        kind, phrase = ChangeKind.BOUND_REMOVED, f"no longer has {limit}{was}"
    elif stricter:
        kind = ChangeKind.BOUND_TIGHTENED
        phrase = f"now must be {_bound_words(after, lower)}{was}"
    else:
        kind = ChangeKind.BOUND_LOOSENED
        phrase = f"now only must be {_bound_words(after, lower)}{was}"
    return Finding(
        kind,
        phrase,
        before=None if before is None else _number(before.value),
        after=None if after is None else _number(after.value),
        backward=breaks_if(stricter),
        forward=breaks_if(not stricter),
        contestable=True,
        keyword=_keyword(after if stricter else before, lower),
    )


def _keyword(bound: Bound | None, lower: bool) -> str:
    side = "inimum" if lower else "aximum"
    return f"exclusiveM{side}" if bound is not None and bound.exclusive else f"m{side}"


def _bound_words(bound: Bound, lower: bool) -> str:
    if bound.exclusive:
        return f"{'more' if lower else 'less'} than {_number(bound.value)}"
    return f"at {'least' if lower else 'most'} {_number(bound.value)}"


def _judge_multiples(facing: Facing, whole: bool) -> None:
    steps = [view.multiple for _, view in facing.sides()]
    old, new = (common_multiple([s or 1, 1]) if whole else s for s in steps)
    if old == new:
        return
    before, after = (None if s is None else _number(s) for s in steps)
    phrase = (
        "no longer has to be a multiple" if after is None else f"now must be a multiple of {after}"
    )
    facing.report(
        Finding(
            ChangeKind.CONSTRAINT_CHANGED,
            phrase + ("" if before is None else f" (was {before})"),
            before=before,
            after=after,
            backward=breaks_if(not _divides(new, old)),
            forward=breaks_if(not _divides(old, new)),
            contestable=True,
            keyword="multipleOf",
        )
    )


def _divides(one: Exact | None, other: Exact | None) -> bool:
    """Whether every multiple of the other is a multiple of the one."""
    return one is None or (other is not None and Fraction(other, one).denominator == 1)


def _number(value: Exact) -> int | float:
    return value.numerator if value.denominator == 1 else float(value)


# --- texts --------------------------------------------------------------------------------------

_TEXTS: Mapping[str, tuple[ChangeKind, str, str]] = {
    "pattern": (ChangeKind.PATTERN_CHANGED, "match the pattern {}", "a pattern"),
    "format": (ChangeKind.FORMAT_CHANGED, "have the format {}", "a format"),
    "contentEncoding": (ChangeKind.CONSTRAINT_CHANGED, "be encoded as {}", "an encoding"),
    "contentMediaType": (ChangeKind.CONSTRAINT_CHANGED, "hold {}", "a media type"),
}


def judge_texts(facing: Facing) -> None:
    if facing.old.texts == facing.new.texts or not facing.share(STRING):
        return
    for keyword, (kind, must, had) in _TEXTS.items():
        before = {text for k, text in facing.old.texts if k == keyword}
        after = {text for k, text in facing.new.texts if k == keyword}
        if before == after:
            continue
        was = f" (was {_spoken(before)})" if before else ""
        phrase = f"now must {must.format(_spoken(after))}{was}"
        facing.report(
            Finding(
                kind,
                phrase if after else f"no longer has {had}{was}",
                before=_listed(before),
                after=_listed(after),
                backward=_text_effect(after - before, before),
                forward=_text_effect(before - after, after),
                contestable=True,
                keyword=keyword,
            )
        )


def _text_effect(demanded: set[str], had: set[str]) -> Effect:
    """A first pattern narrows; whether another pattern does is beyond these rules."""
    if not demanded:
        return FINE
    return UNSURE if had else BREAKS


def _spoken(texts: set[str]) -> str:
    return " and ".join(f"`{text}`" for text in sorted(texts))


def _listed(texts: set[str]) -> JSON:
    values: list[JSON] = [*sorted(texts)]
    return values[0] if len(values) == 1 else values or None
