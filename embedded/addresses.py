"""Where the servers of a running `tessera up` are, for other commands on the same machine.

The file lies in the data directory while they run, and only its owner may read it: it holds the
password of the embedded Postgres, as `postgres/password` does. A database that somebody else runs
is not written down.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from embedded.directories import is_locked


@dataclass(frozen=True, slots=True)
class Addresses:
    """No `database_url`: the database is not ours."""

    database_url: str | None
    temporal_address: str


@contextmanager
def written_down(data_dir: Path, addresses: Addresses) -> Iterator[None]:
    """Leave the addresses in the data directory while the block runs."""
    path = _path(data_dir)
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(addresses), file)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def running_addresses(data_dir: Path) -> Addresses | None:
    """Return the addresses of what runs on this data directory now; None if nothing does.

    What a killed run left behind is told by the lock, which the kernel frees.
    """
    directory = data_dir.expanduser().absolute()
    try:
        if not is_locked(directory):
            return None
        return Addresses(**json.loads(_path(directory).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None  # another user's, or on its way up or down


def _path(data_dir: Path) -> Path:
    return data_dir / "addresses.json"
