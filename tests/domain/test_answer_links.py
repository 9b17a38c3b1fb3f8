"""Signed links: what is changed in one makes it none, and any key of ours still reads it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.answer_links import LASTS_LONGER, AnswerLink, AnswerLinks, expiry

NOW = datetime(2026, 3, 2, tzinfo=UTC)
OLD, NEW = b"o" * 32, b"n" * 32
LINK = AnswerLink(
    proposal_id=UUID(int=1),
    team_id=UUID(int=2),
    user_id=UUID(int=3),
    revision=4,
    changes_hash="5a" * 32,
    expires_at=NOW,
)
TEXT = AnswerLinks([OLD]).sign(LINK)

links = st.builds(
    AnswerLink,
    proposal_id=st.uuids(),
    team_id=st.uuids(),
    user_id=st.uuids(),
    revision=st.integers(0, 2**32 - 1),
    changes_hash=st.binary(min_size=32, max_size=32).map(bytes.hex),
    expires_at=st.integers(0, 2**33).map(lambda at: datetime.fromtimestamp(at, UTC)),
)


@given(links)
def test_what_is_signed_is_read_as_it_was(link: AnswerLink) -> None:
    text = AnswerLinks([OLD]).sign(link)
    assert AnswerLinks([OLD]).read(text) == link
    assert text.replace("-", "").replace("_", "").isalnum()


@given(st.integers(0, len(TEXT) - 1), st.sampled_from("AQgwZ5_-+/= \n\0é"))
def test_a_link_in_which_one_character_is_another_is_none(place: int, character: str) -> None:
    changed = TEXT[:place] + character + TEXT[place + 1 :]
    assert (AnswerLinks([OLD]).read(changed) is None) == (changed != TEXT)


@given(st.text(max_size=300))
def test_whatever_else_somebody_sends_is_none(text: str) -> None:
    assert AnswerLinks([OLD]).read(text) is None


@pytest.mark.parametrize("text", [TEXT + "=", TEXT + "A", TEXT[:-1], TEXT * 3, f" {TEXT}", ""])
def test_one_link_is_one_text(text: str) -> None:
    assert AnswerLinks([OLD]).read(text) is None


def test_a_link_of_an_old_key_is_read_as_long_as_the_key_is_there() -> None:
    both = AnswerLinks([NEW, OLD])
    assert both.read(TEXT) == LINK
    assert AnswerLinks([NEW]).read(TEXT) is None
    assert AnswerLinks([NEW]).read(both.sign(LINK)) == LINK
    assert AnswerLinks().read(TEXT) is None
    assert not AnswerLinks().usable


def test_a_link_lasts_a_week_longer_than_the_question() -> None:
    due = NOW + timedelta(days=3)
    assert expiry(due, NOW) == due + LASTS_LONGER
    assert expiry(NOW - timedelta(days=3), NOW) == NOW + LASTS_LONGER
    assert expiry(None, NOW) > NOW
