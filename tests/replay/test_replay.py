"""Recorded histories run through today's workflows: what runs somewhere must go on running."""

import base64
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from tests.replay.record import HISTORIES, SCENARIOS
from worker import WORKFLOWS
from workflows.execution import DATA_CONVERTER, Sandbox

FILES = sorted(HISTORIES.rglob("*.json"))
NAMES = [path.relative_to(HISTORIES).with_suffix("").as_posix() for path in FILES]


def replayer() -> Replayer:
    return Replayer(
        workflows=WORKFLOWS, workflow_runner=Sandbox(strict=True), data_converter=DATA_CONVERTER
    )


def history(path: Path) -> WorkflowHistory:
    return WorkflowHistory.from_json(path.stem, path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", FILES, ids=NAMES)
async def test_a_recorded_history_replays(path: Path) -> None:
    await replayer().replay_workflow(history(path))


def test_every_story_is_recorded() -> None:
    assert set(SCENARIOS) <= {path.stem for path in FILES}


async def test_the_sandbox_takes_every_workflow() -> None:
    async def nothing() -> AsyncIterator[WorkflowHistory]:
        return
        yield

    await replayer().replay_workflows(nothing())


async def test_a_workflow_that_acts_differently_is_noticed() -> None:
    """Else the replays above would prove nothing: here a recorded step carries another name."""
    path = HISTORIES / "rejected_by_a_block.json"
    changed = path.read_text(encoding="utf-8").replace('"note_parties"', '"note_somebody"')
    assert changed != path.read_text(encoding="utf-8")
    with pytest.raises(NondeterminismError):
        await replayer().replay_workflow(WorkflowHistory.from_json("changed", changed))


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_histories_name_no_machine_and_carry_no_schema(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    identities = {
        value
        for event in json.loads(text)["events"]
        for attributes in event.values()
        if isinstance(attributes, dict) and (value := attributes.get("identity"))
    }
    assert identities <= {"tessera-recorder", "temporal-system"}
    carried = [base64.b64decode(each).decode() for each in re.findall('"data":"([^"]*)"', text)]
    ids = ("proposal_id", "delivery_id", "contract_id")
    assert any(name in each for each in carried for name in ids) or (
        path.stem in ("watch_finds_nothing", "log_sealed", "digests_sent")
    )
    assert not any('"properties"' in each for each in carried)
