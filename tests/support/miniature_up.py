"""`tessera up` in miniature, to be killed by tests: real servers, two commands that do nothing.

`python -m tests.support.miniature_up ORDER`, ORDER being JSON: data_dir, and optionally
temporal_port, temporal_ui_port, temporal_address, api_port, dies (the command that ends by itself),
stubborn (the one that does not stop). Prints `UP` and a JSON object when all runs.
"""

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from embedded.foreground import run_foreground
from embedded.stack import Stack, StackOptions
from embedded.supervisor import Command

CHILD = """
import os, signal, sys, time
name, mood, all_is_up = sys.argv[1:]
def stop(*_):
    print(name, "stops", flush=True)
    time.sleep(60 if mood == "stubborn" else 0.3)
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
print(name, "is ready", flush=True)
while mood != "dies" or not os.path.exists(all_is_up):
    time.sleep(0.05)
sys.exit(3)
"""


async def up(order: Mapping[str, object]) -> int:
    async def prepare(_: Stack) -> Sequence[Command]:
        return [_command(name, order) for name in ("worker", "api")]

    async def once_up(stack: Stack) -> int | None:
        shown = {
            "database_url": stack.database_url,
            "temporal_address": stack.temporal_address,
            "pids": {child.program.name: child.pid for child in stack.children},
        }
        print("UP", json.dumps(shown), flush=True)
        _all_is_up(order).touch()
        return None

    return await run_foreground(_options(order), prepare, once_up=once_up)


def _options(order: Mapping[str, object]) -> StackOptions:
    address, ui_port = order.get("temporal_address"), order.get("temporal_ui_port", 0)
    port, api_port = order.get("temporal_port", 7233), order.get("api_port")
    assert isinstance(port, int)
    assert isinstance(ui_port, int)
    return StackOptions(
        data_dir=Path(str(order["data_dir"])),
        temporal_address=address if isinstance(address, str) else None,
        temporal_port=port,
        temporal_ui_port=ui_port,
        api_port=api_port if isinstance(api_port, int) else None,
    )


def _all_is_up(order: Mapping[str, object]) -> Path:
    """A file that is there once everything runs."""
    return Path(str(order["data_dir"])) / "all-is-up"


def _command(name: str, order: Mapping[str, object]) -> Command:
    mood = next((mood for mood in ("dies", "stubborn") if order.get(mood) == name), "calm")
    argv = (sys.executable, "-c", CHILD, name, mood, str(_all_is_up(order)))
    return Command(name, argv, ready_line=f"{name} is ready")


if __name__ == "__main__":
    sys.exit(asyncio.run(up(json.loads(sys.argv[1]))))
