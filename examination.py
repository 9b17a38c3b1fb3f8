"""Looking at a whole system for `tessera doctor`, and repairing what can be repaired."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from temporalio.client import Client
from temporalio.service import RPCError

from domain.actors import DOCTOR
from domain.amounts import counted
from domain.diagnosis import of_facts, of_postgres, of_revisions, of_workflows
from domain.errors import Unavailable
from domain.health import Check, FactsSeen, Finding, State, failure, not_checked, ok, warning
from domain.log_diagnosis import of_log
from domain.secret_diagnosis import of_secrets
from domain.webhook_diagnosis import of_server_webhook
from patient import Patient
from record import deliveries, digests, health, wakes
from settings import Environment
from starting import revealed
from store.database import READ_FAILED, Database
from store.outbox import OutboxKind
from store.postgres import look_at as look_at_postgres
from store.postgres import place_of
from workflows.health import (
    NEEDS_TEMPORAL,
    running_proposals,
    running_retirements,
    why_not_connected,
)
from workflows.health import look_at as look_at_temporal

OF_RECORD = (
    *(Check.RELAY, Check.PARKED, Check.OVERDUE, Check.STUCK),
    *(Check.SERVER_WEBHOOK, Check.WEBHOOKS, Check.DELIVERIES, Check.SECRETS),
    *(Check.RETIREMENTS, Check.FALLBACKS),
    *(Check.LOG, Check.SEALS),
)
STUCK, ALONE, OVERDUE = "it was stuck", "no workflow was running", "its review was overdue"
WOKEN_FOR = (
    (OutboxKind.PROPOSAL, Check.OVERDUE, OVERDUE),
    (OutboxKind.PROPOSAL, Check.STUCK, STUCK),
    (OutboxKind.PROPOSAL, Check.WORKFLOWS, ALONE),
    (OutboxKind.RETIREMENT, Check.RETIREMENTS, STUCK),
    (OutboxKind.RETIREMENT, Check.WORKFLOWS, ALONE),
)
NAMED_BY = {OutboxKind.PROPOSAL: "proposal_id", OutboxKind.RETIREMENT: "contract_id"}
CONNECTED_WITHIN = 10.0
SETTLED_WITHIN = 5.0
"""So long a repair gives relay and worker before it looks again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """One thing that was done."""

    done: str
    number: int


async def consult(
    patient: Patient, *, repair: bool
) -> tuple[tuple[Finding, ...], tuple[Repair, ...] | None]:
    """Look; with `repair` do what can be done, then look again and say what was done."""
    async with AsyncExitStack() as stack:
        database = None
        if patient.database_url is not None:
            database = Database.connect(
                patient.database_url, pool_size=1, encryption=patient.encryption
            )
            stack.push_async_callback(database.close)
        findings = await examine(patient, database)
        if not repair:
            return findings, None
        if database is None or not may_be_mended(findings):
            return findings, ()
        repairs, refused = await _mended(database, findings)
        if repairs or refused is not None:
            findings = await examine(patient, database)
        return findings if refused is None else _with(findings, refused), repairs


# --- looking ------------------------------------------------------------------------------------


async def examine(patient: Patient, database: Database | None) -> tuple[Finding, ...]:
    """Return a finding for every check, in their order."""
    (of_postgres, facts), (of_temporal, client) = await asyncio.gather(
        _postgres(patient, database), _temporal(patient)
    )
    findings = (
        _settings(patient),
        *of_postgres,
        *of_temporal,
        *await _workflows(facts, client),
    )
    order = list(Check)
    return tuple(sorted(findings, key=lambda finding: order.index(finding.check)))


def _settings(patient: Patient) -> Finding:
    odd = patient.settings.warnings()
    if not odd:
        return ok(Check.SETTINGS, "nothing odd about the environment")
    return warning(Check.SETTINGS, " ".join(odd), "docs/reference/settings.md lists every setting.")


async def _postgres(
    patient: Patient, database: Database | None
) -> tuple[tuple[Finding, ...], FactsSeen | None]:
    rest = (Check.CLOCK, Check.NOTIFICATIONS, Check.MIGRATIONS, *OF_RECORD)
    if database is None or patient.database_url is None:
        return (_nowhere(patient), *not_checked(rest, "nobody says where Postgres is")), None
    try:
        server = of_postgres(await look_at_postgres(patient.database_url))
    except Unavailable as problem:
        place = place_of(patient.database_url)
        found = failure(
            Check.DATABASE,
            f"Postgres at {place} cannot be used: {problem.detail}",
            "Start it, or correct DATABASE_URL. Until then nothing is accepted, and nothing lost.",
        )
        return (found, *not_checked(rest, "Postgres cannot be used")), None
    findings, facts = await _record(patient, database)
    return (*server, *findings), facts


def _nowhere(patient: Patient) -> Finding:
    directory = patient.settings.data_dir.expanduser().absolute()
    return failure(
        Check.DATABASE,
        f"DATABASE_URL is not set, and no `tessera up` with its own Postgres runs on {directory}",
        "Set DATABASE_URL as for the server, or TESSERA_DATA_DIR as for `tessera up`.",
    )


