"""DeliveryWorkflow on the time-skipping server, with an activity that follows a script."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from activities.payloads import (
    ActivityName,
    AttemptInput,
    AttemptOutput,
    DeliveryInput,
    GiveUpInput,
)
from workflows.delivery import NAME, DeliveryWorkflow
from workflows.execution import Sandbox


@dataclass
class FakeDeliveries:
    """Answers each attempt by its number for that delivery."""

    answer: Callable[[int], AttemptOutput]
    attempts: list[AttemptInput] = field(default_factory=list)
    given_up: list[UUID] = field(default_factory=list)

    @activity.defn(name=ActivityName.DELIVER)
    async def deliver(self, given: AttemptInput) -> AttemptOutput:
        self.attempts.append(given)
        return self.answer(sum(one.delivery_id == given.delivery_id for one in self.attempts))

    @activity.defn(name=ActivityName.GIVE_UP_DELIVERY)
    async def give_up(self, given: GiveUpInput) -> None:
        self.given_up.append(given.delivery_id)


async def carried_out(
    environment: WorkflowEnvironment, deliveries: FakeDeliveries, count: int = 1
) -> None:
    queue = f"delivery-{uuid4()}"
    async with Worker(
        environment.client,
        task_queue=queue,
        workflows=[DeliveryWorkflow],
        activities=[deliveries.deliver, deliveries.give_up],
        workflow_runner=Sandbox(strict=True),
    ):
        await environment.client.execute_workflow(
            NAME,
            DeliveryInput(uuid4(), [uuid4() for _ in range(count)]),
            id=queue,
            task_queue=queue,
        )


async def test_a_delivery_that_is_taken_needs_one_attempt(
    time_skipping_env: WorkflowEnvironment,
) -> None:
    deliveries = FakeDeliveries(lambda _: AttemptOutput(status="delivered"))
    await carried_out(time_skipping_env, deliveries, count=25)
    assert len(deliveries.attempts) == 25


async def test_a_refused_delivery_is_tried_again_after_the_pause_it_was_given(
    time_skipping_env: WorkflowEnvironment,
) -> None:
    def answer(number: int) -> AttemptOutput:
        if number == 3:
            return AttemptOutput(status="delivered")
        return AttemptOutput(status="pending", pause=timedelta(hours=number))

    deliveries = FakeDeliveries(answer)
    await carried_out(time_skipping_env, deliveries)
    times = [one.now for one in deliveries.attempts]
    assert timedelta(hours=3) <= times[2] - times[0] < timedelta(hours=3, minutes=1)


async def test_a_lost_attempt_is_never_retried_by_temporal_but_paced_and_given_up(
    time_skipping_env: WorkflowEnvironment,
) -> None:
    def lost(_number: int) -> AttemptOutput:
        raise ApplicationError("the worker is gone")

    deliveries = FakeDeliveries(lost)
    await carried_out(time_skipping_env, deliveries)
    assert len(deliveries.attempts) == 8
    assert deliveries.given_up == [deliveries.attempts[0].delivery_id]
