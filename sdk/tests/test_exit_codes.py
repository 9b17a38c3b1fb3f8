"""How commands end, which scripts rely on."""

from collections.abc import Callable
from pathlib import Path

import pytest
from standin.http import Drop, Reply, problem
from standin.samples import open_proposal, tell_the_story
from standin.server import StandIn
from standin.terminal import Outcome

Tessera = Callable[..., Outcome]
ASSET = "orders.customers"


@pytest.fixture(autouse=True)
def story(server: StandIn) -> None:
    tell_the_story(server)


@pytest.fixture
def schema(tmp_path: Path) -> str:
    file = tmp_path / "customers.json"
    file.write_text('{"type": "object"}')
    return str(file)


@pytest.mark.parametrize(
    ("command", "exit_code"),
    [
        (("team", "show", "marketing"), 0),
        (("team", "show", "nobody"), 1),
        (("asset", "show", "@staging"), 2),
        (("team", "shew", "marketing"), 2),
        (("team", "list", "--limit", "0"), 2),
        (("contract", "publish", ASSET, "/nowhere.json"), 2),
        (("proposal", "acknowledge", ASSET, "perhaps", "--team", "billing"), 2),
        (("proposal", "acknowledge", ASSET, "ready", "--team", "billing", "--until", "soon"), 2),
        (("register", ASSET, "--team", "billing", "--link", "https://example.com"), 2),
        (("asset", "policy", ASSET, "mode"), 2),
        (("--url", "nonsense", "team", "list"), 2),
        (("--url", "http://127.0.0.1:1", "team", "list"), 3),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_exit_codes(tessera: Tessera, command: tuple[str, ...], exit_code: int) -> None:
    outcome = tessera(*command)

    assert outcome.exit_code == exit_code
    assert "Traceback" not in outcome.err
    assert bool(outcome.err) == (exit_code != 0)


def test_a_server_that_stays_busy_counts_as_unreachable(server: StandIn, tessera: Tessera) -> None:
    server.faults.extend([problem(503, "unavailable", "Unavailable", "No database.")] * 4)

    outcome = tessera("team", "list")

    assert outcome.exit_code == 3
    assert "No database." in outcome.err


def test_an_unreachable_server_is_named_with_what_to_do(tessera: Tessera) -> None:
    outcome = tessera("--url", "http://127.0.0.1:1", "team", "list")

    assert "No answer from http://127.0.0.1:1: Connection refused" in outcome.flat_err
    assert "TESSERA_URL" in outcome.err


def test_a_missing_key_says_where_to_put_it(server: StandIn, tessera: Tessera) -> None:
    server.faults.append(problem(401, "unauthenticated", "Who are you?", "No key was sent."))

    assert "Set TESSERA_API_KEY" in tessera("team", "list").err


@pytest.mark.parametrize(
    ("status", "options", "exit_code"),
    [
        ("pending", (), 0),
        ("pending", ("--gate",), 4),
        ("approved", ("--gate",), 4),
        ("published", ("--gate", "--wait", "9"), 0),
        ("rejected", ("--wait", "9"), 1),
        ("expired", ("--gate", "--wait", "9"), 1),
    ],
)
def test_a_proposal_fails_a_publish_only_at_the_gate_or_when_it_ends_badly(
    server: StandIn,
    tessera: Tessera,
    schema: str,
    status: str,
    options: tuple[str, ...],
    exit_code: int,
) -> None:
    server.tessera.publish_reply = Reply(
        202, {"action": "proposed", "version": "2.0.0", "proposal": open_proposal(status=status)}
    )

    assert tessera("contract", "publish", ASSET, schema, *options).exit_code == exit_code


def test_a_dry_run_at_the_gate_fails_what_would_be_proposed(
    server: StandIn, tessera: Tessera, schema: str
) -> None:
    server.tessera.publish_reply = Reply(200, {"action": "proposed", "version": "2.0.0"})

    assert tessera("contract", "publish", ASSET, schema, "--dry-run", "--gate").exit_code == 4
    assert tessera("contract", "publish", ASSET, schema, "--dry-run").exit_code == 0


def test_a_lost_connection_is_no_traceback(server: StandIn, tessera: Tessera) -> None:
    server.faults.extend([Drop()] * 4)

    outcome = tessera("team", "list")

    assert outcome.exit_code == 3
