"""Who may come in: every route, with and without a key."""

import re
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import RouteContext, iter_route_contexts

from api.auth import ADMINISTRATOR, DEVELOPER, NOBODY, Authenticator
from api.call import May
from domain.api_keys import Scope
from domain.permissions import RULES, Action
from store.database import Database
from tests.support.api_client import KEY, LOCKED, Api, unique
from tests.support.problems import assert_problem


def api_routes(app: FastAPI) -> list[RouteContext]:
    return [
        route for route in iter_route_contexts(app.routes) if (route.path or "").startswith("/api/")
    ]


def actions_of(route: RouteContext) -> list[Action]:
    """The actions that a route's dependencies ask for."""
    return [each.call.action for each in route.dependant.dependencies if isinstance(each.call, May)]


def requests_of(app: FastAPI) -> list[tuple[str, str]]:
    return [
        (method, re.sub(r"\{\w+\}", str(uuid4()), route.path or ""))
        for route in api_routes(app)
        for method in sorted(route.methods or ())
    ]


def test_every_route_asks_for_exactly_one_action(app: FastAPI) -> None:
    routes = api_routes(app)

    assert len(routes) > 25
    for route in routes:
        (action,) = actions_of(route)
        reads = route.methods == {"GET"}
        assert reads == (RULES[action].scope is Scope.READ and action is not Action.COMPARE), (
            f"{route.methods} {route.path}: {action}"
        )


def test_every_action_has_a_route(app: FastAPI) -> None:
    by_content = {Action.LOOSEN_POLICY, Action.GRANT_ADMIN, Action.RECEIVE_ASSET}
    """Asked for by what is sent: a looser policy, a key of the scope `admin`, another owner."""
    asked = {action for route in api_routes(app) for action in actions_of(route)}
    of_browsers = {Action.CHANGE_PASSWORD, Action.INSTALL_SLACK, Action.VERIFY_LOG}
    """Asked for by a page alone: no program knows the old password, or goes to Slack and back; the
    log is verified by a command with Postgres' own address."""
    assert asked == set(Action) - by_content - of_browsers


async def test_without_a_key_no_route_answers(
    locked_app: FastAPI, stranger: httpx.AsyncClient
) -> None:
    for method, path in requests_of(locked_app):
        response = await stranger.request(method, path, content=b"not even JSON")
        assert_problem(response, 401, "unauthenticated")
        assert response.headers["www-authenticate"].startswith("Bearer")


async def test_with_the_key_every_route_is_reached(
    locked_app: FastAPI, administrator: httpx.AsyncClient
) -> None:
    for method, path in requests_of(locked_app):
        if path.endswith("/stream"):
            continue  # answers without end
        response = await administrator.request(method, path)
        assert response.status_code in (200, 204, 404, 422), f"{method} {path}: {response.text}"


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        f"Bearer {KEY}x",
        f"Bearer {KEY[:-1]}",
        f"Basic {KEY}",
        KEY,
        f"Bearer {KEY} {KEY}",
        "Bearer \u00e9",
    ],
)
async def test_what_is_not_the_key_opens_nothing(
    stranger: httpx.AsyncClient, authorization: str
) -> None:
    headers = [(b"Authorization", authorization.encode("latin-1"))]
    response = await stranger.get("/api/v1/teams", headers=headers)

    assert_problem(response, 401, "unauthenticated")


async def test_an_unknown_path_says_no_more_to_a_stranger(stranger: httpx.AsyncClient) -> None:
    assert_problem(await stranger.get("/api/v1/nothing"), 404, "not_found")


async def test_health_and_documentation_are_open(stranger: httpx.AsyncClient) -> None:
    for path in ("/health/live", "/health/ready", "/docs", "/openapi.json"):
        assert (await stranger.get(path)).status_code == 200


async def test_the_administrator_stands_in_the_log(
    administrator: httpx.AsyncClient, api: Api
) -> None:
    response = await administrator.post("/api/v1/teams", json={"name": unique("team")})
    events = await api.got("/api/v1/events", team_id=response.json()["id"])

    actor = events["items"][0]["actor"]
    assert (actor["kind"], actor["name"]) == ("key", "bootstrap key")


async def test_a_key_is_known_and_any_other_is_nobodys(database: Database) -> None:
    assert await LOCKED.principal(database, f"bearer   {KEY}") is ADMINISTRATOR
    assert await LOCKED.principal(database, f"Bearer {KEY.upper()}") is NOBODY
    assert await LOCKED.principal(database, None) is NOBODY


async def test_a_development_server_lets_everybody_in(database: Database) -> None:
    without_key = Authenticator(bootstrap_key=None, anonymous_allowed=True)
    with_key = Authenticator(bootstrap_key=KEY, anonymous_allowed=True)

    assert await without_key.principal(database, "Bearer whatever") is DEVELOPER
    assert await with_key.principal(database, "Bearer whatever") is DEVELOPER
    assert await with_key.principal(database, f"Bearer {KEY}") is ADMINISTRATOR


async def test_without_key_and_without_leave_nobody_comes_in(database: Database) -> None:
    closed = Authenticator(bootstrap_key=None, anonymous_allowed=False)

    assert await closed.principal(database, "Bearer anything") is NOBODY
