"""`tessera diff --batch` as a process: a line out for each line in, whatever the line is."""

import json
import os
import subprocess
import time

from domain.json_values import JSON
from tests.diff.command import COMMAND, PLAIN, tessera_diff

INTEGER: JSON = {"type": "integer"}
NUMBER: JSON = {"type": "number"}


def case(id_: JSON, old: JSON, new: JSON, **more: JSON) -> dict[str, JSON]:
    return {"id": id_, "format": "json_schema", "old": old, "new": new, **more}


def lines(*cases: JSON) -> str:
    return "".join(json.dumps(each) + "\n" for each in cases)


def endless(levels: int = 400, width: int = 400) -> JSON:
    """Nothing wrong with it, but reading and comparing it takes much longer than a moment."""
    return {
        "type": "object",
        "properties": {
            f"p{level}": {
                "type": "object",
                "properties": {f"q{place}": {"type": "string"} for place in range(width)},
            }
            for level in range(levels)
        },
    }


def test_answers_come_in_order_one_a_line() -> None:
    outcome = tessera_diff(
        "--batch",
        stdin=lines(
            case("a", INTEGER, NUMBER, unknown="is ignored"),
            case(2, NUMBER, INTEGER),
            case(None, INTEGER, INTEGER),
            {"id": "b", "format": "avro", "old": {}, "new": {}},
        ),
    )
    assert (outcome.exit_code, outcome.err) == (0, "")
    assert [
        (each["id"], each["backward"], each["forward"], each["full"]) for each in outcome.lines
    ] == [
        ("a", True, False, False),
        (2, False, True, False),
        (None, True, True, True),
        ("b", None, None, None),
    ]
    assert all(each["why"] for each in outcome.lines)
    assert list(outcome.lines[0]) == ["id", "backward", "forward", "full", "why"]


def test_a_line_that_is_no_case_gets_an_answer_too() -> None:
    outcome = tessera_diff(
        "--batch",
        stdin=b"\n"
        b"{\n"
        b"[1]\n"
        b"\xff\xfe\n"
        + b"[" * 200_000
        + b"\n"
        + b'{"id": 1, "format": "json_schema", "old": {}}\n'
        + b'{"id": 2, "format": "json_schema", "old": {"type": "strin"}, "new": {}}\n'
        + lines(case(3, INTEGER, NUMBER)).encode(),
    )
    assert (outcome.exit_code, outcome.err) == (0, "")
    *wrong, right = outcome.lines
    assert [each["id"] for each in wrong] == [None, None, None, None, None, 1, 2]
    assert all(each["backward"] is None and each["why"] for each in wrong)
    assert (right["id"], right["backward"]) == (3, True)


def test_an_answer_is_there_before_the_next_case_is_read() -> None:
    process = subprocess.Popen(
        [*COMMAND, "--batch"],
        env={**os.environ, **PLAIN},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdin, process.stdout:
        for number in range(3):
            process.stdin.write(lines(case(number, INTEGER, NUMBER)))
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["id"] == number
    assert process.wait(timeout=60) == 0


def test_a_case_over_its_time_is_cut_off_and_the_next_is_answered() -> None:
    huge = endless()
    before = time.monotonic()
    outcome = tessera_diff(
        "--batch",
        "--budget",
        "2",
        stdin=lines(
            case("huge", huge, huge, history=[]), case("small", True, False), case("last", 1, 2)
        ),
    )
    cut, small, last = outcome.lines
    assert time.monotonic() - before < 120
    assert (cut["id"], cut["backward"], cut["full_transitive"]) == ("huge", None, None)
    assert "longer than 2 s" in str(cut["why"])
    assert (small["id"], small["backward"]) == ("small", False)
    assert (last["id"], last["backward"]) == ("last", None)


def test_no_cases_are_no_answers() -> None:
    assert tessera_diff("--batch").lines == []
