"""Teams over HTTP."""

from uuid import UUID, uuid4

from tests.support.api_client import Api, unique
from tests.support.problems import assert_problem


async def test_a_team_is_created_with_its_id_at_the_top(api: Api) -> None:
    name = unique("checkout")
    response = await api.client.post("/api/v1/teams", json={"name": f"  {name} "})

    assert response.status_code == 201
    team = response.json()
    assert set(team) == {"id", "name", "created_at", "deleted_at", "merged_into"}
    assert UUID(team["id"]).version == 7
    assert team["name"] == name
    assert team["created_at"].endswith("Z")
    assert await api.got(f"/api/v1/teams/{team['id']}") == team


async def test_a_name_is_taken_once(api: Api) -> None:
    team = await api.team()
    response = await api.client.post("/api/v1/teams", json={"name": team["name"]})

    assert assert_problem(response, 409, "conflict")["existing_id"] == team["id"]


async def test_a_team_is_found_by_its_name(api: Api) -> None:
    team = await api.team()

    assert await api.got("/api/v1/teams", name=team["name"]) == {"items": [team], "next": None}
    assert (await api.got("/api/v1/teams", name=unique("nobody")))["items"] == []


async def test_an_unknown_team_is_not_found(api: Api) -> None:
    response = await api.client.get(f"/api/v1/teams/{uuid4()}")

    assert assert_problem(response, 404, "not_found")["noun"] == "team"


async def test_names_that_cannot_be_used_are_refused(api: Api) -> None:
    for name in ("", "   ", "a/b", "x" * 101, "two\nlines"):
        response = await api.client.post("/api/v1/teams", json={"name": name})
        problem = assert_problem(response, 422, "invalid_request")
        assert [fault["path"] for fault in problem["errors"]] == ["name"]


async def test_pages_show_every_team_once(api: Api) -> None:
    made = {(await api.team())["id"] for _ in range(7)}
    seen: list[str] = []
    params = {"limit": "3"}
    while not made <= set(seen):
        page = await api.got("/api/v1/teams", **params)
        seen += [team["id"] for team in page["items"]]
        params["cursor"] = page["next"]

    assert len(seen) == len(set(seen))
    assert seen == sorted(seen, reverse=True), "newest first"


async def test_limits_and_cursors_that_cannot_be_meant_are_refused(api: Api) -> None:
    for limit in ("0", "201", "-1", "many"):
        assert_problem(
            await api.client.get("/api/v1/teams", params={"limit": limit}), 422, "invalid_request"
        )
    for cursor in ("x", "AAAA", "dGVhbXM6bm90LWFuLWlk", "\u00e9", "%00"):
        response = await api.client.get("/api/v1/teams", params={"cursor": cursor})
        assert_problem(response, 422, "invalid_cursor")
