"""Contracts over HTTP: publishing, trying out, reading."""

from uuid import uuid4

import pytest

from domain.json_types import JsonObject
from tests.support.api_client import Api, table
from tests.support.problems import assert_problem

NULLABLE = {"type": ["string", "null"]}


async def test_the_first_contract_is_published_as_1_0_0(api: Api) -> None:
    asset = await api.asset()
    response = await api.publish(asset, table("id", "email"))

    assert response.status_code == 201
    body = response.json()
    assert (body["action"], body["version"], body["proposal"]) == ("published", "1.0.0", None)
    contract = body["contract"]
    assert (contract["version"], contract["status"]) == ("1.0.0", "active")
    assert "schema" not in contract
    whole = await api.got(f"/api/v1/contracts/{contract['id']}")
    assert whole["schema"] == table("id", "email")
    assert (whole["format"], whole["documents"], whole["guarantees"]) == ("json_schema", None, {})
    assert [field["path"] for field in whole["fields"]] == ["id", "email"]
    assert whole["fields"][0] == {
        "path": "id",
        "type": "string",
        "nullable": False,
        "required": False,
        "description": None,
        "deprecated": False,
    }


async def test_an_identical_schema_is_unchanged(api: Api) -> None:
    asset = await api.asset()
    first = (await api.publish(asset, table("id", "email"))).json()
    response = await api.publish(asset, dict(reversed(table("id", "email").items())))

    assert response.status_code == 200
    body = response.json()
    assert (body["action"], body["changes"]) == ("unchanged", [])
    assert body["contract"] == first["contract"]
    assert len((await api.got(f"/api/v1/assets/{asset['id']}/contracts"))["items"]) == 1


async def test_an_addition_is_a_minor_version_and_deprecates_the_one_before(api: Api) -> None:
    asset = await api.asset()
    await api.publish(asset, table("id"))
    body = (await api.publish(asset, table("id", "email"))).json()

    assert (body["action"], body["version"]) == ("published", "1.1.0")
    (change,) = body["changes"]
    assert (change["kind"], change["path"], change["gating"]) == ("field_added", "email", False)
    path = f"/api/v1/assets/{asset['id']}/contracts"
    versions = [(each["version"], each["status"]) for each in (await api.got(path))["items"]]
    assert versions == [("1.1.0", "active"), ("1.0.0", "deprecated")]
    active = await api.got(path, status="active")
    assert [each["version"] for each in active["items"]] == ["1.1.0"]


async def test_a_breaking_change_is_proposed_to_those_it_breaks(api: Api) -> None:
    asset, reader, other = await api.asset(), await api.team(), await api.team()
    await api.publish(asset, table("id", "email"))
    await api.register(asset, reader, ["email"])
    await api.register(asset, other, ["id"])
    response = await api.publish(asset, table("id"))

    assert response.status_code == 202
    body = response.json()
    assert (body["action"], body["version"], body["contract"]) == ("proposed", "2.0.0", None)
    assert [change["gating"] for change in body["changes"]] == [True]
    proposal = body["proposal"]
    assert [party["team"]["id"] for party in proposal["parties"]] == [reader["id"]]
    assert proposal["pending"] == [reader["name"]]
    assert [team["id"] for team in proposal["told"]] == [other["id"]]
    assert [team["id"] for team in body["told"]] == [other["id"]]
    active = await api.got(f"/api/v1/assets/{asset['id']}/contracts", status="active")
    assert active["items"][0]["version"] == "1.0.0"


async def test_the_proposal_in_the_answer_is_the_one_that_is_read(api: Api) -> None:
    asset, other = await api.asset(), await api.team()
    readers = [await api.team() for _ in range(3)]
    await api.publish(asset, table("id", "email", "fax"))
    for reader, fields in zip(readers, (["email"], ["fax", "email"], None), strict=True):
        await api.register(asset, reader, fields)
    await api.register(asset, other, ["id"])
    shown = (await api.publish(asset, table("id"))).json()["proposal"]

    assert len(shown["parties"]) == 3
    assert [team["id"] for team in shown["told"]] == [other["id"]]
    assert shown == await api.got(shown["links"]["self"])


async def test_the_same_content_gives_the_open_proposal(api: Api) -> None:
    proposal = await api.proposal(await api.team())
    response = await api.publish(proposal["asset"], table("id"))

    assert response.status_code == 202
    assert response.json()["proposal"]["id"] == proposal["id"]


async def test_other_content_is_refused_with_the_link_of_the_open_proposal(api: Api) -> None:
    proposal = await api.proposal(await api.team())
    response = await api.publish(proposal["asset"], table("key"))
    problem = assert_problem(response, 409, "proposal_open")

    assert problem["link"] == proposal["links"]["self"]
    assert (await api.got(problem["link"]))["id"] == proposal["id"]


