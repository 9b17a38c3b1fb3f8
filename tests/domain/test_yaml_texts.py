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
