"""A text of some length that matches patterns, has formats, and fails others."""

import functools
import json
from collections.abc import Iterator, Sequence

import jsonschema_rs

from domain.budget import Budget
from domain.json_values import canonical_text
from domain.schemas.json_schema.positions import matches
from domain.schemas.json_schema.search.answers import NOTHING, UNKNOWN, Answer, Found
from domain.schemas.json_schema.search.automata import Language, language_of
from domain.schemas.json_schema.search.constraints import Constraint, Limit, NotAmong, Text
from domain.schemas.json_schema.search.words import WordSearch

# One text of each format and some of none. What is in between is not known.
_SAMPLES: dict[str, tuple[str, ...]] = {
    "date-time": ("2020-01-01T00:00:00Z",),
    "date": ("2020-01-01",),
    "time": ("00:00:00Z",),
    "duration": ("P1D",),
    "email": ("a@example.com", "*@example.com", "{@example.com"),
    "idn-email": ("a@example.com", "ä@example.com", "*@example.com", "{@example.com"),
    "hostname": ("example.com", "a"),
    "idn-hostname": ("example.com", "ä.example"),
    "ipv4": ("127.0.0.1",),
    "ipv6": ("::1",),
    "uri": ("http://example.com/", "urn:a", "http://example.com/(", "http://example.com/'"),
    "uri-reference": ("http://example.com/", "/a", "a", "("),
    "iri": ("http://example.com/", "http://example.com/ä"),
    "iri-reference": ("http://example.com/", "/ä", "ä"),
    "uuid": ("00000000-0000-0000-0000-000000000000",),
    "uri-template": ("http://example.com/{a}", "a"),
    "json-pointer": ("", "/a", "/(", "/{"),
    "relative-json-pointer": ("0", "1/a"),
    "regex": ("a", "^a$"),
}
# What every text of a format matches, though more texts do: enough to tell that there is none.
_DAY, _CLOCK = r"[0-9]{4}-[0-9]{2}-[0-9]{2}", r"[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?"
_OFFSET = r"([Zz]|[+-][0-9]{2}:[0-9]{2})"
_SHAPES: dict[str, str] = {
    "date-time": f"^{_DAY}[Tt ]{_CLOCK}{_OFFSET}$",
    "date": f"^{_DAY}$",
    "time": f"^{_CLOCK}{_OFFSET}$",
    "ipv4": r"^[0-9]{1,3}(\.[0-9]{1,3}){3}$",
    "ipv6": r"^[0-9A-Fa-f:.]{2,45}$",
    "uuid": r"^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$",
    "email": r"^[\s\S]+@[\s\S]+$",
    "idn-email": r"^[\s\S]+@[\s\S]+$",
    "hostname": r"^[A-Za-z0-9.-]{1,255}$",
    "uri": r"^[A-Za-z][A-Za-z0-9+.-]*:",
    "iri": r"^[A-Za-z][A-Za-z0-9+.-]*:",
}
_OTHERS = ("", "a", " ", "%", "\\", "0", "[", "a b", "{", "true")
# By the RFCs: what has the format on the left has those on the right.
_IMPLIED: dict[str, tuple[str, ...]] = {
    "email": ("idn-email",),
    "hostname": ("idn-hostname",),
    "uri": ("uri-reference", "iri", "iri-reference"),
    "uri-reference": ("iri-reference",),
    "iri": ("iri-reference",),
}
# Text that carries something in an encoding: said of a text, never looked into.
_CARRIES = ("contentEncoding", "contentMediaType")


def find_text(constraints: Sequence[Constraint], budget: Budget) -> Answer:
    return _Texts(constraints, budget).answer()


def try_text(text: str, constraints: Sequence[Constraint]) -> Answer:
    """The text itself, if it keeps the constraints; what nobody checks it may have and lack."""
    texts = _Texts(constraints, Budget())
    if canonical_text(text) in texts.barred or _contradict(texts.texts):
        return NOTHING
    unchecked = [t for t in texts.texts if _is_unchecked(t)]
    texts.texts = [t for t in texts.texts if t not in unchecked]
    return Found(text) if texts.fits(text) else NOTHING


