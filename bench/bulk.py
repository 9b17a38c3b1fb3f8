"""Publishing a monorepo in one call: 200 contracts of which some 50 change, and one by one."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

from bench.clients import JsonBody, Sent, closed_loop
from bench.stand import Stand, stand
from bench.tables import table
from bench.world import COLUMNS, CONSUMERS, DROPPED, World

CONTRACTS, CHANGED = 200, 50
COLUMNS_OF_TABLE = ("seconds", "API cpu s", "postgres cpu s", "outcomes")


async def figures(directory: Path) -> list[str]:
    """Return the table; each line is one call, but for the last, which are as many as change."""
    async with stand(directory) as servers:
        world = await World.made(f"{servers.api}/api/v1", CONTRACTS + CHANGED)
        bulk, alone = world.assets[:CONTRACTS], world.assets[CONTRACTS:]
        await world.published(alone)
        await world.read_by_all([*bulk, *alone])
        rows = [await _measured(servers, each, *_call(world, bulk, *what)) for each, what in PLAN]
        singly = [world.publishing(asset, (*COLUMNS, "more"), 201) for asset in alone]
        rows.append(await _measured(servers, f"{CHANGED} compatible, one by one", *singly))
    return table((f"{CONTRACTS} contracts", *COLUMNS_OF_TABLE), rows)


MORE, LESS = (*COLUMNS, "more"), tuple(each for each in COLUMNS if each != DROPPED)
PLAN: Sequence[tuple[str, tuple[Sequence[str], bool]]] = (
    ("all are new", (COLUMNS, False)),
    ("none has changed", (COLUMNS, False)),
    (f"{CHANGED} break, dry run", (LESS, True)),
    (f"{CHANGED} compatible", (MORE, False)),
    (f"{CHANGED} break, asking {CONSUMERS} teams each", (LESS, False)),
    (f"the same {CHANGED} again", (LESS, False)),
)
"""What the first `CHANGED` of them are; all others stay."""


def _call(
    world: World, assets: Sequence[str], columns: Sequence[str], dry_run: bool
) -> Sequence[Sent]:
    contracts = [
        {"asset_id": asset, "schema": _schema(columns if place < CHANGED else COLUMNS)}
        for place, asset in enumerate(assets)
    ]
    body: JsonBody = {"contracts": contracts, "dry_run": dry_run}
    return [Sent("POST", f"{world.api}/contracts/bulk/publish", 200, body)]


def _schema(columns: Sequence[str]) -> JsonBody:
    return {
        "type": "object",
        "properties": {name: {"type": ["string", "null"]} for name in columns},
        "required": [columns[0]],
    }


async def _measured(servers: Stand, name: str, *requests: Sent) -> tuple[str, ...]:
    before = servers.measured.cpu()
    loop = await closed_loop(requests, 1)
    used = {part: seconds - before[part] for part, seconds in servers.measured.cpu().items()}
    await asyncio.sleep(2)  # for the worker: the next line begins at rest
    figures = (f"{loop.elapsed:.2f}", f"{used['api']:.2f}", f"{used['postgres']:.2f}")
    return (name, *figures, _outcomes(loop.answers))


def _outcomes(answers: Sequence[bytes]) -> str:
    shown = json.loads(answers[0])
    if "items" not in shown:
        return f"{len(answers)} {shown['action']}"
    names = ("published", "unchanged", "proposed", "refused")
    return ", ".join(f"{shown[name]} {name}" for name in names if shown[name])
