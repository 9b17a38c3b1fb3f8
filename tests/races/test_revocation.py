"""A key that one process has revoked opens nothing on another, from the answer on."""

import base64
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from uuid import uuid4

import httpx
import pytest

from tests.support.programs import programs

KEY = uuid4().hex
LOCKED = {
    "ENVIRONMENT": "production",
    "BOOTSTRAP_API_KEY": KEY,
    "TESSERA_ENCRYPTION_KEYS": base64.b64encode(bytes(32)).decode(),
    # It asks oftener than anybody may.
    "TESSERA_RATE_LIMIT": "0",
    "TESSERA_RATE_LIMIT_FAILURES": "0",
}
TIMES = 25


@pytest.fixture(scope="module")
async def processes(
    races_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[list[httpx.AsyncClient]]:
    """Two API processes that need a key."""
    directory = tmp_path_factory.mktemp("revocation")
    async with AsyncExitStack() as stack:
        started = await stack.enter_async_context(
            programs(races_database_url, directory, environment=LOCKED)
        )
        yield [
            await stack.enter_async_context(httpx.AsyncClient(base_url=url, timeout=30))
            for url in await started.apis(2)
        ]
        assert not started.defects()


async def test_the_very_next_request_on_the_other_process_is_refused(
    processes: list[httpx.AsyncClient],
) -> None:
    admin = {"Authorization": f"Bearer {KEY}"}
    one, other = processes
    team = await one.post("/api/v1/teams", json={"name": uuid4().hex}, headers=admin)
    user = await one.post("/api/v1/users", json={"name": uuid4().hex, "kind": "bot"}, headers=admin)

    async def key(**holder: str) -> tuple[str, dict[str, str]]:
        made = await one.post("/api/v1/api-keys", json={"name": "ci", **holder}, headers=admin)
        bearer = {"Authorization": f"Bearer {made.json()['key']}"}
        for process in processes:  # each has seen it work
            assert (await process.get("/api/v1/teams", headers=bearer)).status_code == 200
        return str(made.json()["id"]), bearer

    user_id = user.json()["id"]
    for number in range(TIMES):
        revoker, asked = (one, other) if number % 2 else (other, one)
        key_id, bearer = await key(team_id=team.json()["id"])
        revoked = await revoker.post(f"/api/v1/api-keys/{key_id}/revoke", headers=admin)
        assert revoked.status_code == 200, revoked.text
        assert (await asked.get("/api/v1/teams", headers=bearer)).status_code == 401

        _, bearer = await key(user_id=user_id)
        path = f"/api/v1/users/{user_id}"
        assert (await revoker.post(f"{path}/deactivate", headers=admin)).status_code == 200
        assert (await asked.get("/api/v1/teams", headers=bearer)).status_code == 401
        assert (await revoker.post(f"{path}/reactivate", headers=admin)).status_code == 200
        assert (await asked.get("/api/v1/teams", headers=bearer)).status_code == 200
