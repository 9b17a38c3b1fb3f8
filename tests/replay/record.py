"""Records the histories that `test_replay.py` replays: `python -m tests.replay.record [NAME…]`.

Run by hand, on real servers and in real time (a minute), when a workflow does something that no
history shows yet, and for every release. They lie in a folder for each release, with the decisions
that were taken while they were recorded. What lies there is never recorded again and never
deleted: it is what runs somewhere, and `kept.lock.json` holds it.
"""

import asyncio
import hashlib
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from uuid import UUID

from temporalio.client import Client, WorkflowHandle

from activities.payloads import HandAnswer
from domain.acknowledgments import Response
from domain.decisions import DECIDED, MEMBER
from domain.events import EventType
from domain.json_types import JsonObject
from domain.proposals import Proposal
from domain.retirements import RetirementStatus
from domain.teams import Team
from record import proposals, retirements
from record.comparison import Comparer
from record.rounds import ProposalDetail
from relay import Relay
from store.database import Database
from store.listener import Listener
from store.outbox import Wake
from store.transaction import Transaction
from tests.replay import lock
from tests.support import webhooks
from tests.support.conductor import breaking
from tests.support.facts import CALLER, Facts, table
from tests.support.held_delivery import HeldDelivery, held_delivery
from tests.support.receiver import Received, Receiver
from tests.support.servers import Run, create_database, migrated_template
from tests.support.window_keeper import Keeper, replaced, set_on
from worker import WorkerOptions, build_worker
from workflows import digests, seals, watch
from workflows.execution import DATA_CONVERTER

HISTORIES = Path(__file__).parent / "histories"
LATEST = HISTORIES / version("tessera-server")
"""Of the release that is being made. Before the first one: in `.dev1` each step is an activity of
its own, in `.dev2` it is carried out in the workflow's task."""
RECORDER = "tessera-recorder"
"""The identity in the histories, instead of this machine's name."""

Handle = WorkflowHandle[object, object]


@dataclass
class Stage:
    """A worker with the real activities, and a relay that is run by hand."""

    facts: Facts
    client: Client
    relay: Relay
    queue: str
    url: str

    def handle(self, proposal: Proposal) -> Handle:
        return self.client.get_workflow_handle(f"proposal-{proposal.id}")

    async def until(
        self, proposal: Proposal, condition: Callable[[ProposalDetail], bool]
    ) -> ProposalDetail:
        async with asyncio.timeout(60):
            while not condition(detail := await self.facts.detail(proposal.id)):
                await self.relay.carry_batch()
                await asyncio.sleep(0.05)
        return detail

    async def asked(self, proposal: Proposal) -> list[Team]:
        detail = await self.until(
            proposal, lambda found: all(party.party.asked_at for party in found.parties)
        )
        return [party.team for party in detail.parties]

    async def ended(self, proposal: Proposal) -> Handle:
        await self.until(proposal, lambda found: not found.proposal.status.is_open)
        handle = self.handle(proposal)
        await handle.result()
        return handle


Scenario = Callable[[Stage], Awaitable[Handle]]
SCENARIOS: dict[str, Scenario] = {}


def scenario(play: Scenario) -> Scenario:
    SCENARIOS[play.__name__] = play
    return play


@scenario
async def published_after_all_ready(stage: Stage) -> Handle:
    proposal = (await breaking(stage.facts, "one", "two", remind_after=1, remind_every=60)).proposal
    one, two = await stage.asked(proposal)
    await stage.facts.answer(proposal, one, Response.APPROVED)
    await stage.until(proposal, lambda found: any(len(p.party.notices) > 1 for p in found.parties))
    await stage.facts.answer(proposal, two, Response.APPROVED)
    return await stage.ended(proposal)


@scenario
async def rejected_by_a_block(stage: Stage) -> Handle:
    proposal = (await breaking(stage.facts, "one", "two")).proposal
    one, _ = await stage.asked(proposal)
    await stage.facts.answer(proposal, one, Response.BLOCKED, note="not this quarter")
    return await stage.ended(proposal)


@scenario
async def expired_by_silence(stage: Stage) -> Handle:
    async with Receiver.running() as receiver:
        conductor = await breaking(
            stage.facts,
            "silent",
            remind_after=1,
            remind_every=2,
            escalate_after=2,
            deadline=4,
            minimum_notice=0,
        )
        detail = await stage.facts.detail(conductor.proposal.id)
        await webhooks.set_webhook(
            stage.facts.database, CALLER, detail.parties[0].team.id, receiver.url, None
        )
        return await stage.ended(conductor.proposal)


