"""Who kills: at random, and in each named window in turn."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import asyncpg

from tests.faults.receivers import Receiver
from tests.faults.servers import LONGEST_ABSENCE, Command, Servers, Target
from tests.faults.windows import (
    HELD_SECONDS,
    SENT,
    WINDOWS,
    Held,
    Trap,
    Window,
    process_behind,
)

LONG = 40
"""From so many kills on, a round has as many at any moment as in windows."""
SHARE = 3
"""Kills inside each window, at the least."""
ROUNDS = 60
"""Then a window that nobody steps into is given up; the report shows it."""
STEPS_IN_WITHIN = 8.0
"""Seconds that a window is kept open for somebody to step into it."""
WEIGHTS = {Target.API: 3, Target.WORKER: 3, Target.TEMPORAL: 2, Target.POSTGRES: 2}
ARRIVES_WITHIN = 0.05
"""Seconds until what a process has sent is read by its receiver."""
UNDER_WAY = 10.0
"""Seconds that a message is under way, at the most."""
STANDS_STILL = 1.0
"""Seconds for which a worker is held to be looked at; after many more what it sends is too late."""
TRIES = 8
_UNRECORDED = """
SELECT EXISTS (SELECT FROM deliveries WHERE status = 'pending' AND event_id = ANY($1::uuid[]))
"""
OF_POSTGRES = 0.2
"""How often, in a window, the session itself is killed instead of the process behind it."""


@dataclass
class Killer:
    """`windows` counts the kills that fell inside each window."""

    servers: Servers
    receivers: Sequence[Receiver]
    pace: float
    tell: Callable[[str], None]
    windows: Counter[str] = field(default_factory=Counter)

    async def kill(self, times: int) -> None:
        """Round after round: once in each window, and between them as often at any moment.

        A window that nobody stepped into stands open again in the next round.
        """
        for number in range(1, ROUNDS + 1):
            if self._enough(times):
                break
            due = {each for each in WINDOWS if self.windows[each.name] < number}
            if times < LONG:
                await self._short_round(due, times)
            else:
                await self._long_round(due, times)
            killed, inside = len(self.servers.kills), self.windows.total()
            missing = ", ".join(self.too_few()) or "none"
            self.tell(f"{killed} killed, {inside} of them in windows; too few in: {missing}")
        await self._spare_none()

    async def _spare_none(self) -> None:
        """A server may have been away when it was its turn."""
        for _ in range(TRIES):
            for target in set(Target) - set(self.servers.counts):
                await self._at_any_moment(target)
            if set(self.servers.counts) == set(Target):
                return
            await asyncio.sleep(self.pace)

    async def _short_round(self, due: set[Window], times: int) -> None:
        """Each server once; workers first: what they leave takes longest to be found."""
        others = set(Target) - {Target.WORKER}
        of_worker = {each for each in due if each.victim is Target.WORKER}
        await self._round([Target.WORKER, SENT], of_worker, times - 2 * len(others))
        await self._round([*others], set(), times - len(others))
        await self._round([], due - of_worker, times)

    async def _long_round(self, due: set[Window], times: int) -> None:
        """As many at any moment as in windows; when there were enough, only what is missing."""
        too_few = self.too_few()
        if len(self.servers.kills) < times:
            await self._round([*self._targets(len(WINDOWS) + 1), SENT], due, times)
        else:
            missing = {each for each in WINDOWS if each.name in too_few}
            await self._round([SENT] if SENT in too_few else [], missing, times)

    def too_few(self) -> list[str]:
        """Return the windows that have not had their share yet."""
        names = (SENT, *(each.name for each in WINDOWS))
        return [name for name in names if self.windows[name] < SHARE]

    def _enough(self, times: int) -> bool:
        """A long run goes on until each window had its share, but not for ever."""
        killed = len(self.servers.kills)
        if killed < times or times < LONG:
            return killed >= times
        return killed >= 2 * times or not self.too_few()

    async def _round(self, besides: Sequence[Target | str], due: set[Window], times: int) -> None:
        """All windows of the round that are still due stand open: who steps into one is killed."""
        steps: list[Target | str] = [*besides, *(each.name for each in due)]
        random.shuffle(steps)
        for step in steps:
            if self._enough(times):
                return
            if isinstance(step, Target):
                await self._at_any_moment(step)
            elif step == SENT:
                await self._between_send_and_answer()
            elif due:
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
            await self._kill(random.choice(alive))

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
            if held.window.victim is Target.TEMPORAL:
                hit = await self._kill_temporal(trap, held)
            elif random.random() < OF_POSTGRES:
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

    async def _kill_temporal(self, trap: Trap, held: Held) -> bool:
        """Kill Temporal; it fell inside if a worker still stood in the window when it was gone."""
        command = process_behind(self.servers, held.client_port)
        if command is None or command.target is not Target.WORKER:
            await trap.disarm()
            return False
        async with self.servers.without_temporal(held.window.name):
            inside = await trap.still(held)
            await trap.disarm()
            await asyncio.sleep(random.uniform(HELD_SECONDS, HELD_SECONDS + LONGEST_ABSENCE))
        return inside

    async def _kill_behind(self, trap: Trap, held: Held) -> bool:
        """Kill the client; it fell inside if the session still sleeps in the window after it."""
        command = process_behind(self.servers, held.client_port)
        if command is None or command.target is not held.window.victim:
            return False
        return await self._kill(command, held.window.name) and await trap.still(held)

    async def _kill(self, command: Command, window: str | None = None) -> bool:
        """Kill it, but let it end what it sends a second time: no message is hit twice.

        A message whose sender is killed *n* times before it could tell comes *n* + 1 times, whoever
        sends it; here it is to come twice at the most.
        """
        if command.target is not Target.WORKER:
            await self.servers.kill_command(command, window)
            return True
        for _ in range(TRIES):
            with command.standing_still():
                await asyncio.sleep(ARRIVES_WITHIN)
                try:
                    again = await asyncio.wait_for(self._sends_again(command), STANDS_STILL)
                except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                    return False  # Postgres is away or busy: nobody can say
                if not again:
                    await self.servers.kill_command(command, window)
                    return True
            await asyncio.sleep(ARRIVES_WITHIN)
        return False

    async def _sends_again(self, command: Command) -> bool:
        """Whether a message is under way from it that a receiver had before."""
        if command.pid is None:
            return False
        again = [
            UUID(each)
            for receiver in self.receivers
            for each in receiver.lately_again(command.pid, UNDER_WAY)
        ]
        if not again:
            return False
        connection = await asyncpg.connect(self.servers.postgres.url)
        try:
            return bool(await connection.fetchval(_UNRECORDED, again))
        finally:
            connection.terminate()

    async def _between_send_and_answer(self) -> None:
        receiver = random.choice(self.receivers)
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

        async def hold(message_id: str, port: int) -> None:
            command = process_behind(self.servers, port)
            first = len(receiver.of(message_id)) == 1
            killed = command is not None and first and await self._kill(command, SENT)
            if not done.done():
                done.set_result(killed)

        receiver.hold = hold
        try:
            killed = await asyncio.wait_for(done, STEPS_IN_WITHIN)
        except TimeoutError:
            killed = False
        receiver.hold = None
        if killed:
            self.windows[SENT] += 1
