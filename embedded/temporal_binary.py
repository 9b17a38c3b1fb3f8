"""Where the `temporal` program comes from: a setting, PATH, the cache, a download, or a build.

No package registry ships it prebuilt for Linux. The download needs the internet; the build needs Go
and its module proxy, and takes minutes the first time. Whatever is obtained stays in the cache.
"""

import asyncio
import fcntl
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from domain.errors import SetupFailed
from embedded.processes import Child, Program, tail

CLI_VERSION = "1.5.1"  # the one deploy/temporal/go.mod requires, which a test compares
BUILD_MODULE = Path(__file__).resolve().parent.parent / "deploy" / "temporal"
BUILD_PACKAGE = "github.com/temporalio/cli/cmd/temporal"
DOWNLOAD_HOST = "temporal.download"
BINARY_SETTING = "TESSERA_TEMPORAL_BINARY"
PROBE_SECONDS = 3.0
DOWNLOAD_SECONDS = 180.0
BUILD_SECONDS = 1800.0

Progress = Callable[[str], None]


async def find_temporal(setting: str | None, cache: Path, progress: Progress) -> Path:
    """A program that can be run; obtains one into `cache` if there is none."""
    if setting:
        return _named(setting)
    on_path = shutil.which("temporal")
    if on_path and _runs(Path(on_path)):
        return Path(on_path)
    target = cache / "temporal" / CLI_VERSION / "temporal"
    if not _runs(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        async with _alone(target.with_name("lock"), progress):
            if not _runs(target):  # who held the lock may have brought it
                await _obtain(target, progress)
    return target


def _named(setting: str) -> Path:
    found = shutil.which(setting)
    if found and _runs(Path(found)):
        return Path(found)
    raise SetupFailed(
        f"{setting} is not a `temporal` program that can be run.",
        hint=f"Correct {BINARY_SETTING}, or leave it out to have one found.",
    )


def _runs(program: Path) -> bool:
    """Whether it is Temporal's CLI and runs on this machine."""
    try:
        asked = subprocess.run(
            [program, "--version"], capture_output=True, text=True, check=False, timeout=30
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0 and asked.stdout.startswith("temporal version")


@asynccontextmanager
async def _alone(lock: Path, progress: Progress) -> AsyncIterator[None]:
    """One process at a time obtains the program; the others wait and find it."""
    with lock.open("w") as held:
        said = False
        while True:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not said:
                    progress("Another process is obtaining Temporal's server; waiting for it.")
                said = True
                await asyncio.sleep(0.5)
        yield


async def _obtain(target: Path, progress: Progress) -> None:
    """Download, else build; into a draft that is renamed once it runs."""
    tried: list[str] = []
    for way in (_download, _build):
        with tempfile.TemporaryDirectory(dir=target.parent) as draft:
            problem = await way(Path(draft), progress)
            made = _largest_file(Path(draft))
            if problem is None and made and _runs(made):
                made.replace(target)
                return
        tried.append(problem or "what came does not run on this machine")
    raise SetupFailed(
        "Temporal's development server is not on this machine and could not be obtained: "
        f"{'; '.join(tried)}.",
        hint="Install the `temporal` CLI (https://docs.temporal.io/cli), or Go, or set "
        "TEMPORAL_ADDRESS to a server that runs already.",
    )


async def _download(directory: Path, progress: Progress) -> str | None:
    if not await asyncio.to_thread(_can_download):
        return f"{DOWNLOAD_HOST} cannot be reached"
    progress(f"Downloading Temporal's development server {CLI_VERSION} (once).")
    script = Path(__file__).with_name("temporal_download.py")
    log = directory.parent / "download.log"
    argv = (sys.executable, str(script), CLI_VERSION, str(directory))
    code = await _run(Program("temporal-download", argv, os.environ, log=log), DOWNLOAD_SECONDS)
    return None if code == 0 else f"the download failed ({tail(log, 1).strip()})"


def _can_download() -> bool:
    """A quick look, so that a machine without internet loses seconds, not minutes."""
    if os.environ.get("HTTPS_PROXY") or os.environ.get("https_proxy"):
        return True
    try:
        socket.create_connection((DOWNLOAD_HOST, 443), timeout=PROBE_SECONDS).close()
    except OSError:
        return False
    return True


async def _build(directory: Path, progress: Progress) -> str | None:
    go = shutil.which("go")
    if go is None:
        return "there is no Go to build it with"
    if not BUILD_MODULE.exists():
        return f"its build module {BUILD_MODULE} is only in a checkout of the repository"
    progress(f"Building Temporal's development server {CLI_VERSION} with Go (once, some minutes).")
    log = directory.parent / "build.log"
    program = Program(
        name="temporal-build",
        argv=(go, "build", *_BUILD_FLAGS, "-o", str(directory / "temporal"), BUILD_PACKAGE),
        env=go_environment(directory.parent),
        cwd=BUILD_MODULE,
        log=log,
    )
    code = await _run(program, BUILD_SECONDS)
    return None if code == 0 else f"its build failed, see {log} ({tail(log, 1).strip()})"


_BUILD_FLAGS = ("-trimpath", "-buildvcs=false", "-ldflags", "-s -w")


def go_environment(fallback: Path) -> dict[str, str]:
    """Go wants a home for its caches; where there is none, they go below `fallback`."""
    environment = dict(os.environ)
    if not environment.get("HOME"):
        environment.setdefault("GOPATH", str(fallback / "go"))
        environment.setdefault("GOCACHE", str(fallback / "go-build"))
    return environment


async def _run(program: Program, seconds: float) -> int:
    """Its exit code; a time-out counts as 124, as with timeout(1)."""
    child = await Child.start(program)
    try:
        return await asyncio.wait_for(child.wait(), seconds)
    except TimeoutError:
        return 124
    finally:
        await child.stop()


def _largest_file(directory: Path) -> Path | None:
    files = [path for path in directory.rglob("*") if path.is_file()]
    return max(files, key=lambda path: path.stat().st_size, default=None)
