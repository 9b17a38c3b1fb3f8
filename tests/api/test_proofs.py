"""The proof of a proposal over HTTP, and held against the log."""

import copy
import hashlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from domain.errors import InvalidRequest
from domain.inclusion import Beside, Side, root_over
from domain.json_types import JsonObject
from domain.proof_checks import claims_of, seal_from
from domain.seals import leaf_hash, with_hash
from record.comparison import Comparer
from record.verification import verify
from store.database import Database
from store.feed import Feed
from store.transaction import Transaction
from tests.api.test_comments import downstream
from tests.support.api_client import Api, app_over, client_of
from tests.support.credentials import Credentials
from tests.support.failing import TAKEN, carried
from tests.support.problems import assert_problem
from tests.support.sealing import sealed_up_to_now
from tests.ui.stand_in import tell


async def proof_of(api: Api, proposal: JsonObject) -> JsonObject:
    return await api.got(f"/api/v1/proposals/{proposal['id']}/proof")


async def test_a_proof_shows_the_end_of_what_was_replaced_and_who_has_moved(api: Api) -> None:
    moves, stays = await api.team("moves"), await api.team("stays")
    proposal = await api.proposal(moves, stays, migration_window="30d")
    for team in (moves, stays):
        await api.answer(proposal, team, "approved")
    assert (await proof_of(api, proposal))["retirement"] is None
    assert (await api.settle(proposal))["status"] == "published"
    replaced = (await proof_of(api, proposal))["content"][1]
    path = f"/api/v1/contracts/{replaced['contract_id']}/retirement"
    said = {"consumer_team_id": moves["id"], "note": "since Monday"}
    assert (await api.client.post(f"{path}/moved", json=said)).status_code == 200

    end = (await proof_of(api, proposal))["retirement"]
    assert end == await api.got(path)
    assert (end["version"], end["status"]) == ("1.0.0", "open")
    moved = {each["team"]["id"]: (each["moved"], each["note"]) for each in end["movers"]}
    assert moved == {moves["id"]: (True, "since Monday"), stays["id"]: (False, None)}
    proof = await proof_of(api, proposal)
    told = [each for each in proof["events"] if each["type"].startswith("retirement.")]
    assert [(each["type"], each["team_id"]) for each in told[-1:]] == [
        ("retirement.moved", moves["id"])
    ]
    assert all(each["payload"]["contract_id"] == replaced["contract_id"] for each in told)
    page = (await api.client.get(f"/proposals/{proposal['id']}/proof")).text
    assert "The end of 1.0.0" in page
    number = 1 + proof["events"].index(told[-1])
    assert page.count(f'href="#event-{number}"') == 1
    assert page.index("since Monday") > page.index("The end of 1.0.0")


async def test_a_proof_says_who_was_asked_how_often_and_what_they_answered(api: Api) -> None:
    reader = await api.team("reader")
    proposal = await api.proposal(reader)
    await tell(api.database, proposal)
    await api.answer(proposal, reader, "blocked", note="no")
    await api.answer(proposal, reader, "approved")
    await api.client.post(f"{proposal['links']['self']}/force", json={"reason": "by law"})

    proof = await proof_of(api, proposal)
    shown = await api.got(f"/api/v1/proposals/{proposal['id']}", include="witnesses")
    assert proof["proposal"] == shown
    (asked,) = proof["asked"]
    assert (asked["team"], asked["asks"], asked["reminders"], asked["changes"]) == (
        {"id": reader["id"], "name": reader["name"]},
        *(1, 0, [0]),
    )
    (told,) = asked["told"]
    assert told["breaking"] == [proof["proposal"]["changes"][0]["sentence"]]
    given = [(each["response"], each["standing"], each["note"]) for each in proof["answers"]]
    assert given == [("blocked", "changed", "no"), ("approved", "counts", None)]
    (said,) = proof["said"]
    assert (said["kind"], said["reason"]) == ("forced", "by law")
    assert [each["version"] for each in proof["content"]] == ["2.0.0", "1.0.0"]
    ids = [each["id"] for each in proof["events"]]
    assert ids.index(told["event_id"]) < ids.index(proof["answers"][0]["event_id"])
    listed = await api.got("/api/v1/events", proposal_id=proposal["id"])
    assert ids == [each["id"] for each in reversed(listed["items"])]


async def test_a_proof_has_objections_comments_and_more_time_and_so_has_its_page(api: Api) -> None:
    reader = await api.team("reader")
    proposal = await api.proposal(reader)
    own = proposal["links"]["self"]
    team, _ = await downstream(api, proposal)
    for path, body in (
        ("comments", {"team_id": reader["id"], "text": "When <b>does</b> it go?"}),
        ("objections", {"team_id": team["id"], "reason": "our report"}),
        ("extend", {"by": "1d", "reason": "holidays"}),
        ("extend", {"by": "1d", "reason": "and more"}),
    ):
        response = await api.client.post(f"{own}/{path}", json=body)
        assert response.status_code in (200, 201), response.text
    proof = await proof_of(api, proposal)
    types = {each["id"]: each["type"] for each in proof["events"]}
    said = [
        (each["text"], each["team"]["id"], types[each["event_id"]])
        for each in (*proof["objections"], *proof["comments"])
    ]
    assert said == [
        ("our report", team["id"], "proposal.objected"),
        ("When <b>does</b> it go?", reader["id"], "proposal.commented"),
    ]
    decrees = [(each["kind"], each["reason"]) for each in proof["said"]]
    assert decrees == [("extended", "holidays"), ("extended", "and more")]
    page = (await api.client.get(f"/proposals/{proposal['id']}/proof")).text
    assert "When &lt;b&gt;does&lt;/b&gt; it go?" in page
    for shown in ("Objections from downstream", "our report", "Extended", "and more"):
        assert shown in page


