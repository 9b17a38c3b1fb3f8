"""The named windows: moments in which a kill hurts most, held open by triggers of the test.

A trigger sleeps in the transaction that makes the moment, if its window is armed; the killer sees
it by its advisory lock, finds the process behind the session, and kills. The triggers live in the
test's own database; the product knows nothing of them.
"""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from tests.faults.servers import Command, Servers, Target

LOCK_CLASS = 77_001
HELD_SECONDS = 1.2
POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Window:
    """Where a trigger sleeps. `at_commit`: inside COMMIT, which succeeds without its client.

    The victim is who stands in it, or Temporal, to which a worker that stands in it is to tell.
    """

    name: str
    table: str
    on: str
    victim: Target
    when: str = "true"
    at_commit: bool = False


FIRST_TAKEN = "NEW.status = 'delivered' AND NEW.number = 1"
WINDOWS = (
    Window("key reserved, nothing done", "idempotency_keys", "INSERT", Target.API),
    Window(
        "contract written, not committed",
        *("contracts", "INSERT", Target.API, "NEW.proposal_id IS NULL"),
    ),
    Window(
        "contract committing, not answered",
        *("contracts", "INSERT", Target.API, "NEW.proposal_id IS NULL", True),
    ),
    Window("proposal written, not committed", "proposals", "INSERT", Target.API),
    Window("proposal committing, not answered", "proposals", "INSERT", Target.API, "true", True),
    Window("answer written, not committed", "acknowledgments", "INSERT", Target.API),
    Window(
        "answer committing, not answered", "acknowledgments", "INSERT", Target.API, "true", True
    ),
    Window(
        "outbox row claimed, not called",
        *("outbox", "UPDATE", Target.WORKER, "NEW.claim IS DISTINCT FROM OLD.claim", True),
    ),
    Window("outbox row called, not deleted", "outbox", "DELETE", Target.WORKER),
    Window("notice written, deliveries not", "notices", "INSERT", Target.WORKER),
    Window(
        "settling: locked, not written",
        *("proposals", "UPDATE", Target.WORKER, "NEW.status <> OLD.status"),
    ),
    Window(
        "settling: committing, not reported",
        *("proposals", "UPDATE", Target.WORKER, "NEW.status <> OLD.status", True),
    ),
    Window(
        "revision committing, not answered",
        *("proposals", "UPDATE", Target.API, "NEW.content_hash <> OLD.content_hash", True),
    ),
    Window(
        "release: some published, not committed",
        *("releases", "UPDATE", Target.WORKER, "NEW.status = 'published'"),
    ),
    Window(
        "old version retiring, not reported",
        *("retirements", "UPDATE", Target.WORKER, "NEW.status = 'retired'", True),
    ),
    Window("attempt started, not sent", "delivery_attempts", "INSERT", Target.WORKER, "true", True),
    Window(
        "webhook sent, record not committed",
        # Held for the first attempt only: nobody's window is made longer a second time.
        *("delivery_attempts", "UPDATE", Target.WORKER, FIRST_TAKEN),
    ),
    Window(
        "outbox row claimed, Temporal gone",
        *("outbox", "UPDATE", Target.TEMPORAL, "NEW.claim IS DISTINCT FROM OLD.claim", True),
    ),
    Window("outbox row called, Temporal gone", "outbox", "DELETE", Target.TEMPORAL),
    Window(
        "settled, Temporal gone",
        *("proposals", "UPDATE", Target.TEMPORAL, "NEW.status <> OLD.status", True),
    ),
    Window(
        "webhook sent, Temporal gone",
        *("delivery_attempts", "UPDATE", Target.TEMPORAL, FIRST_TAKEN),
    ),
)
SENT = "webhook sent, not answered yet"
"""Made by a receiver that holds its answer, so no trigger is needed."""

SCHEMA = f"""
CREATE SCHEMA faults;
CREATE TABLE faults.armed (number integer PRIMARY KEY);
CREATE FUNCTION faults.hold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM faults.armed WHERE number = TG_ARGV[0]::integer)
     AND pg_try_advisory_xact_lock({LOCK_CLASS}, TG_ARGV[0]::integer) THEN
    PERFORM pg_sleep({HELD_SECONDS});
  END IF;
  RETURN COALESCE(NEW, OLD);
END $$;
"""


def trigger(number: int, window: Window) -> str:
    kind = "CONSTRAINT TRIGGER" if window.at_commit else "TRIGGER"
    deferred = "DEFERRABLE INITIALLY DEFERRED" if window.at_commit else ""
    moment = "BEFORE" if window.on in ("DELETE", "UPDATE") and not window.at_commit else "AFTER"
    return (
        f"CREATE {kind} faults_{number} {moment} {window.on} ON {window.table} {deferred} "
        f"FOR EACH ROW WHEN ({window.when}) EXECUTE FUNCTION faults.hold('{number}')"
    )


async def install(url: str) -> None:
    """Put the triggers into the test's database."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(SCHEMA)
        for number, window in enumerate(WINDOWS):
            await connection.execute(trigger(number, window))
    finally:
        await connection.close()


@dataclass(frozen=True, slots=True)
class Held:
    """A session that sleeps in a window."""

    window: Window
    session: int
    client_port: int


class Trap:
    """Arms windows, waits until somebody steps into one, and tells whether he is still there."""

    def __init__(self, connection: asyncpg.Connection, windows: Iterable[Window]) -> None:
        self._connection = connection
        self._numbers = [WINDOWS.index(window) for window in windows]

    async def wait(self, seconds: float) -> Held | None:
        await self.disarm()
        await self._connection.execute(
            "INSERT INTO faults.armed SELECT unnest($1::integer[])", self._numbers
        )
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if held := await self._held():
                return held[0]
            await asyncio.sleep(POLL_SECONDS)
        return None

    async def still(self, held: Held) -> bool:
        return held in await self._held()

    async def _held(self) -> list[Held]:
        rows = await self._connection.fetch(
            "SELECT l.objid::bigint AS number, a.pid, a.client_port "
            "FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
            "WHERE l.locktype = 'advisory' AND l.classid::bigint = $1 "
            "AND l.granted AND a.wait_event = 'PgSleep'",
            LOCK_CLASS,
        )
        return [Held(WINDOWS[row["number"]], row["pid"], row["client_port"]) for row in rows]

    async def disarm(self) -> None:
        await self._connection.execute("DELETE FROM faults.armed")


def process_behind(servers: Servers, local_port: int) -> Command | None:
    """Which of our processes has a TCP socket with this local port."""
    sockets = {
        f"socket:[{columns[9]}]"
        for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
        if (columns := line.split()) and int(columns[1].rpartition(":")[2], 16) == local_port
    }
    for command in servers.commands:
        if command.pid is not None and _has(command.pid, sockets):
            return command
    return None


def _has(pid: int, sockets: set[str]) -> bool:
    try:
        links = [*Path(f"/proc/{pid}/fd").iterdir()]
    except OSError:
        return False  # it ended meanwhile
    return any(_led_to(link) in sockets for link in links)


def _led_to(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:
        return ""  # closed meanwhile, which says nothing of the others
