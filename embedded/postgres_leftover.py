"""Making way for the next server on a cluster whose last one was not stopped by us.

Postgres mends nearly everything itself when it starts again. Left to us are a server that still
runs, and a pid file that it would take for a running twin's although it is not: the pid belongs to
another process by now (after a restart of a container the same small pids are given out again), or
to a dead one that nobody has collected.
"""

import asyncio
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from domain.errors import SetupFailed
from embedded.processes import HAS_PROC, end_process, identity, stat_fields

SHARED_MEMORY_SEGMENTS = Path("/proc/sysvipc/shm")
SESSIONS_END_WITHIN = 30.0
POSTMASTER_PID_SLACK = 10.0  # seconds between the fork of a process and what it says it started at


@dataclass(frozen=True, slots=True)
class PidFile:
    """What matters of postmaster.pid (miscadmin.h of Postgres documents its lines)."""

    pid: int
    started: int  # epoch seconds
    segment: str | None  # id of its shared memory, to which every session is attached

    @classmethod
    def read(cls, path: Path) -> "PidFile | None":
        try:
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
            key_and_id = lines[6].split() if len(lines) > 6 else []
            return cls(abs(int(lines[0])), int(lines[2]), key_and_id[-1] if key_and_id else None)
        except (FileNotFoundError, IndexError, ValueError):
            return None


async def end_leftover(cluster: Path) -> None:
    """End the server that still runs; remove a pid file that names no server."""
    path = cluster / "postmaster.pid"
    found = PidFile.read(path)
    if found is None or not HAS_PROC:
        return
    if _is_postmaster(found):
        await end_process(found.pid, signal.SIGINT)
    await _until_sessions_end(found, cluster)
    if stat_fields(found.pid) is not None:  # else Postgres sees by itself that it is gone
        path.unlink(missing_ok=True)


def _is_postmaster(found: PidFile) -> bool:
    """Whether the process lives, is a Postgres, and started when the file says."""
    fields = stat_fields(found.pid)
    if fields is None or identity(found.pid) is None:
        return False
    stat = Path("/proc/stat").read_text(encoding="ascii")
    booted = next(int(line.split()[1]) for line in stat.splitlines() if line.startswith("btime"))
    began = booted + int(fields[19]) / os.sysconf("SC_CLK_TCK")
    name = Path(f"/proc/{found.pid}/comm").read_text(encoding="utf-8", errors="replace").strip()
    return name == "postgres" and abs(began - found.started) < POSTMASTER_PID_SLACK


async def _until_sessions_end(found: PidFile, cluster: Path) -> None:
    """A killed server's sessions may still write for a moment; a second server must not meet them.

    Postgres guards against that by refusing to start, and where the pid file is removed not at all.
    """
    deadline = time.monotonic() + SESSIONS_END_WITHIN
    while _attached(found.segment) > 0:
        if time.monotonic() > deadline:
            raise SetupFailed(
                f"Sessions of a killed Postgres still run on {cluster}.",
                hint="End the processes named `postgres` of that cluster, then start again.",
            )
        await asyncio.sleep(0.1)


def _attached(segment: str | None) -> int:
    """How many processes are attached to the shared memory segment."""
    if segment is None or not SHARED_MEMORY_SEGMENTS.exists():
        return 0
    header, *rows = SHARED_MEMORY_SEGMENTS.read_text(encoding="ascii").splitlines()
    column = header.split().index("nattch")
    return next((int(row.split()[column]) for row in rows if row.split()[1] == segment), 0)
