"""What a client repeats, how, and when it gives up."""

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
from standin.http import Drop, Reply, problem
from standin.server import StandIn
from tessera_sdk import AsyncClient, Client, ProblemError, Retries, UnreachableError
from tessera_sdk.exchange import retry_after

BUSY = problem(503, "unavailable", "Unavailable", "The database does not answer.")


def keys_of(server: StandIn) -> list[str | None]:
    return [request.headers.get("idempotency-key") for request in server.requests]


def test_a_lost_answer_is_asked_for_again_with_the_same_key(
    server: StandIn, client: Client
) -> None:
    server.faults.append(Drop(after_work=True))

    team = client.teams.create("marketing")

    first, second = keys_of(server)
    assert first is not None
    assert first == second
    assert [row["id"] for row in server.tessera.teams] == [team.id]


async def test_the_asynchronous_client_repeats_with_the_same_key_too(
    server: StandIn, async_client: AsyncClient
) -> None:
    server.faults.extend([Drop(), BUSY])

    await async_client.teams.create("marketing")

    assert len(server.requests) == 3
    assert len(set(keys_of(server))) == 1
    assert len(server.tessera.teams) == 1


def test_two_calls_have_two_keys(server: StandIn, client: Client) -> None:
    client.teams.create("marketing")
    client.teams.create("billing")

    assert len(set(keys_of(server))) == 2


def test_a_key_of_the_caller_is_sent_as_it_is(server: StandIn, client: Client) -> None:
    client.teams.create("marketing", idempotency_key="release-42")

    assert keys_of(server) == ["release-42"]


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_server_that_is_busy_is_asked_again(server: StandIn, client: Client, status: int) -> None:
    server.faults.append(Reply(status, b"<html>try later</html>", content_type="text/html"))

    assert client.teams.list().page().items == ()
    assert len(server.requests) == 2


@pytest.mark.parametrize("status", [400, 404, 409, 422, 500])
def test_a_refusal_is_not_repeated(server: StandIn, client: Client, status: int) -> None:
    server.faults.append(problem(status, "some_code", "No"))

    with pytest.raises(ProblemError):
        client.teams.create("marketing")
    assert len(server.requests) == 1


def test_after_the_last_attempt_the_problem_is_raised(server: StandIn, client: Client) -> None:
    server.faults.extend([BUSY] * 4)

    with pytest.raises(ProblemError) as raised:
        client.teams.create("marketing")
    assert raised.value.code == "unavailable"
    assert len(server.requests) == 4


def test_a_server_that_is_not_there_is_unreachable() -> None:
    quick = Retries(attempts=2, first_pause=0.01)
    with (
        Client("http://127.0.0.1:1", retries=quick) as client,
        pytest.raises(UnreachableError, match=r"http://127.0.0.1:1"),
    ):
        client.teams.list().page()


def test_a_repeated_delete_that_finds_nothing_has_succeeded(
    server: StandIn, client: Client
) -> None:
    made = client.registrations.create("asset", "team")
    server.faults.append(Drop(after_work=True))

    client.registrations.remove(made.id)

    assert server.tessera.registrations == []


def test_a_delete_of_nothing_is_a_problem(client: Client) -> None:
    with pytest.raises(ProblemError) as raised:
        client.registrations.remove("unknown")
    assert raised.value.status == 404


def test_the_pause_that_the_server_asks_for_is_kept(server: StandIn, client: Client) -> None:
    server.faults.append(Reply(429, {}, headers={"Retry-After": "1"}))

    started = time.monotonic()
    client.teams.list().page()

    assert time.monotonic() - started >= 1


def test_retry_after_is_a_number_or_a_date() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=30))

    assert retry_after(httpx.Response(503, headers={"Retry-After": "7"})) == 7
    assert retry_after(httpx.Response(503, headers={"Retry-After": soon})) == pytest.approx(
        30, abs=2
    )
    assert retry_after(httpx.Response(503, headers={"Retry-After": "soon"})) is None
    assert retry_after(httpx.Response(503)) is None


def test_pauses_double_with_jitter_up_to_a_limit() -> None:
    retries = Retries(first_pause=1, longest_pause=3)

    for attempt, ceiling in ((1, 1), (2, 2), (3, 3), (9, 3)):
        pauses = {retries.pause(attempt) for _ in range(50)}
        assert len(pauses) > 1
        assert all(ceiling / 2 <= pause <= ceiling for pause in pauses)
