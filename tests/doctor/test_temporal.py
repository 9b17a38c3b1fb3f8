"""Looking at a Temporal server: a namespace without anything, and one that has it all."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from temporalio import activity, workflow
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.payloads import ProposalInput
from domain.health import Check, Finding, State
from workflows import proposal
from workflows.health import last_looked, look_at, running_proposals, why_not_connected
from workflows.namespace import (
    WATCH_SCHEDULE,
    ensure_search_attributes,
    ensure_watch_schedule,
)


@workflow.defn
class Idle:
    """Any workflow: only its worker's polls are of interest."""

    @workflow.run
    async def run(self) -> None:
        """Never run."""


@activity.defn
async def rest() -> None:
    """Never run."""


async def finding(client: Client, check: Check, task_queue: str = "tessera") -> Finding:
    findings = await look_at(client, "temporal:7233", task_queue)
    return next(each for each in findings if each.check is check)


async def finding_that(client: Client, task_queue: str, words: str) -> Finding:
    """What is found of the workers, as soon as it says that."""
    async with asyncio.timeout(90):
        while words not in (found := await finding(client, Check.WORKER, task_queue)).found:  # noqa: ASYNC110  # nobody tells
            await asyncio.sleep(0.2)
    return found


async def test_a_namespace_that_is_not_there_hides_the_rest(temporal_address: str) -> None:
    client = await Client.connect(temporal_address, namespace="nowhere")
    first, *rest_of_it = await look_at(client, temporal_address, "tessera")
    assert first.state is State.FAILURE
    assert "no namespace nowhere" in first.found
    assert {each.state for each in rest_of_it} == {State.NOT_CHECKED}
    assert len(rest_of_it) == 3


async def test_in_a_bare_namespace_everything_is_missing(bare: Client) -> None:
    findings = await look_at(bare, "temporal:7233", "tessera")
    assert [each.state for each in findings] == [State.OK, *[State.FAILURE] * 3]
    namespace, attributes, watch, worker = findings
    assert bare.namespace in namespace.found
    assert "24 h" in namespace.found
    assert "TesseraAsset" in attributes.found
    assert "no schedule" in watch.found
    assert "for workflows and activities" in worker.found


async def test_search_attributes_are_judged_by_name_and_kind(bare: Client) -> None:
    await bare.operator_service.add_search_attributes(
        AddSearchAttributesRequest(
            namespace=bare.namespace,
            search_attributes={"TesseraAsset": IndexedValueType.INDEXED_VALUE_TYPE_INT},
        )
    )
    await ensure_search_attributes(bare)
    wrong = await finding(bare, Check.SEARCH_ATTRIBUTES)
    assert wrong.state is State.FAILURE
    assert wrong.found == "TesseraAsset is int, not keyword"


async def test_the_watch_must_run_and_on_our_queue(bare: Client) -> None:
    await ensure_watch_schedule(bare, "tessera")
    assert (await finding(bare, Check.WATCH)).state is State.OK
    elsewhere = await finding(bare, Check.WATCH, "other")
    assert elsewhere.state is State.FAILURE
    assert "tessera, not other" in elsewhere.found
    await bare.get_schedule_handle(WATCH_SCHEDULE).pause(note="for the night")
    paused = await finding(bare, Check.WATCH)
    assert paused.state is State.FAILURE
    assert "for the night" in paused.found


@pytest.mark.parametrize(
    ("last", "made", "state", "words"),
    [
        (4, 60, State.OK, "looked 4 min ago"),
        (6, 60, State.WARNING, "has not for 6 min"),
        (None, 4, State.OK, "is to look for the first time"),
        (None, 6, State.WARNING, "has not for 6 min"),
    ],
)
def test_a_watch_that_has_not_looked_for_five_minutes_is_a_warning(
    last: int | None, made: int, state: State, words: str
) -> None:
    now = datetime.now(UTC)
    found = last_looked(
        None if last is None else now - timedelta(minutes=last), now - timedelta(minutes=made)
    )
    assert found.state is state
    assert words in found.found
    assert ("start `tessera server worker`" in (found.advice or "")) is (state is State.WARNING)


async def test_when_the_watch_last_looked_is_read_from_its_schedule(bare: Client) -> None:
    await ensure_watch_schedule(bare, "tessera")
    await bare.get_schedule_handle(WATCH_SCHEDULE).trigger()
    async with asyncio.timeout(90):
        while "ago" not in (found := await finding(bare, Check.WATCH)).found:  # noqa: ASYNC110  # nobody tells
            await asyncio.sleep(0.2)
    assert found.state is State.OK


async def test_a_worker_that_polls_is_seen(bare: Client) -> None:
    queue = f"doctor-{uuid4()}"
    async with Worker(
        bare,
        task_queue=queue,
        workflows=[Idle],
        activities=[rest],
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        found = await finding_that(bare, queue, "1 worker")
    assert found.state is State.OK


async def test_a_worker_that_takes_only_activities_is_not_enough(bare: Client) -> None:
    queue = f"doctor-{uuid4()}"
    async with Worker(bare, task_queue=queue, activities=[rest]):
        found = await finding_that(bare, queue, "for workflows, the last")
    assert found.state is State.FAILURE


async def test_running_workflows_are_found_in_bulk(bare: Client) -> None:
    await ensure_search_attributes(bare)
    some = [uuid4() for _ in range(3)]
    for each in some:
        await bare.start_workflow(
            proposal.NAME, ProposalInput(each), id=f"proposal-{each}", task_queue="nobody"
        )
    await bare.get_workflow_handle(f"proposal-{some[0]}").terminate()
    asked = [*some, *(uuid4() for _ in range(120))]
    async with asyncio.timeout(90):
        while await running_proposals(bare, asked) != set(some[1:]):  # noqa: ASYNC110  # nobody tells
            await asyncio.sleep(0.1)


@pytest.mark.parametrize(
    ("address", "tls", "words"),
    [
        ("127.0.0.1:1", False, "Connection refused"),
        ("nowhere.invalid:7233", False, "Name or service"),
        (None, True, "speaks no TLS"),
    ],
)
async def test_why_it_cannot_be_reached_is_said_in_words(
    temporal_address: str, address: str | None, tls: bool, words: str
) -> None:
    with pytest.raises(RuntimeError) as refused:
        await Client.connect(
            address or temporal_address, tls=tls, connect_timeout=timedelta(seconds=30)
        )
    assert words in why_not_connected(refused.value)


def test_silence_is_said_too() -> None:
    assert why_not_connected(TimeoutError()) == "no answer in time"
