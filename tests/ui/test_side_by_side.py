"""Two texts beside one another: nothing is lost, and what is folded is the same in both."""

from hypothesis import given
from hypothesis import strategies as st

from api.ui.side_by_side import CONTEXT, side_by_side

LINES = st.lists(st.sampled_from(["{", "}", '  "email",', '  "segment",', "  3", ""]), max_size=40)


@given(old=LINES, new=LINES)
def test_every_line_of_both_stands_there_once_and_in_order(old: list[str], new: list[str]) -> None:
    pairs = [pair for each in side_by_side("\n".join(old), "\n".join(new)) for pair in each.pairs]
    was = [pair.old for pair in pairs if pair.old is not None]
    now = [pair.new for pair in pairs if pair.new is not None]
    assert [line.text for line in was] == "\n".join(old).splitlines()
    assert [line.text for line in now] == "\n".join(new).splitlines()
    for lines in (was, now):
        assert [line.number for line in lines] == list(range(1, len(lines) + 1))
    for pair in pairs:
        if pair.same:
            assert pair.old is not None
            assert pair.new is not None
            assert pair.old.text == pair.new.text


def test_what_is_the_same_is_folded_but_for_the_lines_around_a_difference() -> None:
    old = [f"line {number}" for number in range(30)]
    new = [*old[:15], "line fifteen", *old[16:]]
    first, middle, last = side_by_side("\n".join(old), "\n".join(new))
    assert (first.folded, middle.folded, last.folded) == (True, False, True)
    assert first.text.splitlines() == old[: 15 - CONTEXT]
    (differs,) = [pair for pair in middle.pairs if not pair.same]
    assert differs.old is not None
    assert differs.new is not None
    assert (differs.old.before, differs.old.middle) == ("line ", "15")
    assert (differs.new.before, differs.new.middle) == ("line ", "fifteen")
    assert len(middle.pairs) == 1 + 2 * CONTEXT


def test_lines_with_nothing_in_common_are_marked_as_a_whole() -> None:
    (stretch,) = side_by_side('  "type": "string"', '  "minimum": 3')
    (pair,) = stretch.pairs
    assert pair.old is not None
    assert (pair.old.before, pair.old.middle) == ("", '  "type": "string"')


def test_a_letter_that_is_doubled_belongs_to_the_one_side_only() -> None:
    (stretch,) = side_by_side("abab", "abababab")
    (pair,) = stretch.pairs
    assert pair.old is not None
    assert pair.new is not None
    assert (pair.old.text, pair.new.text) == ("abab", "abababab")
    assert (pair.old.middle, pair.new.middle) == ("", "abab")


def test_three_lines_more_are_not_worth_folding_and_four_are() -> None:
    same = [f"line {number}" for number in range(CONTEXT + 4)]
    assert [
        each.folded for each in side_by_side("\n".join(same[1:]), "\n".join([*same[1:], "x"]))
    ] == [False]
    assert [each.folded for each in side_by_side("\n".join(same), "\n".join([*same, "x"]))] == [
        True,
        False,
    ]