@scenario
async def expired_unreachable(stage: Stage) -> Handle:
    proposal = (
        await breaking(stage.facts, "without a channel", deadline=1, on_deadline="approve")
    ).proposal
    return await stage.ended(proposal)


@scenario
async def needs_time_then_ready(stage: Stage) -> Handle:
    proposal = (await breaking(stage.facts, "one")).proposal
    (one,) = await stage.asked(proposal)
    until = datetime.now(UTC) + timedelta(days=3)
    await stage.facts.answer(proposal, one, Response.MIGRATING, until=until)
    await stage.until(proposal, lambda found: found.parties[0].acknowledgment is not None)
    await asyncio.sleep(0.5)
    await stage.facts.answer(proposal, one, Response.APPROVED)
    return await stage.ended(proposal)


@scenario
async def forced(stage: Stage) -> Handle:
    proposal = (await breaking(stage.facts, "silent")).proposal
    await stage.asked(proposal)
    await proposals.force(stage.facts.database, CALLER, proposal.id, "the data must go, by law")
    return await stage.ended(proposal)


@scenario
async def withdrawn(stage: Stage) -> Handle:
    proposal = (await breaking(stage.facts, "silent")).proposal
    await stage.asked(proposal)
    await proposals.withdraw(stage.facts.database, CALLER, proposal.id, None)
    return await stage.ended(proposal)


@scenario
async def published_on_demand(stage: Stage) -> Handle:
    proposal = (await breaking(stage.facts, publish="on_demand")).proposal
    await stage.until(proposal, lambda found: found.proposal.status.value == "approved")
    await proposals.request_publication(stage.facts.database, CALLER, proposal.id)
    return await stage.ended(proposal)


@scenario
async def moved_base_confirmed(stage: Stage) -> Handle:
    proposal = (await breaking(stage.facts, "one")).proposal
    (one,) = await stage.asked(proposal)
    asset = (await stage.facts.detail(proposal.id)).asset
    await stage.facts.publish(asset, table("id", "email", "phone"))
    await stage.until(proposal, lambda found: bool(found.proposal.confirmation_asked_at))
    await proposals.confirm(stage.facts.database, CALLER, proposal.id)
    await stage.until(proposal, lambda found: not found.proposal.base_moved)
    await stage.facts.answer(proposal, one, Response.APPROVED)
    return await stage.ended(proposal)


@scenario
async def answered_by_hand(stage: Stage) -> Handle:
    proposal = (await breaking(stage.facts, "one")).proposal
    (one,) = await stage.asked(proposal)
    handle = stage.handle(proposal)
    await handle.signal("answered", HandAnswer(team=one.name, response="no such word"))
    await handle.signal("something unknown", "whatever")
    await handle.signal("answered", HandAnswer(team=one.name, response="ready"))
    return await stage.ended(proposal)


@scenario
async def cancel_ignored(stage: Stage) -> Handle:
    proposal = (await breaking(stage.facts, "one")).proposal
    (one,) = await stage.asked(proposal)
    await stage.handle(proposal).cancel()
    await asyncio.sleep(0.5)
    await stage.facts.answer(proposal, one, Response.APPROVED)
    return await stage.ended(proposal)


@scenario
async def woken_after_the_end(stage: Stage) -> Handle:
    proposal = (await breaking(stage.facts)).proposal
    first = await (await stage.ended(proposal)).describe()

    async def wake(tx: Transaction) -> None:
        tx.outbox.wake(proposal.id, Wake.ANSWERED, "too late")

    await stage.facts.database.run(wake)
    await stage.relay.carry_batch()
    handle = stage.handle(proposal)
    assert (await handle.describe()).run_id != first.run_id
    await handle.result()
    return handle


