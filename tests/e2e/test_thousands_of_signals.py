"""Thousands of signals while no worker runs: Temporal suggests to begin anew, and nothing is lost.

On the real development server, whose histories have the usual limits. `TESSERA_SIGNALS=9000` sends
that many; Temporal takes ten thousand in one run.
"""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from temporalio.api.history.v1 import WorkflowExecutionStartedEventAttributes
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import Client, WorkflowHandle

from activities.payloads import HandAnswer
from domain.acknowledgments import Response
from domain.events import EventType
from domain.proposals import Proposal
from record.comparison import Comparer
from store.database import Database
from tests.e2e.stack import Process
from tests.support.builds import worker_of
from tests.support.conductor import breaking
from tests.support.facts import Facts
from tests.support.figures import FIGURES
from tests.support.servers import ROOT
from workflows.attributes import PENDING, STATUS
from workflows.execution import DATA_CONVERTER

SIGNALS = int(os.environ.get("TESSERA_SIGNALS", "4100"))
"""From 4,096 events on Temporal suggests to continue as new."""
BY_HAND = 3
AT_ONCE = 100

Handle = WorkflowHandle[object, str]


@dataclass
class Stage:
    facts: Facts
    temporal: Client
    worker: Process

    def handle(self, proposal: Proposal) -> Handle:
        return self.temporal.get_workflow_handle(f"proposal-{proposal.id}", result_type=str)

    async def asked(self, proposal: Proposal) -> None:
        async with asyncio.timeout(120):
            while True:
                parties = (await self.facts.detail(proposal.id)).parties
                if all(party.party.asked_at for party in parties):
                    return
                await asyncio.sleep(0.05)

    async def flooded(self, handle: Handle, answers: list[HandAnswer]) -> None:
        """Send thousands of wakes, and last the answers by hand."""
        door = asyncio.Semaphore(AT_ONCE)

        async def wake() -> None:
            async with door:
                await handle.signal("parties_changed")

        await asyncio.gather(*(wake() for _ in range(SIGNALS)))
        for answer in answers:
            await handle.signal("answered", answer)

    async def until_details(self, proposal: Proposal, *said: str) -> Handle:
        """Wait until Temporal's UI shows this of the proposal; return the run that does."""
        async with asyncio.timeout(120):
            while True:
                text = await details(handle := await self.current(proposal))
                if all(each in text for each in said):
                    return handle
                await asyncio.sleep(0.1)

    async def current(self, proposal: Proposal) -> Handle:
        """The run that is under way, past one that continued as new."""
        run_id = (await self.handle(proposal).describe()).run_id
        return self.temporal.get_workflow_handle(
            f"proposal-{proposal.id}", run_id=run_id, result_type=str
        )


@pytest.fixture
async def stage(
    fresh_database_url: str, temporal_address: str, tmp_path: Path
) -> AsyncIterator[Stage]:
    environment = {
        "DATABASE_URL": fresh_database_url,
        "TEMPORAL_ADDRESS": temporal_address,
        "TEMPORAL_TASK_QUEUE": f"signals-{uuid4()}",
        "TEMPORAL_DIRECT_SIGNALS": "true",
        "ENVIRONMENT": "development",
    }
    worker = worker_of(ROOT, environment, tmp_path / "worker.log", {})
    temporal = await Client.connect(temporal_address, data_converter=DATA_CONVERTER)
    async with Database.connect(fresh_database_url).closing() as database, Comparer(1) as comparer:
        await worker.start()
        try:
            yield Stage(Facts(database, comparer), temporal, worker)
        finally:
            await worker.stop()


async def started(handle: Handle) -> WorkflowExecutionStartedEventAttributes:
    async for event in handle.fetch_history_events(page_size=1):
        return event.workflow_execution_started_event_attributes
    raise AssertionError("a run without a beginning")


async def details(handle: Handle) -> str:
    metadata: WorkflowMetadata = await handle.query(
        "__temporal_workflow_metadata", result_type=WorkflowMetadata
    )
    return metadata.current_details


@pytest.mark.timeout(180 + SIGNALS // 10)
async def test_after_thousands_of_signals_it_begins_anew_and_nothing_is_lost(
    stage: Stage, record_property: Callable[[str, object], None]
) -> None:
    names = [f"reader-{number}" for number in range(BY_HAND + 1)]
    proposal = (await breaking(stage.facts, *names)).proposal
    await stage.asked(proposal)
    await stage.handle(proposal).cancel()  # which it notes and ignores
    await stage.until_details(proposal, "Cancel has no effect")
    first = await stage.current(proposal)
    parties = (await stage.facts.detail(proposal.id)).parties
    by_hand = [HandAnswer(team=each.team.name, response="ready") for each in parties[:BY_HAND]]
    await stage.worker.stop()
    begin = time.monotonic()
    await stage.flooded(first, by_hand)
    sent = time.monotonic() - begin

    await stage.worker.start()
    begin = time.monotonic()
    answered = [f"**{answer.team}**: **ready**" for answer in by_hand]
    second = await stage.until_details(proposal, *answered)
    taken = time.monotonic() - begin
    begun = await started(second)
    assert begun.continued_execution_run_id == first.run_id
    carried = json.loads(begun.input.payloads[0].data)
    assert [each["team"] for each in carried["hand_answers"]] == [each.team for each in by_hand]
    text = await details(second)
    assert f"**{parties[-1].team.name}**: asked, no answer yet" in text
    assert "Cancel has no effect" in text
    attributes = (await second.describe()).typed_search_attributes
    assert (attributes.get(STATUS), attributes.get(PENDING)) == ("pending", 1)

    await stage.facts.answer(proposal, parties[-1].team, Response.APPROVED)
    assert await asyncio.wait_for(stage.handle(proposal).result(), 120) == "published"
    types = await stage.facts.events(proposal_id=proposal.id)
    assert types.count(EventType.ACKNOWLEDGED) == len(parties)
    assert types.count(EventType.PROPOSAL_ASKED) == len(parties)
    record_property(
        FIGURES,
        f"{SIGNALS + BY_HAND:,} signals while no worker ran: {SIGNALS / sent:,.0f} a second\n"
        f"  seconds from the worker's first poll until all were taken: {taken:.1f}",
    )
