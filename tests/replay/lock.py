"""What was recorded of a release stays as it is: `kept.lock.json` has the hash of each file.

`python -m tests.replay.lock` adds files that are new; it takes nothing out and changes nothing.
"""

import hashlib
import json
from pathlib import Path

RECORDED = Path(__file__).parent / "histories"
LOCK = Path(__file__).parent / "kept.lock.json"


def hashes() -> dict[str, str]:
    """Every recorded file by its place below the folder of recordings."""
    return {
        path.relative_to(RECORDED).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(RECORDED.rglob("*"))
        if path.is_file()
    }


def locked() -> dict[str, str]:
    if not LOCK.exists():
        return {}
    found: dict[str, str] = json.loads(LOCK.read_text(encoding="utf-8"))
    return found


def add_new() -> None:
    both = {**hashes(), **locked()}
    LOCK.write_text(json.dumps(both, indent=2, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    add_new()
