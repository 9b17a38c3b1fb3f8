"""Comments, objections and dependencies over HTTP, and on the page."""

from domain.json_types import JsonObject
from tests.support.api_client import Api
from tests.support.problems import assert_problem


async def downstream(api: Api, proposal: JsonObject) -> tuple[JsonObject, JsonObject]:
    """A team that owns an asset which is made of the proposal's."""
    team = await api.team("downstream")
    asset = await api.asset(team)
    path = f"/api/v1/assets/{asset['id']}/dependencies/{proposal['asset']['id']}"
    for _ in range(2):
        response = await api.client.put(path)
        assert response.status_code == 200, response.text
    return team, asset


async def test_a_thread_is_read_page_by_page(api: Api) -> None:
    reader = await api.team("reader")
    proposal = await api.proposal(reader)
    path = f"{proposal['links']['self']}/comments"
    first = await api.client.post(path, json={"team_id": reader["id"], "text": " When? "})
    assert first.status_code == 201
    begun = first.json()
    assert (begun["text"], begun["reply_to"], begun["thread_id"]) == ("When?", None, begun["id"])
    reply = {"team_id": proposal["producer"]["id"], "text": "In May.", "reply_to": begun["id"]}
    answer = (await api.client.post(path, json=reply)).json()
    assert answer["thread_id"] == begun["id"]

    newest = await api.got(path, limit="1")
    rest = await api.got(path, cursor=newest["next"])
    assert newest["items"] + rest["items"] == [answer, begun]
    page = (await api.client.get(f"/proposals/{proposal['id']}")).text
    assert page.index("When?") < page.index("In May.")


async def test_what_is_no_comment_or_of_nobody_involved_is_refused(api: Api) -> None:
    reader, stranger = await api.team("reader"), await api.team("stranger")
    proposal = await api.proposal(reader)
    path = f"{proposal['links']['self']}/comments"
    said = {"team_id": reader["id"], "text": "When?"}
    response = await api.client.post(path, json=said | {"team_id": stranger["id"]})
    assert_problem(response, 409, "not_involved")
    for wrong in ({"text": " "}, {"text": "x" * 4001}, {"reply_to": proposal["id"]}):
        assert_problem(await api.client.post(path, json=said | wrong), 422, "invalid_request")
    assert (await api.got(path))["items"] == []


async def test_an_objection_is_heard_and_shown_with_the_proposal(api: Api) -> None:
    reader = await api.team("reader")
    proposal = await api.proposal(reader)
    team, asset = await downstream(api, proposal)
    own = proposal["links"]["self"]
    affected = await api.got(f"{own}/downstream")
    (item,) = affected["items"]
    assert item["team"]["id"] == team["id"]
    assert [each["id"] for each in item["assets"]] == [asset["id"]]

    path, body = f"{own}/objections", {"team_id": team["id"], "reason": "our report"}
    made = await api.client.post(path, json=body)
    assert made.status_code == 201
    assert (await api.client.post(path, json=body)).json() == made.json()
    assert (await api.got(path))["items"] == [made.json()]
    assert (await api.got(own))["objections"] == [made.json()]
    listed = await api.got("/api/v1/proposals", asset_id=proposal["asset"]["id"])
    assert listed["items"][0]["objections"] == [made.json()]
    assert "our report" in (await api.client.get(f"/proposals/{proposal['id']}")).text
    response = await api.client.post(path, json=body | {"team_id": reader["id"]})
    assert_problem(response, 409, "not_involved")


async def test_the_page_takes_comments_and_objections(api: Api) -> None:
    proposal = await api.proposal(await api.team("reader"))
    team, _ = await downstream(api, proposal)
    page = f"/proposals/{proposal['id']}"
    assert "/object" in (await api.client.get(page)).text
    for step, text in (("comment", "When does it go?"), ("object", "our report")):
        response = await api.client.post(f"{page}/{step}", data={"team": team["id"], "text": text})
        assert response.status_code == 303
        assert text in (await api.client.get(response.headers["location"])).text
    refused = await api.client.post(f"{page}/comment", data={"team": team["id"], "text": " "})
    assert refused.status_code == 422
    assert "A comment says something." in refused.text


async def test_dependencies_are_listed_both_ways_and_taken_back(api: Api) -> None:
    proposal = await api.proposal(await api.team("reader"))
    _, asset = await downstream(api, proposal)
    source = proposal["asset"]
    down = f"/api/v1/assets/{asset['id']}/dependencies"
    (edge,) = (await api.got(down))["items"]
    assert (edge["upstream"]["id"], edge["downstream"]["id"]) == (source["id"], asset["id"])
    up = await api.got(f"/api/v1/assets/{source['id']}/dependencies", direction="downstream")
    assert up["items"] == [edge]
    assert (await api.got(down, direction="downstream"))["items"] == []
    refused = await api.client.put(f"{down}/{asset['id']}")
    assert_problem(refused, 422, "invalid_request")
    for _ in range(2):
        assert (await api.client.delete(f"{down}/{source['id']}")).status_code == 204
    assert (await api.got(down))["items"] == []
