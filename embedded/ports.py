"""Ports on the loopback: which are free, and who holds those that are not."""

import errno
import socket
import subprocess
from pathlib import Path

from domain.errors import SetupFailed

LOOPBACK = "127.0.0.1"
LISTENING = "0A"  # state column of /proc/net/tcp


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port = probe.getsockname()[1]
        assert isinstance(port, int)
        return port


def is_free(port: int) -> bool:
    """Whether a server could listen there; a connection that lingers does not count."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as problem:
            if problem.errno == errno.EADDRINUSE:
                return False
            raise
    return True


def require_free(port: int, purpose: str, setting: str) -> None:
    """Refuse with the port, what it is for, who has it, and the setting that chooses another."""
    try:
        if is_free(port):
            return
    except PermissionError:
        raise SetupFailed(
            f"Port {port}, needed for {purpose}, is one that only root may use.",
            hint=f"Choose a port above 1023 with {setting}.",
            port=port,
        ) from None
    who = holder(port)
    by = f" by {who}" if who else ""
    raise SetupFailed(
        f"Port {port}, needed for {purpose}, is in use{by}.",
        hint=f"Stop what uses it, or choose another port with {setting}.",
        port=port,
    )


def holder(port: int) -> str | None:
    """`name (pid 123)` of who listens on the port, where this can be told."""
    sockets = _listening_sockets(port)
    if not sockets:
        return _holder_by_lsof(port)
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and _holds(process, sockets):
            name = (process / "comm").read_text(encoding="utf-8", errors="replace").strip()
            return f"{name} (pid {process.name})"
    return None


def _listening_sockets(port: int) -> set[str]:
    found = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        if not table.exists():
            continue
        for line in table.read_text(encoding="ascii").splitlines()[1:]:
            columns = line.split()
            if columns[3] == LISTENING and int(columns[1].rpartition(":")[2], 16) == port:
                found.add(f"socket:[{columns[9]}]")
    return found


def _holds(process: Path, sockets: set[str]) -> bool:
    try:
        return any(str(link.readlink()) in sockets for link in (process / "fd").iterdir())
    except OSError:
        return False  # gone meanwhile, or another user's


def _holder_by_lsof(port: int) -> str | None:
    """The same where there is no /proc."""
    try:
        found = subprocess.run(
            ["lsof", "-nP", f"-iTCP:{port}", "-sTCP:LISTEN", "-Fpc"],
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        return None
    fields = {line[0]: line[1:] for line in found.stdout.splitlines() if line}
    return f"{fields['c']} (pid {fields['p']})" if {"c", "p"} <= fields.keys() else None
