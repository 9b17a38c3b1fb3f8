"""Where the embedded servers keep what is theirs: data directory, its lock, the user's cache."""

import fcntl
import os
import shutil
import tempfile
from pathlib import Path
from types import TracebackType

from domain.errors import SetupFailed

SPACE_NEEDED = 300_000_000  # a fresh Postgres cluster takes 40 MB and grows its log by 16 MB steps
DATA_SETTING = "TESSERA_DATA_DIR"


def prepare_data_directory(wished: Path, space_needed: int = SPACE_NEEDED) -> Path:
    """The absolute path of a directory that exists, can be written, and has room."""
    path = wished.expanduser().absolute()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as problem:
        raise SetupFailed(
            f"The data directory {path} cannot be written: {problem.strerror}.",
            hint=f"Choose another one with {DATA_SETTING}.",
        ) from None
    free = shutil.disk_usage(path).free
    if free < space_needed:
        raise SetupFailed(
            f"The disk of {path} has {free // 1_000_000} MB left; "
            f"{space_needed // 1_000_000} MB are needed.",
            hint=f"Make room, or choose a directory on another disk with {DATA_SETTING}.",
        )
    return path


def cache_directory(fallback: Path) -> Path:
    """The user's cache for this product; `fallback` where the user has none that can be written."""
    home = os.environ.get("XDG_CACHE_HOME") or (
        str(Path(os.environ["HOME"]) / ".cache") if os.environ.get("HOME") else None
    )
    for path in (Path(home) / "tessera" if home else fallback, fallback):
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(path, os.W_OK):
            return path
    raise SetupFailed(
        f"There is no cache directory that can be written, neither {home} nor {fallback}.",
        hint="Set XDG_CACHE_HOME to one.",
    )


class DirectoryLock:
    """Held as long as one `up` uses a data directory; the kernel frees it however we end."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._descriptor: int | None = None

    def __enter__(self) -> "DirectoryLock":
        path = self._directory / "lock"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.read(descriptor, 32).decode(errors="replace").strip() or "unknown"
            os.close(descriptor)
            raise SetupFailed(
                f"Tessera already runs on the data directory {self._directory} (pid {owner}).",
                hint=f"Stop it, or choose another directory with {DATA_SETTING}.",
            ) from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
        self._descriptor = descriptor
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)


def is_locked(directory: Path) -> bool:
    """Whether an `up` uses this data directory now; raises `OSError` where that cannot be told."""
    try:
        descriptor = os.open(directory / "lock", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
