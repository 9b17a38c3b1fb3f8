"""The log as a file, and the filters of an audit."""

import csv
import io
import json
from uuid import UUID, uuid4

import httpx
import pytest

from api.event_export import COLUMNS, PAGE, EventExport, ExportFormat, harmless
from domain.actors import Actor, ActorKind, Caller, Origin
from domain.events import EventFilter, EventType, NewEvent
from domain.json_types import JsonObject
from store.database import Database
from store.transaction import Transaction
from tests.support.api_client import Api, eventually, unique
from tests.support.problems import assert_problem

NASTY = '=HYPERLINK("http://evil";"x")'
TEXTS = ('a "quoted", line\nand another', NASTY, "+1", "-1", "@x", "\tx", "ß – 👩‍👩‍👧", "plain")


async def write(database: Database, count: int, texts: tuple[str, ...] = TEXTS) -> UUID:
    """Append so many events about one new asset, by a person whose name is each text."""
    asset_id = uuid4()

    async def work(tx: Transaction) -> None:
        for number in range(count):
            said = texts[number % len(texts)]
            caller = Caller(
                actor=Actor(kind=ActorKind.PERSON if number % 2 else ActorKind.BOT, name=said),
                origin=Origin.SLACK if number % 3 else Origin.CLI,
                request_id=str(number),
            )
            tx.events.append(
                NewEvent(
                    type=EventType.TEAM_CREATED if number % 2 else EventType.ASSET_CREATED,
                    caller=caller,
                    summary=said,
                    asset_id=asset_id,
                    payload={"number": number, "said": said},
                )
            )

    await database.run(work)
    return asset_id


async def settled(api: Api, asset_id: UUID, count: int) -> None:
    """Wait until the feed shows them all: other databases' transactions hold it up."""

    async def enough() -> bool | None:
        lines = (await exported(api, asset_id=str(asset_id), format="ndjson")).text.splitlines()
        return True if len(lines) == count else None

    await eventually(enough)


async def exported(api: Api, **params: str) -> httpx.Response:
    response = await api.client.get("/api/v1/events", params=params)
    assert response.status_code == 200
    return response


async def test_ndjson_is_the_feed_line_by_line(api: Api, database: Database) -> None:
    count = 2 * PAGE + 7
    asset_id = await write(database, count)
    await settled(api, asset_id, count)
    response = await exported(api, asset_id=str(asset_id), format="ndjson")
    lines = [json.loads(line) for line in response.text.splitlines()]
    assert response.headers["content-type"].startswith("application/x-ndjson")
    assert [line["payload"]["number"] for line in lines] == list(range(count))
    (newest,) = (await api.got("/api/v1/events", asset_id=str(asset_id), limit="1"))["items"]
    assert lines[-1] == newest
    rest = await exported(
        api, asset_id=str(asset_id), format="ndjson", after=lines[PAGE]["cursor"], limit="3"
    )
    assert rest.text.splitlines() == response.text.splitlines()[PAGE + 1 :]

    export = EventExport(database, ExportFormat.NDJSON, EventFilter(asset_id=asset_id), None)
    pieces = [len(str(piece).splitlines()) async for piece in export.body_iterator]
    assert pieces == [PAGE, PAGE, 7]


async def test_csv_keeps_texts_and_is_harmless_to_a_spreadsheet(
    api: Api, database: Database
) -> None:
    asset_id = await write(database, len(TEXTS))
    await settled(api, asset_id, len(TEXTS))
    response = await api.client.get(
        "/api/v1/events", params={"asset_id": str(asset_id)}, headers={"Accept": "text/csv"}
    )
    assert response.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(response.text, newline="")))
    assert tuple(rows[0]) == COLUMNS
    assert [row["summary"].removeprefix("'") for row in rows] == list(TEXTS)
    assert [json.loads(row["payload"])["said"] for row in rows] == list(TEXTS)
    for row in rows:
        assert not any(value.startswith(("=", "+", "-", "@", "\t", "\r")) for value in row.values())


@pytest.mark.parametrize(
    ("text", "written"),
    [("=1", "'=1"), ("\r=1", "'\r=1"), ("＝1", "'＝1"), ("a=1", "a=1"), ("", ""), ("'=", "'=")],
)
def test_what_begins_like_a_formula_is_marked(text: str, written: str) -> None:
    assert harmless(text) == written


@pytest.mark.parametrize(
    ("accept", "begins"),
    [
        ("application/x-ndjson", "application/x-ndjson"),
        ("text/csv;q=0.9, application/json", "text/csv"),
        ("application/json, text/csv", "application/json"),
        ("*/*", "application/json"),
        ("text/html", "application/json"),
    ],
)
async def test_accept_says_the_format(api: Api, accept: str, begins: str) -> None:
    response = await api.client.get(
        "/api/v1/events", params={"asset_id": str(uuid4())}, headers={"Accept": accept}
    )
    assert response.headers["content-type"].startswith(begins)


async def test_an_audit_asks_for_who_whence_and_when(api: Api, database: Database) -> None:
    asset_id = await write(database, 12, (unique("ann"), unique("bob"), unique("cy")))

    async def numbers(**params: object) -> list[int]:
        page = await api.client.get(
            "/api/v1/events",
            params={"asset_id": str(asset_id), **params},  # type: ignore[dict-item]
        )
        assert page.status_code == 200, page.text
        return sorted(item["payload"]["number"] for item in page.json()["items"])

    whole = (await api.got("/api/v1/events", asset_id=str(asset_id)))["items"]
    by_number: dict[int, JsonObject] = {each["payload"]["number"]: each for each in whole}
    assert await numbers(actor_kind="person") == [1, 3, 5, 7, 9, 11]
    assert await numbers(actor=by_number[1]["actor"]["name"]) == [1, 4, 7, 10]
    assert await numbers(origin="cli", actor_kind="bot") == [0, 6]
    assert await numbers(type=["team.created", "asset.created"]) == list(range(12))
    assert await numbers(type="team.created") == [1, 3, 5, 7, 9, 11]
    assert await numbers(since=by_number[3]["at"], until=by_number[7]["at"]) == [
        number
        for number, each in sorted(by_number.items())
        if by_number[3]["at"] <= each["at"] < by_number[7]["at"]
    ]


@pytest.mark.parametrize(
    "params",
    [
        {"actor_kind": "ghost"},
        {"origin": "window"},
        {"actor": ""},
        {"since": "2026-01-01T00:00:00"},
        {"until": "soon"},
        {"since": "0001-01-01T00:00:00+14:00"},
        {"format": "xlsx"},
        {"format": "csv", "after": "yesterday"},
    ],
)
async def test_a_wish_that_cannot_be_meant_is_refused(api: Api, params: dict[str, str]) -> None:
    response = await api.client.get("/api/v1/events", params=params)
    code = "invalid_cursor" if "after" in params else "invalid_request"
    assert_problem(response, 422, code)
