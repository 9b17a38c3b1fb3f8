"""A real Postgres as a child process, for one person's machine and for tests; never in production.

It listens on the loopback only, and asks for a password, made at the first start and kept beside
the cluster: without one every user of the machine would be its superuser, who may run programs.
"""

import asyncio
import os
import secrets
import shutil
import signal
import time
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from domain.errors import SetupFailed
from embedded.ports import LOOPBACK, free_port, is_free, require_free
from embedded.postgres_install import (
    PostgresInstall,
    find_install,
    magic_directory,
    server_user,
)
from embedded.postgres_leftover import end_leftover
from embedded.processes import (
    Child,
    PidFiles,
    Program,
    User,
    tail,
)

SUPERUSER = "tessera"
DATABASE = "tessera"
STARTS_WITHIN = 60.0  # a crash recovery replays the log first
PORT_SETTING = "TESSERA_POSTGRES_PORT"
FAST = (
    *("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"),
    *("-c", "max_connections=600"),
)


class EmbeddedPostgres:
    """One cluster in a directory of its own and the server on it.

    Without `port` it takes a free one at the first start and keeps to it. `fast` gives up
    durability for speed: for tests only.
    """

    def __init__(
        self,
        directory: Path,
        *,
        port: int | None = None,
        fast: bool = False,
        log: Path | None = None,
        pids: PidFiles | None = None,
    ) -> None:
        self._directory = directory.absolute()
        self._cluster = self._directory / "cluster"
        self._wished_port = port
        self._fast = fast
        self._log = log or self._directory / "postgres.log"
        self._pids = pids
        self._child: Child | None = None
        self._port = 0

    @property
    def url(self) -> str:
        """postgresql://… of the product's own database, password included."""
        password = (self._directory / "password").read_text(encoding="ascii").strip()
        return f"postgresql://{SUPERUSER}:{password}@{LOOPBACK}:{self._port}/{DATABASE}"

    @property
    def child(self) -> Child:
        if self._child is None:
            raise ValueError("the embedded Postgres was not started")
        return self._child

    async def start(self) -> None:
        """Make the cluster if there is none, clear what a killed run left, start, wait."""
        user = server_user(self._directory)
        self._claim_directory(user)
        install = find_install(_cluster_major(self._cluster), user)
        self._port = self._choose_port()
        if not self._cluster.exists():
            await self._make_cluster(install, user)
        await end_leftover(self._cluster)
        self._child = await Child.start(self._program(install, user), self._pids)
        try:
            await self._until_it_answers()
        except BaseException:
            await self.stop()
            raise
        (self._directory / "port").write_text(str(self._port), encoding="ascii")

    async def stop(self) -> None:
        """A fast shutdown: sessions are ended, nothing is lost."""
        if self._child:
            await self._child.stop()

    def _claim_directory(self, user: User | None) -> None:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if user and self._directory.stat().st_uid != user.uid:
            try:
                os.chown(self._directory, user.uid, user.gid)
            except OSError as problem:
                raise SetupFailed(
                    f"{self._directory} cannot be given to the user that Postgres runs as "
                    f"(uid {user.uid}): {problem.strerror}.",
                    hint="Run as another user than root, or set DATABASE_URL.",
                ) from None

    def _choose_port(self) -> int:
        if self._wished_port:
            require_free(self._wished_port, "the embedded Postgres", PORT_SETTING)
            return self._wished_port
        kept = self._directory / "port"
        if kept.exists():
            text = kept.read_text(encoding="ascii").strip()
            if text.isdigit() and is_free(int(text)):
                return int(text)
        return free_port()

    async def _make_cluster(self, install: PostgresInstall, user: User | None) -> None:
        """`initdb` beside, then renamed: a cluster is there whole or not at all."""
        draft = self._directory / "cluster.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        password = self._directory / "password"
        password.write_text(secrets.token_urlsafe(24), encoding="ascii")
        password.chmod(0o600)
        if user:
            for path in (draft, password):
                os.chown(path, user.uid, user.gid)
        child = await Child.start(
            Program(
                name="initdb",
                argv=(*_initdb(install), "-D", str(magic_directory(draft, user))),
                env=_environment(),
                cwd=draft,
                user=user,
                log=self._log,
            )
        )
        try:
            code = await child.wait()
        finally:
            await child.stop()
        if code != 0:
            raise SetupFailed(
                f"The embedded Postgres could not be set up in {self._directory}:\n"
                f"{child.log_tail()}",
                hint=f"The whole log is {self._log}.",
            )
        draft.rename(self._cluster)

    def _program(self, install: PostgresInstall, user: User | None) -> Program:
        settings = {
            "listen_addresses": LOOPBACK,
            "port": str(self._port),
            "unix_socket_directories": "",  # its path would be too long in many directories
            "max_connections": "200",
            "timezone": "UTC",
            "log_timezone": "UTC",
        }
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        return Program(
            name="postgres",
            argv=(
                str(install.programs / "postgres"),
                *("-D", str(magic_directory(self._cluster, user))),
                *options,
                *(FAST if self._fast else ()),
            ),
            env=_environment(),
            cwd=self._cluster,
            user=user,
            log=self._log,
            stop_signal=signal.SIGINT,  # fast shutdown
            force_signal=signal.SIGQUIT,  # immediate: SIGKILL would leave its own children behind
        )

    async def _until_it_answers(self) -> None:
        deadline = time.monotonic() + STARTS_WITHIN
        while True:
            try:
                return await ensure_database(self.url, DATABASE)
            except (OSError, asyncpg.CannotConnectNowError) as problem:
                if self.child.returncode is not None or time.monotonic() > deadline:
                    raise SetupFailed(
                        f"The embedded Postgres did not start:\n{tail(self._log, 15)}",
                        hint=f"The whole log is {self._log}.",
                    ) from problem
            await asyncio.sleep(0.05)


def with_database(url: str, name: str) -> str:
    """The same server, another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


async def ensure_database(url: str, name: str) -> None:
    """Create the database unless it is there."""
    connection = await asyncpg.connect(with_database(url, "postgres"))
    try:
        known = await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name)
        if known is None:
            await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close()


def _initdb(install: PostgresInstall) -> tuple[str, ...]:
    """Bytewise order and Unicode letters, the same on every machine."""
    builtin = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8")
    return (
        str(install.programs / "initdb"),
        f"--username={SUPERUSER}",
        "--pwfile=../password",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        *(builtin if install.major >= 17 else ()),
    )


def _cluster_major(cluster: Path) -> int | None:
    version = cluster / "PG_VERSION"
    return int(version.read_text(encoding="ascii")) if version.exists() else None


def _environment() -> dict[str, str]:
    """Nothing of ours: PGDATA, PGPORT and the like would change what it does."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
