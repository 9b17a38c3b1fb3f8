"""Temporal's own server over the Postgres of the stand, by the script that operators use."""

import os
import random
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from temporalio.service import RPCError

from embedded.ports import LOOPBACK, is_free
from embedded.supervisor import Command
from embedded.temporal import NAMESPACE, answers
from worker import connect
from workflows.namespace import missing_search_attributes

SCRIPT = Path(__file__).resolve().parents[2] / "deploy" / "temporal" / "server.sh"
PORTS = (
    *("FRONTEND_GRPC_PORT", "FRONTEND_HTTP_PORT", "FRONTEND_MEMBERSHIP_PORT"),
    *("HISTORY_GRPC_PORT", "HISTORY_MEMBERSHIP_PORT"),
    *("MATCHING_GRPC_PORT", "MATCHING_MEMBERSHIP_PORT"),
    *("WORKER_GRPC_PORT", "WORKER_MEMBERSHIP_PORT"),
)
LOW_PORTS = range(20_000, 32_000)
"""Temporal writes a membership port into a column of 16 bits with a sign."""
STARTS_WITHIN = 120.0


def build() -> None:
    """Obtain the programs, which takes minutes the first time."""
    subprocess.run([str(SCRIPT), "build"], check=True, stdout=subprocess.DEVNULL)


def server(database_url: str, cli: Path) -> tuple[str, Command]:
    """Return the address at which it will serve, and what to start for it.

    `cli` is the `temporal` program that makes the namespace.
    """
    environment = {**_postgres(database_url), **_ports()}
    environment["PATH"] = f"{cli.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    environment["LOG_LEVEL"] = "warn"
    address = f"{LOOPBACK}:{environment['FRONTEND_GRPC_PORT']}"
    command = Command(
        "temporal",
        (shutil.which("sh") or "/bin/sh", str(SCRIPT), "start"),
        environment,
        ready=lambda: _ready(address),
        ready_within=STARTS_WITHIN,
    )
    return address, command


async def _ready(address: str) -> bool:
    """Whether it answers, and has heard of its own namespace."""
    if not await answers(address):
        return False
    try:
        await missing_search_attributes(await connect(address, namespace=NAMESPACE))
    except RPCError:
        return False
    return True


def _ports() -> Mapping[str, str]:
    candidates = random.sample(LOW_PORTS, len(LOW_PORTS))
    free = (str(port) for port in candidates if is_free(port))
    return dict(zip(PORTS, free, strict=False))


def _postgres(url: str) -> Mapping[str, str]:
    parts = urlsplit(url)
    return {
        "POSTGRES_SEEDS": parts.hostname or LOOPBACK,
        "DB_PORT": str(parts.port or 5432),
        "POSTGRES_USER": unquote(parts.username or ""),
        "POSTGRES_PWD": unquote(parts.password or ""),
    }
