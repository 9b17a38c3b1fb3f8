"""Who was answered sees what they did, at once and on every other process.

All kinds of POST together are hundreds of runs; `make faults` runs each kind fifty times.
"""

import asyncio

import pytest

from tests.races.arena import LONG_RUN, REPETITIONS, Arena, read, repeat
from tests.races.posts import KINDS, Kind

TIMES = REPETITIONS if LONG_RUN else 12


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name.replace(" ", "_"))
async def test_what_was_answered_is_seen_on_every_other_process(arena: Arena, kind: Kind) -> None:
    async def once() -> str:
        post = await kind.make(arena)
        writer = next(arena.turns) % len(arena.clients)
        response = await arena.post(post.path, post.body, process=writer)
        assert response.is_success, response.text
        others = set(range(len(arena.clients))) - {writer}
        reads = [(other, *seen) for seen in post.seen(read(response)) for other in others]
        shown = await asyncio.gather(*(arena.got(path, process=other) for other, path, _ in reads))
        for document, (other, path, holds) in zip(shown, reads, strict=True):
            assert holds(document), f"{path} on process {other} shows {document}"
        return "seen"

    await repeat(once, "seen", times=TIMES)
