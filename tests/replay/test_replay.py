"""Recorded histories run through today's workflows: what runs somewhere must go on running."""

import base64
import importlib
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from tests.replay.record import HISTORIES, LATEST, SCENARIOS
from tests.support.builds import changed_workflow
from worker import WORKFLOWS
from workflows.execution import DATA_CONVERTER, Sandbox

FILES = sorted(HISTORIES.rglob("*.json"))
ASKING = [path for path in FILES if path.stem == "rejected_by_a_block"]
NAMES = [path.relative_to(HISTORIES).with_suffix("").as_posix() for path in FILES]


def replayer(*workflows: type) -> Replayer:
    return Replayer(
        workflows=workflows or WORKFLOWS,
        workflow_runner=Sandbox(strict=True),
        data_converter=DATA_CONVERTER,
    )


def history(path: Path) -> WorkflowHistory:
    return WorkflowHistory.from_json(path.stem, path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", FILES, ids=NAMES)
async def test_a_recorded_history_replays(path: Path) -> None:
    await replayer().replay_workflow(history(path))


def test_every_story_is_recorded() -> None:
    assert set(SCENARIOS) <= {path.stem for path in LATEST.glob("*.json")}


async def test_the_sandbox_takes_every_workflow() -> None:
    async def nothing() -> AsyncIterator[WorkflowHistory]:
        return
        yield

    await replayer().replay_workflows(nothing())


async def test_a_workflow_that_acts_differently_is_noticed() -> None:
    """Else the replays above would prove nothing: here a recorded step carries another name."""
    path = HISTORIES / "0.1.0.dev1" / "rejected_by_a_block.json"
    changed = path.read_text(encoding="utf-8").replace('"note_parties"', '"note_somebody"')
    assert changed != path.read_text(encoding="utf-8")
    with pytest.raises(NondeterminismError):
        await replayer().replay_workflow(WorkflowHistory.from_json("changed", changed))


@pytest.fixture
def next_workflow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> type:
    """The proposal's workflow as a next release might have it, in a module of its own."""
    name = f"next_{request.param}"
    code = changed_workflow(patched=request.param == "patched")
    (tmp_path / f"{name}.py").write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    found: type = importlib.import_module(name).ProposalWorkflow
    return found


@pytest.mark.parametrize("next_workflow", ["patched"], indirect=True)
@pytest.mark.parametrize("path", ASKING, ids=[path.parent.name for path in ASKING])
async def test_a_patched_workflow_takes_histories_of_before(
    path: Path, next_workflow: type
) -> None:
    """How a workflow is changed: the new way behind `workflow.patched`, the old way kept."""
    await replayer(next_workflow).replay_workflow(history(path))


@pytest.mark.parametrize("next_workflow", ["careless"], indirect=True)
@pytest.mark.parametrize("path", ASKING, ids=[path.parent.name for path in ASKING])
async def test_the_same_change_without_a_patch_does_not(path: Path, next_workflow: type) -> None:
    with pytest.raises(NondeterminismError):
        await replayer(next_workflow).replay_workflow(history(path))


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
