"""Looking at Temporal: the namespace, what it needs of us, who polls, which workflows run."""

import re
from collections.abc import Awaitable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from temporalio.api.enums.v1 import IndexedValueType, TaskQueueType
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    DescribeTaskQueueRequest,
    GetSystemInfoRequest,
)
from temporalio.client import Client, ScheduleActionStartWorkflow
from temporalio.service import RPCError, RPCStatusCode

from domain.amounts import counted, span
from domain.health import Check, Finding, State, failure, not_checked, ok, warning
from workflows import proposal, retirement
from workflows.deployments import current_build
from workflows.namespace import SEARCH_ATTRIBUTES, WATCH_SCHEDULE
from workflows.options import WATCH_EVERY

NEEDS_TEMPORAL = (Check.SEARCH_ATTRIBUTES, Check.WATCH, Check.WORKER)
POLLED_WITHIN = timedelta(seconds=75)
"""A poll that finds nothing ends after a minute and is made again at once."""
RPC_TIMEOUT = timedelta(seconds=5)
IDS_PER_QUERY = 100
_QUEUES = {
    "workflows": TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    "activities": TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
}


def why_not_connected(error: Exception) -> str:
    """Return the few words for people in what the SDK says when it cannot connect."""
    text = str(error)
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if "InvalidContentType" in text:
        return "it speaks no TLS there"
    said = re.search(r'(?:message|error): "([^"]+)"', text)
    return said[1] if said else text[:120]


async def look_at(
    client: Client, address: str, task_queue: str, deployment: str | None = None
) -> tuple[Finding, ...]:
    """Return what was found at a server that was connected to; `deployment` if workers have
    versions."""
    namespace = await _asked(Check.TEMPORAL, _namespace(client, address))
    if namespace.state is not State.OK:
        return (namespace, *not_checked(NEEDS_TEMPORAL, "Temporal's namespace cannot be read"))
    return (
        namespace,
        await _asked(Check.SEARCH_ATTRIBUTES, _search_attributes(client)),
        await _asked(Check.WATCH, _watch(client, task_queue)),
        await _asked(Check.WORKER, _worker(client, task_queue, deployment)),
    )


async def running_proposals(client: Client, proposal_ids: Sequence[UUID]) -> frozenset[UUID]:
    """Return which of these proposals have a running workflow, asked in bulk.

    Raises `RPCError`. Temporal's index may be a few seconds behind.
    """
    return await _running(client, proposal.NAME, "proposal-", proposal_ids)


async def running_retirements(client: Client, contract_ids: Sequence[UUID]) -> frozenset[UUID]:
    """Return the retirements of which of these contracts have one; as with proposals."""
    return await _running(client, retirement.NAME, "retirement-", contract_ids)


async def _running(
    client: Client, name: str, prefix: str, subject_ids: Sequence[UUID]
) -> frozenset[UUID]:
    running: set[UUID] = set()
    for start in range(0, len(subject_ids), IDS_PER_QUERY):
        batch = subject_ids[start : start + IDS_PER_QUERY]
        ids = ", ".join(f"'{prefix}{subject_id}'" for subject_id in batch)
        query = f"WorkflowType = '{name}' AND ExecutionStatus = 'Running' AND WorkflowId IN ({ids})"
        async for execution in client.list_workflows(query, rpc_timeout=RPC_TIMEOUT):
            running.add(UUID(execution.id.removeprefix(prefix)))
    return frozenset(running)


async def _asked(check: Check, question: Awaitable[Finding]) -> Finding:
    try:
        return await question
    except RPCError as error:
        return failure(check, f"Temporal refuses to say: {error.message}", _advice(error))


def _advice(error: RPCError) -> str:
    if error.status in (RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNAUTHENTICATED):
        return "Look at TEMPORAL_API_KEY and what it may do."
    return "Look at Temporal's own log."


async def _namespace(client: Client, address: str) -> Finding:
    service = client.workflow_service
    system = await service.get_system_info(GetSystemInfoRequest(), timeout=RPC_TIMEOUT)
    request = DescribeNamespaceRequest(namespace=client.namespace)
    try:
        there = await service.describe_namespace(request, timeout=RPC_TIMEOUT)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return failure(
            Check.TEMPORAL,
            f"Temporal {system.server_version} at {address} has no namespace {client.namespace}",
            f"`temporal operator namespace create -n {client.namespace}` makes it; "
            "TEMPORAL_NAMESPACE names another.",
        )
    kept = span(there.config.workflow_execution_retention_ttl.ToTimedelta())
    return ok(
        Check.TEMPORAL,
        f"Temporal {system.server_version} at {address}, namespace {client.namespace}, "
        f"keeps what has ended for {kept}",
    )


