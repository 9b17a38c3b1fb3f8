"""Two builds of the worker as processes: today's code, and a copy of it that was changed."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

from tests.e2e.stack import Process
from tests.support.servers import ROOT

PATCH = "a-second-look"
"""What the next build does that this one does not; it stands in the histories that it began."""
_BEFORE = "    async def _note(self, step: Step) -> None:\n"
_PATCHED = (
    f'        if workflow.patched("{PATCH}"):\n'
    "            await workflow.sleep(0.01, summary=step.kind)\n"
)
_CARELESS = "        await workflow.sleep(0.01, summary=step.kind)\n"


def changed_workflow(*, patched: bool = True) -> str:
    """The proposal's workflow with a pause before it tells anybody, as one would write it or as one
    must not."""
    code = (ROOT / "workflows" / "proposal.py").read_text(encoding="utf-8")
    assert code.count(_BEFORE) == 1
    return code.replace(_BEFORE, _BEFORE + (_PATCHED if patched else _CARELESS))


def next_build(directory: Path) -> Path:
    """A checkout of the next build: everything is today's but its one workflow."""
    checkout = directory / f"next-{uuid4().hex}"
    checkout.mkdir()
    for path in ROOT.iterdir():
        if path.suffix == ".py" or (path / "__init__.py").exists():
            (checkout / path.name).symlink_to(path)
    (checkout / "workflows").unlink()
    shutil.copytree(
        ROOT / "workflows", checkout / "workflows", ignore=shutil.ignore_patterns("__pycache__")
    )
    (checkout / "workflows" / "proposal.py").write_text(changed_workflow(), encoding="utf-8")
    return checkout


def worker_of(
    checkout: Path, environment: Mapping[str, str], log: Path, build: Mapping[str, str]
) -> Process:
    """A worker that runs the code of a checkout; `build` says which it is, where that matters."""
    inherited = {name: text for name, text in os.environ.items() if not name.startswith("TESSERA_")}
    return Process(
        "worker", "worker polls", {**inherited, **environment, **build}, log, checkout=checkout
    )
