"""Who kills: at random, and in each named window in turn."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import asyncpg

from tests.faults.receivers import Receiver
from tests.faults.servers import Command, Servers, Target
from tests.faults.windows import SENT, WINDOWS, Held, Trap, Window, process_behind

LONG = 40
"""From so many kills on, a round has as many at any moment as in windows."""
SHARE = 3
"""Kills inside each window, at the least."""
STEPS_IN_WITHIN = 8.0
"""Seconds that a window is kept open for somebody to step into it."""
WEIGHTS = {Target.API: 3, Target.WORKER: 3, Target.TEMPORAL: 2, Target.POSTGRES: 2}
OF_POSTGRES = 0.2
"""How often, in a window, the session itself is killed instead of the process behind it."""


@dataclass
class Killer:
    """`windows` counts the kills that fell inside each window."""

    servers: Servers
    receivers: Sequence[Receiver]
    pace: float
    windows: Counter[str] = field(default_factory=Counter)

    async def kill(self, times: int) -> None:
        """Round after round: once in each window, and between them as often at any moment."""
        while not self._enough(times):
            anywhere = list(Target) if times < LONG else self._targets(len(WINDOWS) + 1)
            steps: list[Target | str] = [*anywhere, SENT, *(each.name for each in WINDOWS)]
            random.shuffle(steps)
            await self._round(steps, set(WINDOWS), times)

    def _enough(self, times: int) -> bool:
        """A long run goes on until each window had its share, but not for ever."""
        killed = len(self.servers.kills)
        if killed < times or times < LONG:
            return killed >= times
        return killed >= 2 * times or all(
            self.windows[name] >= SHARE for name in (SENT, *(each.name for each in WINDOWS))
        )

    async def _round(self, steps: Sequence[Target | str], due: set[Window], times: int) -> None:
        """All windows of the round that are still due stand open: who steps into one is killed."""
        for step in steps:
            if self._enough(times):
                return
            if isinstance(step, Target):
                await self._at_any_moment(step)
            elif step == SENT:
                await self._between_send_and_answer()
            else:
                due -= await self._in_one_of(due)
            await asyncio.sleep(random.uniform(0.3, 1.7) * self.pace)

    def _targets(self, count: int) -> list[Target]:
        return random.choices(list(WEIGHTS), list(WEIGHTS.values()), k=count)

    async def _at_any_moment(self, target: Target) -> None:
        if target is Target.POSTGRES:
            await self.servers.kill_postgres()
        elif target is Target.TEMPORAL:
            await self.servers.kill_temporal()
        elif alive := self.servers.alive(target):
            await self.servers.kill_command(random.choice(alive))

    async def _in_one_of(self, due: set[Window]) -> set[Window]:
        """Return the window that was hit, if any."""
        try:
            hit = await self._trapped(due)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return set()  # Postgres restarts after the last kill
        if hit is None:
            return set()
        self.windows[hit.name] += 1
        return {hit}

    async def _trapped(self, due: set[Window]) -> Window | None:
        connection = await asyncpg.connect(self.servers.postgres.url, timeout=5)
        try:
            trap = Trap(connection, due)
            held = await trap.wait(STEPS_IN_WITHIN)
            if held is None:
                await trap.disarm()
                return None
            if random.random() < OF_POSTGRES:
                await trap.disarm()
                hit = await self._kill_session(trap, held)
            else:
                hit = await self._kill_behind(trap, held)
                await trap.disarm()
            return held.window if hit else None
        finally:
            await connection.close(timeout=2)

    async def _kill_session(self, trap: Trap, held: Held) -> bool:
        if not await trap.still(held):
            return False
        await self.servers.kill_session(held.session, held.window.name)
        return True

    async def _kill_behind(self, trap: Trap, held: Held) -> bool:
        """Kill the client; it fell inside if the session still sleeps in the window after it."""
        command = process_behind(self.servers, held.client_port)
        if command is None or command.target is not held.window.victim:
            return False
        await self.servers.kill_command(command, held.window.name)
        return await trap.still(held)

    async def _between_send_and_answer(self) -> None:
        receiver = random.choice(self.receivers)
        done: asyncio.Future[Command | None] = asyncio.get_running_loop().create_future()

        async def hold(message_id: str, port: int) -> None:
            command = process_behind(self.servers, port)
            if command is not None and len(receiver.of(message_id)) == 1:
                await self.servers.kill_command(command, SENT)
            else:
                command = None
            if not done.done():
                done.set_result(command)

        receiver.hold = hold
        try:
            killed = await asyncio.wait_for(done, STEPS_IN_WITHIN)
        except TimeoutError:
            killed = None
        receiver.hold = None
        if killed is not None:
            self.windows[SENT] += 1
