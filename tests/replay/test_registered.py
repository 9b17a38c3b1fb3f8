"""Every activity that a workflow calls is there when it calls it."""

import ast
from pathlib import Path
from uuid import uuid4

import pytest
from temporalio import activity
from temporalio.client import Client

import workflows
from activities.payloads import ActivityName
from record.comparison import Comparer
from store.database import Database
from worker import WORKFLOWS, WorkerOptions, build_worker
from workflows.execution import DATA_CONVERTER


def called() -> set[ActivityName]:
    """The names that stand in the workflows' code."""
    return {
        ActivityName[node.attr]
        for module in Path(workflows.__path__[0]).glob("*.py")
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "ActivityName"
    }


@pytest.fixture
async def registered(temporal_address: str, database_url: str) -> set[str]:
    client = await Client.connect(temporal_address, data_converter=DATA_CONVERTER)
    options = WorkerOptions(
        database_url=database_url,
        task_queue=f"registered-{uuid4()}",
        public_url="http://localhost:8000",
        direct_signals=False,
        allow_private_webhooks=False,
    )
    async with (
        Database.connect(database_url).closing() as database,
        Comparer(1) as comparer,
    ):
        worker = build_worker(client, database, comparer, {}, options)
        definitions = [
            activity._Definition.must_from_callable(each)  # noqa: SLF001  # how Temporal reads it
            for each in worker.config()["activities"]
        ]
    return {definition.name for definition in definitions if definition.name}


async def test_the_worker_registers_what_the_workflows_call_and_nothing_else(
    registered: set[str],
) -> None:
    assert called() == registered
    assert called() == set(ActivityName)


def test_the_worker_registers_every_workflow_of_the_package() -> None:
    defined = {
        node.name
        for module in Path(workflows.__path__[0]).glob("*.py")
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
        and any("workflow.defn" in ast.unparse(each) for each in node.decorator_list)
    }
    assert defined == {each.__name__ for each in WORKFLOWS}
