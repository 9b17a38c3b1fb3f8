"""What is said about a proposal by form: comments, and objections of who is affected downstream."""

import httpx

from domain.json_types import JsonObject
from tests.support.api_client import Api

ONCE = "0123456789abcdef" * 2


async def test_a_comment_is_recorded_once_and_one_that_is_refused_is_kept(
    api: Api, client: httpx.AsyncClient
) -> None:
    reader = await api.team("growth")
    proposal = await api.proposal(reader)
    path = f"/proposals/{proposal['id']}"
    form = {"team": reader["id"], "text": "When is <that>?", "once": ONCE}
    for _ in range(2):
        sent = await client.post(f"{path}/comment", data=form)
        assert sent.headers["location"] == f"{path}?said=comment"
    text = (await client.get(path)).text
    assert "When is &lt;that&gt;?" in text
    assert 'Comments <span class="count">1</span>' in text
    long = form | {"text": "Why? " * 1000}
    refused = await client.post(f"{path}/comment", data=long)
    assert refused.status_code == 422
    assert f'aria-describedby="fault-comment">{long["text"]}</textarea>' in refused.text


async def test_a_reply_that_is_refused_stands_open_in_its_thread_also_if_that_went_on(
    api: Api, client: httpx.AsyncClient
) -> None:
    reader = await api.team("growth")
    proposal = await api.proposal(reader)
    path = f"/proposals/{proposal['id']}"
    remark = {"team_id": reader["id"], "text": "When?"}
    first = await api.made(f"/api/v1{path}/comments", remark)
    await api.made(f"/api/v1{path}/comments", {**remark, "reply_to": first["id"]})
    reply = {"team": reader["id"], "text": "Soon. " * 1000, "reply_to": first["id"]}
    refused = await client.post(f"{path}/comment", data=reply)
    assert refused.status_code == 422
    assert f'<details id="reply-{first["id"]}" open>' in refused.text
    assert refused.text.count("Soon. " * 1000) == 1


async def test_an_objection_that_comes_too_late_gives_back_what_was_written(
    api: Api, client: httpx.AsyncClient
) -> None:
    reader, behind = await api.team("growth"), await api.team("finance")
    proposal = await api.proposal(reader)
    made_of = await api.asset(behind)
    edge = f"/api/v1/assets/{made_of['id']}/dependencies/{proposal['asset']['id']}"
    assert (await client.put(edge)).status_code == 200
    path = f"/proposals/{proposal['id']}"
    objection = {"team": behind["id"], "text": "The report counts it."}
    assert (await client.post(f"{path}/object", data=objection)).status_code == 303
    assert "The report counts it." in (await client.get(path)).text
    await api.answer(proposal, reader, "blocked", note="No.")
    await api.settle(proposal)
    late: JsonObject = objection | {"text": "And so does the other one."}
    refused = await client.post(f"{path}/object", data=late)
    assert refused.status_code == 409
    assert "What you wrote<textarea readonly" in refused.text
    assert "And so does the other one." in refused.text
