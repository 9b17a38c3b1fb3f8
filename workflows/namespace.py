"""What a namespace needs before workers poll it: search attributes, and the schedules."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import (
    AddSearchAttributesRequest,
    ListSearchAttributesRequest,
)
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
)
from temporalio.service import RPCError, RPCStatusCode

from workflows import digests, options, seals, watch
from workflows.attributes import ASSET, DEADLINE, PENDING, PRODUCER, STATUS

SEARCH_ATTRIBUTES: Mapping[str, IndexedValueType.ValueType] = {
    ASSET.name: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    PRODUCER.name: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    STATUS.name: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    DEADLINE.name: IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
    PENDING.name: IndexedValueType.INDEXED_VALUE_TYPE_INT,
}
WATCH_SCHEDULE = "tessera-watch"
SEAL_SCHEDULE = "tessera-seal"
DIGEST_SCHEDULE = "tessera-digests"


async def missing_search_attributes(client: Client) -> dict[str, IndexedValueType.ValueType]:
    """Return the search attributes that the namespace does not have yet."""
    there = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace)
    )
    return {
        name: kind
        for name, kind in SEARCH_ATTRIBUTES.items()
        if name not in there.custom_attributes
    }


async def ensure_search_attributes(client: Client) -> list[str]:
    """Register what is missing and return its names; safe to repeat and to run twice at once."""
    missing = await missing_search_attributes(client)
    if not missing:
        return []
    try:
        await client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(namespace=client.namespace, search_attributes=missing)
        )
    except RPCError as error:
        if error.status is not RPCStatusCode.ALREADY_EXISTS:
            raise
    await wait_for_search_attributes(client)
    return sorted(missing)


async def wait_for_search_attributes(client: Client, seconds: float = 60) -> None:
    """Return once the namespace shows every search attribute; raises `TimeoutError`.

    A worker waits for this before it polls: a workflow that sets an unknown attribute fails its
    task. The list comes from the server's database, so it is also seen whether a query may name
    them: that goes by the server's cache, as the workflow's task does.
    """
    async with asyncio.timeout(seconds):
        while await missing_search_attributes(client) or not await _in_use(client):  # noqa: ASYNC110  # the server tells nobody
            await asyncio.sleep(0.5)


async def _in_use(client: Client) -> bool:
    named = " AND ".join(f"{name} IS NULL" for name in SEARCH_ATTRIBUTES)
    try:
        await client.count_workflows(named)
    except RPCError as error:
        if error.status is not RPCStatusCode.INVALID_ARGUMENT:
            raise
        return False
    return True


async def ensure_schedules(client: Client, task_queue: str) -> None:
    """Create the schedules that are not there; safe to repeat and to run twice at once."""
    await ensure_watch_schedule(client, task_queue)
    await _ensure_schedule(client, task_queue, SEAL_SCHEDULE, seals.NAME, options.SEAL_EVERY)
    await _ensure_schedule(client, task_queue, DIGEST_SCHEDULE, digests.NAME, options.DIGESTS_EVERY)


async def ensure_watch_schedule(client: Client, task_queue: str) -> None:
    """Create the schedule that wakes overdue proposals, unless it is there."""
    await _ensure_schedule(client, task_queue, WATCH_SCHEDULE, watch.NAME, options.WATCH_EVERY)


async def _ensure_schedule(
    client: Client, task_queue: str, name: str, workflow: str, every: timedelta
) -> None:
    try:
        await client.create_schedule(
            name,
            Schedule(
                action=ScheduleActionStartWorkflow(workflow, id=name, task_queue=task_queue),
                spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=every)]),
                policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP),
            ),
        )
    except ScheduleAlreadyRunningError:
        return
