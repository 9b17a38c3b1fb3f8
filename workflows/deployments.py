"""Versioned workers: which builds Temporal knows, which is current, what each still holds open.

Temporal routes an open workflow by the build that it is with. Without versioning any worker takes
any task, which is what happens unless a deployment is named.
"""

import asyncio
import time
from dataclasses import dataclass
from datetime import timedelta

from temporalio.api.deployment.v1 import WorkerDeploymentInfo
from temporalio.api.enums.v1 import WorkerDeploymentVersionStatus
from temporalio.api.workflowservice.v1 import (
    DescribeWorkerDeploymentRequest,
    SetWorkerDeploymentCurrentVersionRequest,
)
from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import WorkerDeploymentConfig

from domain.errors import SetupFailed
from workflows import proposal

RPC_TIMEOUT = timedelta(seconds=10)
LOOKED_EVERY = 0.5
_NOT_YET = frozenset({RPCStatusCode.NOT_FOUND, RPCStatusCode.FAILED_PRECONDITION})
"""What Temporal says until the build's workers have polled every task queue."""
_RUNNING = "ExecutionStatus = 'Running'"
_PROPOSALS = f"WorkflowType = '{proposal.NAME}' AND {_RUNNING}"
_PINNED = "TemporalWorkflowVersioningBehavior = 'Pinned'"


@dataclass(frozen=True, slots=True)
class Deployment:
    """Which build of which deployment a worker is."""

    name: str
    build_id: str
    pinned: bool = False
    """Whether an open workflow ends with the build that it began with."""

    @property
    def config(self) -> WorkerDeploymentConfig:
        """How the worker says so. The behaviour is never named on a workflow's class: a worker
        without a deployment could then run none of its tasks."""
        behavior = VersioningBehavior.PINNED if self.pinned else VersioningBehavior.AUTO_UPGRADE
        return WorkerDeploymentConfig(
            version=WorkerDeploymentVersion(self.name, self.build_id),
            use_worker_versioning=True,
            default_versioning_behavior=behavior,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """A build that Temporal knows; without an id: workflows that no versioned worker has moved."""

    build_id: str | None
    state: str
    open_proposals: int
    """Last moved by it; they may be with another one at their next step, unless pinned."""
    pinned: int
    """Open workflows of any kind that only this build can move."""

    @property
    def is_needed(self) -> bool:
        """Whether its workers have to stay."""
        return self.state in ("current", "ramping") or self.pinned > 0


async def promote(client: Client, deployment: str, build_id: str, wait: timedelta) -> None:
    """Make a build current, as soon as its workers poll; safe to repeat.

    Raises `SetupFailed` when they do not poll within `wait`.
    """
    deadline = time.monotonic() + wait.total_seconds()
    while True:
        try:
            await _set_current(client, deployment, build_id)
        except RPCError as error:
            if error.status not in _NOT_YET:
                raise
            if time.monotonic() > deadline:
                raise SetupFailed(
                    f"Temporal does not take build {build_id} of {deployment}: {error.message}",
                    hint="Are its workers running, with this TESSERA_WORKER_DEPLOYMENT?",
                ) from None
            await asyncio.sleep(LOOKED_EVERY)
        else:
            return


async def _set_current(client: Client, deployment: str, build_id: str) -> None:
    if await current_build(client, deployment) == build_id:
        return  # set once more, Temporal 1.29 lists it as draining
    await client.workflow_service.set_worker_deployment_current_version(
        SetWorkerDeploymentCurrentVersionRequest(
            namespace=client.namespace,
            deployment_name=deployment,
            build_id=build_id,
            identity=client.identity,
        ),
        timeout=RPC_TIMEOUT,
    )


async def current_build(client: Client, deployment: str) -> str | None:
    """Return which build is current; None if none is, or nobody has polled for it."""
    found = await _described(client, deployment)
    return None if found is None else _current(found)


async def builds(client: Client, deployment: str) -> tuple[Build, ...]:
    """Return the builds of a deployment, the newest first, and last what no build has moved yet.

    Counts come from Temporal's index, which may be a few seconds behind.
    """
    found = await _described(client, deployment)
    known = () if found is None else tuple(found.version_summaries)
    newest_first = sorted(known, key=lambda each: each.create_time.ToNanoseconds(), reverse=True)
    of_builds = [
        await _build(client, deployment, each.deployment_version.build_id, _state(each.status))
        for each in newest_first
    ]
    unmoved = await client.count_workflows(
        f"{_PROPOSALS} AND TemporalWorkerDeploymentVersion IS NULL", rpc_timeout=RPC_TIMEOUT
    )
    without = Build(build_id=None, state="not versioned", open_proposals=unmoved.count, pinned=0)
    return (*of_builds, without)


async def _build(client: Client, deployment: str, build_id: str, state: str) -> Build:
    with_it = f"TemporalWorkerDeploymentVersion = '{deployment}:{build_id}'"
    proposals, pinned = [
        await client.count_workflows(f"{kind} AND {with_it}", rpc_timeout=RPC_TIMEOUT)
        for kind in (_PROPOSALS, f"{_RUNNING} AND {_PINNED}")
    ]
    return Build(
        build_id=build_id, state=state, open_proposals=proposals.count, pinned=pinned.count
    )


async def _described(client: Client, deployment: str) -> WorkerDeploymentInfo | None:
    request = DescribeWorkerDeploymentRequest(
        namespace=client.namespace, deployment_name=deployment
    )
    try:
        answer = await client.workflow_service.describe_worker_deployment(
            request, timeout=RPC_TIMEOUT
        )
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return None
    return answer.worker_deployment_info


def _current(info: WorkerDeploymentInfo) -> str | None:
    return info.routing_config.current_deployment_version.build_id or None


def _state(status: "WorkerDeploymentVersionStatus.ValueType") -> str:
    name = WorkerDeploymentVersionStatus.Name(status)
    return name.removeprefix("WORKER_DEPLOYMENT_VERSION_STATUS_").lower()
