"""The key of `tessera up`: made once, for its owner's eyes."""

import stat
from pathlib import Path

from embedded.encryption_key import NAME, ensured_key, kept_key
from store.encryption import Encryption


def test_a_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    assert kept_key(tmp_path) is None
    key = ensured_key(tmp_path)
    assert Encryption.parse(key).encrypts
    assert ensured_key(tmp_path) == kept_key(tmp_path) == key
    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def test_what_an_interrupted_start_left_is_no_key(tmp_path: Path) -> None:
    (tmp_path / f"{NAME}.new").write_text("half a k")
    assert Encryption.parse(ensured_key(tmp_path)).encrypts


def test_two_directories_have_two_keys(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    assert ensured_key(tmp_path / "one") != ensured_key(tmp_path / "two")
