"""How every command of the server starts: its settings, its log, and a clear end when it cannot."""

import asyncio
import gc
import os
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

import typer

if TYPE_CHECKING:
    from pydantic import SecretStr

    from settings import Settings


PANEL = "Server"
"""Where `tessera --help` lists what the server adds to the client's commands."""


def read_settings(**given: object) -> "Settings":
    """Read the settings, set up the log, and say what is odd; a bad setting ends the command."""
    with _not_loaded("rich"):
        import structlog

    from domain.errors import SetupFailed
    from logs import configure_logs
    from settings import Settings

    try:
        settings = Settings.load(**given)
    except SetupFailed as problem:
        refuse(problem.detail, problem.extra.get("hint"))
    configure_logs(settings.log_format)
    for warning in settings.warnings():
        structlog.get_logger().warning(warning)
    return settings


def revealed(secret: "SecretStr | None") -> str | None:
    """Return what a secret setting says, None if it is not set."""
    return None if secret is None else secret.get_secret_value()


def database_url_of(settings: "Settings") -> str:
    if settings.database_url is None:
        refuse("DATABASE_URL is not set.", "`tessera up` starts a Postgres of its own.")
    return settings.database_url


def encrypting(settings: "Settings") -> None:
    """End the command where it would keep secrets readable in a database that matters."""
    from domain.errors import SetupFailed

    try:
        settings.check_encryption(development=settings.in_development)
    except SetupFailed as problem:
        refuse(problem.detail, problem.extra.get("hint"))


def run(
    work: Coroutine[object, object, None],
    loop: Callable[[], asyncio.AbstractEventLoop] | None = None,
) -> None:
    """Run until it is done; what the product itself refuses is said in its own words."""
    from domain.errors import TesseraError

    try:
        with asyncio.Runner(loop_factory=loop) as runner:
            runner.run(work)
    except TesseraError as problem:
        refuse(problem.detail, problem.extra.get("hint"))
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


@contextmanager
def _not_loaded(name: str) -> Iterator[None]:
    """Have what is imported in the block find that an optional package is missing.

    structlog loads rich for tracebacks that we do not print: 5 MiB and 60 ms in every process.
    """
    if name in sys.modules:
        yield
        return
    missing: dict[str, object] = {name: None}
    sys.modules.update(missing)  # type: ignore[arg-type]  # None is how Python spells it
    try:
        yield
    finally:
        del sys.modules[name]


def never_load(name: str) -> None:
    """Have whoever asks for an optional package find, for good, that it is missing."""
    sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # None is how Python spells it


def load_without_collecting() -> None:
    """Let nobody look for garbage among what is being imported: it took a tenth of the start.

    `leave_out_of_collections` ends that.
    """
    gc.disable()


def leave_out_of_collections() -> None:
    """Keep what is loaded by now from being looked through again and again.

    Python's collector walks through everything that lives, which was a third of the work of a round
    with hundreds of parties. With the modules out of it, all of the rest is looked through often: a
    workflow that leaves the worker's cache is a cycle of objects, 35 KB, that only this frees.

    What imports leave behind, about a thousand objects, is kept: to look for it takes a tenth of
    the start.
    """
    gc.freeze()
    gc.set_threshold(5_000, 5, 2)
    gc.enable()


def leave(code: int) -> NoReturn:
    """End the process at once: tearing Python down under Temporal's threads may abort it.

    https://github.com/temporalio/sdk-python/issues/300
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def refuse(detail: str, hint: object = None, code: int = 1) -> NoReturn:
    """End the command with what is wrong and what to do about it."""
    typer.echo(f"Error: {detail}" + (f"\n{hint}" if hint else ""), err=True)
    raise typer.Exit(code)
