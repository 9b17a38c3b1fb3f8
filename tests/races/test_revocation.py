"""A key that one process has revoked opens nothing on another, from the answer on."""

from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest

from tests.races.locked import ADMIN, two_locked

TIMES = 25


@pytest.fixture(scope="module")
async def processes(
    races_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[list[httpx.AsyncClient]]:
    async with two_locked(races_database_url, tmp_path_factory.mktemp("revocation")) as clients:
        yield clients


async def test_the_very_next_request_on_the_other_process_is_refused(
    processes: list[httpx.AsyncClient],
) -> None:
    one, other = processes
    team = await one.post("/api/v1/teams", json={"name": uuid4().hex}, headers=ADMIN)
    user = await one.post("/api/v1/users", json={"name": uuid4().hex, "kind": "bot"}, headers=ADMIN)

    async def key(**holder: str) -> tuple[str, dict[str, str]]:
        made = await one.post("/api/v1/api-keys", json={"name": "ci", **holder}, headers=ADMIN)
        bearer = {"Authorization": f"Bearer {made.json()['key']}"}
        for process in processes:  # each has seen it work
            assert (await process.get("/api/v1/teams", headers=bearer)).status_code == 200
        return str(made.json()["id"]), bearer

    user_id = user.json()["id"]
    for number in range(TIMES):
        revoker, asked = (one, other) if number % 2 else (other, one)
        key_id, bearer = await key(team_id=team.json()["id"])
        revoked = await revoker.post(f"/api/v1/api-keys/{key_id}/revoke", headers=ADMIN)
        assert revoked.status_code == 200, revoked.text
        assert (await asked.get("/api/v1/teams", headers=bearer)).status_code == 401

        _, bearer = await key(user_id=user_id)
        path = f"/api/v1/users/{user_id}"
        assert (await revoker.post(f"{path}/deactivate", headers=ADMIN)).status_code == 200
        assert (await asked.get("/api/v1/teams", headers=bearer)).status_code == 401
        assert (await revoker.post(f"{path}/reactivate", headers=ADMIN)).status_code == 200
        assert (await asked.get("/api/v1/teams", headers=bearer)).status_code == 200
