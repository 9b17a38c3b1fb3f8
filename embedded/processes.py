"""Child processes: started tied to us, stopped in order, and found again after we were killed.

A child gets a session of its own, so that Ctrl-C in a terminal reaches only the parent, which then
stops the children in its own order. On Linux the kernel stops a child whose parent dies; the pid
files cover every other case. Children must be started from the main thread: the kernel counts the
death of the *thread* that forked.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LAUNCH = Path(__file__).with_name("launch.py")
ORPHAN_STOPS_WITHIN = 20.0
HAS_PROC = Path("/proc/self/stat").exists()


@dataclass(frozen=True, slots=True)
class User:
    """Another user that a child runs as; only root can ask for it."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Program:
    """What to run and how to end it. Without `log` its output is a pipe that the caller reads."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: Path | None = None
    user: User | None = None
    log: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    force_signal: signal.Signals = signal.SIGKILL
    stop_within: float = 15.0


class Child:
    """A running program. Made by `start`."""

    def __init__(
        self, program: Program, process: asyncio.subprocess.Process, pids: "PidFiles | None"
    ) -> None:
        self.program = program
        self._process = process
        self._pids = pids

    @classmethod
    async def start(cls, program: Program, pids: "PidFiles | None" = None) -> "Child":
        """Start it in a session of its own; `pids` remembers it for the case that we are killed."""
        order = json.dumps(
            {
                "argv": program.argv,
                "uid": program.user.uid if program.user else None,
                "gid": program.user.gid if program.user else None,
                "parent": os.getpid(),
                "signal": int(program.stop_signal),
            }
        )
        output = open_log(program.log) if program.log else asyncio.subprocess.PIPE
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", str(LAUNCH), order),
                env=dict(program.env),
                cwd=program.cwd,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )
        finally:
            if program.log:
                os.close(output)
        if pids:
            pids.record(program.name, process.pid, program.stop_signal)
        return cls(program, process, pids)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """None while it runs; negative: ended by that signal."""
        return self._process.returncode

    @property
    def output(self) -> asyncio.StreamReader:
        """Its output, if the program has no log file."""
        if self._process.stdout is None:
            raise ValueError(f"{self.program.name} writes to a log file")
        return self._process.stdout

    async def wait(self) -> int:
        return await self._process.wait()

    async def stop(self) -> None:
        """Ask it to end; after `stop_within` seconds, force it. Safe to call again."""
        if self.returncode is None:
            self._signal(self.program.stop_signal)
            try:
                await asyncio.wait_for(self._process.wait(), self.program.stop_within)
            except TimeoutError:
                self.force()
                await self._process.wait()
        if self._pids:
            self._pids.clear(self.program.name)

    def force(self) -> None:
        """End it at once, with what it started itself."""
        self._signal(self.program.force_signal)

    def log_tail(self, lines: int = 15) -> str:
        """The last lines of its log, for the message that says why it failed."""
        return tail(self.program.log, lines) if self.program.log else ""

    def _signal(self, number: signal.Signals) -> None:
        try:
            if number is signal.SIGKILL:
                os.killpg(self.pid, number)
            elif self.returncode is None:
                os.kill(self.pid, number)
        except ProcessLookupError:
            pass  # it ended by itself in this moment


async def first_to_end(children: Sequence[Child]) -> Child:
    """Wait until one of them ends; for ever, if there are none."""
    if not children:
        await asyncio.Event().wait()
    waits = {asyncio.create_task(child.wait()): child for child in children}
    try:
        done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
    return waits[done.pop()]


class PidFiles:
    """One file per child in a directory: which process it was, and how to end it.

    The process is known by its pid *and* the moment it started, since pids are given out again.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True)

    def record(self, name: str, pid: int, stop_signal: signal.Signals) -> None:
        entry = {"pid": pid, "identity": identity(pid), "signal": int(stop_signal)}
        path = self._directory / f"{name}.json"
        draft = path.with_suffix(".new")
        draft.write_text(json.dumps(entry), encoding="utf-8")
        draft.replace(path)

    def clear(self, name: str) -> None:
        (self._directory / f"{name}.json").unlink(missing_ok=True)

    async def stop_orphans(self, progress: Callable[[str], None]) -> None:
        """End what an earlier run left behind when it was killed, and wait until it is gone."""
        left = {path.stem: orphan for path in self._files() if (orphan := _orphan(path))}
        if left:
            progress(f"Ending what an earlier run left: {', '.join(sorted(left))}.")
        await asyncio.gather(*(end_process(pid, stop) for pid, stop in left.values()))
        for path in self._files():
            path.unlink(missing_ok=True)

    def _files(self) -> list[Path]:
        return sorted(self._directory.glob("*.json"))


def _orphan(path: Path) -> tuple[int, signal.Signals] | None:
    try:
        entry = json.loads(path.read_text(encoding="utf-8"))
        pid, known = int(entry["pid"]), entry["identity"]
        stop = signal.Signals(int(entry["signal"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None  # half written by a process that was killed: nothing to go by
    return (pid, stop) if known is not None and identity(pid) == known else None


async def end_process(pid: int, stop_signal: signal.Signals) -> None:
    """End a process that is not our child: ask, wait, force."""
    known = identity(pid)
    for number in (stop_signal, signal.SIGKILL):
        if known is None or identity(pid) != known:
            return
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        if await _gone(pid, known):
            return


async def _gone(pid: int, known: str) -> bool:
    """Whether it is gone in time; polled, since the kernel tells only parents."""
    deadline = time.monotonic() + ORPHAN_STOPS_WITHIN
    while time.monotonic() < deadline:
        if identity(pid) != known:
            return True
        await asyncio.sleep(0.05)
    return False


def identity(pid: int) -> str | None:
    """What tells this process from any other that had or will have its pid; None if it is gone."""
    if HAS_PROC:
        fields = stat_fields(pid)
        if fields is None or fields[0] == "Z":  # a zombie runs no more
            return None
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}/{pid}/{fields[19]}"
    found = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return found.stdout.strip() or None


def stat_fields(pid: int) -> list[str] | None:
    """/proc/PID/stat from the state on (proc(5) counts it as field 3); None if it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return stat.rpartition(")")[2].split()


def open_log(path: Path, limit: int = 10_000_000) -> int:
    """A descriptor that appends; a file beyond `limit` bytes is put aside as `.1` first."""
    if path.exists() and path.stat().st_size > limit:
        path.replace(path.with_name(path.name + ".1"))
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


def tail(path: Path, lines: int) -> str:
    """The last lines of a text file, empty if there is none."""
    if not path.exists():
        return ""
    with path.open("rb") as log:
        log.seek(max(0, path.stat().st_size - 8192))
        return "\n".join(log.read().decode(errors="replace").splitlines()[-lines:])
