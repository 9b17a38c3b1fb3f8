"""Comparing in child processes: refusals come back whole, and a killed child is replaced."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import pytest

from domain.compatibility import ContentModel
from domain.errors import InvalidGuarantees, InvalidSchema
from domain.json_types import JsonObject
from domain.schemas import JSON_SCHEMA, Schema
from record.comparison import Comparer, Draft
from tests.support.facts import content, table


@pytest.fixture
async def comparer() -> AsyncIterator[Comparer]:
    async with Comparer(1) as comparer:
        yield comparer


def draft(schema: JsonObject, guarantees: JsonObject | None = None) -> Draft:
    return Draft(
        format=JSON_SCHEMA, schema=schema, documents=None, root=None, guarantees=guarantees
    )


async def test_refusals_keep_their_path_over_the_border_of_processes(comparer: Comparer) -> None:
    wrong: JsonObject = {"type": "object", "properties": {"id": {"type": "sting"}}}
    with pytest.raises(InvalidSchema) as refusal:
        await comparer.drafted([], draft(wrong), ContentModel.CLOSED)
    assert refusal.value.extra["path"]
    promised = draft(table("id"), guarantees={"nullability": {"email": "never"}})
    with pytest.raises(InvalidGuarantees):
        await comparer.drafted([], promised, ContentModel.CLOSED)


async def test_the_hash_of_a_large_content_comes_with_it(
    comparer: Comparer, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema = table("id", "email")
    arrived, _ = await comparer.drafted([], draft(schema), ContentModel.CLOSED)
    expected = content(schema).content_hash

    def again(_schema: Schema) -> str:
        raise AssertionError("reckoned once more, on the event loop")

    monkeypatch.setattr(Schema, "content_hash", property(again))
    assert arrived.content.content_hash == expected


async def test_without_a_version_there_is_nothing_to_compare(comparer: Comparer) -> None:
    assert await comparer.changes([], content(table("id")), ContentModel.CLOSED) == ()
    assert (await comparer.drafted([], draft(table("id")), ContentModel.CLOSED))[1] == ()


async def test_a_draft_is_compared_as_what_it_says(comparer: Comparer) -> None:
    versions = [("1.0.0", content(table("id", "email")))]
    parsed, changes = await comparer.drafted(versions, draft(table("id")), ContentModel.CLOSED)
    assert parsed.content == content(table("id"))
    assert [field.path for field in parsed.fields] == ["id"]
    assert changes == await comparer.changes(versions, parsed.content, ContentModel.CLOSED)


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
