"""What a team says, over HTTP: times, a calendar, who answers for it, who hears of silence."""

from uuid import UUID

import httpx
import pytest

from domain.json_types import JsonObject
from domain.parties import NoticeKind
from domain.timeline import Timeline
from record import notices
from record.rounds import review
from store.database import Database
from store.transaction import Transaction
from tests.support.api_client import Api, table
from tests.support.credentials import Credentials
from tests.support.problems import assert_problem

BERLIN = {"time_zone": "Europe/Berlin", "country": "DE", "subdivision": "BE"}


async def say(api: Api, team: JsonObject, **what: object) -> JsonObject:
    path = f"/api/v1/teams/{team['id']}/policy"
    response = await api.client.patch(path, json=what)
    assert response.status_code == 200, response.text
    said: JsonObject = response.json()
    assert said == await api.got(path)
    return said


async def carried_on(api: Api, proposal: JsonObject) -> JsonObject:
    """Do what the workflow does at once, and return the proposal."""
    proposal_id, now = UUID(proposal["id"]), await api.database.run(Transaction.now)
    step, _ = await review(api.database, proposal_id, now)
    kind = NoticeKind(step.kind.value)
    await notices.note(api.database, proposal_id, 1, kind, step.notes, now)
    return await api.got(f"/api/v1/proposals/{proposal['id']}")


async def test_all_that_a_team_says_is_shown_as_it_was_said(api: Api) -> None:
    team, other = await api.team(), await api.team("platform")
    said = await say(
        api,
        team,
        timeline={"deadline": "20d"},
        calendar={**BERLIN, "days_off": ["2026-12-24"]},
        fallback={"team_id": other["id"]},
    )
    assert (said["timeline"]["deadline"], said["timeline_overrides"]) == (
        "P20D",
        {"deadline": "P20D"},
    )
    assert said["fallback"] == {"team_id": other["id"], "user_id": None}
    calendar = said["calendar"]
    assert (calendar["workdays"], calendar["days_off"]) == (
        ["mon", "tue", "wed", "thu", "fri"],
        ["2026-12-24"],
    )
    assert any(day.endswith("-12-25") for day in calendar["holidays"])
    left = await say(api, team, calendar=None, fallback=None, timeline={"deadline": None})
    assert (left["calendar"], left["fallback"], left["timeline_overrides"]) == (None, None, {})


@pytest.mark.parametrize(
    ("what", "status", "code"),
    [
        ({"calendar": {"time_zone": "Mars/Olympus"}}, 422, "invalid_request"),
        ({"calendar": {"time_zone": "UTC", "country": "XX"}}, 422, "invalid_request"),
        ({"timeline": {"deadline": "3y"}}, 422, "invalid_policy"),
        ({"timeline": {"naps": "1d"}}, 422, "invalid_policy"),
        ({"who_answers": "named"}, 422, "invalid_policy"),
        ({"who_answers": "everybody"}, 422, "invalid_request"),
        ({"fallback": {}}, 422, "invalid_policy"),
        ({"siesta": True}, 422, "invalid_request"),
    ],
)
async def test_what_cannot_be_said_is_refused(
    api: Api, what: JsonObject, status: int, code: str
) -> None:
    team = await api.team()
    path = f"/api/v1/teams/{team['id']}/policy"
    assert_problem(await api.client.patch(path, json=what), status, code)


async def test_an_asset_follows_its_team_until_it_says_more_itself(api: Api) -> None:
    team = await api.team()
    asset = await api.asset(team)
    await say(api, team, timeline={"deadline": "20d"})
    path = f"/api/v1/assets/{asset['id']}/policy"
    assert (await api.got(path))["timeline"]["deadline"] == "P20D"
    await api.client.patch(path, json={"timeline": {"deadline": "9d"}})
    policy = await api.got(path)
    assert (policy["timeline"]["deadline"], policy["timeline_overrides"]) == (
        "P9D",
        {"deadline": "P9D"},
    )