async def test_something_compatible_may_be_published_meanwhile(api: Api) -> None:
    proposal = await api.proposal(await api.team())
    body = (await api.publish(proposal["asset"], table("id", "email", "name"))).json()

    assert (body["action"], body["version"]) == ("published", "1.1.0")
    assert body["base_moved_proposal"] == proposal["id"]
    assert (await api.got(proposal["links"]["self"]))["base_moved"] is True


async def test_a_dry_run_says_what_would_happen_and_writes_nothing(api: Api) -> None:
    asset, reader, other = await api.asset(), await api.team(), await api.team()
    await api.publish(asset, table("id", "email"))
    await api.register(asset, reader, ["email"])
    await api.register(asset, other, ["id"])
    response = await api.publish(asset, table("id"), params={"dry_run": "true"})

    assert response.status_code == 200
    body = response.json()
    assert (body["action"], body["version"], body["proposal"]) == ("proposed", "2.0.0", None)
    assert body["would_ask"] == [
        {
            "team": {"id": reader["id"], "name": reader["name"]},
            "reason": "reads `email`",
            "fields": ["email"],
        }
    ]
    assert [team["name"] for team in body["would_tell"]] == [other["name"]]
    assert body["would_refuse"] is None
    assert (await api.got("/api/v1/proposals", asset_id=asset["id"]))["items"] == []


async def test_a_dry_run_sees_what_stands_in_the_way(api: Api) -> None:
    proposal = await api.proposal(await api.team())
    dry = {"dry_run": "true"}

    other = (await api.publish(proposal["asset"], table("key"), params=dry)).json()
    assert (other["would_refuse"], other["proposal"]["id"]) == ("proposal_open", proposal["id"])
    same = (await api.publish(proposal["asset"], table("id"), params=dry)).json()
    assert (same["would_refuse"], same["proposal"]["id"]) == (None, proposal["id"])
    more = (await api.publish(proposal["asset"], table("id", "email", "x"), params=dry)).json()
    assert (more["action"], more["base_moved_proposal"]) == ("published", proposal["id"])


async def test_a_bundle_is_published_and_shown_as_it_was_sent(api: Api) -> None:
    asset = await api.asset()
    documents: JsonObject = {
        "https://example.com/order.json": {
            "type": "object",
            "properties": {"address": {"$ref": "address.json"}},
        },
        "https://example.com/address.json": table("city"),
    }
    body = {"documents": documents, "root": "https://example.com/order.json"}
    made = await api.made(f"/api/v1/assets/{asset['id']}/contracts", body)
    whole = await api.got(f"/api/v1/contracts/{made['contract']['id']}")

    assert (whole["schema"], whole["documents"], whole["root"]) == (None, documents, body["root"])
    assert [field["path"] for field in whole["fields"]] == ["address", "address.city"]


async def test_guarantees_are_kept_with_the_contract(api: Api) -> None:
    asset = await api.asset()
    guarantees = {
        "nullability": {"id": "never"},
        "unique": ["id"],
        "accepted_values": {"state": ["new", "paid"]},
        "custom": [{"type": "row_count", "sql": "select 1"}],
    }
    made = await api.publish(asset, table("id", "state"), guarantees=guarantees)
    assert made.status_code == 201, made.text
    whole = await api.got(f"/api/v1/contracts/{made.json()['contract']['id']}")

    for name, value in guarantees.items():
        assert whole["guarantees"][name] == value


async def test_lists_carry_the_schema_only_when_asked(api: Api) -> None:
    asset = await api.asset()
    await api.publish(asset, table("id"))
    path = f"/api/v1/assets/{asset['id']}/contracts"

    assert "schema" not in (await api.got(path))["items"][0]
    assert (await api.got(path, include="schema"))["items"][0]["schema"] == table("id")


async def test_a_version_of_ones_own_must_be_semantic_and_greater(api: Api) -> None:
    asset = await api.asset()
    assert (await api.publish(asset, table("id"), version="3.0.0")).json()["version"] == "3.0.0"
    for version in ("two", "3.0", "v4.0.0", "2.9.9", "3.0.0", "4.0.0-rc.1", ""):
        response = await api.publish(asset, table("id", "email"), version=version)
        assert_problem(response, 422, "invalid_version")
    body = (await api.publish(asset, table("id", "email"), version="3.5.0")).json()
    assert (body["action"], body["version"]) == ("published", "3.5.0")


