"""The inbox over HTTP: whose it is, what waits there, and what the credential may do about it."""

from tests.support.api_client import Api, unique
from tests.support.problems import assert_problem


async def test_an_inbox_says_what_breaks_for_us_and_until_when(api: Api) -> None:
    reader = await api.team("reader")
    proposal = await api.proposal(reader)
    found = await api.got("/api/v1/inbox", team_id=reader["id"])
    assert found["teams"] == [{"id": reader["id"], "name": reader["name"]}]
    assert found["counts"] == {
        "answer": 1,
        "confirm": 0,
        "publish": 0,
        "move": 0,
        "overdue": 0,
        "due_soon": 0,
        "own": 0,
    }
    (item,) = found["items"]
    assert (item["task"], item["team"]["id"]) == ("answer", reader["id"])
    assert item["proposal"]["id"] == proposal["id"]
    assert item["proposal"]["links"]["page"] == proposal["links"]["page"]
    assert (item["reason"], item["breaking_count"]) == ("reads `email`", 1)
    assert item["breaking"] == [proposal["changes"][0]["sentence"]]
    assert (item["overdue"], item["reminders"], item["answer"]) == (False, 0, None)
    assert item["permitted"] is True


async def test_the_producer_sees_who_is_waited_for(api: Api) -> None:
    reader = await api.team("reader")
    proposal = await api.proposal(reader)
    found = await api.got("/api/v1/inbox", team_id=proposal["producer"]["id"])
    assert found["items"] == []
    (own,) = found["own"]
    assert own["proposal"]["id"] == proposal["id"]
    assert [each["team"]["id"] for each in own["pending"]] == [reader["id"]]


async def test_several_teams_and_those_of_a_user_can_be_named(api: Api) -> None:
    first, second = await api.team(), await api.team()
    await api.proposal(first)
    await api.proposal(second)
    user = await api.made("/api/v1/users", {"name": "Ada", "email": f"{unique('ada')}@example.com"})
    for team in (first, second):
        path = f"/api/v1/teams/{team['id']}/members/{user['id']}"
        response = await api.client.put(path, json={"role": "member"})
        assert response.status_code == 200, response.text
    for params in ({"team_id": [first["id"], second["id"]]}, {"user_id": user["id"]}):
        response = await api.client.get("/api/v1/inbox", params=params)
        assert response.json()["counts"]["answer"] == 2, params


async def test_who_belongs_to_no_team_says_whose_inbox_it_wants(api: Api) -> None:
    problem = assert_problem(await api.client.get("/api/v1/inbox"), 422, "invalid_request")
    assert problem["errors"][0]["path"] == "team_id"


async def test_what_is_not_there_is_not_found(api: Api) -> None:
    nobody = "00000000-0000-7000-8000-000000000000"
    for name in ("team_id", "user_id"):
        response = await api.client.get("/api/v1/inbox", params={name: nobody})
        assert_problem(response, 404, "not_found")
    deleted = await api.team()
    await api.client.delete(f"/api/v1/teams/{deleted['id']}")
    response = await api.client.get("/api/v1/inbox", params={"team_id": deleted["id"]})
    assert_problem(response, 404, "not_found")


async def test_a_cursor_of_another_listing_is_refused(api: Api) -> None:
    team = await api.team()
    for cursor in ("x", "aW5ib3g6MQ"):
        response = await api.client.get(
            "/api/v1/inbox", params={"team_id": team["id"], "cursor": cursor}
        )
        assert_problem(response, 422, "invalid_cursor")
