"""Proposals over HTTP, with the workflow's steps taken by hand."""

from datetime import timedelta
from uuid import uuid4

from record.comparison import Comparer
from tests.support.api_client import Api, table
from tests.support.asked_stories import Story
from tests.support.conductor import DAY
from tests.support.facts import Facts
from tests.support.problems import assert_problem


async def test_a_proposal_says_who_is_asked_and_where_to_look(api: Api) -> None:
    reader = await api.team("reader")
    proposal = await api.proposal(reader)

    assert proposal == await api.got(f"/api/v1/proposals/{proposal['id']}")
    assert set(proposal) >= {
        *("id", "asset", "producer", "status", "cause", "revision", "base_version", "version"),
        *("changes", "parties", "pending", "told", "deadline_at", "next_review_at", "created_at"),
        *("ended_at", "base_moved", "confirmation_needed", "stuck", "policy", "contract_id"),
        "links",
    }
    assert (proposal["status"], proposal["cause"], proposal["revision"]) == ("pending", None, 1)
    assert (proposal["base_version"], proposal["version"]) == ("1.0.0", "2.0.0")
    (change,) = proposal["changes"]
    assert (change["kind"], change["path"], change["gating"]) == ("field_removed", "email", True)
    (party,) = proposal["parties"]
    assert party["team"] == {"id": reader["id"], "name": reader["name"]}
    assert (party["state"], party["fields"], party["reminders"]) == ("pending", ["email"], 0)
    assert proposal["policy"]["timeline"]["deadline"] == "P14D"
    assert proposal["links"] == {
        "self": f"/api/v1/proposals/{proposal['id']}",
        "page": f"http://tessera.test/proposals/{proposal['id']}",
        "temporal": f"http://temporal.test/namespaces/default/workflows/proposal-{proposal['id']}",
    }


async def test_proposals_are_listed_by_state_asset_party_and_owner(api: Api) -> None:
    reader = await api.team()
    proposal = await api.proposal(reader)
    ended = await api.proposal(reader)
    await api.client.post(f"{ended['links']['self']}/withdraw")
    await api.settle(ended)

    async def found(**params: str) -> set[str]:
        listed = await api.got("/api/v1/proposals", **params)
        return {each["id"] for each in listed["items"]}

    both = {proposal["id"], ended["id"]}
    assert await found(party_team_id=reader["id"]) == both
    assert await found(party_team_id=reader["id"], status="pending") == {proposal["id"]}
    assert await found(asset_id=ended["asset"]["id"], status="withdrawn") == {ended["id"]}
    assert await found(producer_team_id=proposal["producer"]["id"]) == {proposal["id"]}
    several = {"party_team_id": reader["id"], "status": ["pending", "withdrawn"]}
    response = await api.client.get("/api/v1/proposals", params=several)
    assert {each["id"] for each in response.json()["items"]} == both
    response = await api.client.get("/api/v1/proposals", params={"status": "forgotten"})
    assert_problem(response, 422, "invalid_request")


async def test_a_listed_proposal_is_the_whole_one(api: Api) -> None:
    reader = await api.team()
    proposals = [await api.proposal(reader) for _ in range(3)]
    page = await api.got("/api/v1/proposals", party_team_id=reader["id"], limit="2")
    rest = await api.got("/api/v1/proposals", party_team_id=reader["id"], cursor=page["next"])

    assert page["items"] + rest["items"] == list(reversed(proposals))
    assert rest["next"] is None


async def test_withdrawing_ends_it_and_can_be_said_twice(api: Api) -> None:
    proposal = await api.proposal(await api.team())
    path = f"{proposal['links']['self']}/withdraw"
    said = (await api.client.post(path, json={"reason": "a mistake"})).json()

    assert said["status"] == "pending", "the workflow decides"
    assert (said["withdrawn"]["reason"], said["withdrawn"]["by"]) == ("a mistake", "anonymous")
    ended = await api.settle(proposal)
    assert (ended["status"], ended["cause"]) == ("withdrawn", "withdrawn")
    assert ended["ended_at"]
    assert (await api.client.post(path)).json()["status"] == "withdrawn"


async def test_forcing_needs_a_reason_and_publishes(api: Api) -> None:
    proposal = await api.proposal(await api.team())
    path = f"{proposal['links']['self']}/force"
    assert_problem(await api.client.post(path), 422, "invalid_request")
    assert_problem(await api.client.post(path, json={}), 422, "invalid_request")
    assert_problem(await api.client.post(path, json={"reason": "  "}), 422, "invalid_request")
    too_long = {"reason": "x" * 2001}
    assert_problem(await api.client.post(path, json=too_long), 422, "invalid_request")

    response = await api.client.post(path, json={"reason": "leaking personal data"})
    assert response.json()["forced"]["reason"] == "leaking personal data"
    ended = await api.settle(proposal)
    assert (ended["status"], ended["cause"]) == ("published", "forced")
    contract = await api.got(f"/api/v1/contracts/{ended['contract_id']}")
    assert (contract["version"], contract["proposal_id"]) == ("2.0.0", proposal["id"])


