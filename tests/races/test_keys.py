"""One `Idempotency-Key` fifty times at once: one effect, fifty equal answers."""

import asyncio
from uuid import uuid4

import pytest

from tests.races.arena import LONG_RUN, REPETITIONS, Arena, Racer, is_problem, read, repeat
from tests.races.posts import KINDS, Kind

AT_ONCE = 50
KEYS = REPETITIONS if LONG_RUN else 2
"""Of each kind of POST: more than ninety in all, when each has two."""


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name.replace(" ", "_"))
async def test_one_key_fifty_times_at_once_has_one_effect_and_one_answer(
    arena: Arena, kind: Kind
) -> None:
    for _ in range(KEYS):
        post, key = await kind.make(arena), uuid4().hex
        before = await arena.count(kind.event)
        responses = await asyncio.gather(
            *(arena.post(post.path, post.body, key) for _ in range(AT_ONCE))
        )
        assert responses[0].is_success, responses[0].text
        answers = [read(response) for response in responses]
        if kind.shown_once is not None:
            shown = [answer.pop(kind.shown_once) for answer in answers]
            assert len([each for each in shown if each is not None]) == 1
        assert len({response.status_code for response in responses}) == 1
        assert [answer for answer in answers if answer != answers[0]] == [], answers[0]
        assert kind.shown_once or len({response.content for response in responses}) == 1
        replayed = [response.headers.get("Idempotent-Replayed") for response in responses]
        assert (replayed.count(None), replayed.count("true")) == (1, AT_ONCE - 1)
        assert await arena.count(kind.event) == before + 1


async def test_one_key_for_two_bodies_at_once_takes_one_of_them(arena: Arena) -> None:
    async def once() -> str:
        key = uuid4().hex
        names = [f"{key}-{number}" for number in range(2)]
        responses = await arena.at_once(*(_create_team(arena, name, key) for name in names))
        (taken,) = [response for response in responses if response.status_code == 201]
        (refused,) = [response for response in responses if response is not taken]
        assert is_problem(refused, "idempotency_key_reused"), refused.text
        pages = [await arena.got(f"/teams?name={name}") for name in names]
        there = [team["name"] for page in pages for team in page["items"]]
        assert there == [read(taken)["name"]]
        return str(there[0][-1])

    await repeat(once, "0", "1")


def _create_team(arena: Arena, name: str, key: str) -> Racer:
    return lambda: arena.post("/teams", {"name": name}, key)
