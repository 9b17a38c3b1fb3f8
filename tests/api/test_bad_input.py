"""Input that is wrong in its form: each a problem with a stable type, and never a 500."""

import json
import time

import httpx
import pytest

from domain.actors import Actor, ActorKind, Caller, Origin
from domain.errors import InvalidRequest
from domain.json_types import JsonObject
from record import teams
from record.comparison import Comparer
from store.database import Database
from store.feed import Feed
from tests.support.api_client import Api, app_over, client_of, table, unique
from tests.support.problems import assert_problem

TEAMS = "/api/v1/teams"
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"name": "a",}',
        b"{'name': 'a'}",
        b'{"name": NaN}',
        b'{"name": Infinity}',
        b'{"name": 1e999}',
        b'{"name": -1e999}',
        b'{"name": "a", "name": "b"}',
        b'{"name": "\xff\xfe"}',
        b'{"name": "a\x00b"}',
        b'{"name": "line\nbreak"}',
        b'{"name": ' + b"1" * 5000 + b"}",
        b'{"name": ' + b"[" * 200 + b"]" * 200 + b"}",
        b"[" * 200_000,
        b'{"a":' * 50_000,
        b" ",
    ],
    ids=lambda body: repr(body[:20]),
)
async def test_what_is_not_json_is_told_with_its_place(api: Api, body: bytes) -> None:
    response = await api.client.post(TEAMS, content=body, headers=JSON)

    assert_problem(response, 400, "invalid_json")


async def test_a_slip_in_json_is_shown_by_line_and_column(api: Api) -> None:
    response = await api.client.post(TEAMS, content=b'{\n  "name": oops\n}', headers=JSON)
    problem = assert_problem(response, 400, "invalid_json")

    assert (problem["line"], problem["column"]) == (2, 11)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (b'{"name": "a\\u0000b"}', "name"),
        (b'{"name": "a\\ud800b"}', "name"),
        (b'{"name": "a\\uDFFFb"}', "name"),
        (b'{"na\\u0000me": "a"}', ""),
    ],
)
async def test_text_that_cannot_be_kept_is_refused(api: Api, body: bytes, path: str) -> None:
    response = await api.client.post(TEAMS, content=body, headers=JSON)

    assert assert_problem(response, 422, "invalid_request")["errors"][0]["path"] == path


async def test_an_escaped_pair_and_an_escaped_backslash_are_fine(api: Api) -> None:
    name = unique("\\u0000 😀")
    body = json.dumps({"name": name}).encode()
    assert b"\\ud83d\\ude00" in body
    response = await api.client.post(TEAMS, content=body, headers=JSON)

    assert response.json()["name"] == name


@pytest.mark.parametrize("body", [b"[]", b"null", b'"name"', b"1", b"", b"{}"])
async def test_json_of_another_shape_is_an_invalid_request(api: Api, body: bytes) -> None:
    response = await api.client.post(TEAMS, content=body, headers=JSON)

    assert_problem(response, 422, "invalid_request")


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None]
)
async def test_a_body_of_another_type_is_refused(api: Api, media_type: str | None) -> None:
    headers = {} if media_type is None else {"Content-Type": media_type}
    response = await api.client.post(TEAMS, content=b'{"name": "a"}', headers=headers)

    assert_problem(response, 415, "unsupported_media_type")


async def test_json_may_be_called_by_its_other_names(api: Api) -> None:
    for media_type in ("application/json; charset=utf-8", "application/schema+json"):
        body = json.dumps({"name": unique("a")}).encode()
        headers = {"Content-Type": media_type}
        response = await api.client.post(TEAMS, content=body, headers=headers)
        assert response.status_code == 201


async def test_a_nul_in_the_address_is_refused(api: Api) -> None:
    for path in (
        "/api/v1/teams?name=%00",
        "/api/v1/assets?q=a%00b",
        "/api/v1/proposals?cursor=%00",
    ):
        assert_problem(await api.client.get(path), 422, "invalid_request")
    assert_problem(await api.client.get("/api/v1/teams/%00"), 422, "invalid_request")
    assert_problem(await api.client.get("/api/v1/%00"), 404, "not_found")


async def test_paths_and_methods_that_are_not_there_are_problems(api: Api) -> None:
    assert_problem(await api.client.get("/api/v1/nothing"), 404, "not_found")
    assert_problem(await api.client.get("/api/v1/teams/"), 404, "not_found")
    response = await api.client.delete(TEAMS)
    assert_problem(response, 405, "method_not_allowed")
    assert response.headers["allow"] == "GET, POST"


async def test_a_body_beyond_the_limit_is_refused_by_what_it_says(
    database: Database, comparer: Comparer, feed: Feed
) -> None:
    app = app_over(database, comparer, feed, max_body_bytes=2048)
    async with client_of(app) as client:
        response = await client.post(TEAMS, json={"name": "x" * 3000})
        problem = assert_problem(response, 413, "body_too_large")
        assert problem["limit"] == 2048
        response = await client.post(TEAMS, json={"name": unique("x")})
        assert response.status_code == 201


async def test_a_body_beyond_the_limit_is_refused_while_it_comes(
    database: Database, comparer: Comparer, feed: Feed
) -> None:
    app = app_over(database, comparer, feed, max_body_bytes=2048)

    class Endless(httpx.AsyncByteStream):
        sent = 0

        async def __aiter__(self):  # type: ignore[no-untyped-def]
            while True:
                self.sent += 1000
                yield b"x" * 1000

    body = Endless()
    async with client_of(app) as client:
        response = await client.post(TEAMS, content=body, headers=JSON)

    assert_problem(response, 413, "body_too_large")
    assert body.sent < 5000


