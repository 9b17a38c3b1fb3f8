"""Programs that tests need and no Python package brings: obtained once, into the user's cache.

`python -m tests.support.obtained` brings them all and says what it does; `make test` does so first,
so that no test's time limit has to bear a download. In CI a missing one is an error.
"""

import asyncio
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from domain.errors import SetupFailed
from embedded.directories import cache_directory
from embedded.temporal_binary import find_temporal, go_environment

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
TEST_SERVER_VERSION = "1.38.0"  # the one deploy/temporal-test-server/pom.xml names
COMPOSE_VERSION = "2.40.3"  # the one deploy/compose-config/go.mod requires
OPENID_PROVIDER_VERSION = "9.13.3"  # the one deploy/oidc-provider/package.json names
BROWSERS = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
"""The shell first: the same engine without what a screen needs, a quarter of the work."""

# The SDK ends it with SIGKILL, and may be killed before it can: so a watcher stands beside it.
TEST_SERVER_SCRIPT = """\
#!/bin/sh
parent=$PPID
(while kill -0 $$ && kill -0 $parent; do sleep 1; done; kill $$) >/dev/null 2>&1 &
exec java -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp '{jars}/*' \\
  io.temporal.testserver.TestServer "$1"
"""


def cache() -> Path:
    return cache_directory(Path(tempfile.gettempdir()) / f"tessera-cache-{os.getuid()}")


def temporal_program() -> Path:
    """Temporal's development server."""
    return asyncio.run(find_temporal(os.environ.get("TESSERA_TEMPORAL_BINARY"), cache(), say))


def time_skipping_server() -> Path:
    """A script that runs Temporal's time-skipping test server on the port it is given."""

    def make(draft: Path) -> None:
        maven = _needed("mvn", "Maven")
        _needed("java", "Java")
        say(f"Fetching Temporal's time-skipping test server {TEST_SERVER_VERSION} (once).")
        _run(
            (
                *(maven, "-B", "-q", "-f", str(DEPLOY / "temporal-test-server" / "pom.xml")),
                f"-Dmaven.repo.local={cache() / 'maven'}",
                f"-DoutputDirectory={draft / 'jars'}",
                "dependency:copy-dependencies",
            ),
            draft,
        )

    made = _once(cache() / "temporal-test-server" / TEST_SERVER_VERSION, make)
    script = made / "server"
    wanted = TEST_SERVER_SCRIPT.format(jars=made / "jars")
    if not script.exists() or script.read_text(encoding="utf-8") != wanted:
        fresh = script.with_name(f"server.{os.getpid()}")
        fresh.write_text(wanted, encoding="utf-8")
        fresh.chmod(0o755)
        fresh.replace(script)
    return script


def compose_program() -> Path:
    """Docker compose, whose `config` parses a compose file without Docker."""

    def make(draft: Path) -> None:
        go = _needed("go", "Go")
        say(f"Building compose's parser {COMPOSE_VERSION} with Go (once, 1 to 3 minutes).")
        package = "github.com/docker/compose/v2/cmd"
        flags = ("-trimpath", "-buildvcs=false", "-ldflags", "-s -w")
        output = draft / "docker-compose"
        _run((go, "build", *flags, "-o", str(output), package), DEPLOY / "compose-config")

    return _once(cache() / "compose" / COMPOSE_VERSION, make) / "docker-compose"


def openid_provider() -> Path:
    """The directory of a certified OpenID provider for Node.js."""
    manifest = DEPLOY / "oidc-provider"

    def make(draft: Path) -> None:
        npm = _needed("npm", "Node.js with npm")
        say(f"Fetching the OpenID provider {OPENID_PROVIDER_VERSION} with npm (once).")
        for name in ("package.json", "package-lock.json"):
            shutil.copy(manifest / name, draft / name)
        _run((npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"), draft)

    return _once(cache() / "oidc-provider" / OPENID_PROVIDER_VERSION, make)


def browser_program() -> Path:
    """A Chromium of the machine."""
    for name in BROWSERS:
        found = shutil.which(name)
        if found:
            return Path(found)
    raise SetupFailed(
        "There is no Chromium on this machine.",
        hint="Install one, for example `apt-get install chromium-headless-shell`.",
    )


OBTAINABLE: tuple[Callable[[], Path], ...] = (
    temporal_program,
    time_skipping_server,
    compose_program,
    openid_provider,
    browser_program,
)


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _once(target: Path, make: Callable[[Path], None]) -> Path:
    """The directory `target`, made whole or not at all, by one process at a time."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with _locked(target.with_name(target.name + ".lock")):
        if not target.exists():
            with tempfile.TemporaryDirectory(dir=target.parent) as directory:
                draft = Path(directory) / "draft"
                draft.mkdir()
                make(draft)
                draft.rename(target)
    return target


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _needed(program: str, name: str) -> str:
    found = shutil.which(program)
    if found is None:
        raise SetupFailed(f"{name} is not on this machine.", hint=f"Install {name}.")
    return found


def _run(argv: tuple[str, ...], directory: Path) -> None:
    done = subprocess.run(
        argv,
        cwd=directory,
        env=go_environment(cache()),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        last = "\n".join(done.stdout.splitlines()[-15:])
        raise SetupFailed(f"`{' '.join(argv)}` failed:\n{last}")


def main() -> int:
    """Bring everything; 1 if something is missing and this is CI."""
    missing = False
    for obtain in OBTAINABLE:
        try:
            obtain()
        except SetupFailed as problem:
            missing = True
            say(f"{problem.detail} {problem.extra.get('hint', '')}")
    return 1 if missing and os.environ.get("CI") else 0


if __name__ == "__main__":
    sys.exit(main())
