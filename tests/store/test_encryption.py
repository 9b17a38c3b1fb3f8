"""Encrypted texts: bound to their place, readable with any of the keys, never by accident."""

import base64
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidRequest
from store.encryption import MARK, Encryption, Standing, place_of

FIRST, SECOND, THIRD = (bytes([number]) * 32 for number in (1, 2, 3))
HERE, THERE = place_of("a", "b", uuid4()), place_of("a", "b", uuid4())


@given(st.text())
def test_what_was_encrypted_is_read_again(text: str) -> None:
    encryption = Encryption([FIRST])
    kept = encryption.encrypt(text, HERE)
    assert kept.startswith(MARK)
    assert encryption.decrypt(kept, HERE) == text
    if len(text) > 3:
        assert text not in kept


def test_the_same_text_is_never_kept_alike() -> None:
    encryption = Encryption([FIRST])
    assert len({encryption.encrypt("secret", HERE) for _ in range(100)}) == 100


def test_moved_to_another_place_it_does_not_decrypt() -> None:
    encryption = Encryption([FIRST])
    kept = encryption.encrypt("secret", HERE)
    assert encryption.decrypt(kept, THERE) is None
    assert encryption.standing(kept, THERE) is Standing.UNREADABLE


def test_all_keys_decrypt_and_the_first_encrypts() -> None:
    old, new = Encryption([FIRST]), Encryption([SECOND, FIRST])
    kept = old.encrypt("secret", HERE)
    assert new.decrypt(kept, HERE) == "secret"
    assert new.standing(kept, HERE) is Standing.OLD_KEY
    again = new.encrypt("secret", HERE)
    assert new.standing(again, HERE) is Standing.CURRENT
    assert old.decrypt(again, HERE) is None
    assert Encryption([THIRD]).decrypt(kept, HERE) is None


@pytest.mark.parametrize("place", range(0, 60, 3))
def test_a_changed_letter_is_noticed(place: int) -> None:
    encryption = Encryption([FIRST])
    kept = encryption.encrypt("a secret of some length", HERE)
    other = "A" if kept[place] != "A" else "B"
    changed = kept[:place] + other + kept[place + 1 :]
    if not changed.startswith(MARK):
        return
    assert encryption.decrypt(changed, HERE) is None


@pytest.mark.parametrize(
    "rubbish", ["enc1:", "enc1::", "enc1:abc:", "enc1:abc:%%%", "enc1:{}:AAAA"]
)
def test_rubbish_is_unreadable_and_no_error(rubbish: str) -> None:
    encryption = Encryption([FIRST])
    name = encryption.current.removeprefix(MARK).strip(":")
    assert encryption.decrypt(rubbish.format(name), HERE) is None


def test_without_a_key_texts_are_kept_as_they_are_and_told_apart() -> None:
    none = Encryption()
    assert none.encrypt("secret", HERE) == "secret"
    assert none.standing("secret", HERE) is Standing.PLAIN
    assert Encryption([FIRST]).decrypt("secret", HERE) == "secret"
    with pytest.raises(InvalidRequest):
        none.encrypt(f"{MARK}looks like one", HERE)


def encoded(key: bytes) -> str:
    return base64.b64encode(key).decode()


def test_keys_are_read_from_a_list() -> None:
    both = Encryption.parse(f" {encoded(FIRST)} , {encoded(SECOND)},")
    assert both.current == Encryption([FIRST]).current
    assert both.decrypt(Encryption([SECOND]).encrypt("x", HERE), HERE) == "x"


@pytest.mark.parametrize(
    "bad", ["", ",", "hunter2", encoded(b"short"), f"{encoded(FIRST)},hunter2"]
)
def test_a_bad_key_is_refused_and_not_told(bad: str) -> None:
    with pytest.raises(ValueError, match="openssl rand -base64 32") as refused:
        Encryption.parse(bad)
    assert "hunter2" not in str(refused.value)


def test_a_derived_key_is_hkdfs_and_no_other_label_or_key_gives_it() -> None:
    keys = [b"a" * 32, b"b" * 32]
    derived = Encryption(keys).derived(b"one")
    by_library = [
        HKDFExpand(algorithm=SHA256(), length=32, info=b"one").derive(key) for key in keys
    ]
    assert list(derived) == by_library
    assert not set(derived) & set(Encryption(keys).derived(b"two"))
    assert not set(derived) & set(keys)
    assert Encryption().derived(b"one") == ()
