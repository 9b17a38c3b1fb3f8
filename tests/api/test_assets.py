"""Assets over HTTP."""

from uuid import uuid4

import pytest

from tests.support.api_client import Api, unique
from tests.support.problems import assert_problem


async def test_an_asset_is_created_with_defaults(api: Api) -> None:
    owner = await api.team("owner")
    fqn = unique("orders")
    response = await api.client.post(
        "/api/v1/assets", json={"fqn": fqn, "owner_team_id": owner["id"]}
    )

    assert response.status_code == 201
    asset = response.json()
    assert asset == {
        "id": asset["id"],
        "fqn": fqn,
        "environment": "production",
        "kind": "table",
        "tags": [],
        "description": None,
        "owner_team_id": owner["id"],
        "owner": {"id": owner["id"], "name": owner["name"]},
        "created_at": asset["created_at"],
        "deleted_at": None,
    }
    assert await api.got(f"/api/v1/assets/{asset['id']}") == asset


async def test_an_asset_keeps_what_is_said_of_it(api: Api) -> None:
    asset = await api.asset(environment="staging", kind="topic", tags=["pii", " pii ", "core"])

    assert (asset["environment"], asset["kind"]) == ("staging", "topic")
    assert asset["tags"] == ["pii", "core"]


async def test_an_fqn_is_taken_once_in_an_environment(api: Api) -> None:
    owner = await api.team()
    asset = await api.asset(owner)
    body = {"fqn": asset["fqn"], "owner_team_id": owner["id"]}

    assert_problem(await api.client.post("/api/v1/assets", json=body), 409, "conflict")
    elsewhere = await api.client.post("/api/v1/assets", json={**body, "environment": "staging"})
    assert elsewhere.status_code == 201


async def test_assets_are_found_by_fqn_environment_owner_and_part(api: Api) -> None:
    owner = await api.team()
    asset = await api.asset(owner, environment="staging")
    other = await api.asset(owner)

    async def found(**params: str) -> set[str]:
        return {each["id"] for each in (await api.got("/api/v1/assets", **params))["items"]}

    assert await found(fqn=asset["fqn"]) == {asset["id"]}
    assert await found(fqn=asset["fqn"], environment="production") == set()
    assert await found(owner_team_id=owner["id"]) == {asset["id"], other["id"]}
    assert await found(q=asset["fqn"][-8:].upper()) == {asset["id"]}
    assert await found(owner_team_id=owner["id"], q="100%_") == set()


async def test_an_owner_that_is_not_there_is_not_found(api: Api) -> None:
    body = {"fqn": unique("orders"), "owner_team_id": str(uuid4())}

    assert_problem(await api.client.post("/api/v1/assets", json=body), 404, "not_found")


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("fqn", "has space"),
        ("fqn", ""),
        ("fqn", "a@b"),
        ("environment", "a b"),
        ("environment", ""),
        ("kind", "spreadsheet"),
        ("tags", [""]),
        ("tags", ["x"] * 51),
        ("owner_team_id", "checkout"),
        ("owner_team_id", None),
        ("colour", "red"),
    ],
)
async def test_what_cannot_be_meant_is_refused_by_name(
    api: Api, member: str, value: object
) -> None:
    owner = await api.team()
    body = {"fqn": unique("orders"), "owner_team_id": owner["id"], member: value}
    problem = assert_problem(
        await api.client.post("/api/v1/assets", json=body), 422, "invalid_request"
    )

    assert problem["errors"][0]["path"].partition("[")[0] == member


async def test_an_unknown_asset_is_not_found_anywhere(api: Api) -> None:
    unknown = f"/api/v1/assets/{uuid4()}"
    for path in (
        unknown,
        f"{unknown}/policy",
        f"{unknown}/contracts",
        f"{unknown}/diff?from=1.0.0",
    ):
        assert_problem(await api.client.get(path), 404, "not_found")
