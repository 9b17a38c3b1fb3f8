"""Records that break and ways round, for those who ask for them."""

import jsonschema_rs
import pytest

from domain.json_types import JsonObject
from tests.support.api_client import Api, table, unique
from tests.support.problems import assert_problem

BOTH = {"include": ["witnesses", "suggestions"]}
CUSTOMERS = table("email", id={"type": "integer"})
WITHOUT_EMAIL = table(id={"type": "integer"})


def closed(schema: JsonObject) -> JsonObject:
    """As a contract is read: a table has exactly these columns."""
    return {**schema, "additionalProperties": False}


def assert_proves(witness: JsonObject, old: JsonObject, new: JsonObject) -> None:
    record = witness["instance"]
    assert jsonschema_rs.is_valid(closed(old), record) is witness["valid_before"]
    assert jsonschema_rs.is_valid(closed(new), record) is witness["valid_after"]
    assert witness["valid_before"] is not witness["valid_after"]


async def asset_with(api: Api, schema: JsonObject) -> JsonObject:
    asset = await api.asset()
    assert (await api.publish(asset, schema)).status_code == 201
    return asset


async def test_a_proposal_shows_a_record_that_breaks_to_who_asks(api: Api) -> None:
    asset = await asset_with(api, CUSTOMERS)
    proposal = (await api.publish(asset, WITHOUT_EMAIL)).json()["proposal"]
    path = f"/api/v1/proposals/{proposal['id']}"

    (plain,) = (await api.got(path))["changes"]
    assert (plain["witness"], plain["suggestion"], plain["group"]) == (None, None, "asks")
    response = await api.client.get(path, params=BOTH)
    (change,) = response.json()["changes"]
    assert_proves(change["witness"], CUSTOMERS, WITHOUT_EMAIL)
    assert change["witness"]["direction"] == "backward"
    assert "email" in change["witness"]["instance"]
    assert {**change, "witness": None, "suggestion": None} == plain
    assert (await api.client.get(path, params=BOTH)).json() == response.json()


async def test_only_what_is_asked_for_is_searched_for(api: Api) -> None:
    asset = await asset_with(api, CUSTOMERS)
    proposal = (await api.publish(asset, WITHOUT_EMAIL)).json()["proposal"]
    path = f"/api/v1/proposals/{proposal['id']}"
    (change,) = (await api.got(path, include="suggestions"))["changes"]
    assert change["witness"] is None
    (change,) = (await api.got(path, include="witnesses"))["changes"]
    assert change["suggestion"] is None
    assert change["witness"] is not None
    assert_problem(
        await api.client.get(path, params={"include": "everything"}), 422, "invalid_request"
    )


async def test_a_dry_run_and_a_publication_show_it_too(api: Api) -> None:
    asset = await asset_with(api, CUSTOMERS)
    path = f"/api/v1/assets/{asset['id']}/contracts"
    body = {"schema": WITHOUT_EMAIL}

    preview = await api.client.post(path, json=body, params={**BOTH, "dry_run": "true"})
    assert preview.status_code == 200
    assert_proves(preview.json()["changes"][0]["witness"], CUSTOMERS, WITHOUT_EMAIL)

    key = {"Idempotency-Key": unique("key")}
    published = await api.client.post(path, json=body, params=BOTH, headers=key)
    assert published.status_code == 202
    for changes in (published.json()["changes"], published.json()["proposal"]["changes"]):
        assert_proves(changes[0]["witness"], CUSTOMERS, WITHOUT_EMAIL)
    again = await api.client.post(path, json=body, params=BOTH, headers=key)
    assert again.json() == published.json()


async def test_a_first_contract_has_nothing_to_be_compared_with(api: Api) -> None:
    asset = await api.asset()
    path = f"/api/v1/assets/{asset['id']}/contracts"
    for dry_run, status in (("true", 200), ("false", 201)):
        response = await api.client.post(
            path, json={"schema": CUSTOMERS}, params={**BOTH, "dry_run": dry_run}
        )
        assert (response.status_code, response.json()["changes"]) == (status, [])


async def test_versions_are_compared_with_evidence(api: Api) -> None:
    asset = await asset_with(api, WITHOUT_EMAIL)
    assert (await api.publish(asset, CUSTOMERS)).json()["version"] == "1.1.0"
    path = f"/api/v1/assets/{asset['id']}/diff"
    response = await api.client.get(path, params={"from": "1.0.0", "to": "1.1.0", **BOTH})
    (change,) = response.json()["changes"]
    assert change["group"] == "tells"
    assert change["witness"]["direction"] == "forward"
    assert_proves(change["witness"], WITHOUT_EMAIL, CUSTOMERS)


async def test_documents_of_nobody_are_compared_with_evidence(api: Api) -> None:
    response = await api.client.post(
        "/api/v1/compare", json={"old": CUSTOMERS, "new": WITHOUT_EMAIL, **BOTH}
    )
    assert_proves(response.json()["changes"][0]["witness"], CUSTOMERS, WITHOUT_EMAIL)


@pytest.mark.parametrize("removed", [25])
async def test_at_most_twenty_changes_are_looked_at(api: Api, removed: int) -> None:
    columns = [f"column_{place:02}" for place in range(removed)]
    asset = await asset_with(api, table("id", *columns))
    proposal = (await api.publish(asset, table("id", "added"))).json()["proposal"]
    shown = (await api.client.get(f"/api/v1/proposals/{proposal['id']}", params=BOTH)).json()
    proven = [change["path"] for change in shown["changes"] if change["witness"]]
    assert proven == columns[:20]
    assert len(shown["changes"]) == removed + 1


async def test_a_guarantee_has_no_record(api: Api) -> None:
    asset = await api.asset()
    await api.publish(asset, CUSTOMERS, guarantees={"unique": ["id"]})
    response = await api.client.post(
        f"/api/v1/assets/{asset['id']}/contracts",
        json={"schema": WITHOUT_EMAIL, "guarantees": {}},
        params={**BOTH, "dry_run": "true"},
    )
    by_kind = {change["kind"]: change for change in response.json()["changes"]}
    assert by_kind["field_removed"]["witness"]
    assert by_kind["guarantee_removed"]["witness"] is None
    assert by_kind["guarantee_removed"]["group"] == "tells"
