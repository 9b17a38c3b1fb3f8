"""`tessera events list` and `export`: what is asked of the server, and where it goes."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from standin.http import Drop, Reply, Request, problem
from standin.samples import tell_the_story
from standin.server import StandIn
from standin.terminal import Outcome
from tessera_sdk import AsyncClient, Client
from tessera_sdk.errors import ProblemError, UnreachableError

Tessera = Callable[..., Outcome]
LINES = b'{"id":"1"}\n{"id":"2"}\n'


def asked(server: StandIn) -> Request:
    return server.last


def test_the_filters_of_an_audit_reach_the_server(server: StandIn, tessera: Tessera) -> None:
    tell_the_story(server)
    outcome = tessera(
        *("events", "list", "--type", "team.created", "--actor-kind", "key", "--actor", "ci"),
        *("--origin", "api", "--since", "2026-01-31", "--until", "2026-02-01T12:00+01:00"),
    )
    assert outcome.exit_code == 0
    query = asked(server).query
    assert query["since"] == "2026-01-31T00:00:00+00:00"
    assert query["until"] == "2026-02-01T11:00:00+00:00"
    assert [query[name] for name in ("type", "actor_kind", "actor", "origin")] == [
        *("team.created", "key", "ci", "api")
    ]


def test_a_time_that_is_none_is_refused(tessera: Tessera) -> None:
    outcome = tessera("events", "list", "--since", "soon")
    assert outcome.exit_code == 2
    assert "is not a time" in outcome.flat_err


def test_without_a_word_events_are_listed(server: StandIn, tessera: Tessera) -> None:
    tell_the_story(server)
    assert tessera("events").out == tessera("events", "list").out


def test_an_export_goes_to_the_output_or_to_a_file(
    server: StandIn, tessera: Tessera, tmp_path: Path
) -> None:
    server.faults += [Reply(200, LINES, content_type="application/x-ndjson")] * 2
    assert tessera("events", "export").out == LINES.decode()
    assert asked(server).query == {"format": "ndjson"}
    file = tmp_path / "log.csv"
    outcome = tessera("events", "export", "--format", "csv", "-o", str(file), "--after", "3-4")
    assert (outcome.exit_code, outcome.out) == (0, "")
    assert file.read_bytes() == LINES
    assert asked(server).query == {"format": "csv", "after": "3-4"}


def test_a_refused_export_leaves_no_file(server: StandIn, tessera: Tessera, tmp_path: Path) -> None:
    server.faults += [problem(403, "forbidden", "Forbidden", "You may not read the log.")]
    file = tmp_path / "log.csv"
    outcome = tessera("events", "export", "-o", str(file))
    assert outcome.exit_code == 1
    assert "You may not read the log." in outcome.flat_err
    assert not file.exists()


async def test_both_clients_export(
    server: StandIn, client: Client, async_client: AsyncClient
) -> None:
    server.faults += [Reply(200, LINES)] * 2
    assert b"".join(client.events.export(type=["a", "b"])) == LINES
    assert b"".join([piece async for piece in async_client.events.export()]) == LINES
    server.faults += [Drop(), problem(422, "invalid_request", "Invalid")] * 1
    with pytest.raises(UnreachableError):
        next(client.events.export())
    with pytest.raises(ProblemError):
        await anext(async_client.events.export())
    assert json.loads(LINES.splitlines()[0]) == {"id": "1"}