@scenario
async def begun_anew(stage: Stage) -> Handle:
    """The run after one that saw thousands of signals; it carries an answer by hand."""
    proposal = (await breaking(stage.facts, "one", "two")).proposal
    one, two = await stage.asked(proposal)
    handle = stage.handle(proposal)
    first = await handle.describe()
    await handle.cancel()
    by_hand = HandAnswer(team=one.name, response="ready")
    while (await handle.describe()).run_id == first.run_id:
        await asyncio.gather(*(handle.signal("parties_changed") for _ in range(300)))
        await handle.signal("answered", by_hand)
        await asyncio.sleep(2)  # while signals come, Temporal takes no end of a run
    await stage.facts.answer(proposal, two, Response.APPROVED)
    return await stage.ended(proposal)


@scenario
async def delivered_after_a_retry(stage: Stage) -> Handle:
    def second_time(received: Received) -> int:
        ids = [each.headers["webhook-id"] for each in receiver.requests]
        return 204 if ids.count(received.headers["webhook-id"]) > 1 else 503

    async with Receiver.running(second_time) as receiver:
        conductor = await breaking(stage.facts, "one", remind_after=60)
        team = (await stage.facts.detail(conductor.proposal.id)).parties[0].team
        await webhooks.set_webhook(stage.facts.database, CALLER, team.id, receiver.url, None)
        await stage.asked(conductor.proposal)
        await stage.until(conductor.proposal, lambda found: bool(found.parties[0].party.reached_at))
        event_id = receiver.requests[0].headers["webhook-id"]
        handle: Handle = stage.client.get_workflow_handle(f"delivery-{event_id}-0")
        await handle.result()
        await stage.facts.answer(conductor.proposal, team, Response.APPROVED)
        await stage.ended(conductor.proposal)
        return handle


@scenario
async def recorded_when_postgres_is_back(stage: Stage) -> Handle:
    """It goes away when the attempt is to begin, and again when it is to be recorded."""
    async with AsyncExitStack() as held_at_the_answer, Receiver.running() as receiver:
        conductor = await breaking(stage.facts, "one", remind_after=60)
        team = (await stage.facts.detail(conductor.proposal.id)).parties[0].team
        await webhooks.set_webhook(stage.facts.database, CALLER, team.id, receiver.url, None)
        await conductor.carry_on()
        event_id, delivery_id = await _ask(stage, conductor.proposal)
        held: asyncio.Future[HeldDelivery] = asyncio.get_running_loop().create_future()

        async def answer(_received: Received) -> int:
            lock = held_delivery(stage.url, delivery_id)
            held.set_result(await held_at_the_answer.enter_async_context(lock))
            return 204

        receiver.answer = answer
        async with held_delivery(stage.url, delivery_id) as held_at_the_beginning:
            await stage.relay.carry_batch()
            await held_at_the_beginning.cut()
        await (await held).cut()
        await held_at_the_answer.aclose()
        handle: Handle = stage.client.get_workflow_handle(f"delivery-{event_id}-0")
        await handle.result()
        assert len(receiver.requests) == 1
        await stage.facts.answer(conductor.proposal, team, Response.APPROVED)
        await stage.ended(conductor.proposal)
        return handle


async def _ask(stage: Stage, proposal: Proposal) -> tuple[UUID, UUID]:
    """The event that asks the one party, and its delivery."""
    (ask,) = await stage.facts.log(proposal_id=proposal.id, type=EventType.PROPOSAL_ASKED)

    async def work(tx: Transaction) -> UUID:
        (delivery,) = await tx.deliveries.of_event(ask.id)
        return delivery.id

    return ask.id, await stage.facts.database.run(work)


@scenario
async def watch_finds_nothing(stage: Stage) -> Handle:
    handle: Handle = await stage.client.start_workflow(
        watch.NAME, id="watch-recorded", task_queue=stage.queue
    )
    await handle.result()
    return handle


@scenario
async def log_sealed(stage: Stage) -> Handle:
    await stage.facts.team("one")
    handle: Handle = await stage.client.start_workflow(
        seals.NAME, id="seal-recorded", task_queue=stage.queue
    )
    await handle.result()
    return handle


async def ending(stage: Stage, *readers: str, window: str, **timeline: str) -> Keeper:
    """A version that was replaced just now, whose movers are asked."""
    keeper = await replaced(stage.facts, *readers, window=window, now=None, **timeline)
    async with asyncio.timeout(60):
        while not all(each.mover.asked_at for each in (await keeper.detail()).movers):
            await stage.relay.carry_batch()
            await asyncio.sleep(0.05)
    return keeper