class _Texts:
    def __init__(self, constraints: Sequence[Constraint], budget: Budget) -> None:
        limits = [c for c in constraints if isinstance(c, Limit)]
        self._least = max((c.count for c in limits if c.keyword == "minLength"), default=0)
        self._most = min((c.count for c in limits if c.keyword == "maxLength"), default=None)
        self.texts = [c for c in constraints if isinstance(c, Text)]
        self.barred = frozenset[str]().union(
            *(c.texts for c in constraints if isinstance(c, NotAmong))
        )
        self._budget = budget

    def answer(self) -> Answer:
        if self._most is not None and self._least > self._most:
            return NOTHING
        if _contradict(self.texts):
            return NOTHING
        formats = [t for t in self.texts if t.keyword == "format"]
        if not formats:
            return self._shortest()
        found = self._sampled() or (NOTHING if self._shaped is NOTHING else UNKNOWN)
        return self._assumed(formats) if found is UNKNOWN else found

    # --- with formats, by trying --------------------------------------------------------------

    def _sampled(self) -> Found | None:
        for sample in self._samples():
            if canonical_text(sample) not in self.barred and self.fits(sample):
                return Found(sample)
        return None

    def _samples(self) -> Iterator[str]:
        for wanted in sorted(self.texts, key=lambda text: not text.sign):
            if wanted.keyword == "format":
                yield from _SAMPLES.get(wanted.text, ()) if wanted.sign else ()
        yield from _OTHERS
        yield "a" * min(self._least, 5_000)
        if isinstance(self._shaped, Found):
            yield str(self._shaped.value)
        for samples in _SAMPLES.values():
            yield from samples

    @functools.cached_property
    def _shaped(self) -> Answer:
        """A text that may have the formats, by its shape; NOTHING if none can have them."""
        wanted: list[Constraint] = [t for t in self.texts if t.keyword != "format"]
        shapes = [_SHAPES.get(t.text) for t in self.texts if t.keyword == "format" and t.sign]
        wanted += [Text("pattern", shape, sign=True) for shape in shapes if shape is not None]
        wanted += [Limit("minLength", self._least), NotAmong(self.barred)]
        wanted += [] if self._most is None else [Limit("maxLength", self._most)]
        return find_text(wanted, self._budget)

    def fits(self, text: str) -> bool:
        if len(text) < self._least or (self._most is not None and len(text) > self._most):
            return False
        return all(_has(text, wanted) is wanted.sign for wanted in self.texts)

    def _assumed(self, formats: list[Text]) -> Answer:
        """Of a format that nobody checks, it is taken that some texts have it and some have not."""
        unknown = [t for t in formats if _is_unchecked(t)]
        if not unknown:
            return UNKNOWN
        known = [t for t in self.texts if t not in unknown]
        barred = NotAmong(self.barred)
        limits = [Limit("minLength", self._least)]
        limits += [] if self._most is None else [Limit("maxLength", self._most)]
        return find_text([*known, *limits, barred], self._budget)

    # --- without formats, exactly -------------------------------------------------------------

    def _shortest(self) -> Answer:
        wanted: list[tuple[Language, bool]] = []
        complete = True
        for text in self.texts:
            if text.keyword == "pattern":
                language = language_of(text.text)
                complete = complete and language is not None
                if language is not None:
                    wanted.append((language, text.sign))
        excluded = [value for text in self.barred if (value := _string(text)) is not None]
        found = WordSearch(wanted, self._least, self._most, excluded, self._budget).shortest()
        if found is None:
            return NOTHING
        if complete or self.fits(found):
            return Found(found)
        return self._sampled() or UNKNOWN


def _contradict(texts: list[Text]) -> bool:
    wanted = {(t.keyword, t.text) for t in texts if t.sign}
    implied = {("format", more) for _, text in wanted for more in _IMPLIED.get(text, ())}
    return any((t.keyword, t.text) in wanted | implied for t in texts if not t.sign)


def _is_unchecked(text: Text) -> bool:
    return text.keyword in _CARRIES or (text.keyword == "format" and text.text not in _SAMPLES)


def _has(text: str, wanted: Text) -> bool:
    if wanted.keyword == "pattern":
        return matches(wanted.text, text)
    if wanted.keyword in _CARRIES:
        return wanted.sign
    if wanted.text not in _SAMPLES:
        return not wanted.sign
    return _FORMATS[wanted.text].is_valid(text)


_FORMATS = {
    name: jsonschema_rs.Draft202012Validator({"format": name}, validate_formats=True, offline=True)
    for name in _SAMPLES
}


def _string(text: str) -> str | None:
    """A text that was written down canonically; None for other values."""
    value = json.loads(text)
    return value if isinstance(value, str) else None
