"""`tessera diff --batch`: cases in, answers out, each within its time.

A case is worked on in a child process, which is killed when the time is up: native code that has
lost itself cannot be stopped in any other way. The next case gets another child.
"""

import json
import time
from collections.abc import Iterable
from typing import BinaryIO

from domain.cases import read_case, unanswered
from domain.errors import InvalidRequest
from domain.json_values import JSON
from record.child import Child, Died, Overrun

SOFT_SHARE = 0.8
"""Of a case's time: from then on the engine itself stops searching, so that it can say why."""


def run(lines: Iterable[bytes], out: BinaryIO, seconds: float) -> None:
    """Answer each line by one line, in order; `seconds` is the time of one case."""
    child = Child(ready)
    try:
        for line in lines:
            answered = _answer(child, line, seconds)
            out.write(json.dumps(answered).encode() + b"\n")
            out.flush()
    finally:
        child.kill()


def _answer(child: Child, line: bytes, seconds: float) -> dict[str, JSON]:
    try:
        return child.do(work, line, seconds * SOFT_SHARE, within=seconds)
    except Overrun as overrun:
        why = f"Not decided: it {overrun}."
    except Died as end:
        why = f"Not decided: {end}."
    return unanswered(_members(line), why)


def _members(line: bytes) -> dict[str, JSON]:
    try:
        return dict(read_case(line))
    except InvalidRequest:
        return {}


# --- what runs in the child -----------------------------------------------------------------------


def ready() -> None:
    """Called first, so that what is imported is not part of a case's time."""
    from domain import answers

    del answers


def work(line: bytes, seconds: float) -> dict[str, JSON]:
    """Answer one line; whatever goes wrong is an answer too."""
    from domain.answers import answer
    from domain.budget import Budget

    ends = time.monotonic() + seconds
    try:
        return answer(line, Budget(is_over=lambda: time.monotonic() > ends))
    except Exception as defect:  # noqa: BLE001  # one case must not cost the others
        return unanswered(_members(line), f"Not decided: {type(defect).__name__}: {defect}"[:500])
