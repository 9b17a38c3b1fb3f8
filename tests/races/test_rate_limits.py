"""Three API processes, one bucket: together they grant what one would."""

import asyncio
import sys
import time
from pathlib import Path

from domain.rate_limits import Limit
from tests.support.api_client import client_at
from tests.support.programs import programs

KEY = "a-key-for-tests-0123456789"
LIMIT = Limit("credential", quota=120)
"""Two a second; 110 in a full bucket."""
PROCESSES = 3
FLOOD = 5.0
"""Seconds at least; a quick machine has emptied the bucket after one."""
PATIENT = (sys.executable, "-m", "tests.support.patient_server")
"""Otherwise a request that Postgres does not count in a moment goes on uncounted."""


async def test_all_processes_together_serve_no_more_than_the_limit(
    races_database_url: str, tmp_path: Path
) -> None:
    environment = {"BOOTSTRAP_API_KEY": KEY, "TESSERA_RATE_LIMIT": f"{LIMIT.quota}"}
    async with programs(races_database_url, tmp_path, environment, PATIENT) as started:
        urls = await started.apis(PROCESSES)
        headers = {"Authorization": f"Bearer {KEY}"}
        began = time.monotonic()
        async with client_at(headers=headers) as client:
            served = refused = 0

            async def flood(url: str) -> None:
                nonlocal served, refused
                while not refused or time.monotonic() - began < FLOOD:
                    answer = await client.get(f"{url}/api/v1/teams?limit=1")
                    assert answer.status_code in (200, 429), answer.text
                    if answer.status_code == 200:
                        served += 1
                    else:
                        refused += 1
                        assert 1 <= int(answer.headers["retry-after"]) <= 2
                        await asyncio.sleep(0.02)

            await asyncio.gather(*(flood(url) for url in urls for _ in range(4)))
            took = time.monotonic() - began
        most = LIMIT.capacity + took * LIMIT.rate
        print(f"{served} served and {refused} refused in {took:.1f} s; {most:.0f} at most")
        assert refused > 0
        assert served <= most
        assert served >= LIMIT.capacity - PROCESSES * LIMIT.most
        assert not started.defects()