async def test_an_observed_asset_publishes_and_tells(api: Api) -> None:
    asset, reader = await api.asset(), await api.team()
    await api.client.patch(f"/api/v1/assets/{asset['id']}/policy", json={"observe": True})
    await api.publish(asset, table("id", "email"))
    await api.register(asset, reader, ["email"])
    body = (await api.publish(asset, table("id"))).json()

    assert (body["action"], body["version"]) == ("published", "2.0.0")
    assert [change["gating"] for change in body["changes"]] == [False]
    assert [team["id"] for team in body["told"]] == [reader["id"]]


async def test_versions_are_compared_with_one_another(api: Api) -> None:
    asset = await api.asset()
    first = (await api.publish(asset, table("id"))).json()["contract"]
    second = (await api.publish(asset, table("id", "email"))).json()["contract"]

    forth = await api.got(f"/api/v1/contracts/{second['id']}/diff", against="1.0.0")
    assert (forth["from_version"], forth["to_version"]) == ("1.0.0", "1.1.0")
    assert [(c["kind"], c["path"]) for c in forth["changes"]] == [("field_added", "email")]
    assert (forth["gating"], forth["identical"]) == (False, False)

    back = await api.got(f"/api/v1/contracts/{first['id']}/diff", against=second["id"])
    assert (back["gating"], back["changes"][0]["kind"]) == (True, "field_removed")
    assert back == await api.got(f"/api/v1/contracts/{first['id']}/diff")

    path = f"/api/v1/assets/{asset['id']}/diff"
    assert await api.got(path, **{"from": "1.0.0", "to": "1.1.0"}) == forth
    assert await api.got(path, **{"from": "1.0.0"}) == forth
    assert (await api.got(path, **{"from": "active", "to": "active"}))["identical"] is True


async def test_what_cannot_be_compared_is_not_found_or_refused(api: Api) -> None:
    asset, other = await api.asset(), await api.asset()
    contract = (await api.publish(asset, table("id"))).json()["contract"]
    foreign = (await api.publish(other, table("id"))).json()["contract"]
    path = f"/api/v1/contracts/{contract['id']}/diff"

    for against in ("7.0.0", str(uuid4()), "latest"):
        response = await api.client.get(path, params={"against": against})
        assert_problem(response, 404, "not_found")
    response = await api.client.get(path, params={"against": foreign["id"]})
    assert_problem(response, 422, "invalid_request")
    assert_problem(
        await api.client.get(f"/api/v1/assets/{asset['id']}/diff"), 422, "invalid_request"
    )
    assert_problem(await api.client.get(f"/api/v1/contracts/{uuid4()}"), 404, "not_found")


async def test_an_unknown_asset_takes_no_contract(api: Api) -> None:
    response = await api.publish({"id": str(uuid4())}, table("id"))

    assert_problem(response, 404, "not_found")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "invalid_request"),
        ({"schema": None}, "invalid_request"),
        ({"schema": {}, "documents": {"a": {}}}, "invalid_request"),
        ({"schema": {}, "shema": {}}, "invalid_request"),
        ({"schema": {}, "format": "cobol"}, "invalid_schema"),
        ({"schema": "not a schema"}, "invalid_schema"),
        ({"schema": 7}, "invalid_schema"),
        ({"schema": []}, "invalid_schema"),
        ({"schema": {"type": "objekt"}}, "invalid_schema"),
        ({"schema": {"properties": {"a": {"minLength": -1}}}}, "invalid_schema"),
        ({"schema": {"$ref": "https://example.com/elsewhere.json"}}, "invalid_schema"),
        ({"schema": {"$ref": "#/$defs/nowhere"}}, "invalid_schema"),
        ({"documents": {}}, "invalid_schema"),
        ({"documents": {"https://example.com/a": {}}, "root": "https://b"}, "invalid_schema"),
        ({"schema": {}, "guarantees": {"uniqe": ["id"]}}, "invalid_guarantees"),
        ({"schema": {}, "guarantees": {"unique": ["nowhere"]}}, "invalid_guarantees"),
        ({"schema": {}, "guarantees": {"nullability": {"id": "maybe"}}}, "invalid_guarantees"),
    ],
)
async def test_what_is_no_contract_is_refused_and_nothing_is_stored(
    api: Api, body: JsonObject, code: str
) -> None:
    asset = await api.asset()
    path = f"/api/v1/assets/{asset['id']}/contracts"
    problem = assert_problem(await api.client.post(path, json=body), 422, code)

    assert len(problem["detail"]) < 1000
    assert (await api.got(path))["items"] == []


async def test_an_invalid_schema_names_keyword_and_path(api: Api) -> None:
    asset = await api.asset()
    schema = {"properties": {"a": {"properties": {"b": {"minLength": -1}}}}}
    problem = assert_problem(await api.publish(asset, schema), 422, "invalid_schema")

    assert problem["keyword"] == "minLength"
    assert problem["path"] == "/properties/a/properties/b/minLength"
    assert problem["errors"][0]["path"] == problem["path"]