def bomb(depth: int) -> JsonObject:
    """Each definition uses the next one twice: 2^depth fields when it is expanded."""
    definitions = {
        f"d{level}": {
            "type": "object",
            "properties": {
                "a": {"$ref": f"#/$defs/d{level + 1}"},
                "b": {"$ref": f"#/$defs/d{level + 1}"},
            },
        }
        for level in range(depth)
    }
    return {
        "$ref": "#/$defs/d0",
        "$defs": {**definitions, f"d{depth}": {"type": "string"}},
    }


async def test_a_schema_bomb_is_answered_in_time(api: Api) -> None:
    asset = await api.asset()
    started = time.monotonic()
    responses = [
        await api.publish(asset, bomb(40)),
        await api.publish(asset, {**bomb(40), "description": "another one"}),
        await api.publish(asset, bomb(41)),
    ]

    assert time.monotonic() - started < 60
    for response in responses:
        assert response.status_code in (201, 202, 422), response.text


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"a": True, "b": False}},
        {"prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False},
        {"properties": {"$ref": {"type": "string"}}},
        {"properties": {"a.b": table("x"), "": table("y"), "ü": True}},
        {"properties": {"self": {"$ref": "#"}, "list": {"items": {"$ref": "#"}}}},
        {"$ref": "#"},
        {"anyOf": [{"$ref": "#/$defs/a"}], "$defs": {"a": {"$ref": "#/$defs/a"}}},
        {"type": ["object", "null"], "properties": {"a": {"enum": [1, None, "x"]}}},
        True,
        {},
    ],
    ids=str,
)
async def test_odd_schemas_get_a_right_answer_twice(api: Api, schema: object) -> None:
    asset = await api.asset()
    first = await api.publish(asset, table("id"))
    assert first.status_code == 201
    second = await api.publish(asset, schema)
    third = await api.publish(asset, schema)

    assert second.status_code in (201, 202, 422), second.text
    assert third.status_code in (200, 202, 422), third.text
    if second.status_code == 422:
        assert_problem(second, 422, "invalid_schema")


async def test_a_schema_as_deep_as_a_body_may_be_is_answered(api: Api) -> None:
    schema: JsonObject = {"type": "string"}
    for _ in range(45):
        schema = {"properties": {"a": schema}}
    asset = await api.asset()
    response = await api.publish(asset, schema)

    assert response.status_code in (201, 422), response.text
    if response.status_code == 201:
        assert (await api.publish(asset, {"properties": {}})).status_code == 202


async def test_a_wide_schema_is_answered_in_time(api: Api) -> None:
    asset = await api.asset()
    wide = table(*(f"column_{number}" for number in range(5000)))
    started = time.monotonic()
    first = await api.publish(asset, wide)
    second = await api.publish(asset, table(*(f"column_{n}" for n in range(1, 5000))))

    assert (first.status_code, second.status_code) == (201, 202)
    assert time.monotonic() - started < 60


async def test_another_sites_page_cannot_use_a_developers_browser(api: Api) -> None:
    path = (await api.proposal(await api.team()))["links"]["self"] + "/withdraw"
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://["},
    ):
        assert_problem(await api.client.post(path, headers=headers), 403, "cross_site")
    for headers in (
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://proxy.example"},
        {"Origin": "http://tessera.test"},
    ):
        assert (await api.client.post(path, headers=headers)).status_code == 200


async def test_what_nobody_foresaw_tells_nothing_but_its_id(
    database: Database, comparer: Comparer, feed: Feed
) -> None:
    app = app_over(database, comparer, feed)

    @app.get("/broken")
    async def broken() -> None:
        raise ZeroDivisionError("the password is hunter2")

    async with client_of(app) as client:
        response = await client.get("/broken", headers={"X-Request-ID": "trace-me"})

    problem = assert_problem(response, 500, "internal")
    assert problem["request_id"] == "trace-me"
    assert "hunter2" not in response.text
    assert "ZeroDivision" not in response.text


@pytest.mark.parametrize("given", ["", "x" * 129, "a b", "a\tb", "<script>", "é".encode()])
async def test_a_request_id_that_is_none_is_replaced(api: Api, given: str | bytes) -> None:
    sent = given if isinstance(given, bytes) else given.encode()
    response = await api.client.get("/health/live", headers={b"X-Request-ID": sent})

    assert response.headers["x-request-id"] != given
    assert len(response.headers["x-request-id"]) == 32


async def test_text_that_comes_by_another_way_is_refused_by_the_store(database: Database) -> None:
    caller = Caller(actor=Actor(kind=ActorKind.SYSTEM, name="test"), origin=Origin.SERVER)
    with pytest.raises(InvalidRequest):
        await teams.create(database, caller, "a\0b")


async def test_a_property_named_ref_is_a_property(api: Api) -> None:
    asset = await api.asset()
    await api.publish(asset, table("id", **{"$ref": {"type": "string"}}))
    body = (await api.publish(asset, table("id"))).json()

    assert [(c["kind"], c["path"]) for c in body["changes"]] == [("field_removed", "$ref")]