async def at_its_end(stage: Stage, keeper: Keeper) -> Handle:
    async with asyncio.timeout(60):
        while await keeper.status() is RetirementStatus.OPEN:
            await stage.relay.carry_batch()
            await asyncio.sleep(0.05)
    while await stage.relay.carry_batch():
        pass
    handle: Handle = stage.client.get_workflow_handle(f"retirement-{keeper.contract_id}")
    await handle.result()
    return handle


@scenario
async def retired_with_somebody_still_on_it(stage: Stage) -> Handle:
    """One moves, one needs longer and lets that go by, one cannot be reached."""
    keeper = await ending(
        stage,
        *("moves", "needs longer", "silent"),
        window="8s",
        remind_every="1s",
        escalate_after="3s",
        minimum_notice="1s",
        max_extension="6s",
    )
    await keeper.moved()
    await keeper.extended((await keeper.detail()).retirement.sunset_at + timedelta(seconds=3), 1)
    await stage.client.get_workflow_handle(f"retirement-{keeper.contract_id}").cancel()
    return await at_its_end(stage, keeper)


@scenario
async def retirement_put_off_and_cancelled(stage: Stage) -> Handle:
    keeper = await ending(stage, "one", window="30d")
    await set_on(keeper, datetime.now(UTC) + timedelta(days=40))
    async with asyncio.timeout(60):
        while (await keeper.log()).count("retirement.asked") < 2:
            await stage.relay.carry_batch()
            await asyncio.sleep(0.05)
    await retirements.cancel(stage.facts.database, CALLER, keeper.contract_id, None)
    return await at_its_end(stage, keeper)


@scenario
async def digests_sent(stage: Stage) -> Handle:
    handle: Handle = await stage.client.start_workflow(
        digests.NAME, id="digests-recorded", task_queue=stage.queue
    )
    await handle.result()
    return handle


@asynccontextmanager
async def staged(run: Run) -> AsyncIterator[Stage]:
    admin_url, address = run.address("postgres"), run.address("temporal")
    url = create_database(admin_url, "tessera_recorded", migrated_template(run, admin_url))
    client = await Client.connect(address, data_converter=DATA_CONVERTER, identity=RECORDER)
    options = WorkerOptions(
        database_url=url,
        task_queue="recorded",
        public_url="http://localhost:8000",
        direct_signals=True,
        allow_private_webhooks=True,
    )
    async with (
        Database.connect(url).closing() as database,
        Comparer(1) as comparer,
        webhooks.webhooks_alone() as channels,
        build_worker(client, database, comparer, channels, options),
    ):
        relay = Relay(database, client, Listener(url, []), task_queue=options.task_queue)
        yield Stage(Facts(database, comparer), client, relay, options.task_queue, url)


async def record(run: Run, names: list[str]) -> None:
    """Play what is named, or all that this release has no history of yet."""
    LATEST.mkdir(exist_ok=True)
    missing = [name for name in SCENARIOS if not (LATEST / f"{name}.json").exists()]
    async with staged(run) as stage:
        for name in names or missing:
            handle = await SCENARIOS[name](stage)
            history = await handle.fetch_history()
            text = one_event_per_line(history.to_json_dict())
            with (LATEST / f"{name}.json").open("x", encoding="utf-8") as file:
                file.write(text)
            print(f"{name}: {len(history.events)} events")
        await record_decisions(stage)
    lock.add_new()


async def record_decisions(stage: Stage) -> None:
    """What the log keeps of every decision, oldest first, a line each."""
    log = await stage.facts.log()
    lines = [
        json.dumps({"type": event.type.value, "decision": event.payload[MEMBER]})
        for event in log
        if event.type in DECIDED
    ]
    path = LATEST / f"decisions-{lines_hash(lines)}.jsonl"
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    print(f"{len(lines)} decisions")


def lines_hash(lines: list[str]) -> str:
    """Two who record for one release add a file each."""
    return hashlib.sha256("".join(lines).encode()).hexdigest()[:8]


def one_event_per_line(history: JsonObject) -> str:
    lines = [
        json.dumps(event, ensure_ascii=False, separators=(",", ":")) for event in history["events"]
    ]
    return '{"events": [\n' + ",\n".join(lines) + "\n]}\n"


def main() -> None:
    run = Run.lead()
    try:
        asyncio.run(record(run, sys.argv[1:]))
    finally:
        run.end()


if __name__ == "__main__":
    main()
