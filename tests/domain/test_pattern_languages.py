"""Patterns: which texts they match, told by comparing them with others."""

import pytest

from domain.compatibility import ContentModel
from domain.schemas import Schema
from domain.verdicts import decide
from tests.support.json_schemas import schema

EQUAL = [
    (r"^\d$", "^[0-9]$"),
    (r"^\D$", "^[^0-9]$"),
    (r"^\w$", "^[A-Za-z0-9_]$"),
    (r"^\W$", "^[^A-Za-z0-9_]$"),
    (r"^\s$", r"^[\t-\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]$"),
    (r"^\S$", r"^[^\s]$"),
    ("^.$", r"^[^\n\r\u2028\u2029]$"),
    ("^[a-]$", "^(a|-)$"),
    (r"^[\]]$", r"^\]$"),
    (r"^[\t\n\v\f\r]$", r"^[\x09-\x0d]$"),
    (r"^\t$", r"^\x09$"),
    (r"^\u0041$", "^A$"),
    (r"^\u{1F600}$", "^\U0001f600$"),
    (r"^\.$", "^[.]$"),
    (r"^\x41$", r"^\u0041$"),
    (r"^\/$", "^/$"),
    (r"^\-$", "^-$"),
    (r"^\n$", "^\n$"),
    (r"^\v$", "^\x0b$"),
    (r"^\f$", "^\x0c$"),
    (r"^\r$", "^\r$"),
    ("^a{2}$", "^aa$"),
    ("^a{2,}$", "^aaa*$"),
    ("^a{1,3}$", "^(a|aa|aaa)$"),
    ("^a?$", "^(|a)$"),
    ("^a+$", "^aa*$"),
    ("^a*$", "^(a+)?$"),
    ("^a+?$", "^a+$"),
    ("^a*?b$", "^a*b$"),
    ("^a{2}?$", "^a{2}$"),
    ("^(ab)+$", "^ab(ab)*$"),
    ("^(ab){2}$", "^abab$"),
    ("^a{0}$", "^$"),
    ("^a{2,3}$", "^aaa?$"),
    ("^a{0,1}b$", "^a?b$"),
    ("^(a|b)c$", "^[ab]c$"),
    ("^(?:a|b)$", "^[ab]$"),
    ("^(?<n>a)b$", "^ab$"),
    ("^()$", "^$"),
    ("^(a|)$", "^a?$"),
    ("", "^"),
    (r"^\ba", "^a"),
    (r"^a\Bb", "^ab"),
    (r"^a\bb", "^(?!)x"),
    (r"\b", r"\w"),
    (r"^\B$", "^$"),
    (r"^a\B.$", r"^a\w$"),
    (r"^-\b.$", r"^-\w$"),
    ("^(?=a)", "^a"),
    ("^(?!a)", "^([^a]|$)"),
    ("^(?!.*b)[ab]+$", "^a+$"),
    ("^(?!ab)a", "^a($|[^b])"),
]

NARROWER = [
    ("^.$", r"^[\s\S]$"),
    (r"^[\d_]$", r"^\w$"),
    ("^[a-cx]$", "^[a-z]$"),
    ("^[^a-c]$", "^[^b]$"),
    ("^a{1,2}$", "^a{1,3}$"),
    ("^(a|b)$", "^a|b$"),
    ("^a$", "^(?<x1>a|b)$"),
    ("a", "a|b"),
    ("ab", "a"),
    ("^a", "a"),
    ("a$", "a"),
    ("^$", "^a*$"),
    (r"^\cA$", "^.$"),
    ("a.*b", "a"),
    ("b$|b.", "b"),
    (r"\ba\b", "a"),
    (r"^a\b", "^a"),
    (r"^a\b.$", r"^a\W$"),
    (r"^-\B.$", r"^-\W$"),
    ("^(?=.*a)(?=.*b)", "a.*b|b.*a"),
    ("^(?=a)b", "^$"),
]

# What validators read differently, and what is no regular language.
UNREAD = [
    r"^(a)\1$",
    "(?<=a)b",
    "a(?=b)",
    "^a{2}{3}$",
    "^[[a]]$",
    r"^\_$",
    "]",
    "}",
    "(?=a)b",
    "^b(?=a)",
    "^(a{60}){60}$",
]


def texts(pattern: str) -> Schema:
    return schema({"type": "string", "pattern": pattern})


def verdict(old: str, new: str) -> tuple[bool | None, bool | None]:
    found = decide(texts(old), texts(new), ContentModel.OPEN)
    return found.backward, found.forward


@pytest.mark.parametrize(("one", "other"), EQUAL)
def test_two_patterns_of_one_language(one: str, other: str) -> None:
    assert verdict(one, other) == (True, True)


@pytest.mark.parametrize(("narrow", "wide"), NARROWER)
def test_a_language_inside_of_another(narrow: str, wide: str) -> None:
    assert verdict(narrow, wide) == (True, False)
    assert verdict(wide, narrow) == (False, True)


@pytest.mark.parametrize("pattern", UNREAD)
def test_a_pattern_that_is_not_read_is_left_undecided(pattern: str) -> None:
    """A text of two characters is not enough for it, as far as anyone here can tell."""
    limited = schema({"type": "string", "minLength": 2, "maxLength": 2})
    assert decide(texts(pattern), limited, ContentModel.OPEN).backward is None