async def test_a_proof_of_nothing_is_not_there(api: Api) -> None:
    response = await api.client.get(f"/api/v1/proposals/{uuid4()}/proof")
    assert_problem(response, 404, "not_found")


@dataclass(frozen=True)
class Alone:
    """A world in which nobody else writes."""

    api: Api
    url: str


@pytest.fixture
async def alone(fresh_database_url: str, comparer: Comparer, feed: Feed) -> AsyncIterator[Alone]:
    async with (
        Database.connect(fresh_database_url).closing() as database,
        client_of(app_over(database, comparer, feed)) as client,
    ):
        yield Alone(Api(client, database), fresh_database_url)


async def sealed_proof(alone: Alone) -> JsonObject:
    api = alone.api
    reader = await api.team("reader")
    proposal = await api.proposal(reader)
    await tell(api.database, proposal)

    async def events(tx: Transaction) -> int:
        return int((await tx.sql.execute(text("SELECT count(*) FROM events"))).scalar_one())

    await sealed_up_to_now(api.database, await api.database.read(events), 3)
    await api.answer(proposal, reader, "approved")
    return await proof_of(api, proposal)


def summary(proof: Any) -> None:
    proof["events"][0]["summary"] = "Nothing is proposed."


def line(proof: Any) -> None:
    event = proof["events"][0]
    event["line"] = event["line"].replace(event["summary"], "Nothing.")
    event["summary"] = "Nothing."


def another_hash(proof: Any) -> None:
    line(proof)
    event = proof["events"][0]
    event["hash"] = hashlib.sha256(b"\x00" + event["line"].encode()).hexdigest()


def root(proof: Any) -> None:
    """All is consistent, but the seal is another one than the log has."""
    another_hash(proof)
    event = proof["events"][0]
    way = [
        Beside(Side(each["side"]), bytes.fromhex(each["hash"])) for each in event["place"]["way"]
    ]
    for wire in proof["seals"]:
        if wire["number"] == event["place"]["seal"]:
            wire["root"] = root_over(leaf_hash(event["line"]), way).hex()
            wire["hash"] = with_hash(seal_from(wire)).hash.hex()


LIES: dict[str, Callable[[Any], None]] = {
    "shows something else than what is hashed": summary,
    "does not have the hash that it names": line,
    "does not lead to the root of seal": another_hash,
    "is not in the chain": root,
}


async def test_a_proof_is_held_against_the_log_and_a_changed_one_is_found(alone: Alone) -> None:
    proof = await sealed_proof(alone)
    assert proof["check"]["unsealed"] == 1
    assert proof["check"]["intact"] is True
    outcome = await verify(alone.url, proof=claims_of(proof))
    assert outcome.sound, outcome.flaws
    assert outcome.to_wire()["proof"] == {"events": 3, "events_not_sealed": 1}
    assert outcome.head == proof["check"]["head"]
    for found, lie in LIES.items():
        told = copy.deepcopy(proof)
        lie(told)
        outcome = await verify(alone.url, proof=claims_of(told))
        assert not outcome.sound
        assert any(found in flaw.found for flaw in outcome.flaws), (found, outcome.flaws)


def test_what_is_no_proof_is_said_to_be_none() -> None:
    wrong: list[object] = [[], None, {}, {"form": 1}, {"form": 2}, {"form": 1, "seals": [{}]}]
    for document in wrong:
        with pytest.raises(InvalidRequest):
            claims_of(document)


async def test_what_was_sent_is_shown_only_to_who_may_see_the_destination(
    locked_app: FastAPI, administrator: httpx.AsyncClient, database: Database
) -> None:
    api, credentials = Api(administrator, database), Credentials(administrator, database)
    reader = await api.team("reader")
    path = f"/api/v1/teams/{reader['id']}/destinations/webhook"
    await administrator.put(path, json={"address": "https://hooks.example.com/tessera"})
    proposal = await api.proposal(reader)
    await tell(database, proposal)
    page = await api.got("/api/v1/deliveries", team_id=str(reader["id"]), type="proposal.asked")
    sent = replace(TAKEN, request={"headers": {}, "body": "all that was said"})
    await carried(database, UUID(page["items"][0]["id"]), sent)

    for team, whole in ((reader, True), (await api.team("other"), False)):
        key = await credentials.team_key(team, "read")
        async with client_of(locked_app, key["key"]) as client:
            proof = (await client.get(f"/api/v1/proposals/{proposal['id']}/proof")).json()
        (asked,) = [each for each in proof["events"] if each["type"] == "proposal.asked"]
        (sending,) = asked["sendings"]
        assert (sending["to"]["kind"], sending["to"]["owner"]) == ("webhook", reader["name"])
        assert (sending["status"], sending["whole"]) == ("delivered", whole)
        (attempt,) = sending["attempts"]
        assert (attempt["number"], attempt["status"]) == (1, "delivered")
        assert (attempt["status_code"] is not None) is whole
        assert (attempt["request"] is not None) is whole
        assert "hooks.example.com" not in str(sending)
        (told,) = proof["asked"][0]["told"]
        assert told["arrived_at"] is not None
