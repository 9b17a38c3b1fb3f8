"""The next version, and requested versions that promise too little."""

import pytest

from domain.compatibility import Mode
from domain.errors import InvalidVersion
from domain.json_values import JSON
from domain.versioning import Bump, SemverMode, bump_for, check_requested, next_version
from tests.support.json_schemas import changes_of, record

STRING: JSON = {"type": "string"}


@pytest.mark.parametrize(
    ("current", "bump", "expected"),
    [
        (None, Bump.MAJOR, "1.0.0"),
        ("1.2.3", Bump.MAJOR, "2.0.0"),
        ("1.2.3", Bump.MINOR, "1.3.0"),
        ("1.2.3", Bump.PATCH, "1.2.4"),
        ("0.9.0", Bump.MAJOR, "1.0.0"),
    ],
)
def test_the_next_version_follows_the_size_of_the_change(
    current: str | None, bump: Bump, expected: str
) -> None:
    assert next_version(current, bump) == expected


def test_what_gates_is_major_what_adds_is_minor_and_words_are_a_patch() -> None:
    one, two = record(a=STRING), record(a=STRING, b=STRING)
    removal, addition = changes_of(two, one), changes_of(one, two)
    words = changes_of(one, {**one, "description": "All orders."})
    assert bump_for(removal, Mode.BACKWARD) is Bump.MAJOR
    assert bump_for(removal, Mode.NONE) is Bump.MINOR
    assert bump_for(addition, Mode.BACKWARD) is Bump.MINOR
    assert bump_for(addition.changes, Mode.FORWARD) is Bump.MAJOR
    assert bump_for(words, Mode.FULL) is Bump.PATCH


@pytest.mark.parametrize(
    ("version", "match"),
    [
        ("2", "not a semantic version"),
        ("v2.0.0", "not a semantic version"),
        ("1.4.0", "not greater"),
        ("1.4.0+build", "pre-release"),
        ("2.0.0-rc.1", "pre-release"),
        ("1.4.1", "at least 1.5.0"),
    ],
)
def test_a_version_that_cannot_be_is_refused(version: str, match: str) -> None:
    with pytest.raises(InvalidVersion, match=match):
        check_requested(version, "1.4.0", SemverMode.ENFORCE, Bump.MINOR)


def test_each_semver_mode_takes_what_it_says() -> None:
    assert check_requested(None, "1.4.0", SemverMode.AUTO, Bump.MINOR) == "1.5.0"
    assert check_requested("3.0.0", "1.4.0", SemverMode.AUTO, Bump.MINOR) == "3.0.0"
    assert check_requested("1.4.1", "1.4.0", SemverMode.SUGGEST, Bump.MAJOR) == "1.4.1"
    assert check_requested("0.1.0", None, SemverMode.ENFORCE, Bump.MAJOR) == "0.1.0"
    with pytest.raises(InvalidVersion, match="asks for a version"):
        check_requested(None, "1.4.0", SemverMode.ENFORCE, Bump.MINOR)
    with pytest.raises(InvalidVersion, match=r"at least 2\.0\.0"):
        check_requested("1.9.0", "1.4.0", SemverMode.AUTO, Bump.MAJOR)


def test_below_1_0_0_a_minor_step_is_enough_for_a_break() -> None:
    assert check_requested("0.5.0", "0.4.0", SemverMode.ENFORCE, Bump.MAJOR) == "0.5.0"
