"""YAML says what JSON would say, exactly, or is refused."""

import pytest

from domain.yaml_texts import from_yaml


@pytest.mark.parametrize("number", ["18446744073709551615", "-9223372036854775809"])
def test_a_whole_number_that_would_be_rounded_is_refused(number: str) -> None:
    with pytest.raises(ValueError, match="would be rounded"):
        from_yaml(f"maximum: [0, {number}]")


def test_other_large_numbers_are_what_they_are() -> None:
    text = "a: 9223372036854775807\nb: 1.7976931348623157e308\nc: 1e20\nd: '18446744073709551615'"
    assert from_yaml(text) == {
        "a": 9223372036854775807,
        "b": 1.7976931348623157e308,
        "c": 1e20,
        "d": "18446744073709551615",
    }


@pytest.mark.parametrize("text", ['404: 1\n"404": 2', 'true: 1\n"true": 2', '"null": 1\n~: 2'])
def test_what_would_be_the_same_name_is_refused(text: str) -> None:
    """YAML tells a number from its digits; a JSON object has names only."""
    with pytest.raises(ValueError, match="stands twice"):
        from_yaml(text)
