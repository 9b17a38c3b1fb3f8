"""Following the events: the format, and what happens when the connection breaks."""

from contextlib import aclosing
from itertools import islice

import pytest
from standin.http import Drop, Reply, problem
from standin.samples import tell_the_story
from standin.server import StandIn
from tessera_sdk import AsyncClient, Client, ProblemError, UnexpectedAnswerError, UnreachableError
from tessera_sdk.sse import Message, MessageReader


def resumed_from(server: StandIn) -> list[str | None]:
    return [request.headers.get("last-event-id") for request in server.requests]


def test_a_broken_stream_goes_on_where_it_broke(server: StandIn, client: Client) -> None:
    tell_the_story(server)
    server.tessera.stream_sizes = [1, 0, 1]

    events = list(islice(client.events.stream(), 3))

    assert [event.type for event in events] == [
        "proposal.opened",
        "proposal.asked",
        "proposal.acknowledged",
    ]
    assert resumed_from(server) == [None, "3-1", "3-1", "2-1"]


async def test_a_broken_stream_goes_on_in_the_asynchronous_client(
    server: StandIn, async_client: AsyncClient
) -> None:
    tell_the_story(server)
    server.tessera.stream_sizes = [2]

    seen = []
    async with aclosing(async_client.events.stream(type="t")) as stream:
        async for event in stream:
            seen.append(event.id)
            if len(seen) == 3:
                break

    assert seen == ["3-1", "2-1", "1-1"]
    assert resumed_from(server) == [None, "2-1"]
    assert server.last.query == {"type": "t"}


def test_a_stream_starts_after_the_event_that_is_named(server: StandIn, client: Client) -> None:
    tell_the_story(server)

    first = next(client.events.stream(last_event_id="2-1"))

    assert first.id == "1-1"


def test_a_restart_of_the_server_is_waited_for(server: StandIn, client: Client) -> None:
    tell_the_story(server)
    server.tessera.stream_sizes = [1]
    stream = client.events.stream()
    next(stream)

    server.faults.extend([Drop()] * 5)
    server.faults.append(problem(503, "unavailable", "Unavailable"))

    assert next(stream).id == "2-1"
    assert len(server.requests) == 8


def test_a_stream_that_never_opens_is_given_up(server: StandIn, client: Client) -> None:
    server.faults.extend([Drop()] * 4)

    with pytest.raises(UnreachableError):
        next(client.events.stream())
    assert len(server.requests) == 4


def test_a_refused_stream_is_a_problem(server: StandIn, client: Client) -> None:
    server.faults.append(problem(403, "forbidden", "Forbidden"))

    with pytest.raises(ProblemError, match="Forbidden"):
        next(client.events.stream())


def test_what_is_no_stream_is_said_to_be_none(server: StandIn, client: Client) -> None:
    server.faults.append(Reply(200, {"items": []}))

    with pytest.raises(UnexpectedAnswerError, match="not a stream"):
        next(client.events.stream())


def test_a_message_is_read_however_it_is_cut() -> None:
    text = 'id: 7\r\nevent: a.b\r\ndata: {"x":\r\ndata: "é\u2028"}\r\n\r\n'
    whole = MessageReader().feed(text)

    reader = MessageReader()
    pieces = [message for letter in text for message in reader.feed(letter)]

    assert whole == [Message("a.b", '{"x":\n"é\u2028"}', "7")]
    assert pieces == whole


def test_comments_retry_and_unknown_fields_make_no_message() -> None:
    reader = MessageReader()

    assert reader.feed(": alive\n\nretry: 1500\n\nmood: good\n\n") == []
    assert reader.retry == 1.5


def test_the_last_id_outlives_messages_without_one() -> None:
    reader = MessageReader()

    first, second = reader.feed("id: 1\ndata: a\n\ndata:b\n\n")

    assert (first.id, second.id) == ("1", "1")
    assert second.data == "b"


def test_a_half_message_is_forgotten_at_a_restart() -> None:
    reader = MessageReader("1")
    reader.feed("id: 2\ndata: half")

    reader.restart()

    assert reader.last_id == "1"
    assert reader.feed("data: whole\n\n") == [Message("message", "whole", "1")]
