"""One foreground command: the servers, then our own processes, until somebody says stop.

The first Ctrl-C (or SIGTERM, or a closed terminal) stops everything in order: API, worker,
Temporal, Postgres. The second one ends everything at once, which loses nothing either.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from domain.errors import SetupFailed
from embedded.processes import first_to_end
from embedded.stack import Stack, StackOptions, start_stack
from embedded.supervisor import Command, Log, Supervisor, describe_end

OURS = "tessera"  # whose name stands before our own lines
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

Prepare = Callable[[Stack], Awaitable[Sequence[Command]]]
OnceUp = Callable[[Stack], Awaitable[int | None]]


class StopSignals:
    """Counts the wishes to stop: the first is noted, later ones call what `on_force` was given."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._forces: list[Callable[[], None]] = []
        self.stopping = asyncio.Event()

    def __enter__(self) -> "StopSignals":
        loop = asyncio.get_running_loop()
        for number in STOP_SIGNALS:
            loop.add_signal_handler(number, self._wish)
        return self

    def __exit__(self, *_: object) -> None:
        loop = asyncio.get_running_loop()
        for number in STOP_SIGNALS:
            loop.remove_signal_handler(number)

    def on_force(self, force: Callable[[], None]) -> None:
        self._forces.append(force)

    def _wish(self) -> None:
        if not self.stopping.is_set():
            self._say("Stopping; once more to force it.")
            self.stopping.set()
            return
        self._say("Ending everything at once.")
        for force in self._forces:
            force()


async def run_foreground(
    options: StackOptions,
    prepare: Prepare,
    *,
    once_up: OnceUp | None = None,
    log: Log | None = None,
) -> int:
    """Bring everything up, stay until told to stop, take it down; the exit code.

    `prepare` gets the running servers, does what must be done before (migrations), and returns the
    commands in the order of their start. `once_up` runs when all are ready: a number that it
    returns ends everything with that exit code, None stays up. 0: asked to stop; 1: it could not
    start, or a process ended by itself.
    """
    log = log or Log()

    def say(line: str) -> None:
        for part in line.splitlines() or [""]:
            log.write(OURS, part)

    with StopSignals(say) as signals:
        work = asyncio.create_task(
            _run(replace(options, progress=say), prepare, once_up, log, signals)
        )
        stop = asyncio.create_task(signals.stopping.wait())
        await asyncio.wait({work, stop}, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if not work.done():
            work.cancel()
        try:
            return await work
        except asyncio.CancelledError:
            say("Stopped.")
            return 0
        except SetupFailed as problem:
            say(problem.detail)
            if hint := problem.extra.get("hint"):
                say(str(hint))
            return 1


async def _run(
    options: StackOptions,
    prepare: Prepare,
    once_up: OnceUp | None,
    log: Log,
    signals: StopSignals,
) -> int:
    async with start_stack(options) as stack, Supervisor(log, stack.pids) as supervisor:
        signals.on_force(supervisor.force)
        signals.on_force(stack.force)
        for command in await prepare(stack):
            options.progress(f"Starting {command.name}.")
            await supervisor.start(command)
        code = await once_up(stack) if once_up else None
        return await _until_death(stack, supervisor) if code is None else code


async def _until_death(stack: Stack, supervisor: Supervisor) -> int:
    """Wait for what should not happen and say what it was."""
    child = await first_to_end([*stack.children, *supervisor.children])
    end = describe_end(child.returncode)
    last = child.log_tail()
    raise SetupFailed(
        f"`{child.program.name}` ended by itself ({end}); stopping everything."
        + (f" Its last lines:\n{last}" if last else ""),
        hint=f"Logs are in {stack.data_dir / 'logs'}. Nothing recorded is lost; start again.",
    )
