"""Composition root of the Temporal worker: activities, workflows and the relay in one process."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

import structlog
from temporalio.client import Client
from temporalio.worker import Worker

from activities.deliveries import DeliveryActivities
from activities.digests import DigestActivities
from activities.errors import ErrorRules
from activities.proposals import ProposalActivities
from activities.retirements import RetirementActivities
from activities.seals import SealActivities
from activities.watch import WatchActivities
from channels import ChannelOptions, SlackOptions, opened
from domain.answer_links import LABEL, AnswerLinks
from domain.destinations import Channels, DestinationKind
from domain.errors import Unavailable
from notify.addresses import Network
from notify.channels import Channel
from notify.smtp_server import SmtpServer
from record.comparison import Comparer
from relay import Relay
from starting import revealed
from store.database import Database
from store.encryption import Encryption
from store.listener import Listener
from store.notifier import OUTBOX, Notifier
from workflows.delivery import DeliveryWorkflow
from workflows.deployments import Deployment
from workflows.digests import DigestsWorkflow
from workflows.execution import DATA_CONVERTER, Sandbox
from workflows.namespace import ensure_ready, ensure_schedules, ensure_search_attributes
from workflows.proposal import ProposalWorkflow
from workflows.retirement import RetirementWorkflow
from workflows.seals import SealWorkflow
from workflows.watch import WatchWorkflow

if TYPE_CHECKING:
    from settings import Settings

T = TypeVar("T")

WORKFLOWS = (
    ProposalWorkflow,
    RetirementWorkflow,
    DeliveryWorkflow,
    DigestsWorkflow,
    WatchWorkflow,
    SealWorkflow,
)
DRAIN = timedelta(seconds=25)
"""Longer than a webhook's receiver may take, so that a stop leaves nothing in doubt."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerOptions:
    """What the worker needs to know; made from the settings by the command that starts it."""

    database_url: str
    encryption: Encryption = field(default_factory=Encryption)
    channels: Channels = field(default_factory=Channels)
    task_queue: str
    public_url: str
    direct_signals: bool
    allow_private_webhooks: bool
    smtp_server: SmtpServer | None = None
    mail_sender: str = ""
    webhook_networks: tuple[Network, ...] = ()
    slack: SlackOptions | None = None
    cached_workflows: int = 1000
    tasks_at_once: int = 20
    comparison_time: timedelta = timedelta(seconds=20)
    comparison_memory: int = 2048
    """MiB."""
    deployment: Deployment | None = None
    """None: any worker moves any workflow."""


async def once_available(
    work: Callable[[], Awaitable[T]], wait: timedelta = timedelta(minutes=5)
) -> T:
    """Do this as soon as what it needs is there; raises `Unavailable` if that takes too long."""
    deadline = time.monotonic() + wait.total_seconds()
    said = None
    while True:
        try:
            return await work()
        except Unavailable as problem:
            if time.monotonic() > deadline:
                raise
            if problem.detail != said:
                _log.warning("waiting", reason=problem.detail, **problem.extra)
            said = problem.detail
            await asyncio.sleep(0.5)


async def connect(
    address: str,
    *,
    namespace: str,
    tls: bool = False,
    api_key: str | None = None,
    wait: timedelta = timedelta(minutes=5),
) -> Client:
    """Return a connected client; a server that is not there yet is waited for.

    Raises `Unavailable` when it does not answer within `wait`.
    """

    async def connected() -> Client:
        try:
            return await Client.connect(
                address,
                namespace=namespace,
                tls=tls,
                api_key=api_key,
                data_converter=DATA_CONVERTER,
            )
        except RuntimeError as error:
            raise Unavailable(f"Temporal does not answer at {address}.") from error

    return await once_available(connected, wait)


async def connect_by(settings: "Settings", wait: timedelta = timedelta(minutes=5)) -> Client:
    """Return a client connected to the Temporal of the settings; raises as `connect` does."""
    key = settings.temporal_api_key
    return await connect(
        settings.temporal_address,
        namespace=settings.temporal_namespace,
        tls=settings.temporal_tls or key is not None,
        api_key=revealed(key),
        wait=wait,
    )


