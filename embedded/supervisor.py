"""Several commands under one foreground process, their output merged into one readable log.

They are started in order, each when the one before is ready, and stopped in the reverse order: what
takes requests goes first. Ctrl-C reaches only us, since every child has a session of its own.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TextIO

from domain.errors import SetupFailed
from embedded.processes import Child, PidFiles, Program

COLOURS = ("36", "35", "33", "32", "34")  # ANSI: cyan, magenta, yellow, green, blue
NAME_WIDTH = 8
LONGEST_LINE = 16_384
READY_POLL = 0.1


@dataclass(frozen=True, slots=True)
class Command:
    """A child to run. `env` is added to ours.

    It counts as ready when its output has a line that contains `ready_line`, if one is given, and
    when `ready`, if given, answers true.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    ready: Callable[[], Awaitable[bool]] | None = None
    ready_line: str | None = None
    ready_within: float = 60.0
    stop_within: float = 15.0


class Log:
    """The one log: every line with the coloured name of who wrote it."""

    def __init__(self, output: TextIO | None = None) -> None:
        self._output = output or sys.stdout
        self._coloured = self._output.isatty() and "NO_COLOR" not in os.environ
        self._names: list[str] = []

    def write(self, name: str, line: str) -> None:
        if name not in self._names:
            self._names.append(name)
        prefix = f"{name:<{NAME_WIDTH}} |"
        if self._coloured:
            colour = COLOURS[self._names.index(name) % len(COLOURS)]
            prefix = f"\033[{colour}m{prefix}\033[0m"
        print(prefix, line, file=self._output, flush=True)


class Supervisor:
    """Runs commands; use it as an async context manager, whose end stops them all."""

    def __init__(self, log: Log, pids: PidFiles | None = None) -> None:
        self._log = log
        self._pids = pids
        self._running: list[tuple[Child, asyncio.Task[None]]] = []

    async def __aenter__(self) -> "Supervisor":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self, command: Command) -> None:
        """Start it and return when it is ready; `SetupFailed` if it ends or takes too long."""
        environment = {**os.environ, "PYTHONUNBUFFERED": "1", **command.env}
        program = Program(command.name, command.argv, environment, stop_within=command.stop_within)
        child = await Child.start(program, self._pids)
        seen = asyncio.Event()
        if command.ready_line is None:
            seen.set()
        reader = asyncio.create_task(self._copy(child, command.ready_line, seen))
        self._running.append((child, reader))
        await self._until_ready(command, child, seen)

    @property
    def children(self) -> tuple[Child, ...]:
        return tuple(child for child, _ in self._running)

    async def stop(self) -> None:
        """Stop them one after the other, the last one first; each gets its time."""
        while self._running:
            child, reader = self._running[-1]
            await child.stop()
            await asyncio.wait({reader}, timeout=1.0)  # a grandchild may hold the pipe open
            reader.cancel()
            self._running.pop()

    def force(self) -> None:
        """End them all at once."""
        for child, _ in self._running:
            child.force()

    async def _until_ready(self, command: Command, child: Child, seen: asyncio.Event) -> None:
        clock = asyncio.get_running_loop().time
        deadline = clock() + command.ready_within
        while not (seen.is_set() and (command.ready is None or await command.ready())):
            if child.returncode is not None:
                raise SetupFailed(
                    f"`{command.name}` ended at its start ({describe_end(child.returncode)}).",
                    hint="Its last lines above say why.",
                )
            if clock() > deadline:
                raise SetupFailed(
                    f"`{command.name}` was not ready within {command.ready_within:.0f} seconds.",
                    hint="Its last lines above may say why.",
                )
            await asyncio.sleep(READY_POLL)

    async def _copy(self, child: Child, ready_line: str | None, seen: asyncio.Event) -> None:
        """Its output into the log, line by line; a line without end is cut."""
        rest = b""
        while chunk := await child.output.read(65_536):
            *lines, rest = (rest + chunk).split(b"\n")
            if len(rest) > LONGEST_LINE:
                lines, rest = [*lines, rest], b""
            for line in lines:
                self._line(child, line, ready_line, seen)
        if rest:
            self._line(child, rest, ready_line, seen)

    def _line(self, child: Child, line: bytes, ready_line: str | None, seen: asyncio.Event) -> None:
        text = line.decode(errors="replace").rstrip("\r")
        if ready_line is not None and ready_line in text:
            seen.set()
        self._log.write(child.program.name, text)


def describe_end(returncode: int | None) -> str:
    """How a process ended, for people."""
    if returncode is None:
        return "still running"
    return f"killed by signal {-returncode}" if returncode < 0 else f"exit code {returncode}"