async def _record(
    patient: Patient, database: Database
) -> tuple[tuple[Finding, ...], FactsSeen | None]:
    try:
        migrations = of_revisions(await health.revisions(database))
        if migrations.state is not State.OK:
            return (
                migrations,
                *not_checked(OF_RECORD, "the tables are not those of this release"),
            ), None
        facts = await health.look(database, patient.settings.escalation_fallback)
    except READ_FAILED as problem:
        said = _said(problem)
        found = failure(
            Check.MIGRATIONS, f"the tables cannot be read: {said}", "Look at Postgres' log."
        )
        return (found, *not_checked(OF_RECORD, "the tables cannot be read")), None
    server = next((each for each in facts.destinations if each.belongs_to_settings), None)
    webhook = of_server_webhook(patient.settings.webhook_url, server)
    development = patient.settings.environment is Environment.DEVELOPMENT
    log = of_log(facts.log, development=development)
    encrypts = patient.encryption.encrypts
    secrets = of_secrets(facts.secrets, encrypts=encrypts, development=development)
    return (migrations, *of_facts(facts), webhook, secrets, *log), facts


async def _temporal(patient: Patient) -> tuple[tuple[Finding, ...], Client | None]:
    settings, address = patient.settings, patient.temporal_address
    key = settings.temporal_api_key
    try:
        async with asyncio.timeout(CONNECTED_WITHIN):
            client = await Client.connect(
                address,
                namespace=settings.temporal_namespace,
                tls=settings.temporal_tls or key is not None,
                api_key=revealed(key),
                connect_timeout=timedelta(seconds=CONNECTED_WITHIN / 2),
            )
    except (RuntimeError, TimeoutError, ValueError) as error:
        found = failure(
            Check.TEMPORAL,
            f"Temporal at {address} cannot be used: {why_not_connected(error)}",
            "Start it, or correct TEMPORAL_ADDRESS. Everything is accepted meanwhile and waits.",
            [{"error": str(error)}],
        )
        return (found, *not_checked(NEEDS_TEMPORAL, "Temporal cannot be used")), None
    findings = await look_at_temporal(
        client, address, settings.temporal_task_queue, settings.worker_deployment
    )
    return findings, client if findings[0].state is State.OK else None


async def _workflows(facts: FactsSeen | None, client: Client | None) -> tuple[Finding, ...]:
    if facts is None:
        return not_checked([Check.WORKFLOWS], "the record cannot be read")
    if client is None:
        return not_checked([Check.WORKFLOWS], "Temporal cannot be used")
    proposals, retirements = facts.settled, facts.settled_retirements
    try:
        running = await running_proposals(client, [each.id for each in proposals.listed])
        running |= await running_retirements(client, [each.id for each in retirements])
        return (of_workflows(proposals, retirements, running),)
    except RPCError as error:
        said = f"Temporal does not list workflows: {error.message}"
        return (failure(Check.WORKFLOWS, said, "Look at Temporal's own log."),)


# --- repairing ----------------------------------------------------------------------------------


def may_be_mended(findings: Sequence[Finding]) -> bool:
    """Whether the record could be read, on a server that takes writes."""
    states = {finding.check: finding.state for finding in findings}
    return (
        states[Check.DATABASE] is not State.FAILURE
        and states[Check.PARKED] is not State.NOT_CHECKED
    )


async def _mended(
    database: Database, findings: Sequence[Finding]
) -> tuple[tuple[Repair, ...], Finding | None]:
    """Return what was done, and what was found where Postgres refused the rest or went away."""
    repairs: list[Repair] = []
    try:
        async for repair in mend(database, findings):
            repairs.append(repair)  # noqa: PERF401  # what was done before a refusal is kept
        if repairs:
            await settle(database)
    except READ_FAILED as problem:
        refused = failure(
            Check.DATABASE,
            f"the repair could not be finished: {_said(problem)}",
            "Use what the server uses, as a role that may write; then repeat it.",
        )
        return tuple(repairs), refused
    return tuple(repairs), None


def _with(findings: Sequence[Finding], refused: Finding) -> tuple[Finding, ...]:
    """Put it in the place of its check, unless that has failed by now and says more."""
    return tuple(
        refused
        if finding.check is refused.check and finding.state is not State.FAILURE
        else finding
        for finding in findings
    )


def _said(problem: Exception) -> str:
    return str(getattr(problem, "orig", None) or problem)


async def mend(database: Database, findings: Sequence[Finding]) -> AsyncIterator[Repair]:
    """Do what can be done through the record alone; it reaches Temporal by the outbox."""

    if unparked := await wakes.unpark(database, DOCTOR):
        done = f"{counted(unparked, 'parked row')} will be sent to Temporal again."
        yield Repair(done=done, number=unparked)
    for kind, check, why in WOKEN_FOR:
        ids = _named(findings, check, NAMED_BY[kind])
        if woken := await wakes.wake(database, ids, why, kind):
            done = f"{counted(len(woken), kind.value)} woken: {why}."
            yield Repair(done=done, number=len(woken))
    if late := await deliveries.wake_overdue(database):
        done = f"{counted(late, 'event')} on the way to their destinations again."
        yield Repair(done=done, number=late)
    if late := await wakes.wake_overdue_retirements(database):
        yield Repair(done=f"{counted(late, 'retirement')} woken: {OVERDUE}.", number=late)
    if late := await digests.send_due(database, digests.OVERDUE_BY):
        yield Repair(done=f"{counted(late, 'digest')} on the way.", number=late)


def _named(findings: Sequence[Finding], check: Check, key: str) -> Sequence[UUID]:
    """Return the ids under this key among what a check found wrong."""
    items = next(each.items for each in findings if each.check is check)
    return [UUID(item[key]) for item in items if key in item]


async def settle(database: Database) -> None:
    """Give relay and worker a moment to take what was put into the outbox."""

    deadline = time.monotonic() + SETTLED_WITHIN
    while await health.waiting(database) and time.monotonic() < deadline:  # noqa: ASYNC110  # the relay tells nobody
        await asyncio.sleep(0.2)
    await asyncio.sleep(1)  # for the reviews, and for Temporal's index
