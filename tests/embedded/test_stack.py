"""`tessera up` in miniature: started, stopped, killed, refused. Real servers throughout."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import asyncpg
import pytest
from temporalio.client import Client

from domain.errors import SetupFailed
from embedded.ports import free_port, is_free
from embedded.processes import identity
from tests.support import obtained
from tests.support.servers import ROOT, unavailable


@dataclass
class Up:
    """A running miniature, the lines it wrote so far, and what it said of itself when up."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)

    @property
    def output(self) -> IO[str]:
        assert self.process.stdout
        return self.process.stdout

    def until(self, part: str) -> str:
        """Read on to the first line that contains `part`, and return it."""
        for line in self.output:
            self.lines.append(line)
            if part in line:
                return line
        pytest.fail(f"it ended without saying {part!r}:\n{''.join(self.lines)}")

    def is_up(self) -> dict[str, object]:
        shown = json.loads(self.until("UP {").removeprefix("UP "))
        assert isinstance(shown, dict)
        return shown

    def ends(self) -> int:
        self.lines.extend(self.output)
        return self.process.wait(90)

    @property
    def text(self) -> str:
        return "".join(self.lines)


class Miniatures:
    """Starts miniatures on one data directory and one set of ports."""

    def __init__(self, data_dir: Path) -> None:
        self.order: dict[str, object] = {
            "data_dir": str(data_dir),
            "temporal_port": free_port(),
            "temporal_ui_port": free_port(),
        }
        self.started: list[Up] = []

    def start(self, **more: object) -> Up:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.miniature_up", json.dumps(self.order | more)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        up = Up(process)
        self.started.append(up)
        return up

    def end(self) -> None:
        for up in self.started:
            if up.process.poll() is None:
                up.process.terminate()
            up.ends()
            up.output.close()


@pytest.fixture
def miniatures(tmp_path: Path) -> Iterator[Miniatures]:
    try:
        obtained.temporal_program()
    except SetupFailed as problem:
        unavailable(problem)
    made = Miniatures(tmp_path / "kept")
    yield made
    made.end()


async def leave_a_mark(shown: dict[str, object]) -> None:
    """A table in Postgres and a workflow in Temporal; fails if they are there already."""
    connection = await asyncpg.connect(str(shown["database_url"]))
    await connection.execute("CREATE TABLE mark ()")
    await connection.close()
    client = await Client.connect(str(shown["temporal_address"]))
    await client.start_workflow("Mark", id="mark", task_queue="nobody-polls")


async def finds_the_mark(shown: dict[str, object]) -> bool:
    connection = await asyncpg.connect(str(shown["database_url"]))
    table = await connection.fetchval("SELECT to_regclass('mark')::text")
    await connection.close()
    client = await Client.connect(str(shown["temporal_address"]))
    described = await client.get_workflow_handle("mark").describe()
    return table == "mark" and described.id == "mark"


async def test_stopped_and_started_again_everything_is_still_there(miniatures: Miniatures) -> None:
    first = miniatures.start()
    await leave_a_mark(first.is_up())
    first.process.send_signal(signal.SIGINT)
    assert first.ends() == 0
    second = miniatures.start()
    assert await finds_the_mark(second.is_up())


async def test_it_stops_api_first_then_worker_and_leaves_nothing(miniatures: Miniatures) -> None:
    up = miniatures.start()
    pids = up.is_up()["pids"]
    up.process.terminate()
    assert up.ends() == 0
    said = [line.rpartition("| ")[2].strip() for line in up.lines if line.endswith(" stops\n")]
    assert said == ["api stops", "worker stops"]
    assert isinstance(pids, dict)
    assert set(pids) == {"postgres", "temporal"}
    assert all(identity(pid) is None for pid in pids.values())


async def test_killed_and_started_again_nothing_is_lost_and_no_orphan_is_in_the_way(
    miniatures: Miniatures,
) -> None:
    first = miniatures.start()
    shown = first.is_up()
    await leave_a_mark(shown)
    first.process.kill()
    second = miniatures.start()  # at once: its orphans may still be ending
    assert await finds_the_mark(second.is_up())
    assert isinstance(shown["pids"], dict)
    assert all(identity(pid) is None for pid in shown["pids"].values())


async def test_all_killed_at_once_and_started_again_nothing_is_lost(
    miniatures: Miniatures,
) -> None:
    first = miniatures.start()
    shown = first.is_up()
    await leave_a_mark(shown)
    assert isinstance(shown["pids"], dict)
    for pid in (first.process.pid, *shown["pids"].values()):
        os.kill(pid, signal.SIGKILL)
    assert await finds_the_mark(miniatures.start().is_up())


def test_a_second_one_on_the_same_directory_is_refused(miniatures: Miniatures) -> None:
    first = miniatures.start()
    first.is_up()
    second = miniatures.start()
    assert second.ends() == 1
    assert f"(pid {first.process.pid})" in second.text
    assert "TESSERA_DATA_DIR" in second.text


@pytest.mark.parametrize("which", ["temporal_port", "temporal_ui_port", "api_port"])
async def test_a_port_in_use_is_named_with_who_has_it_and_the_setting(
    miniatures: Miniatures, which: str
) -> None:
    taker = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = taker.sockets[0].getsockname()[1]
    up = miniatures.start(**{which: port})
    assert up.ends() == 1
    assert f"Port {port}" in up.text
    assert f"(pid {os.getpid()})" in up.text
    setting = "TESSERA_PORT" if which == "api_port" else f"TESSERA_{which.upper()}"
    assert setting in up.text
    assert "Traceback" not in up.text
    taker.close()
    await taker.wait_closed()


def test_a_directory_that_cannot_be_made_is_refused(miniatures: Miniatures) -> None:
    up = miniatures.start(data_dir="/dev/null/kept")
    assert up.ends() == 1
    assert "The data directory /dev/null/kept cannot be written" in up.text


def test_a_command_that_ends_by_itself_is_told_and_ends_all(miniatures: Miniatures) -> None:
    up = miniatures.start(dies="worker", temporal_address="127.0.0.1:1")
    up.is_up()
    assert up.ends() == 1
    assert "`worker` ended by itself (exit code 3)" in up.text
    assert "api stops" in up.text


def test_a_server_that_is_killed_is_told_and_ends_all(miniatures: Miniatures) -> None:
    up = miniatures.start()
    pids = up.is_up()["pids"]
    assert isinstance(pids, dict)
    os.kill(pids["temporal"], signal.SIGKILL)
    assert up.ends() == 1
    assert "`temporal` ended by itself (killed by signal 9)" in up.text
    assert is_free(int(str(miniatures.order["temporal_port"])))


def test_a_second_ctrl_c_does_not_wait(miniatures: Miniatures) -> None:
    up = miniatures.start(stubborn="api", temporal_address="127.0.0.1:1")
    up.is_up()
    up.process.send_signal(signal.SIGINT)
    up.until("api stops")
    up.process.send_signal(signal.SIGINT)
    assert up.ends() == 0
    assert "Ending everything at once." in up.text
