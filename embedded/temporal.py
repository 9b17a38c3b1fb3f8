"""A Temporal development server with its UI as a child process, its state in one file.

Run by us rather than through the SDK, so that its lifetime, log and options are ours.
"""

import asyncio
import os
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError

from domain.errors import SetupFailed
from embedded.ports import LOOPBACK, free_port, require_free
from embedded.processes import Child, PidFiles, Program, tail

NAMESPACE = "default"
STARTS_WITHIN = 60.0
PORT_SETTING = "TESSERA_TEMPORAL_PORT"
UI_PORT_SETTING = "TESSERA_TEMPORAL_UI_PORT"
SEARCH_ATTRIBUTES: Mapping[str, str] = MappingProxyType(
    {
        "TesseraAsset": "Keyword",
        "TesseraProducer": "Keyword",
        "TesseraStatus": "Keyword",
        "TesseraDeadline": "Datetime",
        "TesseraPending": "Int",
    }
)
# Twelve times the workflow starts a second on a file, and it still survives being killed: what
# could be lost is the last moment before a power cut.
SQLITE_PRAGMAS = ("journal_mode=wal", "synchronous=normal")


class DevServer:
    """One server. Without `database` it forgets everything at its end; `None` as port: a free one,
    and as UI port: no UI."""

    def __init__(
        self,
        program: Path,
        *,
        log: Path,
        port: int | None,
        ui_port: int | None,
        database: Path | None = None,
        pids: PidFiles | None = None,
    ) -> None:
        self._program = program
        self._log = log
        self._wished_port = port
        self._ui_port = ui_port
        self._database = database
        self._pids = pids
        self._port = 0
        self._child: Child | None = None

    @property
    def address(self) -> str:
        """host:port of the gRPC service."""
        return f"{LOOPBACK}:{self._port}"

    @property
    def ui_url(self) -> str | None:
        return f"http://localhost:{self._ui_port}" if self._ui_port else None

    @property
    def child(self) -> Child:
        if self._child is None:
            raise ValueError("the Temporal development server was not started")
        return self._child

    async def start(self) -> None:
        """Start, and wait until its namespace answers."""
        if self._wished_port:
            require_free(self._wished_port, "Temporal", PORT_SETTING)
        if self._ui_port:
            require_free(self._ui_port, "Temporal's UI", UI_PORT_SETTING)
        self._port = self._wished_port or free_port()
        if self._database:
            self._database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._child = await Child.start(
            Program("temporal", self._argv(), _environment(), log=self._log), self._pids
        )
        try:
            await self._until_it_answers()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        if self._child:
            await self._child.stop()

    def _argv(self) -> tuple[str, ...]:
        attributes = [f"--search-attribute={key}={kind}" for key, kind in SEARCH_ATTRIBUTES.items()]
        file = (
            (
                f"--db-filename={self._database}",
                *(f"--sqlite-pragma={pragma}" for pragma in SQLITE_PRAGMAS),
            )
            if self._database
            else ()
        )
        return (
            *(str(self._program), "server", "start-dev"),
            *(f"--ip={LOOPBACK}", f"--port={self._port}"),
            f"--ui-port={self._ui_port}" if self._ui_port else "--headless",
            *file,
            *attributes,
            "--log-level=warn",
            "--color=never",
        )

    async def _until_it_answers(self) -> None:
        deadline = time.monotonic() + STARTS_WITHIN
        while not await answers(self.address):
            if self.child.returncode is not None or time.monotonic() > deadline:
                raise SetupFailed(
                    f"Temporal's development server did not start:\n{tail(self._log, 15)}",
                    hint=f"The whole log is {self._log}.",
                )
            await asyncio.sleep(0.1)


async def answers(address: str) -> bool:
    """Whether a Temporal server with our namespace answers there."""
    try:
        _, writer = await asyncio.open_connection(*address.rsplit(":", 1))
        writer.close()
        await writer.wait_closed()
        client = await Client.connect(address, namespace=NAMESPACE)
        await client.workflow_service.describe_namespace(
            DescribeNamespaceRequest(namespace=NAMESPACE)
        )
    except (OSError, RuntimeError, RPCError):  # the SDK raises RuntimeError if it cannot connect
        return False
    return True


def _environment() -> dict[str, str]:
    """Without TEMPORAL_…: those are for clients, and the CLI would read them as its options."""
    return {key: value for key, value in os.environ.items() if not key.startswith("TEMPORAL_")}
