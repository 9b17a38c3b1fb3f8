"""Answers over HTTP."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from domain.json_types import JsonObject
from tests.support.api_client import Api
from tests.support.problems import assert_problem


def from_now(**distance: float) -> str:
    return (datetime.now(UTC) + timedelta(**distance)).isoformat()


async def test_when_the_last_party_is_ready_it_is_published(api: Api) -> None:
    one, other = await api.team(), await api.team()
    proposal = await api.proposal(one, other)
    response = await api.answer(proposal, one, "approved", note="done")

    assert response.status_code == 200
    shown = response.json()
    assert shown["pending"] == [other["name"]]
    party = next(each for each in shown["parties"] if each["team"]["id"] == one["id"])
    assert (party["state"], party["response"], party["note"]) == ("approved", "approved", "done")
    assert (party["answered_by"], party["due_at"]) == ("anonymous", None)
    assert party["answered_at"]

    await api.answer(proposal, other, "approved")
    ended = await api.settle(proposal)
    assert (ended["status"], ended["cause"], ended["pending"]) == ("published", "all_approved", [])


async def test_who_needs_time_says_until_when_and_stays_pending(api: Api) -> None:
    reader = await api.team()
    proposal = await api.proposal(reader)
    until = from_now(days=5)
    shown = (await api.answer(proposal, reader, "migrating", until=until)).json()

    (party,) = shown["parties"]
    assert (party["state"], shown["pending"]) == ("migrating", [reader["name"]])
    assert datetime.fromisoformat(party["until"]) == datetime.fromisoformat(until)


async def test_an_answer_can_be_changed(api: Api) -> None:
    reader = await api.team()
    proposal = await api.proposal(reader)
    await api.answer(proposal, reader, "blocked", note="not yet")
    shown = (await api.answer(proposal, reader, "approved")).json()

    (party,) = shown["parties"]
    assert (party["state"], party["note"]) == ("approved", None)


async def test_the_log_says_for_whom_somebody_answered(api: Api) -> None:
    reader = await api.team()
    proposal = await api.proposal(reader)
    await api.answer(proposal, reader, "approved")
    events = await api.got(
        "/api/v1/events", proposal_id=proposal["id"], type="proposal.acknowledged"
    )

    actor = events["items"][0]["actor"]
    assert (actor["kind"], actor["acting_for"]) == ("anonymous", reader["id"])


async def test_a_team_that_is_not_asked_has_no_answer_to_give(api: Api) -> None:
    reader = await api.team()
    proposal = await api.proposal(reader)
    problem = assert_problem(
        await api.answer(proposal, await api.team(), "approved"), 409, "not_a_party"
    )

    assert reader["name"] in problem["detail"]
    unknown = {"id": str(uuid4())}
    assert_problem(await api.answer(proposal, unknown, "approved"), 404, "not_found")


@pytest.mark.parametrize(
    ("answer", "path"),
    [
        ({"response": "ready"}, "response"),
        ({"response": None}, "response"),
        ({"response": "migrating"}, "until"),
        ({"response": "migrating", "until": from_now(days=-1)}, "until"),
        ({"response": "migrating", "until": from_now(days=400)}, "until"),
        ({"response": "migrating", "until": "2030-01-01T00:00:00"}, "until"),
        ({"response": "migrating", "until": "9999-12-31T23:59:59-23:59"}, "until"),
        ({"response": "migrating", "until": "soon"}, "until"),
        ({"response": "approved", "until": from_now(days=1)}, "until"),
        ({"response": "approved", "note": "x" * 2001}, "note"),
        ({"response": "approved", "comment": "fine"}, "comment"),
    ],
)
async def test_answers_that_cannot_be_meant_are_refused(
    api: Api, answer: JsonObject, path: str
) -> None:
    reader = await api.team()
    proposal = await api.proposal(reader)
    body = {"consumer_team_id": reader["id"], **answer}
    response = await api.client.post(f"{proposal['links']['self']}/acknowledge", json=body)

    assert assert_problem(response, 422, "invalid_request")["errors"][0]["path"] == path
    assert (await api.got(proposal["links"]["self"]))["parties"][0]["state"] == "pending"
