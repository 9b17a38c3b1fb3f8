"""Users over HTTP; who may change them is walked in `test_permissions`."""

import asyncio

import httpx
import pytest

from domain.json_types import JsonObject
from record.comparison import Comparer
from store.database import Database
from store.feed import Feed
from store.listener import Listener
from store.notifier import EVENTS
from tests.support.api_client import KEY, LOCKED, Api, app_over, client_of, unique
from tests.support.credentials import Credentials
from tests.support.problems import assert_problem


@pytest.fixture
def credentials(administrator: httpx.AsyncClient, database: Database) -> Credentials:
    return Credentials(administrator, database)


async def happened(api: Api, kind: str, user: JsonObject) -> JsonObject:
    page = await api.got("/api/v1/events", type=kind)
    found: JsonObject = page["items"][0]
    assert found["payload"]["user_id"] == user["id"]
    return found


async def test_a_person_is_made_and_found(api: Api, credentials: Credentials) -> None:
    name = unique("Ada")
    user = await credentials.posted("/users", {"name": name, "email": f" {name}@Example.COM "})

    assert (user["email"], user["kind"]) == (f"{name}@example.com".lower(), "person")
    assert (user["active"], user["administrator"]) == (True, False)
    assert await api.got(f"/api/v1/users/{user['id']}") == user
    assert (await api.got("/api/v1/users", email=f"{name}@EXAMPLE.com"))["items"] == [user]
    event = await happened(api, "user.created", user)
    assert event["payload"]["before"] is None
    assert event["payload"]["after"]["email"] == user["email"]


async def test_an_address_and_a_bots_name_are_taken_once(credentials: Credentials) -> None:
    ada = await credentials.user("ada")
    bot = await credentials.user("bot", kind="bot")

    twice = {"name": "Another", "email": ada["email"].upper()}
    response = await credentials.admin.post("/api/v1/users", json=twice)
    assert assert_problem(response, 409, "conflict")["existing_id"] == ada["id"]
    response = await credentials.admin.post(
        "/api/v1/users", json={"name": bot["name"], "kind": "bot"}
    )
    assert assert_problem(response, 409, "conflict")["existing_id"] == bot["id"]
    response = await credentials.admin.patch(
        f"/api/v1/users/{bot['id']}", json={"email": ada["email"]}
    )
    assert assert_problem(response, 409, "conflict")["existing_id"] == ada["id"]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"name": "Ada"}, "email"),
        ({"name": "Ada", "email": "not an address"}, "email"),
        ({"name": "  ", "email": "a@example.com"}, "name"),
        ({"name": "two\nlines", "email": "a@example.com"}, "name"),
    ],
)
async def test_what_is_no_user_is_refused(
    credentials: Credentials, body: JsonObject, path: str
) -> None:
    response = await credentials.admin.post("/api/v1/users", json=body)
    problem = assert_problem(response, 422, "invalid_request")
    assert [fault["path"] for fault in problem["errors"]] == [path]


async def test_a_change_is_one_event_with_what_was_before(
    api: Api, credentials: Credentials
) -> None:
    user = await credentials.user()
    path = f"/api/v1/users/{user['id']}"
    changed = (await credentials.admin.patch(path, json={"administrator": True})).json()

    assert changed == {**user, "administrator": True}
    event = await happened(api, "user.changed", user)
    assert event["payload"]["before"]["administrator"] is False
    assert event["payload"]["after"]["administrator"] is True
    await credentials.admin.patch(path, json={"administrator": True})
    assert await happened(api, "user.changed", user) == event


async def test_deactivating_and_reactivating_is_said_once(
    api: Api, credentials: Credentials
) -> None:
    user = await credentials.user()
    path = f"/api/v1/users/{user['id']}"
    for _ in range(2):
        off = (await credentials.admin.post(f"{path}/deactivate")).json()
        assert off["active"] is False
    event = await happened(api, "user.deactivated", user)
    assert (await api.got("/api/v1/users", active="false"))["items"][0]["id"] == user["id"]
    assert (await credentials.admin.post(f"{path}/reactivate")).json() == user
    assert (await happened(api, "user.reactivated", user))["at"] > event["at"]


