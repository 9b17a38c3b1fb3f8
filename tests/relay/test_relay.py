"""Carrying the outbox to Temporal: every row once or again, none lost, none in another's way."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text
from temporalio.api.enums.v1 import EventType as HistoryEvent
from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode

from domain.errors import SetupFailed
from domain.events import EventType
from embedded.ports import free_port
from embedded.temporal import DevServer
from record import deliveries, destinations
from relay import Relay
from store.database import Database
from store.listener import Listener
from store.notifier import OUTBOX, Notifier
from store.outbox import Wake
from store.transaction import Transaction
from tests.support.conductor import breaking
from tests.support.facts import Facts
from tests.support.obtained import temporal_program
from tests.support.servers import unavailable
from workflows.execution import DATA_CONVERTER


def relay_of(facts: Facts, temporal: Client, url: str) -> Relay:
    return Relay(facts.database, temporal, Listener(url, []), task_queue=f"relay-{uuid4()}")


@pytest.fixture
def relay(facts: Facts, temporal: Client, fresh_database_url: str) -> Relay:
    return relay_of(facts, temporal, fresh_database_url)


async def rows(facts: Facts) -> list[Mapping[str, object]]:
    async def work(tx: Transaction) -> list[Mapping[str, object]]:
        found = await tx.sql.execute(text("SELECT * FROM outbox ORDER BY id"))
        return [dict(row) for row in found.mappings()]

    return await facts.database.run(work)


async def later(facts: Facts, after: timedelta) -> None:
    """Let so much time have gone by for all rows."""

    async def work(tx: Transaction) -> None:
        await tx.sql.execute(
            text("UPDATE outbox SET claimed_until = claimed_until - CAST(:after AS interval)"),
            {"after": after},
        )

    await facts.database.run(work)


async def put_raw(facts: Facts, payload: str) -> None:
    async def work(tx: Transaction) -> None:
        await tx.sql.execute(
            text(
                "INSERT INTO outbox (kind, subject_id, payload) "
                "VALUES ('proposal', :id, CAST(:payload AS jsonb))"
            ),
            {"id": uuid4(), "payload": payload},
        )

    await facts.database.run(work)


async def signals(handle: WorkflowHandle[object, object]) -> list[str]:
    kind = HistoryEvent.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED
    return [
        event.workflow_execution_signaled_event_attributes.signal_name
        async for event in handle.fetch_history_events()
        if event.event_type == kind
    ]


async def test_a_wake_starts_the_workflow_and_the_next_one_finds_it_running(
    facts: Facts, temporal: Client, relay: Relay
) -> None:
    conductor = await breaking(facts, "reader")
    proposal_id = conductor.proposal.id
    assert await relay.carry_batch() == 1
    handle = temporal.get_workflow_handle(f"proposal-{proposal_id}")
    first = await handle.describe()
    assert "→ 2.0.0: 1 breaking change" in (await first.static_summary() or "")

    async def wake(tx: Transaction) -> None:
        tx.outbox.wake(proposal_id, Wake.ANSWERED, "orders.customers")

    await facts.database.run(wake)
    await relay.carry_batch()
    assert (await handle.describe()).run_id == first.run_id
    assert await signals(handle) == ["revised", "answered"]
    assert await rows(facts) == []


async def test_many_answers_to_one_proposal_wake_it_once(
    facts: Facts, temporal: Client, relay: Relay
) -> None:
    conductor, other = await breaking(facts, "reader"), await breaking(facts, "reader")
    await relay.carry_batch()

    async def answers(tx: Transaction) -> None:
        for proposal_id in 7 * [conductor.proposal.id] + [other.proposal.id]:
            tx.outbox.wake(proposal_id, Wake.ANSWERED, "orders.customers")
        tx.outbox.wake(conductor.proposal.id, Wake.FORCED, "orders.customers")

    await facts.database.run(answers)
    assert await relay.carry_batch() == 9
    assert await rows(facts) == []
    for proposal, expected in ((conductor, ["answered", "forced"]), (other, ["answered"])):
        handle = temporal.get_workflow_handle(f"proposal-{proposal.proposal.id}")
        assert sorted(await signals(handle)) == sorted(["revised", *expected])


async def test_after_the_end_a_late_wake_starts_a_new_run(
    facts: Facts, temporal: Client, relay: Relay
) -> None:
    conductor = await breaking(facts, "reader")
    await relay.carry_batch()
    handle = temporal.get_workflow_handle(f"proposal-{conductor.proposal.id}")
    first = await handle.describe()
    await handle.terminate("by hand")

    async def wake(tx: Transaction) -> None:
        tx.outbox.wake(conductor.proposal.id, Wake.ANSWERED, "orders.customers")

    await facts.database.run(wake)
    await relay.carry_batch()
    assert (await handle.describe()).run_id != first.run_id


async def test_deliveries_of_an_event_are_started_once(
    facts: Facts, temporal: Client, relay: Relay
) -> None:
    await destinations.ensure_server_webhook(facts.database, "http://127.0.0.1:1/hook", None)
    await breaking(facts, "reader")
    put = [row for row in await rows(facts) if row["kind"] == "delivery"]
    assert put
    await relay.carry_batch()
    assert await rows(facts) == []
    ids = [f"delivery-{row['subject_id']}-0" for row in put]
    runs = [(await temporal.get_workflow_handle(each).describe()).run_id for each in ids]

    async def again(tx: Transaction) -> None:
        for row in put:
            tx.outbox.deliver(row["subject_id"], 0, [uuid4()])  # type: ignore[arg-type]

    await facts.database.run(again)
    await relay.carry_batch()
    assert await rows(facts) == []
    assert runs == [(await temporal.get_workflow_handle(each).describe()).run_id for each in ids]


async def test_deliveries_whose_workflow_was_terminated_are_started_again(
    facts: Facts, temporal: Client, relay: Relay
) -> None:
    await destinations.ensure_server_webhook(facts.database, "http://127.0.0.1:1/hook", None)
    await breaking(facts, "reader")
    delivery = next(row for row in await rows(facts) if row["kind"] == "delivery")
    await relay.carry_batch()
    handle = temporal.get_workflow_handle(f"delivery-{delivery['subject_id']}-0")
    first = await handle.describe()
    await handle.terminate("by hand")
    assert await deliveries.wake_overdue(facts.database, timedelta(seconds=-5)) > 0
    await relay.carry_batch()
    assert (await handle.describe()).run_id != first.run_id


@pytest.mark.parametrize(
    "payload",
    [
        '{"signal": "' + "x" * 5000 + '", "summary": "temporal refuses so long a name"}',
        '{"summary": "no signal"}',
        "[]",
    ],
)
async def test_a_row_that_cannot_be_carried_is_parked_and_holds_up_no_other(
    facts: Facts, relay: Relay, payload: str
) -> None:
    await put_raw(facts, payload)
    await breaking(facts, "reader")
    assert await relay.carry_batch() == 2
    (parked,) = await rows(facts)
    assert parked["parked_at"] is not None
    assert parked["last_error"]
    assert len(await facts.log(type=EventType.OUTBOX_PARKED)) == 1
    assert await relay.carry_batch() == 0


async def test_many_relays_at_once_carry_everything(
    facts: Facts, temporal: Client, fresh_database_url: str
) -> None:
    asset = await facts.asset(await facts.team("owner"))
    subjects = [uuid4() for _ in range(60)]

    async def put(tx: Transaction) -> None:
        for subject in subjects:
            tx.outbox.wake(subject, Wake.REVISED, asset.fqn)

    await facts.database.run(put)
    relays = [relay_of(facts, temporal, fresh_database_url) for _ in range(4)]
    await asyncio.gather(*(relay.carry_batch() for relay in relays))
    assert await rows(facts) == []
    for subject in subjects:
        handle = temporal.get_workflow_handle(f"proposal-{subject}")
        assert await signals(handle) == ["revised"]


async def test_while_temporal_is_away_rows_wait_and_afterwards_they_are_carried(
    facts: Facts, fresh_database_url: str, tmp_path: Path
) -> None:
    try:
        program = await asyncio.to_thread(temporal_program)
    except SetupFailed as problem:
        unavailable(problem)
    port = free_port()

    def server() -> DevServer:
        return DevServer(program, log=tmp_path / "temporal.log", port=port, ui_port=None)

    first = server()
    await first.start()
    client = await Client.connect(first.address, data_converter=DATA_CONVERTER)
    await first.stop()
    relay = relay_of(facts, client, fresh_database_url)
    conductor = await breaking(facts, "reader")
    assert await relay.carry_batch() == 1
    (waiting,) = await rows(facts)
    assert waiting["parked_at"] is None
    assert waiting["last_error"]
    await later(facts, timedelta(hours=-1))
    assert await relay.carry_batch() == 0  # it is left alone for a moment
    await later(facts, timedelta(hours=1))
    second = server()
    await second.start()
    try:
        async with asyncio.timeout(90):
            while await rows(facts):
                await relay.carry_batch()
                await asyncio.sleep(0.1)
        handle = client.get_workflow_handle(f"proposal-{conductor.proposal.id}")
        assert await signals(handle) == ["revised"]
    finally:
        await second.stop()


async def test_it_runs_until_it_is_told_to_stop_and_hears_of_new_rows(
    temporal: Client, fresh_database_url: str, facts: Facts
) -> None:
    async with (
        Notifier(fresh_database_url) as notifier,
        Database.connect(fresh_database_url, notifier=notifier).closing() as database,
        Listener(fresh_database_url, [OUTBOX]) as listener,
    ):
        relay = Relay(database, temporal, listener, task_queue=f"relay-{uuid4()}")
        running = asyncio.create_task(relay.run())
        conductor = await breaking(Facts(database, facts.comparer), "reader")
        handle = temporal.get_workflow_handle(f"proposal-{conductor.proposal.id}")
        async with asyncio.timeout(60):
            while not await exists(handle):  # noqa: ASYNC110  # it happens in another process
                await asyncio.sleep(0.02)
        relay.stop()
        await asyncio.wait_for(running, 60)


async def exists(handle: WorkflowHandle[object, object]) -> bool:
    try:
        await handle.describe()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return False
        raise
    return True


async def test_without_a_database_it_waits_and_still_stops(temporal: Client) -> None:
    url = "postgresql://nobody@127.0.0.1:1/none"
    async with Database.connect(url).closing() as nowhere:
        relay = Relay(nowhere, temporal, Listener(url, []), task_queue="relay-nowhere")
        running = asyncio.create_task(relay.run())
        await asyncio.sleep(0.3)
        assert not running.done()
        relay.stop()
        await asyncio.wait_for(running, 60)
