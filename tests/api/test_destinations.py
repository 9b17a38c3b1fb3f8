"""Webhooks of teams over HTTP."""

from uuid import uuid4

from tests.support.api_client import Api
from tests.support.problems import assert_problem

URL = "https://hooks.example.com/tessera"


async def test_a_secret_is_made_and_shown_once(api: Api) -> None:
    path = f"/api/v1/teams/{(await api.team())['id']}/webhook"
    made = (await api.client.put(path, json={"url": URL})).json()

    assert made["secret"].startswith("whsec_")
    assert await api.got(path) == {**made, "secret": None}


async def test_a_secret_of_ones_own_is_never_shown(api: Api) -> None:
    path = f"/api/v1/teams/{(await api.team())['id']}/webhook"
    response = await api.client.put(path, json={"url": URL, "secret": "0123456789abcdef"})

    assert response.status_code == 200
    assert response.json()["secret"] is None
    assert "0123456789abcdef" not in response.text


async def test_a_webhook_can_be_removed_twice(api: Api) -> None:
    path = f"/api/v1/teams/{(await api.team())['id']}/webhook"
    await api.client.put(path, json={"url": URL})

    for _ in range(2):
        response = await api.client.delete(path)
        assert (response.status_code, response.content) == (204, b"")
    assert_problem(await api.client.get(path), 404, "not_found")


async def test_what_is_no_webhook_is_refused(api: Api) -> None:
    path = f"/api/v1/teams/{(await api.team())['id']}/webhook"
    for url in ("ftp://example.com", "hooks", "http://", "https://[", "http://x/" + "y" * 2001):
        problem = assert_problem(
            await api.client.put(path, json={"url": url}), 422, "invalid_request"
        )
        assert problem["errors"][0]["path"] == "address"
    response = await api.client.put(path, json={"url": URL, "secret": "short"})
    assert assert_problem(response, 422, "invalid_request")["errors"][0]["path"] == "secret"


async def test_an_unknown_team_has_no_webhook(api: Api) -> None:
    path = f"/api/v1/teams/{uuid4()}/webhook"

    assert_problem(await api.client.get(path), 404, "not_found")
    assert_problem(await api.client.put(path, json={"url": URL}), 404, "not_found")
    assert_problem(await api.client.delete(path), 404, "not_found")
