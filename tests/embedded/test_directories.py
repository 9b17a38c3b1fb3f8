"""Where the embedded servers keep what is theirs."""

from pathlib import Path

import pytest

from domain.errors import SetupFailed
from embedded.directories import DirectoryLock, cache_directory, prepare_data_directory


def test_a_disk_without_room_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SetupFailed, match="MB left"):
        prepare_data_directory(tmp_path, space_needed=10**18)


def test_the_directory_is_made_for_its_owner_only(tmp_path: Path) -> None:
    made = prepare_data_directory(tmp_path / "a" / "b")
    assert made.stat().st_mode & 0o777 == 0o700


def test_a_lock_is_free_again_when_it_was_left(tmp_path: Path) -> None:
    with DirectoryLock(tmp_path), pytest.raises(SetupFailed, match="already runs"):
        DirectoryLock(tmp_path).__enter__()
    with DirectoryLock(tmp_path):
        pass


def test_without_a_home_the_cache_is_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", "/dev/null")
    assert cache_directory(tmp_path / "fallback") == tmp_path / "fallback"


def test_the_cache_is_where_the_user_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_directory(tmp_path / "fallback") == tmp_path / "tessera"
