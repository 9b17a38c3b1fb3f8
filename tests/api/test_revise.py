"""Revising over HTTP, and answers that name what they answer."""

from tests.support.api_client import Api, table
from tests.support.problems import assert_problem

MILDER = {"type": "object", "properties": {"id": {"type": "string"}, "email": {"type": "integer"}}}


async def test_a_revision_shows_what_is_asked_now(api: Api) -> None:
    reader = await api.team("reader")
    proposal = await api.proposal(reader)
    path = proposal["links"]["self"]
    await api.answer(proposal, reader, "migrating", until="2999-01-01T00:00:00Z")

    response = await api.client.post(f"{path}/revise", json={"schema": MILDER, "version": "5.0.0"})
    assert response.status_code == 200
    shown = response.json()
    assert (shown["revision"], shown["status"], shown["version"]) == (2, "pending", "5.0.0")
    assert shown["content_hash"] != proposal["content_hash"]
    (change,), (party,) = shown["changes"], shown["parties"]
    assert change["kind"] != proposal["changes"][0]["kind"]
    assert party["state"] == "pending"
    assert party["changes_hash"] != proposal["parties"][0]["changes_hash"]
    again = await api.client.post(f"{path}/revise", json={"schema": MILDER})
    assert again.json() == shown


async def test_what_is_no_schema_or_too_late_is_refused(api: Api) -> None:
    proposal = await api.proposal(await api.team())
    path = f"{proposal['links']['self']}/revise"
    assert_problem(await api.client.post(path, json={}), 422, "invalid_request")
    broken = {"schema": {"type": "nothing"}}
    assert_problem(await api.client.post(path, json=broken), 422, "invalid_schema")
    small = {"schema": MILDER, "version": "0.0.1"}
    assert_problem(await api.client.post(path, json=small), 422, "invalid_version")
    await api.client.post(f"{proposal['links']['self']}/withdraw")
    assert_problem(await api.client.post(path, json={"schema": MILDER}), 409, "not_ready")
    await api.settle(proposal)
    assert_problem(await api.client.post(path, json={"schema": MILDER}), 409, "proposal_ended")


async def test_an_answer_that_names_other_content_is_refused(api: Api) -> None:
    reader = await api.team("reader")
    proposal = await api.proposal(reader)
    path = proposal["links"]["self"]
    answer = {"consumer_team_id": reader["id"], "response": "approved"}
    seen = {"changes_hash": proposal["parties"][0]["changes_hash"]}
    whole = {"content_hash": proposal["content_hash"]}
    await api.client.post(f"{path}/revise", json={"schema": MILDER})
    for named in (seen, whole):
        response = await api.client.post(f"{path}/acknowledge", json=answer | named)
        assert_problem(response, 409, "question_changed")
    await api.client.post(f"{path}/revise", json={"schema": table("id")})
    response = await api.client.post(f"{path}/acknowledge", json=answer | seen | whole)
    assert response.json()["parties"][0]["state"] == "approved"


async def test_what_was_answered_to_the_same_before_is_shown_in_api_and_page(api: Api) -> None:
    ready, block = await api.team("ready"), await api.team("block")
    first = await api.proposal(ready)
    await api.register(first["asset"], block)
    await api.answer(first, ready, "approved")
    await api.answer(first, block, "blocked")
    assert (await api.settle(first))["status"] == "rejected"

    response = await api.client.post(
        f"/api/v1/assets/{first['asset']['id']}/contracts", json={"schema": table("id")}
    )
    second = response.json()["proposal"]
    parties = {each["team"]["id"]: each for each in second["parties"]}
    carried, asked = parties[ready["id"]], parties[block["id"]]
    assert (carried["state"], carried["earlier"]["carried"]) == ("approved", True)
    assert (asked["state"], asked["earlier"]["carried"]) == ("pending", False)
    assert asked["earlier"]["response"] == "blocked"
    assert carried["earlier"]["proposal_id"] == first["id"]
    page = (await api.client.get(f"/proposals/{second['id']}")).text
    assert page.count(f'href="/proposals/{first["id"]}"') == 2
    assert "it counts here too" in page


async def test_a_form_answers_what_it_showed(api: Api) -> None:
    reader = await api.team("reader")
    proposal = await api.proposal(reader)
    page = f"/proposals/{proposal['id']}"
    shown = proposal["parties"][0]["changes_hash"]
    name = f"asked-{reader['id']}"
    assert f'name="{name}" value="{shown}"' in (await api.client.get(page)).text
    await api.client.post(f"/api/v1{page}/revise", json={"schema": MILDER})
    form = {"team": reader["id"], "response": "approved", name: shown}
    refused = await api.client.post(f"{page}/answer", data=form)
    assert refused.status_code == 409
    assert "asks something else by now" in refused.text


async def test_a_dry_run_says_whose_answers_stay_and_writes_nothing(api: Api) -> None:
    names = ("stays", "anew", "goes")
    stays, anew, goes = [await api.team(name) for name in names]
    asset = await api.asset()
    await api.publish(asset, table("id", "email", "phone", "name"))
    for team, field in ((stays, "phone"), (anew, "email"), (goes, "name")):
        await api.register(asset, team, [field])
    proposal = (await api.publish(asset, table("id"))).json()["proposal"]
    await api.answer(proposal, stays, "approved")
    path = f"/api/v1/proposals/{proposal['id']}"
    before = await api.got(path)
    milder = {"schema": table("id", "name", email={"type": "integer"})}

    response = await api.client.post(f"{path}/revise?dry_run=true", json=milder)
    foreseen = response.json()
    assert [(each["team"]["id"], each["state"]) for each in foreseen["would_keep"]] == [
        (stays["id"], "approved")
    ]
    assert [(each["team"]["id"], each["state"]) for each in foreseen["would_ask"]] == [
        (anew["id"], "pending")
    ]
    assert foreseen["would_release"] == [{"id": goes["id"], "name": goes["name"]}]
    assert (foreseen["unchanged"], foreseen["revision"]) == (False, 2)
    assert await api.got(path) == before
    log = await api.got(
        "/api/v1/events", proposal_id=proposal["id"], type="proposal.revision_recorded"
    )
    assert log["items"] == []

    shown = (await api.client.post(f"{path}/revise", json=milder)).json()
    assert shown["changes"] == foreseen["changes"]
    states = {each["team"]["id"]: each["state"] for each in shown["parties"]}
    assert states == {stays["id"]: "approved", anew["id"]: "pending"}
    same = (await api.client.post(f"{path}/revise?dry_run=true", json=milder)).json()
    assert (same["unchanged"], len(same["would_keep"]), same["would_ask"]) == (True, 2, [])
    back = await api.client.post(f"{path}/revise?dry_run=true", json={"schema": table("id")})
    assert len(back.json()["would_keep"]) == 1
    await api.client.post(f"{path}/withdraw")
    again = await api.client.post(f"{path}/revise?dry_run=true", json={"schema": table("id")})
    assert_problem(again, 409, "not_ready")


async def test_a_dry_run_counts_what_was_answered_to_the_same_before(api: Api) -> None:
    reader = await api.team("reader")
    proposal = await api.proposal(reader)
    path = f"{proposal['links']['self']}/revise"
    await api.answer(proposal, reader, "approved")
    await api.client.post(path, json={"schema": MILDER})
    (party,) = (await api.client.post(f"{path}?dry_run=true", json={"schema": table("id")})).json()[
        "would_ask"
    ]
    assert party["state"] == "approved"
