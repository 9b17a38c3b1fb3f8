"""The servers of one test run, shared by all its workers and started when first asked for.

The process that leads the run (`pytest` itself) makes a `Run` and ends it; every worker finds the
same one through the environment.
"""

import asyncio
import fcntl
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, TypeVar

import asyncpg
import pytest
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Client

from domain.errors import SetupFailed
from embedded.postgres import ensure_database, with_database
from embedded.processes import identity, tail
from embedded.temporal import SEARCH_ATTRIBUTES

RUN_VARIABLE = "TESSERA_TEST_RUN"
ROOT = Path(__file__).resolve().parents[2]
STARTS_WITHIN = 600.0  # the first time, a server may have to be built
ENDS_WITHIN = 30.0
TEMPLATE = "tessera_template"
CROWDED = "tessera_crowded"

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Run:
    """The directory that the processes of one test run have in common."""

    directory: Path

    @classmethod
    def lead(cls) -> "Run":
        """A new run, led by this process; its children find it by `of_this_process`."""
        run = cls(Path(tempfile.mkdtemp(prefix="tessera-tests-")))
        (run.directory / "leader").write_text(
            json.dumps([os.getpid(), identity(os.getpid())]), encoding="utf-8"
        )
        os.environ[RUN_VARIABLE] = str(run.directory)
        return run

    @classmethod
    def of_this_process(cls) -> "Run":
        return cls(Path(os.environ[RUN_VARIABLE]))

    def is_over(self) -> bool:
        """Whether it was ended, or its leader is gone without having ended it."""
        try:
            pid, known = json.loads((self.directory / "leader").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return True
        return bool(identity(pid) != known)

    def wait_until_over(self) -> None:
        while not self.is_over():
            time.sleep(0.2)

    def end(self) -> None:
        """Let the keepers stop their servers, and remove everything."""
        (self.directory / "leader").unlink(missing_ok=True)
        deadline = time.monotonic() + ENDS_WITHIN
        for pid_file in self.directory.glob("*.pid"):
            while _lives(int(pid_file.read_text())) and time.monotonic() < deadline:
                time.sleep(0.05)
        shutil.rmtree(self.directory, ignore_errors=True)

    def clear_if_abandoned(self) -> None:
        """The leader was killed, so nobody else will."""
        if (self.directory / "leader").exists():
            shutil.rmtree(self.directory, ignore_errors=True)

    def tell(self, kind: str, what: Mapping[str, str]) -> None:
        """Written by a keeper: the address of its server, or why there is none."""
        path = self.directory / f"{kind}.json"
        draft = path.with_suffix(".new")
        draft.write_text(json.dumps(what), encoding="utf-8")
        draft.replace(path)

    def address(self, kind: str) -> str:
        """The address of the shared server of that kind, which is started if need be.

        Where it cannot be had the test is skipped; in CI it fails.
        """
        told = self.directory / f"{kind}.json"
        with (self.directory / f"{kind}.lock").open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            if not told.exists():
                self._start_keeper(kind, told)
        what = json.loads(told.read_text(encoding="utf-8"))
        if "missing" in what:
            unavailable(SetupFailed(what["missing"]))
        return str(what["address"])

    def template(self, name: str, make: Callable[[], None]) -> None:
        """Let a database that others are copies of be made once per run."""
        with (self.directory / f"{name}.lock").open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            made = self.directory / f"{name}.made"
            if not made.exists():
                make()
                made.touch()

    def _start_keeper(self, kind: str, told: Path) -> None:
        log = self.directory / f"{kind}.log"
        argv = [sys.executable, "-m", "tests.support.keeper", kind, str(self.directory)]
        with log.open("wb") as output:
            keeper = os.posix_spawn(  # not Popen, whose object complains of a child that stays
                sys.executable,
                argv,
                {**os.environ, "PYTHONPATH": str(ROOT)},
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_DUP2, output.fileno(), 1),
                    (os.POSIX_SPAWN_DUP2, output.fileno(), 2),
                ],
                setsid=True,  # Ctrl-C is for the leader, which then ends the run
            )
        (self.directory / f"{kind}.pid").write_text(str(keeper), encoding="ascii")
        deadline = time.monotonic() + STARTS_WITHIN
        while not told.exists():
            if not _lives(keeper) or time.monotonic() > deadline:
                raise RuntimeError(f"The {kind} for tests did not start:\n{tail(log, 30)}")
            time.sleep(0.05)


def unavailable(problem: SetupFailed) -> NoReturn:
    """Skip the test, or fail it in CI, where everything must be there."""
    why = f"{problem.detail} {problem.extra.get('hint', '')}"
    if os.environ.get("CI"):
        pytest.fail(why, pytrace=False)
    pytest.skip(why)


async def register_search_attributes(client: Client) -> None:
    """On a server that was not started with them, as the time-skipping one."""
    names = {
        name: IndexedValueType.Value(f"INDEXED_VALUE_TYPE_{kind.upper()}")
        for name, kind in SEARCH_ATTRIBUTES.items()
    }
    await client.operator_service.add_search_attributes(
        AddSearchAttributesRequest(search_attributes=names, namespace=client.namespace)
    )


def create_database(admin_url: str, name: str, template: str | None = None) -> str:
    """A new database, empty or a copy of `template`; its URL."""
    copied = f' TEMPLATE "{template}"' if template else ""
    _in_thread(_execute(admin_url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
    _in_thread(_execute(admin_url, f'CREATE DATABASE "{name}"{copied}'))
    return with_database(admin_url, name)


def drop_database(admin_url: str, name: str) -> None:
    _in_thread(_execute(admin_url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


def migrated_template(run: Run, admin_url: str) -> str:
    """The name of the migrated template; made in a thread, since migrating may run a loop."""

    def make() -> None:
        from store.migrate import migrate

        asyncio.run(ensure_database(admin_url, TEMPLATE))
        migrate(with_database(admin_url, TEMPLATE))

    with ThreadPoolExecutor(1) as thread:
        thread.submit(run.template, TEMPLATE, make).result()
    return TEMPLATE


def crowded_template(run: Run, admin_url: str) -> str:
    """The name of a template with more than a page of everything: see `tests.support.crowd`."""
    migrated = migrated_template(run, admin_url)

    def make() -> None:
        from tests.support.crowd import gather

        url = create_database(admin_url, CROWDED, migrated)
        _in_thread(gather(url))

    run.template(CROWDED, make)
    return CROWDED


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _in_thread(work: Coroutine[object, object, Result]) -> Result:
    """Fixtures without `async` run beside the session's loop, which asyncio.run would end."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def _lives(pid: int) -> bool:
    with suppress(ChildProcessError):  # not started by this process
        os.waitpid(pid, os.WNOHANG)
    return identity(pid) is not None
