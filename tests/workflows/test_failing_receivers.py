"""Receivers that are down, slow, broken or elsewhere for hours: in the end each has everything.

Hours pass at once on the time-skipping server; the receiver looks at ids, as it is told to.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

from temporalio.testing import WorkflowEnvironment

from activities.payloads import DeliveryInput
from domain.destinations import DestinationKind
from notify.webhook import WebhookChannel, WebhookSender
from tests.support import webhooks
from tests.support.event_bodies import faults_of
from tests.support.facts import CALLER, Facts
from worker import WorkerOptions, build_worker
from workflows.delivery import NAME

Step = Callable[[asyncio.StreamWriter], Awaitable[None]]


def saying(head: str, *headers: str) -> Step:
    async def step(writer: asyncio.StreamWriter) -> None:
        lines = [f"HTTP/1.1 {head}", *headers, "content-length: 0", "connection: close", "", ""]
        writer.write("\r\n".join(lines).encode())
        await writer.drain()

    return step


async def hanging_up(_writer: asyncio.StreamWriter) -> None:
    return


async def slow(_writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(4.5)


async def garbage(writer: asyncio.StreamWriter) -> None:
    writer.write(b"\x00\xff 220 ESMTP ready\r\n\r\n")
    await writer.drain()


WHAT_GOES_WRONG = (
    hanging_up,
    saying("500 -"),
    saying("429 -", "retry-after: 7200"),
    garbage,
    saying("302 -", "location: http://127.0.0.1:9/elsewhere"),
    slow,
    saying("503 -"),
    saying("404 -"),
)
LOST_ANSWER = len(WHAT_GOES_WRONG)
"""Then it takes the message, and its answer is lost; the next time it answers."""


@dataclass
class Unsteady:
    """Goes wrong in every way with each message, then takes it; counts an id once."""

    url: str = ""
    copies: Counter[str] = field(default_factory=Counter)
    effects: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
            body = await reader.readexactly(int(fields["content-length"]))
            self.faults += faults_of(body)
            message_id = fields["webhook-id"]
            number = self.copies[message_id]
            self.copies[message_id] += 1
            if number < LOST_ANSWER:
                await WHAT_GOES_WRONG[number](writer)
                return
            if not self.effects[message_id]:
                self.effects[message_id] += 1
                assert json.loads(body)["data"]["id"] == message_id
            if number > LOST_ANSWER:
                await saying("204 -")(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()


@asynccontextmanager
async def unsteady() -> AsyncIterator[Unsteady]:
    receiver = Unsteady()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    async with server:
        yield receiver


async def told(facts: Facts, team_id: UUID) -> tuple[UUID, UUID]:
    """An event for a team, and its delivery."""

    event_id = await facts.tell(team_id)
    (delivery,) = await facts.database.read(lambda tx: tx.deliveries.of_event(event_id))
    return event_id, delivery.id


async def test_whatever_goes_wrong_for_hours_everything_arrives_and_counts_once(
    time_skipping_env: WorkflowEnvironment, facts: Facts, database_url: str
) -> None:
    team = await facts.team("told")
    given = WorkerOptions(
        database_url=database_url,
        task_queue=f"unsteady-{uuid4()}",
        public_url="http://localhost:8000",
        direct_signals=False,
        allow_private_webhooks=True,
    )
    client = time_skipping_env.client
    async with unsteady() as receiver, WebhookSender(allow_private=True, total_seconds=3) as sender:
        await webhooks.set_webhook(facts.database, CALLER, team.id, receiver.url, None)
        those = [await told(facts, team.id) for _ in range(3)]
        channels = {DestinationKind.WEBHOOK: WebhookChannel(sender, given.public_url)}
        started = await time_skipping_env.get_current_time()
        async with build_worker(client, facts.database, facts.comparer, channels, given):
            for event_id, delivery_id in those:
                await client.execute_workflow(
                    NAME,
                    DeliveryInput(event_id, [delivery_id]),
                    id=f"{given.task_queue}-{event_id}",
                    task_queue=given.task_queue,
                )
        passed = await time_skipping_env.get_current_time() - started
    ids = [str(event_id) for event_id, _ in those]
    assert receiver.faults == []
    assert receiver.effects == Counter(ids)
    assert receiver.copies == dict.fromkeys(ids, LOST_ANSWER + 2)
    assert passed > timedelta(hours=12)
    for _, delivery_id in those:
        await _check_the_record(facts, delivery_id)


async def _check_the_record(facts: Facts, delivery_id: UUID) -> None:
    delivery = await facts.database.read(lambda tx: tx.delivery_history.get(delivery_id))
    assert delivery is not None
    assert delivery.status.value == "delivered"
    made = await facts.database.read(lambda tx: tx.delivery_history.attempts(delivery_id))
    codes = [each.status_code for each in made]
    assert codes == [None, 500, 429, None, 302, None, 503, 404, None, 204]
    assert [each.error for each in made if each.status_code is None][1] is not None
    assert all(each.request is not None for each in made)
    assert [each.response is None for each in made] == [code is None for code in codes]