async def test_nothing_is_said_of_a_proposal_that_has_ended(api: Api) -> None:
    reader = await api.team()
    proposal = await api.proposal(reader)
    await api.answer(proposal, reader, "blocked")
    ended = await api.settle(proposal)
    assert (ended["status"], ended["cause"]) == ("rejected", "blocked")

    for step, body in (("withdraw", {}), ("force", {"reason": "x"}), ("publish", {})):
        response = await api.client.post(f"{proposal['links']['self']}/{step}", json=body)
        problem = assert_problem(response, 409, "proposal_ended")
        assert (problem["proposal_status"], problem["cause"]) == ("rejected", "blocked")
    assert_problem(await api.answer(proposal, reader, "approved"), 409, "proposal_ended")


async def test_once_silence_has_consented_nobody_is_waited_for(
    api: Api, comparer: Comparer
) -> None:
    timeline = {"on_deadline": "approve", "deadline": "3d", "publish": "on_demand"}
    story = Story(4 * DAY, (timedelta(hours=1), timedelta(hours=1)), timeline)
    conductor = await story.told(Facts(api.database, comparer))
    await conductor.carry_on(4 * DAY)
    shown = await api.got(f"/api/v1/proposals/{conductor.proposal.id}")
    assert [each["state"] for each in shown["parties"]] == ["pending", "pending"]
    assert (shown["status"], shown["pending"], shown["deadline_at"]) == ("approved", [], None)
    inbox = await api.got("/api/v1/inbox", team_id=shown["producer"]["id"])
    (own,) = inbox["own"]
    assert (own["pending"], own["answered"], own["deadline_at"]) == ([], 0, None)


async def test_an_approved_proposal_on_demand_is_published_when_asked_for(api: Api) -> None:
    reader = await api.team()
    proposal = await api.proposal(reader, publish="on_demand")
    path = f"{proposal['links']['self']}/publish"
    assert_problem(await api.client.post(path), 409, "not_ready")

    await api.answer(proposal, reader, "approved")
    assert (await api.settle(proposal))["status"] == "approved"
    assert_problem(await api.answer(proposal, reader, "blocked"), 409, "answers_closed")
    response = await api.client.post(path, json={})
    assert response.json()["publish_requested"]["by"] == "anonymous"
    assert (await api.settle(proposal))["status"] == "published"
    assert (await api.client.post(path)).json()["status"] == "published"


async def test_what_waits_for_no_confirmation_takes_none(api: Api) -> None:
    proposal = await api.proposal(await api.team())
    response = await api.client.post(f"{proposal['links']['self']}/confirm")

    assert_problem(response, 409, "not_ready")


async def test_parties_follow_the_registrations(api: Api) -> None:
    reader, late = await api.team(), await api.team()
    proposal = await api.proposal(reader)
    registration = await api.register(proposal["asset"], late, ["email"])
    grown = await api.got(proposal["links"]["self"])
    await api.client.delete(f"/api/v1/registrations/{registration['id']}")
    shrunk = await api.got(proposal["links"]["self"])

    assert set(grown["pending"]) == {reader["name"], late["name"]}
    assert grown["revision"] == 2
    assert shrunk["pending"] == [reader["name"]]


async def test_an_unknown_proposal_is_not_found_by_any_step(api: Api) -> None:
    path = f"/api/v1/proposals/{uuid4()}"
    team = await api.team()

    assert_problem(await api.client.get(path), 404, "not_found")
    for step, body in (
        ("withdraw", {}),
        ("force", {"reason": "x"}),
        ("publish", {}),
        ("confirm", {}),
        ("acknowledge", {"consumer_team_id": team["id"], "response": "approved"}),
    ):
        assert_problem(await api.client.post(f"{path}/{step}", json=body), 404, "not_found")


async def test_a_new_version_may_be_proposed_once_the_last_one_ended(api: Api) -> None:
    proposal = await api.proposal(await api.team())
    await api.client.post(f"{proposal['links']['self']}/withdraw")
    await api.settle(proposal)
    response = await api.publish(proposal["asset"], table("key"))

    assert response.status_code == 202
    assert response.json()["proposal"]["id"] != proposal["id"]
