"""`tessera server promote` and `builds` as whoever deploys calls them."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
from temporalio.client import Client

from domain.health import Check, State
from record.comparison import Comparer
from store.database import Database
from tests.support.servers import ROOT
from worker import WorkerOptions, build_worker
from workflows.deployments import Deployment
from workflows.execution import DATA_CONVERTER
from workflows.health import look_at
from workflows.namespace import ensure_watch_schedule


def tessera(directory: Path, *args: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-m", "tessera_sdk", "server", *args],
        env={**kept, "TERM": "dumb", "PYTHONPATH": str(ROOT), **environment},
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture
async def temporal(temporal_address: str) -> Client:
    return await Client.connect(temporal_address, data_converter=DATA_CONVERTER)


@pytest.fixture
def queue() -> str:
    return f"deployed-{uuid4()}"


@pytest.fixture
async def deployment(temporal: Client, database_url: str, queue: str) -> AsyncIterator[Deployment]:
    """One whose worker polls, and of which no build is current."""
    deployment = Deployment(f"tessera-{uuid4().hex[:8]}", "build.1")
    options = WorkerOptions(
        database_url=database_url,
        task_queue=queue,
        public_url="http://localhost:8000",
        direct_signals=False,
        allow_private_webhooks=False,
        deployment=deployment,
    )
    async with (
        Database.connect(database_url).closing() as database,
        Comparer(1) as comparer,
        build_worker(temporal, database, comparer, {}, options),
    ):
        yield deployment


async def state_of_worker(temporal: Client, queue: str, deployment: str) -> tuple[State, str]:
    await ensure_watch_schedule(temporal, queue)
    found = await look_at(temporal, "temporal:7233", queue, deployment)
    (worker,) = [each for each in found if each.check is Check.WORKER]
    return worker.state, worker.found


async def test_a_build_becomes_current_and_is_listed(
    tmp_path: Path, temporal: Client, temporal_address: str, queue: str, deployment: Deployment
) -> None:
    environment = {
        "TEMPORAL_ADDRESS": temporal_address,
        "TESSERA_WORKER_DEPLOYMENT": deployment.name,
        "TESSERA_WORKER_BUILD_ID": deployment.build_id,
    }

    async def called(*args: str) -> "subprocess.CompletedProcess[str]":
        return await asyncio.to_thread(tessera, tmp_path, *args, **environment)  # the worker polls

    for _ in range(2):
        promoted = await called("promote")
        assert promoted.returncode == 0, promoted.stderr
        assert f"Build build.1 of {deployment.name} is current." in promoted.stdout
    listed = json.loads((await called("builds", "--json")).stdout)
    assert listed[0] == {
        "build_id": "build.1",
        "state": "current",
        "open_proposals": 0,
        "pinned": 0,
        "needed": True,
    }
    table = (await called("builds")).stdout.splitlines()
    assert table[0].split() == ["BUILD", "STATE", "OPEN", "PROPOSALS", "PINNED", "WORKERS"]
    assert table[1].split() == ["build.1", "current", "0", "0", "needed"]
    state, words = await state_of_worker(temporal, queue, deployment.name)
    assert state is State.OK
    assert words.endswith(f"build build.1 of {deployment.name} is current")


async def test_the_doctor_sees_that_no_build_is_current(
    temporal: Client, queue: str, deployment: Deployment
) -> None:
    async with asyncio.timeout(120):
        while True:  # Temporal shows a worker that polls a moment later
            state, words = await state_of_worker(temporal, queue, deployment.name)
            if "nobody polls" not in words:
                break
            await asyncio.sleep(0.2)
    assert state is State.FAILURE
    assert f"no build of the deployment {deployment.name} is current" in words


@pytest.mark.parametrize(
    ("arguments", "environment", "words"),
    [
        (("promote",), {}, "TESSERA_WORKER_DEPLOYMENT is not set"),
        (("builds",), {}, "TESSERA_WORKER_DEPLOYMENT is not set"),
        (("promote", "--wait", "1"), {"TESSERA_WORKER_DEPLOYMENT": "nobodys"}, "Are its workers"),
        (("builds",), {"TESSERA_WORKER_DEPLOYMENT": "a.b"}, "TESSERA_WORKER_DEPLOYMENT"),
    ],
)
def test_what_cannot_be_done_is_said_in_words(
    tmp_path: Path,
    temporal_address: str,
    arguments: tuple[str, ...],
    environment: dict[str, str],
    words: str,
) -> None:
    ended = tessera(tmp_path, *arguments, TEMPORAL_ADDRESS=temporal_address, **environment)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert words in " ".join(ended.stderr.split())
    assert "Traceback" not in ended.stderr
