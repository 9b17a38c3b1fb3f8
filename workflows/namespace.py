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

from domain.errors import SetupFailed, Unavailable
from workflows import digests, options, seals, watch
from workflows.attributes import ASSET, DEADLINE, PENDING, PRODUCER, STATUS
from workflows.deployments import RPC_TIMEOUT

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
_FOR_GOOD = frozenset(
    {
        RPCStatusCode.PERMISSION_DENIED,
        RPCStatusCode.UNAUTHENTICATED,
        RPCStatusCode.UNIMPLEMENTED,
    }
)
"""What Temporal says to a caller that it does not know or does not serve, not to one too early."""


async def missing_search_attributes(client: Client) -> dict[str, IndexedValueType.ValueType]:
    """Return the search attributes that the namespace does not have yet."""
    there = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace), timeout=RPC_TIMEOUT
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
    async with asyncio.timeout(60):
        while await missing_search_attributes(client) or not await _in_use(client):  # noqa: ASYNC110  # the server tells nobody
            await asyncio.sleep(0.5)
    return sorted(missing)


async def ensure_ready(client: Client, task_queue: str) -> None:
    """Return if workers may poll; creates the schedules, safe to repeat and to run twice at once.

    Raises `Unavailable`, which says what is missing, and `SetupFailed` if Temporal will refuse
    again. A workflow that sets an unknown search attribute fails its task, so a worker must not
    poll before.
    """
    try:
        if missing := await missing_search_attributes(client):
            raise Unavailable(
                f"Temporal's namespace {client.namespace} has no search attribute "
                f"{', '.join(sorted(missing))} yet.",
                hint="`tessera server setup` registers them.",
            )
        if not await _in_use(client):
            raise Unavailable("Temporal does not use the new search attributes yet.")
        await ensure_schedules(client, task_queue)
    except RPCError as error:
        if error.status in _FOR_GOOD:
            raise SetupFailed(f"Temporal refuses: {error.message}") from error
        away = error.status is RPCStatusCode.UNAVAILABLE
        what = "does not answer" if away else "cannot be used yet"
        raise Unavailable(f"Temporal {what}: {error.message}") from error


async def _in_use(client: Client) -> bool:
    """Whether a query may name the attributes.

    They are listed from the server's database; a query goes by its cache, as a workflow's task
    does.
    """
    named = " AND ".join(f"{name} IS NULL" for name in SEARCH_ATTRIBUTES)
    try:
        await client.count_workflows(named, rpc_timeout=RPC_TIMEOUT)
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
            rpc_timeout=RPC_TIMEOUT,
        )
    except ScheduleAlreadyRunningError:
        return
