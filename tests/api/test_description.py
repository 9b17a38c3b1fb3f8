"""The API's description: whole, stable and true."""

import re
import threading

import httpx
from fastapi import FastAPI

from api.documentation import documentation_router
from api.problems import MEDIA_TYPE
from domain.json_types import JsonObject


def operations(app: FastAPI) -> dict[str, JsonObject]:
    return {
        f"{method.upper()} {path}": operation
        for path, methods in app.openapi()["paths"].items()
        for method, operation in methods.items()
    }


def test_every_operation_has_a_stable_name_a_summary_and_a_tag(app: FastAPI) -> None:
    described = app.openapi()
    tags = {tag["name"] for tag in described["tags"]}
    names = [operation["operationId"] for operation in operations(app).values()]

    assert len(names) == len(set(names))
    for name, operation in operations(app).items():
        assert re.fullmatch("[a-z]+(_[a-z]+)*", operation["operationId"]), name
        assert operation["summary"], name
        assert operation["description"], name
        assert set(operation["tags"]) <= tags, name


def test_every_operation_tells_its_problems(app: FastAPI) -> None:
    for name, operation in operations(app).items():
        if "/api/" not in name:
            continue
        for status in ("401", "403", "404", "422", "503"):
            content = operation["responses"][status]["content"]
            assert list(content) == [MEDIA_TYPE], name


def test_every_post_takes_an_idempotency_key(app: FastAPI) -> None:
    for name, operation in operations(app).items():
        headers = {
            each["name"] for each in operation.get("parameters", ()) if each["in"] == "header"
        }
        assert ("Idempotency-Key" in headers) == name.startswith("POST"), name


def test_every_listing_takes_cursor_and_limit(app: FastAPI) -> None:
    listings = {
        name: operation
        for name, operation in operations(app).items()
        if operation["operationId"].startswith("list_")
    }

    assert len(listings) == 17
    for name, operation in listings.items():
        assert {"cursor", "limit"} <= {each["name"] for each in operation["parameters"]}, name


async def test_the_description_is_made_beside_the_event_loop() -> None:
    made_by: list[threading.Thread] = []

    def description() -> bytes:
        made_by.append(threading.current_thread())
        return b"{}"

    app = FastAPI(openapi_url=None)
    app.include_router(documentation_router(description))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
        assert (await client.get("/openapi.json")).json() == {}

    assert made_by != [threading.current_thread()]


async def test_the_description_is_served(client: httpx.AsyncClient, app: FastAPI) -> None:
    response = await client.get("/openapi.json")

    assert response.json() == app.openapi()
    assert response.json()["openapi"].startswith("3.1")
