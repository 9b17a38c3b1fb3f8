"""Comparing in child processes: refusals come back whole, and a killed child is replaced."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import pytest

from domain.compatibility import ContentModel
from domain.errors import InvalidGuarantees, InvalidSchema
from domain.json_types import JsonObject
from domain.schemas import Schema
from record.comparison import Comparer
from tests.support.facts import content, table


@pytest.fixture
async def comparer() -> AsyncIterator[Comparer]:
    async with Comparer(1) as comparer:
        yield comparer


async def test_refusals_keep_their_path_over_the_border_of_processes(comparer: Comparer) -> None:
    wrong: JsonObject = {"type": "object", "properties": {"id": {"type": "sting"}}}
    with pytest.raises(InvalidSchema) as refusal:
        await comparer.content(
            format="json_schema", schema=wrong, documents=None, root=None, guarantees=None
        )
    assert refusal.value.extra["path"]
    with pytest.raises(InvalidGuarantees):
        await comparer.content(
            format="json_schema",
            schema=table("id"),
            documents=None,
            root=None,
            guarantees={"nullability": {"email": "never"}},
        )


async def test_the_hash_of_a_large_content_comes_with_it(
    comparer: Comparer, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema = table("id", "email")
    arrived, _ = await comparer.content(
        format="json_schema", schema=schema, documents=None, root=None, guarantees=None
    )
    expected = content(schema).content_hash

    def again(_schema: Schema) -> str:
        raise AssertionError("reckoned once more, on the event loop")

    monkeypatch.setattr(Schema, "content_hash", property(again))
    assert arrived.content_hash == expected


async def test_without_a_version_there_is_nothing_to_compare(comparer: Comparer) -> None:
    assert await comparer.changes([], content(table("id")), ContentModel.CLOSED) == ()


async def test_the_same_break_of_two_versions_is_told_once(comparer: Comparer) -> None:
    versions = [("1.0.0", content(table("id", "email"))), ("1.1.0", content(table("id", "email")))]
    changes = await comparer.changes(versions, content(table("id")), ContentModel.CLOSED)
    assert [change.sentence for change in changes] == ["`email` is removed."]


async def test_a_break_of_an_earlier_version_says_of_which(comparer: Comparer) -> None:
    versions = [("1.0.0", content(table("id", "fax"))), ("2.0.0", content(table("id")))]
    changes = await comparer.changes(versions, content(table("id")), ContentModel.CLOSED)
    assert [change.sentence for change in changes] == ["`fax` is removed. (Compared with 1.0.0.)"]


async def test_a_killed_child_is_replaced_and_its_work_done_again(comparer: Comparer) -> None:
    await comparer.warm()
    old, new = content(table("id", "email")), content(table("id"))
    for pid in child_processes(comparer):
        os.kill(pid, signal.SIGKILL)
    found = await asyncio.gather(
        *(comparer.changes([("1.0.0", old)], new, ContentModel.CLOSED) for _ in range(3))
    )
    assert [len(changes) for changes in found] == [1, 1, 1]


def child_processes(comparer: Comparer) -> list[int]:
    return comparer._children.pids  # noqa: SLF001  # which one to kill is nobody else's business
