"""Two documents compared over HTTP: the same as `tessera diff`, and nothing is written."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from domain.json_types import JsonObject
from record.comparison import Comparer
from store.database import Database
from store.feed import Feed
from tests.support.api_client import Api, app_over, client_of
from tests.support.problems import assert_problem

OLD: JsonObject = {
    "type": "object",
    "properties": {"id": {"type": "integer"}, "email": {"type": "string"}},
    "required": ["id"],
}
NEW: JsonObject = {
    "type": "object",
    "properties": {"id": {"type": "number"}, "age": {"type": "integer"}},
    "required": ["id"],
}


async def compared(client: httpx.AsyncClient, **body: object) -> JsonObject:
    response = await client.post("/api/v1/compare", json={"old": OLD, "new": NEW, **body})
    assert response.status_code == 200, response.text
    answer: JsonObject = response.json()
    return answer


def groups(answer: JsonObject) -> list[tuple[str, str]]:
    return [(change["path"], change["group"]) for change in answer["changes"]]


async def test_it_says_what_changes_and_what_the_mode_makes_of_it(
    client: httpx.AsyncClient,
) -> None:
    answer = await compared(client)

    assert (answer["mode"], answer["content_model"]) == ("backward", "closed")
    assert (answer["identical"], answer["gating"]) == (False, True)
    assert answer["verdict"]["backward"] is False
    assert answer["verdict"]["forward"] is False
    assert answer["verdict"]["why"]
    assert groups(answer) == [("age", "tells"), ("email", "asks"), ("id", "tells")]


async def test_mode_and_content_model_only_look_at_it_in_another_way(
    client: httpx.AsyncClient,
) -> None:
    assert groups(await compared(client, mode="none")) == [
        ("age", "tells"),
        ("email", "tells"),
        ("id", "tells"),
    ]
    as_written = await compared(client, content_model="open", new={"type": "object"})
    assert as_written["verdict"]["backward"] is True


async def test_the_same_document_is_identical(client: httpx.AsyncClient) -> None:
    answer = await compared(client, new=OLD)
    assert (answer["identical"], answer["gating"], answer["changes"]) == (True, False, [])
    assert (await compared(client, old=True, new=True))["identical"]


async def test_imports_are_what_the_documents_refer_to(client: httpx.AsyncClient) -> None:
    root = {"type": "object", "properties": {"to": {"$ref": "address.json"}}}
    answer = await compared(
        client,
        old=root,
        new=root,
        old_imports={"address.json": {"properties": {"zip": {"type": "string"}}}},
        new_imports={"address.json": {"properties": {"zip": {"type": "integer"}}}},
    )
    assert groups(answer) == [("to.zip", "asks")]


async def test_the_draft_can_be_said(client: httpx.AsyncClient) -> None:
    pair = {"items": [{"type": "string"}]}
    wider = {"items": [{"type": ["string", "null"]}]}
    response = await client.post("/api/v1/compare", json={"old": pair, "new": wider})
    assert_problem(response, 422, "invalid_schema")
    answer = await compared(client, old=pair, new=wider, draft="draft-07")
    assert answer["verdict"]["backward"] is True


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"old": {"type": "strin"}}, "invalid_schema"),
        ({"new": {"$ref": "elsewhere.json"}}, "invalid_schema"),
        ({"old": 7}, "invalid_schema"),
        ({"format": "avro"}, "invalid_schema"),
        ({"draft": "draft-99"}, "invalid_schema"),
        ({"mode": "sideways"}, "invalid_request"),
        ({"content_model": "ajar"}, "invalid_request"),
        ({"include": ["schema"]}, "invalid_request"),
        ({"include": ["witnesses"] * 9}, "invalid_request"),
        ({"policy": {}}, "invalid_request"),
    ],
)
async def test_what_cannot_be_compared_is_refused(
    client: httpx.AsyncClient, body: JsonObject, code: str
) -> None:
    response = await client.post("/api/v1/compare", json={"old": OLD, "new": NEW, **body})
    assert_problem(response, 422, code)


async def test_nothing_is_written(api: Api) -> None:
    before = await api.got("/api/v1/events", limit="1")
    for _ in range(2):
        response = await api.client.post(
            "/api/v1/compare",
            json={"old": OLD, "new": NEW},
            headers={"Idempotency-Key": "the-same"},
        )
        assert response.status_code == 200
    assert await api.got("/api/v1/events", limit="1") == before


# --- the bound ------------------------------------------------------------------------------------


@pytest.fixture
async def hasty(database: Database, feed: Feed) -> AsyncIterator[httpx.AsyncClient]:
    """A server that gives a comparison two seconds."""
    async with (
        Comparer(1, within=2.0) as comparer,
        client_of(app_over(database, comparer, feed, max_body_bytes=64 * 1024 * 1024)) as client,
    ):
        await comparer.warm()
        yield client


def wide(fields: int) -> JsonObject:
    """Nothing wrong with it, but it takes longer than that."""
    members = {f"q{place}": {"type": "string"} for place in range(100)}
    each = {"type": "object", "properties": members}
    return {"type": "object", "properties": {f"p{place}": each for place in range(fields)}}


async def test_what_takes_too_long_is_ended_while_others_are_served(
    hasty: httpx.AsyncClient,
) -> None:
    slow = asyncio.ensure_future(
        hasty.post("/api/v1/compare", json={"old": wide(1600), "new": wide(1599)})
    )
    served = 0
    while not slow.done():
        assert (await hasty.get("/health/live")).status_code == 200
        served += 1
        await asyncio.sleep(0.01)
    assert served > 3  # had it stood on the event loop, one would have come before it and one after
    problem = assert_problem(await slow, 422, "comparison_too_large")
    assert "longer than 2 s" in problem["detail"]
    assert (await compared(hasty))["gating"]
