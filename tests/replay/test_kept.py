"""What was recorded is never changed and never taken away, and its decisions are still the same."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path

import pytest

from domain.decisions import DECIDED, Decision
from domain.events import EventType
from domain.json_types import JsonObject
from domain.proposals import Cause, ProposalStatus
from record.decisions import from_wire, to_wire
from tests.replay.lock import LOCK, RECORDED, hashes, locked
from tests.support.servers import ROOT

DAY = timedelta(days=1)


def test_every_file_is_as_it_was_recorded() -> None:
    now, before = hashes(), locked()
    assert {path: now.get(path) for path in before} == before, "recorded files are never changed"
    assert now.keys() == before.keys(), f"not in {LOCK.name}: run `python -m tests.replay.lock`"


def git(*args: str) -> str:
    asked = ["git", "-C", str(ROOT), *args]
    return subprocess.run(asked, capture_output=True, text=True, check=True, timeout=300).stdout


def is_whole_checkout() -> bool:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        return False
    return git("rev-parse", "--is-shallow-repository").strip() == "false"


@pytest.mark.skipif(not is_whole_checkout(), reason="needs the repository with its past")
def test_every_recording_that_was_ever_committed_is_still_there() -> None:
    """The lock could be changed with the file; what was committed cannot."""
    folder = RECORDED.relative_to(ROOT).as_posix()
    past = git("log", "--no-renames", "--format=", "--raw", "--no-abbrev", "--", folder)
    committed = {line.split()[3] for line in past.splitlines() if line.startswith(":")}
    committed.discard("0" * 40)
    paths = [str(RECORDED / path) for path in hashes()]
    present = set(git("hash-object", "--no-filters", *paths).split())
    assert committed
    assert committed <= present


def decided() -> Iterator[JsonObject]:
    for path in sorted(RECORDED.rglob("decisions-*.jsonl")):
        yield from map(json.loads, path.read_text(encoding="utf-8").splitlines())


def test_every_recorded_decision_is_the_same_by_todays_rules() -> None:
    differences = [
        difference
        for each in decided()
        if (difference := from_wire(each["decision"]).difference(DECIDED[EventType(each["type"])]))
    ]
    assert not differences


def test_decisions_of_every_kind_are_recorded() -> None:
    causes = {from_wire(each["decision"]).cause for each in decided()}
    told = {EventType(each["type"]) for each in decided()}
    assert told == set(DECIDED)
    assert causes >= {
        *(Cause.ALL_APPROVED, Cause.NO_PARTIES, Cause.BLOCKED, Cause.FORCED, Cause.WITHDRAWN),
        *(Cause.SILENCE, Cause.UNREACHABLE),
    }


def test_a_decision_reads_as_it_was_written() -> None:
    """Fields that came later have the value that means what was so before."""
    for each in decided():
        assert_kept(each["decision"], to_wire(from_wire(each["decision"])))


def assert_kept(before: object, now: object) -> None:
    if isinstance(before, dict):
        assert isinstance(now, dict)
        for name, value in before.items():
            assert_kept(value, now.get(name))
    elif isinstance(before, list):
        assert isinstance(now, list)
        for was, is_ in zip(before, now, strict=True):
            assert_kept(was, is_)
    else:
        assert before == now


def of_silence() -> Decision:
    return next(
        decision
        for each in decided()
        if (decision := from_wire(each["decision"])).cause is Cause.SILENCE
    )


def test_other_rules_are_noticed() -> None:
    """Else the above would prove nothing: here a deadline is longer than it was."""
    decision = of_silence()
    assert decision.difference(ProposalStatus.EXPIRED) is None
    timeline = replace(decision.round.timeline, deadline=decision.round.timeline.deadline + DAY)
    longer = replace(decision, round=replace(decision.round, timeline=timeline))
    difference = longer.difference(ProposalStatus.EXPIRED)
    assert difference is not None
    assert "the log says settle expired (silence)" in difference


def test_an_event_that_tells_something_else_than_it_rests_on_is_noticed() -> None:
    difference = of_silence().difference(ProposalStatus.PUBLISHED)
    assert difference == "the log says published, and that it rests on settle expired (silence)"


def test_recordings_lie_in_a_folder_of_their_release() -> None:
    releases = {Path(path).parts[0] for path in hashes()}
    assert version("tessera-server") in releases
    assert all(re.fullmatch(r"\d+\.\d+\.\d+(\.dev\d+)?", release) for release in releases)