async def _search_attributes(client: Client) -> Finding:
    there = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace), timeout=RPC_TIMEOUT
    )
    kinds = there.custom_attributes
    missing = [name for name in SEARCH_ATTRIBUTES if name not in kinds]
    wrong = [
        f"{name} is {_kind(kinds[name])}, not {_kind(kind)}"
        for name, kind in SEARCH_ATTRIBUTES.items()
        if name in kinds and kinds[name] != kind
    ]
    if missing:
        return failure(
            Check.SEARCH_ATTRIBUTES,
            f"missing: {', '.join(missing)}",
            "Run `tessera server setup`; the worker does not poll before.",
        )
    if wrong:
        return failure(
            Check.SEARCH_ATTRIBUTES,
            "; ".join(wrong),
            "Remove it in Temporal and run `tessera server setup`, or use another namespace.",
        )
    return ok(Check.SEARCH_ATTRIBUTES, f"all {len(SEARCH_ATTRIBUTES)} are registered")


def _kind(kind: "IndexedValueType.ValueType") -> str:
    return IndexedValueType.Name(kind).removeprefix("INDEXED_VALUE_TYPE_").lower()


async def _watch(client: Client, task_queue: str) -> Finding:
    try:
        seen = await client.get_schedule_handle(WATCH_SCHEDULE).describe(rpc_timeout=RPC_TIMEOUT)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return failure(
            Check.WATCH,
            f"there is no schedule {WATCH_SCHEDULE}, so nobody wakes what is overdue",
            "Run `tessera server setup`; the worker makes it at its start too.",
        )
    action = seen.schedule.action
    queue = action.task_queue if isinstance(action, ScheduleActionStartWorkflow) else None
    if seen.schedule.state.paused:
        note = seen.schedule.state.note
        return failure(
            Check.WATCH,
            f"the schedule {WATCH_SCHEDULE} is paused" + (f": {note}" if note else ""),
            f"`temporal schedule toggle --schedule-id {WATCH_SCHEDULE} --unpause --reason …`",
        )
    if queue != task_queue:
        return failure(
            Check.WATCH,
            f"the schedule {WATCH_SCHEDULE} starts on the task queue {queue}, not {task_queue}",
            f"Delete the schedule {WATCH_SCHEDULE} and run `tessera server setup`.",
        )
    return last_looked(
        max((each.started_at for each in seen.info.recent_actions), default=None),
        seen.info.created_at,
    )


def last_looked(last: datetime | None, created_at: datetime) -> Finding:
    """Judge when the watch last began to look; if it never did, since when it could have."""
    since = datetime.now(UTC) - (last or created_at)
    if since > 5 * WATCH_EVERY:
        return warning(
            Check.WATCH,
            f"it should look every minute and has not for {span(since)}",
            "A run that waits for a worker holds up the next: start `tessera server worker`.",
        )
    return ok(Check.WATCH, f"looked {span(since)} ago" if last else "is to look for the first time")


async def _worker(client: Client, task_queue: str, deployment: str | None) -> Finding:
    found = await _pollers(client, task_queue)
    if deployment is None or found.state is not State.OK:
        return found
    build = await current_build(client, deployment)
    if build is None:
        return failure(
            Check.WORKER,
            f"no build of the deployment {deployment} is current, so its workers get nothing to do",
            "`tessera server promote` makes the one of TESSERA_WORKER_BUILD_ID current.",
        )
    return ok(Check.WORKER, f"{found.found}; build {build} of {deployment} is current")


async def _pollers(client: Client, task_queue: str) -> Finding:
    lately = datetime.now(UTC) - POLLED_WITHIN
    idle, identities, last = [], set(), None
    for kind, number in _QUEUES.items():
        seen = await client.workflow_service.describe_task_queue(
            DescribeTaskQueueRequest(
                namespace=client.namespace,
                task_queue=TaskQueue(name=task_queue),
                task_queue_type=number,
            ),
            timeout=RPC_TIMEOUT,
        )
        polls = {
            poller.identity: poller.last_access_time.ToDatetime(UTC) for poller in seen.pollers
        }
        active = {identity for identity, at in polls.items() if at > lately}
        last = max([*polls.values(), *filter(None, [last])], default=None)
        identities |= active
        if not active:
            idle.append(kind)
    if idle:
        ago = f", the last was seen {span(datetime.now(UTC) - last)} ago" if last else ""
        return failure(
            Check.WORKER,
            f"nobody polls the task queue {task_queue} for {' and '.join(idle)}{ago}",
            "Start `tessera server worker`, with the same TEMPORAL_TASK_QUEUE.",
        )
    return ok(Check.WORKER, f"{counted(len(identities), 'worker')} on the task queue {task_queue}")
