"""Finding a running `tessera up` from its data directory, and not one that has ended."""

import stat
from pathlib import Path

from embedded.addresses import Addresses, running_addresses, written_down
from embedded.directories import DirectoryLock

WHERE = Addresses("postgresql://tessera:secret@127.0.0.1:5/tessera", "127.0.0.1:7233")


def test_addresses_are_there_while_it_runs_and_only_for_their_owner(tmp_path: Path) -> None:
    assert running_addresses(tmp_path) is None
    with DirectoryLock(tmp_path), written_down(tmp_path, WHERE):
        assert running_addresses(tmp_path) == WHERE
        assert stat.S_IMODE((tmp_path / "addresses.json").stat().st_mode) == 0o600
    assert running_addresses(tmp_path) is None
    assert not (tmp_path / "addresses.json").exists()


def test_what_a_killed_run_left_is_not_believed(tmp_path: Path) -> None:
    with DirectoryLock(tmp_path):
        pass
    (tmp_path / "addresses.json").write_text('{"database_url": null, "temporal_address": "x"}')
    assert running_addresses(tmp_path) is None
    with DirectoryLock(tmp_path), written_down(tmp_path, WHERE):
        assert running_addresses(tmp_path) == WHERE


def test_a_run_that_has_written_nothing_yet_is_not_there(tmp_path: Path) -> None:
    with DirectoryLock(tmp_path):
        assert running_addresses(tmp_path) is None
        (tmp_path / "addresses.json").write_text("{")
        assert running_addresses(tmp_path) is None
