"""Which passwords are taken."""

import unicodedata
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidRequest
from domain.passwords import LONGEST, SHORTEST, checked_password
from domain.users import User, UserKind

ADA = User(
    id=uuid4(),
    name="Ada Lovelace",
    email="ada.lovelace@example.com",
    kind=UserKind.PERSON,
    administrator=False,
    deactivated_at=None,
    created_at=datetime(2030, 1, 1, tzinfo=UTC),
)


@pytest.mark.parametrize(
    "password",
    [
        "a fine morning for sailing",
        "tr4vel-Lamp-oxide",
        "739201847362",  # digits alone, and no run of them
        "мой любимый пароль",
        "correct horse battery staple",
        "passwords are a nuisance",
    ],
)
def test_these_are_taken(password: str) -> None:
    assert checked_password(password, ADA) == password


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "at least"),
        ("x" * (LONGEST + 1), "at most"),
        ("aaaaaaaaaaaaaaaa", "guess"),
        ("121212121212", "guess"),
        ("password1234", "guess"),
        ("Password2026!", "guess"),
        ("passwordpassword", "guess"),
        ("Welcome!!12345", "guess"),
        ("adminadmin2026", "guess"),
        ("123456789012", "guess"),
        ("abcdefghijkl", "guess"),
        ("lkjihgfedcba", "guess"),
        ("qwertyuiopas", "guess"),
        ("ada.lovelace@example.com", "guess"),
        ("AdaLovelace1815", "guess"),
        ("Ada Lovelace!!", "guess"),
    ],
)
def test_these_are_not(password: str, why: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        checked_password(password, ADA)
    assert why in refusal.value.detail


def test_the_same_characters_are_the_same_password_however_they_are_typed() -> None:
    composed = "Öl für die Räder"
    apart = unicodedata.normalize("NFD", composed)
    assert apart != composed
    assert checked_password(apart, ADA) == checked_password(composed, ADA)


@given(st.text(min_size=SHORTEST, max_size=LONGEST))
def test_nothing_is_taken_that_would_be_cut(text: str) -> None:
    try:
        taken = checked_password(text, ADA)
    except InvalidRequest:
        return
    assert SHORTEST <= len(taken) <= LONGEST
    assert checked_password(taken, ADA) == taken
