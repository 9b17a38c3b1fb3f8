"""The receivers of all three languages, as programs, against what we really sign and send."""

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from domain.errors import SetupFailed
from domain.events import EventType
from notify.event_examples import example_of
from notify.webhook import signatures
from tests.docs.pages import ROOT
from tests.support.servers import unavailable

EXAMPLES = ROOT / "examples"
SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "a secret of one's own, ünïcödé"
FOREIGN = "whsec_" + "A" * 32
EVENT = example_of(EventType.PROPOSAL_ASKED, "https://tessera.example.com")
BODY = json.dumps(EVENT, ensure_ascii=False).encode()
TOLD = f"proposal.asked: {EVENT['data']['summary']}"


def program_of(language: str, folder: Path) -> list[str]:
    """The command that runs a receiver at a port that is free."""
    if language == "python":
        return [sys.executable, str(EXAMPLES / "receiver.py"), "--port", "0"]
    tool = shutil.which(language)
    if tool is None:
        unavailable(SetupFailed(f"There is no `{language}` to run examples/ with."))
    if language == "node":
        return [tool, str(EXAMPLES / "receiver.mjs"), "0"]
    built = str(folder / "receiver")
    subprocess.run([tool, "build", "-o", built, str(EXAMPLES / "receiver.go")], check=True)
    return [built, "0"]


@dataclass
class Running:
    """A receiver that runs, and what it says."""

    process: "subprocess.Popen[str]"
    url: str

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()


@pytest.fixture(scope="module", params=["python", "node", "go"])
def command(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> list[str]:
    return program_of(str(request.param), tmp_path_factory.mktemp("receiver"))


def started(command: list[str], secret: str) -> Running:
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env={**os.environ, "RECEIVER_SECRET": secret},
    )
    assert process.stdout is not None
    first = process.stdout.readline().strip()
    assert first.startswith("Listening on http://127.0.0.1:"), first
    return Running(process, first.removeprefix("Listening on ") + "/")


@pytest.fixture(params=[SECRET, OTHER], ids=["whsec", "of one's own"])
def running(command: list[str], request: pytest.FixtureRequest) -> Iterator[Running]:
    receiver = started(command, str(request.param))
    yield receiver
    receiver.process.terminate()
    receiver.process.communicate(timeout=90)


def signed(*secrets: str, message_id: str = "msg_1", age: int = 0) -> dict[str, str]:
    timestamp = int(time.time()) - age
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signatures(secrets, message_id, timestamp, BODY),
    }


def posted(receiver: Running, headers: Mapping[str, str], body: bytes = BODY) -> int:
    sent = {"Content-Type": "application/json", **headers}
    request = urllib.request.Request(receiver.url, body, sent)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=90) as answer:
            status: int = answer.status
            return status
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code


def test_what_is_signed_with_either_secret_is_taken_and_told_once(running: Running) -> None:
    """As it is while a secret is replaced: two signatures, of which the receiver knows one."""
    assert posted(running, signed(SECRET, OTHER)) == 204
    assert posted(running, signed(OTHER, FOREIGN, SECRET)) == 204  # the same id
    assert posted(running, signed(SECRET, OTHER, message_id="msg_2")) == 204
    assert [running.line(), running.line()] == [TOLD, TOLD]


def test_what_is_not_genuine_is_refused(running: Running) -> None:
    good = signed(SECRET, OTHER)
    for spoilt, body in (
        (signed(FOREIGN), BODY),
        (good, BODY + b" "),
        (good | {"webhook-id": "msg_9"}, BODY),
        (good | {"webhook-timestamp": "yesterday"}, BODY),
        (good | {"webhook-timestamp": str(int(good["webhook-timestamp"]) + 1)}, BODY),
        (good | {"webhook-signature": ""}, BODY),
        (good | {"webhook-signature": "v1, v1,AAAA"}, BODY),
        (good | {"webhook-signature": good["webhook-signature"].replace("v1,", "v2,")}, BODY),
        (signed(SECRET, OTHER, age=3600), BODY),
        (signed(SECRET, OTHER, age=-3600), BODY),
        ({}, BODY),
    ):
        assert posted(running, spoilt, body) == 401, spoilt
    assert posted(running, signed(SECRET, OTHER)) == 204  # and it is still there
    assert running.line() == TOLD
