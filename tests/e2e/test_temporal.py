"""What somebody sees and does in Temporal's own UI and command line."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import Client, WorkflowHandle
from tessera_sdk import AsyncClient
from tessera_sdk.models import Proposal

from tests.e2e.stack import Stack, Story, eventually
from workflows.attributes import DEADLINE, PENDING, STATUS

Handle = WorkflowHandle[object, object]


def handle_of(stack: Stack, proposal: Proposal) -> Handle:
    return stack.temporal.get_workflow_handle(f"proposal-{proposal.id}")


async def listed(temporal: Client, query: str) -> list[str]:
    return [execution.id async for execution in temporal.list_workflows(query)]


async def details(handle: Handle) -> str:
    metadata: WorkflowMetadata = await handle.query(
        "__temporal_workflow_metadata", result_type=WorkflowMetadata
    )
    return metadata.current_details


async def test_an_open_proposal_reads_by_itself(client: AsyncClient, stack: Stack) -> None:
    story = await Story.begun(client, "silent")
    proposal = await story.asked(await story.proposed())
    handle = handle_of(stack, proposal)
    text = await eventually(lambda: details(handle), lambda found: "no answer yet" in found)
    (silent,) = story.readers
    for part in (
        f"### {story.asset.fqn} 1.0.0 → 2.0.0",
        "- `email` is removed.",
        f"**{silent.name}**: asked, no answer yet, due ",
        f"/proposals/{proposal.id}",
        "**Next:** wait for answers; look again at ",
    ):
        assert part in text
    description = await handle.describe()
    summary = await description.static_summary()
    assert summary == f"{story.asset.fqn} → 2.0.0: 1 breaking change"


async def test_proposals_are_found_by_their_search_attributes(
    client: AsyncClient, stack: Stack
) -> None:
    story = await Story.begun(client, "one", "two")
    proposal = await story.asked(await story.proposed())
    handle = handle_of(stack, proposal)
    own = f"TesseraAsset = '{story.asset.fqn}'"
    open_ones = f"{own} AND TesseraStatus = 'pending' AND TesseraPending = 2"
    await eventually(lambda: listed(stack.temporal, open_ones), lambda ids: ids == [handle.id])
    due = f"{own} AND TesseraDeadline > '{(datetime.now(UTC) + timedelta(days=13)).isoformat()}'"
    await eventually(lambda: listed(stack.temporal, due), lambda ids: ids == [handle.id])
    one, two = story.readers
    await client.proposals.acknowledge(proposal.id, one.id, "ready")
    fewer = f"{own} AND TesseraPending = 1"
    await eventually(lambda: listed(stack.temporal, fewer), lambda ids: ids == [handle.id])
    await client.proposals.acknowledge(proposal.id, two.id, "ready", wait=60)
    ended = f"{own} AND TesseraStatus = 'published'"
    await eventually(lambda: listed(stack.temporal, ended), lambda ids: ids == [handle.id])
    description = await handle.describe()
    assert description.typed_search_attributes.get(STATUS) == "published"
    assert description.typed_search_attributes.get(PENDING) == 0
    assert description.typed_search_attributes.get(DEADLINE) is None


async def test_a_very_long_name_still_finds_its_place(client: AsyncClient, stack: Stack) -> None:
    owner = await client.teams.create(f"ü{datetime.now(UTC).timestamp()}".ljust(100, "é"))
    fqn = f"{datetime.now(UTC).timestamp()}." + "ü" * 450
    asset = await client.assets.create(fqn, owner.id)
    await client.contracts.publish(asset.id, schema={"type": "object", "properties": {"a": {}}})
    result = await client.contracts.publish(asset.id, schema={"type": "object"}, wait=60)
    assert result.proposal is not None
    assert result.proposal.status == "published"


async def test_an_answer_signalled_by_hand_counts(client: AsyncClient, stack: Stack) -> None:
    story = await Story.begun(client, "reader")
    proposal = await story.asked(await story.proposed())
    (reader,) = story.readers
    handle = handle_of(stack, proposal)
    await handle.signal("answered", {"team": reader.name, "response": "ready", "note": "by hand"})
    ended = await story.ended(proposal)
    assert (ended.status, ended.cause) == ("published", "all_approved")
    answers = client.events.list(proposal_id=proposal.id, type="proposal.acknowledged")
    page = await answers.page()
    actor = page.items[0].actor
    assert isinstance(actor, dict)
    assert actor["kind"] == "temporal-operator"


@pytest.mark.parametrize(
    "typed",
    [
        {"team": "nobody of that name", "response": "ready"},
        {"team": "?", "response": "perhaps"},
        {"team": "?", "response": "needs time", "until": "2199-01-01T00:00:00"},
        {"team": "?", "response": "needs time", "until": "next week"},
        {"team": "?", "response": "ready", "note": "a nul \x00 byte"},
        {"teem": "misspelt"},
        ["not", "an", "answer"],
        7,
    ],
)
async def test_a_slip_of_the_hand_neither_counts_nor_stands_in_the_way(
    client: AsyncClient, stack: Stack, typed: object
) -> None:
    story = await Story.begun(client, "reader")
    proposal = await story.asked(await story.proposed())
    (reader,) = story.readers
    if isinstance(typed, dict) and typed.get("team") == "?":
        typed = {**typed, "team": reader.name}
    await handle_of(stack, proposal).signal("answered", typed)
    end = await client.proposals.acknowledge(proposal.id, reader.id, "ready", wait=60)
    assert (end.status, end.stuck) == ("published", None)


async def test_a_time_typed_without_a_zone_is_taken_as_utc(
    client: AsyncClient, stack: Stack
) -> None:
    story = await Story.begun(client, "reader")
    proposal = await story.asked(await story.proposed())
    (reader,) = story.readers
    until = (datetime.now(UTC) + timedelta(days=5)).replace(microsecond=0)
    typed = {
        "team": reader.name,
        "response": "needs time",
        "until": until.replace(tzinfo=None).isoformat(),
    }
    await handle_of(stack, proposal).signal("answered", typed)
    answered = await story.until(proposal, lambda found: found.parties[0].state == "migrating")
    assert answered.parties[0].until == until


async def test_after_a_terminate_the_next_answer_starts_it_again(
    client: AsyncClient, stack: Stack
) -> None:
    story = await Story.begun(client, "reader")
    proposal = await story.asked(await story.proposed())
    await handle_of(stack, proposal).terminate("by hand")
    end = await client.proposals.acknowledge(proposal.id, story.readers[0].id, "ready", wait=60)
    assert end.status == "published"
    page = await client.events.list(proposal_id=proposal.id, type="proposal.asked").page()
    assert len(page.items) == 1


async def test_cancelling_in_the_ui_is_noted_and_changes_nothing(
    client: AsyncClient, stack: Stack
) -> None:
    story = await Story.begun(client, "reader")
    proposal = await story.asked(await story.proposed())
    handle = handle_of(stack, proposal)
    await handle.cancel()
    await eventually(lambda: details(handle), lambda text: "Cancel has no effect here" in text)
    end = await client.proposals.acknowledge(proposal.id, story.readers[0].id, "ready", wait=60)
    assert end.status == "published"


async def test_histories_carry_no_schema(client: AsyncClient, stack: Stack) -> None:
    story = await Story.begun(client)
    result = await story.drop_email(wait=60)
    assert result.proposal is not None
    history = (await handle_of(stack, result.proposal).fetch_history()).to_json()
    assert "properties" not in json.dumps(decoded(json.loads(history)))


def decoded(value: object) -> object:
    """The history with the payloads in it made readable."""
    if isinstance(value, dict):
        return {
            name: base64.b64decode(inner).decode(errors="replace")
            if name == "data" and isinstance(inner, str)
            else decoded(inner)
            for name, inner in value.items()
        }
    return [decoded(inner) for inner in value] if isinstance(value, list) else value
