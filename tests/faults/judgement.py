"""What is looked at when a run of faults is over: everything at rest, and every law."""

import asyncio
import time

from temporalio.client import Client

from record import decisions
from store.database import Database
from tests.faults.conftest import World
from tests.faults.findings import Findings, Law
from tests.faults.laws import judged
from tests.faults.rest import Left, come_to_rest
from tests.faults.servers import Servers
from tests.faults.whole_record import Record
from tests.support.kept_questions import OF_PROPOSALS, OF_RETIREMENTS, from_facts, kept
from workflows import proposal, retirement

FOUND_OUT = 90.0
"""Seconds until a workflow whose worker was killed in its last step hears that it has ended."""
_RUNNING = (
    f"ExecutionStatus = 'Running' AND WorkflowType IN ('{proposal.NAME}', '{retirement.NAME}')"
)


async def at_rest(world: World, within: float) -> tuple[Left, Findings]:
    """Wait until nothing is open, then apply every law."""
    url = world.servers.postgres.url
    left = await come_to_rest(url, within)
    findings = judged(await Record.read(url), world.caller, world.receivers, world.servers)
    nothing_waits(findings, left)
    async with Database.connect(url).closing() as database:
        await decided_again(findings, database)
        await questions_are_kept(findings, database)
    await nothing_is_left_running(findings, world.servers)
    running = await _still_running(world)
    for law, name in ((Law.ENDED, proposal.NAME), (Law.RETIRED, retirement.NAME)):
        ours = [workflow_id for workflow_id, type_ in running if type_ == name]
        findings.check(law, not ours, f"workflows that still run: {ours}")
    return left, findings


def nothing_waits(findings: Findings, left: Left) -> None:
    findings.check(Law.ENDED, left == Left(), f"still waits: {left}")


async def nothing_is_left_running(findings: Findings, servers: Servers) -> None:
    orphans = await servers.orphans()
    findings.check(Law.ALONE, not orphans, f"still there: {orphans}")


async def decided_again(findings: Findings, database: Database) -> None:
    again = await decisions.recompute(database)
    findings.looked_at[Law.SAME] += again.same + again.different
    findings.broken += [
        (Law.SAME, f"proposal {each.proposal_id}: {each.difference}") for each in again.differing
    ]
    findings.check(Law.SAME, not again.without_facts, f"{again.without_facts} without their facts")


async def questions_are_kept(findings: Findings, database: Database) -> None:
    for asks in (OF_PROPOSALS, OF_RETIREMENTS):
        now, anew = await kept(database, asks), await from_facts(database, asks)
        for ours, facts in zip(now, anew, strict=True):
            findings.check(Law.TOLD_RIGHT, ours == facts, f"kept {ours}, by the facts {facts}")


async def _still_running(world: World) -> list[tuple[str, str]]:
    """Workflows by id and type; what Temporal lists comes a moment late."""
    client = await Client.connect(world.servers.temporal.address)
    deadline = time.monotonic() + FOUND_OUT
    while True:
        found = [(each.id, each.workflow_type) async for each in client.list_workflows(_RUNNING)]
        if not found or time.monotonic() > deadline:
            return found
        await asyncio.sleep(1)