async def test_members_are_added_changed_and_removed(api: Api, credentials: Credentials) -> None:
    team, user = await api.team(), await credentials.user()
    path = f"/api/v1/teams/{team['id']}/members/{user['id']}"
    added = (await credentials.admin.put(path, json={"role": "viewer"})).json()
    assert (added["role"], added["user"]) == ("viewer", user)
    await credentials.admin.put(path, json={"role": "viewer"})
    changed = (await credentials.admin.put(path, json={"role": "owner"})).json()
    assert changed == {**added, "role": "owner"}
    assert await api.got(path) == changed
    assert (await api.got(f"/api/v1/teams/{team['id']}/members"))["items"] == [changed]
    for _ in range(2):
        assert (await credentials.admin.delete(path)).status_code == 204
    assert_problem(await api.client.get(path), 404, "not_found")

    events = await api.got("/api/v1/events", team_id=team["id"])
    told = [(each["type"], each["payload"].get("before")) for each in events["items"]]
    assert told == [
        ("team.member_removed", {"role": "owner"}),
        ("team.member_role_changed", {"role": "viewer"}),
        ("team.member_added", None),
        ("team.created", None),
    ]
    actor = events["items"][0]["actor"]
    assert (actor["name"], actor["acting_for"]) == ("bootstrap key", team["id"])


async def test_members_are_listed_by_pages(api: Api, credentials: Credentials) -> None:
    team = await api.team()
    made = [(await credentials.member(team, "member"))["id"] for _ in range(3)]
    path = f"/api/v1/teams/{team['id']}/members"
    first = await api.got(path, limit="2")
    rest = await api.got(path, limit="2", cursor=first["next"])
    seen = [each["user_id"] for each in first["items"] + rest["items"]]
    assert (seen, rest["next"]) == (made[::-1], None)


async def test_a_bot_with_an_address_takes_no_other_bots_name(credentials: Credentials) -> None:
    taken = await credentials.user("bot", kind="bot")
    email = f"{unique('robot')}@example.com"
    body = {"name": unique("bot"), "kind": "bot", "email": email}
    bot = await credentials.posted("/users", body)

    renamed = await credentials.admin.patch(
        f"/api/v1/users/{bot['id']}", json={"name": taken["name"]}
    )
    made = await credentials.admin.post(
        "/api/v1/users", json={**body, "name": taken["name"], "email": f"more.{email}"}
    )
    for response in (renamed, made):
        problem = assert_problem(response, 409, "conflict")
        assert problem["existing_id"] == taken["id"]
        assert problem["detail"] == f"There is a bot `{taken['name']}` already."


async def test_of_all_who_want_one_address_at_once_one_gets_it(credentials: Credentials) -> None:
    users = [await credentials.user() for _ in range(8)]
    for _ in range(5):
        email = f"{unique('ada')}@example.com"
        answers = await asyncio.gather(
            *(
                credentials.admin.patch(f"/api/v1/users/{user['id']}", json={"email": email})
                for user in users
            )
        )
        assert sorted(answer.status_code for answer in answers) == [200, *[409] * 7]


async def test_the_last_administrators_do_not_lock_everybody_out_at_once(
    fresh_database_url: str, comparer: Comparer
) -> None:
    """All are to lose their rights: one of them is the last, and stays."""
    url = fresh_database_url
    async with (
        Database.connect(url).closing() as database,
        Listener(url, [EVENTS]) as listener,
        Feed(database, listener) as feed,
        client_of(app_over(database, comparer, feed, authenticator=LOCKED), KEY) as admin,
    ):
        credentials = Credentials(admin, database)
        left: list[str] = []
        for _ in range(5):
            made = [await credentials.user("admin", administrator=True) for _ in range(7)]
            paths = [f"/api/v1/users/{user_id}" for user_id in (*left, *(u["id"] for u in made))]
            answers = await asyncio.gather(
                *(admin.patch(path, json={"administrator": False}) for path in paths[::2]),
                *(admin.post(f"{path}/deactivate") for path in paths[1::2]),
            )
            (refusal,) = [answer for answer in answers if answer.is_error]
            problem = assert_problem(refusal, 409, "conflict")
            assert "last administrator" in problem["detail"]
            left = [problem["existing_id"]]