def build_worker(
    client: Client,
    database: Database,
    comparer: Comparer,
    channels: Mapping[DestinationKind, Channel],
    options: WorkerOptions,
) -> Worker:
    """Return a worker with every workflow and activity registered, not yet running."""
    proposals = ProposalActivities(
        database,
        comparer,
        public_url=options.public_url,
        direct_signals=options.direct_signals,
    )
    deliveries = DeliveryActivities(database, comparer, channels)
    retirements = RetirementActivities(database)
    watch, seals = WatchActivities(database), SealActivities(database)
    return Worker(
        client,
        task_queue=options.task_queue,
        workflows=WORKFLOWS,
        activities=[
            proposals.review,
            proposals.note,
            proposals.rebase,
            proposals.settle,
            proposals.answer_by_hand,
            proposals.mark_stuck,
            retirements.review,
            retirements.note,
            retirements.settle,
            retirements.mark_stuck,
            deliveries.deliver,
            deliveries.record,
            deliveries.give_up,
            DigestActivities(database).send,
            watch.watch,
            seals.seal,
        ],
        interceptors=[ErrorRules()],
        workflow_runner=Sandbox(),
        graceful_shutdown_timeout=DRAIN,
        max_cached_workflows=options.cached_workflows,
        max_concurrent_workflow_tasks=options.tasks_at_once,
        deployment_config=None if options.deployment is None else options.deployment.config,
    )


def _channel_options(options: WorkerOptions) -> ChannelOptions:
    return ChannelOptions(
        public_url=options.public_url,
        allow_private_webhooks=options.allow_private_webhooks,
        smtp_server=options.smtp_server,
        mail_sender=options.mail_sender,
        answer_links=AnswerLinks(options.encryption.derived(LABEL)),
        webhook_networks=options.webhook_networks,
        webhook_hosts=options.channels.webhook_hosts,
        slack=options.slack,
    )


@asynccontextmanager
async def running(client: Client, options: WorkerOptions) -> AsyncIterator[asyncio.Task[None]]:
    """Poll and relay while the block runs, then drain: the relay first, then the worker.

    Yields the relay's task: it ends by itself only on a defect, and then the worker has to end too.
    """
    async with AsyncExitStack() as stack:
        notifier = await stack.enter_async_context(Notifier(options.database_url))
        database = Database.connect(
            options.database_url,
            notifier=notifier,
            encryption=options.encryption,
            channels=options.channels,
        )
        stack.push_async_callback(database.close)
        comparer = await stack.enter_async_context(
            Comparer(
                1, within=options.comparison_time.total_seconds(), memory=options.comparison_memory
            )
        )
        channels = await opened(stack, _channel_options(options), database)
        comparer.start()
        worker = build_worker(client, database, comparer, channels, options)
        await stack.enter_async_context(worker)
        listener = await stack.enter_async_context(Listener(options.database_url, [OUTBOX]))

        async def prepare() -> None:
            await ensure_search_attributes(client)
            await ensure_schedules(client, options.task_queue)

        relay = Relay(database, client, listener, task_queue=options.task_queue, prepare=prepare)
        relaying = asyncio.create_task(relay.run(), name="relay")
        try:
            yield relaying
        finally:
            relay.stop()
            await relaying


async def serve(client: Client, options: WorkerOptions) -> None:
    """Run until SIGTERM or SIGINT, then drain.

    Temporal may go away once more after it was connected to; a signal ends the wait at once.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    stopped = asyncio.create_task(stop.wait())
    ready = asyncio.create_task(once_available(lambda: ensure_ready(client, options.task_queue)))
    await asyncio.wait({stopped, ready}, return_when=asyncio.FIRST_COMPLETED)
    if not ready.done():
        ready.cancel()
        return
    await ready
    async with running(client, options) as relaying:
        build = {} if options.deployment is None else {"build": options.deployment.build_id}
        _log.info("worker polls", task_queue=options.task_queue, **build)
        await asyncio.wait({stopped, relaying}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        _log.info("worker drains")
