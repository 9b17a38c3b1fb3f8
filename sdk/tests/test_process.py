"""The command as a process: signals, pipes, start, extensions."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint

import pytest
import typer
from standin.samples import PROPOSAL, tell_the_story
from standin.server import StandIn
from standin.terminal import Outcome, Terminal
from tessera_sdk.cli.extensions import alone, load

Tessera = Callable[..., Outcome]
ASSET = "orders.customers"


@pytest.fixture(autouse=True)
def story(server: StandIn) -> None:
    tell_the_story(server)


def test_following_prints_events_as_they_come_until_interrupted(
    server: StandIn, terminal: Terminal
) -> None:
    server.tessera.stream_sizes = [1]

    process = terminal.start("events", "--follow", "--json")
    assert process.stdout is not None
    types = [json.loads(process.stdout.readline())["type"] for _ in range(3)]
    process.send_signal(signal.SIGINT)
    rest, err = process.communicate(timeout=150)

    assert types == ["proposal.opened", "proposal.asked", "proposal.acknowledged"]
    assert process.returncode == 130
    assert rest == ""
    assert "Traceback" not in err


def test_following_prints_lines_for_people(server: StandIn, terminal: Terminal) -> None:
    process = terminal.start("events", "--follow", "--after", "3-1")
    assert process.stdout is not None
    line = process.stdout.readline()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=150)

    assert "proposal.asked  `marketing` and `billing` are asked." in line


def test_a_reader_that_goes_away_leaves_no_traceback(terminal: Terminal) -> None:
    process = terminal.start("proposal", "show", PROPOSAL)
    assert process.stdout is not None
    process.stdout.close()
    _, err = process.communicate(timeout=150)

    assert "Traceback" not in err


def test_the_version_is_told(tessera: Tessera) -> None:
    assert tessera("--version").out.startswith("tessera 0.")


def test_help_needs_no_client(terminal: Terminal) -> None:
    loaded = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from tessera_sdk.cli.app import build_app\n"
            "try: build_app()(['--help'])\n"
            "except SystemExit: sys.exit(sum(name in sys.modules for name in "
            "('httpx', 'pydantic', 'asyncio', 'tessera_sdk.client')))",
        ],
        capture_output=True,
        text=True,
        check=False,
    )

    assert "tessera team create checkout" in loaded.stdout
    assert loaded.returncode == 0


def test_every_command_has_help_with_an_example_or_a_sentence(tessera: Tessera) -> None:
    for group in ("team", "asset", "contract", "registration", "proposal"):
        listing = tessera(group, "--help")
        assert listing.exit_code == 0
    assert "Example:" in tessera("contract", "publish", "--help").out
    assert "needs-time --until friday" in tessera("proposal", "acknowledge", "--help").flat


# --- extensions -------------------------------------------------------------------------------


def greet(app: typer.Typer) -> None:
    """An extension: adds a command."""

    @app.command("greet")
    def _greet() -> None:
        typer.echo("hello")


def fail(_: typer.Typer) -> None:
    """An extension that cannot start."""
    raise RuntimeError("no database [driver]")


def test_a_failing_extension_warns_and_the_others_work(
    capsys: pytest.CaptureFixture[str],
) -> None:
    app = typer.Typer()
    here = "test_process"
    sys.modules.setdefault(here, sys.modules[__name__])

    load(
        app,
        [
            EntryPoint("broken", f"{here}:fail", "tessera.commands"),
            EntryPoint("absent", "no_such_module_at_all:register", "tessera.commands"),
            EntryPoint("greeting", f"{here}:greet", "tessera.commands"),
        ],
    )

    warned = " ".join(capsys.readouterr().err.split())
    assert "'broken'" in warned
    assert "RuntimeError: no database [driver]" in warned
    assert "'absent'" in warned
    assert [command.name for command in app.registered_commands] == ["greet"]


def widen(app: typer.Typer) -> None:
    """An extension: adds to a group of ours, if that is there."""
    for group in app.registered_groups:
        assert group.typer_instance is not None
        group.typer_instance.command("greet")(lambda: None)


def test_an_extension_that_brings_the_first_word_is_loaded_alone() -> None:
    here = "test_process"
    sys.modules.setdefault(here, sys.modules[__name__])
    greeting = EntryPoint("greet", f"{here}:greet", "tessera.commands")
    broken = EntryPoint("broken", f"{here}:fail", "tessera.commands")
    points = [broken, greeting]

    app = alone(points, ["greet", "--help"])

    assert app is not None
    assert [command.name for command in app.registered_commands] == ["greet"]
    assert not app.registered_groups
    assert alone(points, []) is None
    assert alone(points, ["--url", "x", "greet"]) is None
    assert alone(points, ["team"]) is None


def test_an_extension_that_is_named_like_a_group_of_ours_only_adds_to_it() -> None:
    here = "test_process"
    sys.modules.setdefault(here, sys.modules[__name__])
    point = EntryPoint("team", f"{here}:widen", "tessera.commands")

    assert alone([point], ["team", "greet"]) is None