async def test_a_publication_may_ask_for_more_time_and_never_for_less(api: Api) -> None:
    asset = await api.asset()
    await api.publish(asset, table("id", "email"))
    refused = await api.publish(asset, table("id"), timeline={"deadline": "3d"})
    problem = assert_problem(refused, 422, "invalid_policy")
    assert problem["path"] == "timeline.deadline"
    dry = {"dry_run": "true"}
    assert_problem(
        await api.publish(asset, table("id"), params=dry, timeline={"deadline": "3d"}),
        422,
        "invalid_policy",
    )
    made = await api.publish(asset, table("id"), timeline={"deadline": "30d", "days": "working"})
    assert made.status_code == 202, made.text
    timeline = made.json()["proposal"]["policy"]["timeline"]
    assert timeline == {**Timeline().to_wire(), "deadline": "P30D", "days": "working"}


async def test_a_proposal_shows_whose_days_count_and_who_is_told_next(
    api: Api, database: Database, client: httpx.AsyncClient
) -> None:
    consumer, platform = await api.team("consumer"), await api.team("platform")
    credentials = Credentials(client, database)
    boss = await credentials.member(consumer, "owner")
    ada = await credentials.member(consumer, "member")
    await say(api, consumer, calendar=BERLIN, fallback={"team_id": platform["id"]})
    proposal = await api.proposal(consumer, days="working")
    shown = await carried_on(api, proposal)
    (party,) = shown["parties"]
    assert party["calendar"]["time_zone"] == "Europe/Berlin"
    assert [(each["kind"], each["to"]) for each in party["next"]] == [
        ("remind", [consumer["name"]]),
        ("escalate", [consumer["name"], shown["producer"]["name"]]),
        ("escalate_owners", [boss["name"]]),
        ("escalate_fallback", [platform["name"]]),
    ]
    times = [each["at"] for each in party["next"]]
    assert times == sorted(times)
    assert times[-1] < party["due_at"]
    page = (await client.get(f"/proposals/{proposal['id']}")).text
    assert "in working days of who is asked" in page
    assert "Europe/Berlin" in page
    assert "told as the fallback" in page

    response = await client.post(
        f"/api/v1/proposals/{proposal['id']}/delegate",
        json={"consumer_team_id": consumer["id"], "user_id": ada["id"]},
    )
    assert response.status_code == 200, response.text
    (handed,) = response.json()["parties"]
    assert handed["delegate"] == {"id": ada["id"], "name": ada["name"]}
    assert handed["next"][0]["to"] == [ada["name"]]
    inbox = await api.got("/api/v1/inbox", user_id=ada["id"])
    assert inbox["items"][0]["delegate"] == {"id": ada["id"], "name": ada["name"]}
    assert "handed to" in (await client.get(f"/proposals/{proposal['id']}")).text


async def test_who_may_not_answer_is_offered_nothing_and_refused(
    administrator: httpx.AsyncClient, database: Database
) -> None:
    api, credentials = Api(administrator, database), Credentials(administrator, database)
    consumer = await api.team("consumer")
    boss = await credentials.member(consumer, "owner")
    member = await credentials.member(consumer, "member")
    await say(api, consumer, who_answers="owners")
    proposal = await api.proposal(consumer)
    body = {"consumer_team_id": consumer["id"], "response": "approved"}
    path = f"/api/v1/proposals/{proposal['id']}"

    async def as_(user: JsonObject) -> dict[str, str]:
        return {"Authorization": f"Bearer {(await credentials.user_key(user))['key']}"}

    members, owners = await as_(member), await as_(boss)
    team_key = {"Authorization": f"Bearer {(await credentials.team_key(consumer))['key']}"}
    for refused in (members, team_key):
        answer = await administrator.post(f"{path}/acknowledge", json=body, headers=refused)
        assert_problem(answer, 403, "forbidden")
    (item,) = (await administrator.get("/api/v1/inbox", headers=members)).json()["items"]
    assert item["permitted"] is False
    handed = {"consumer_team_id": consumer["id"], "user_id": member["id"]}
    answer = await administrator.post(f"{path}/delegate", json=handed, headers=members)
    assert_problem(answer, 403, "forbidden")
    answer = await administrator.post(f"{path}/delegate", json=handed, headers=owners)
    assert answer.status_code == 200, answer.text
    (item,) = (await administrator.get("/api/v1/inbox", headers=members)).json()["items"]
    assert item["permitted"] is True
    answer = await administrator.post(f"{path}/acknowledge", json=body, headers=members)
    assert answer.status_code == 200, answer.text
