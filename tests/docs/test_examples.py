"""The examples run, and fit what the pages say about them."""

import json
import os
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError
from yaml12 import parse_yaml

from api.slack import COMMANDS, INTERACTIONS
from api.ui.slack_install import BACK, SCOPES
from domain.compatibility import Mode, diff
from domain.guarantees import Guarantees
from domain.json_values import JSON
from domain.schemas import JSON_SCHEMA, Schema, field_tree, parse
from notify.webhook import signature
from tests.docs.pages import ROOT, text_of

EXAMPLES = ROOT / "examples"
SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = json.dumps({"type": "proposal.asked", "data": {"summary": "marketing is asked."}}).encode()


# --- contracts and the gate ---------------------------------------------------------------------


def schema_of(*names: str) -> Schema:
    documents: dict[str, JSON] = {
        Path(name).name: json.loads((EXAMPLES / "contracts" / name).read_text(encoding="utf-8"))
        for name in names
    }
    if len(documents) == 1:
        return parse(JSON_SCHEMA, schema=next(iter(documents.values())))
    return parse(JSON_SCHEMA, documents=documents, root=Path(names[0]).name)


def test_the_second_customers_contract_is_compatible() -> None:
    found = diff(schema_of("customers/1.0.0.json"), schema_of("customers/1.1.0.json"))
    assert [change.path for change in found.changes] == ["language"]
    assert not any(Mode.BACKWARD.gates(change) for change in found.changes)


@pytest.mark.parametrize("base", ["1.0.0", "1.1.0"])
def test_the_third_customers_contract_breaks_email_and_nothing_else(base: str) -> None:
    found = diff(schema_of(f"customers/{base}.json"), schema_of("customers/2.0.0.json"))
    gating = [change.path for change in found.changes if Mode.BACKWARD.gates(change)]
    assert gating == ["email"]


@pytest.mark.parametrize("version", ["1.0.0", "1.1.0"])
def test_the_example_guarantees_fit_the_contracts_they_are_published_with(version: str) -> None:
    promised = json.loads(
        (EXAMPLES / "contracts" / "customers" / "guarantees.json").read_text("utf-8")
    )
    Guarantees.parse(promised, field_tree(schema_of(f"customers/{version}.json")))


def test_the_example_bundle_is_one_schema() -> None:
    fields = {
        field.path for field in field_tree(schema_of("orders/order.json", "orders/address.json"))
    }
    assert {"delivery_address.city", "lines[].sku"} <= fields


def test_the_gate_is_sound_shell() -> None:
    subprocess.run(["sh", "-n", EXAMPLES / "ci" / "gate.sh"], check=True)


@pytest.mark.parametrize(("answer", "says"), [(0, ""), (4, "breaks consumers"), (3, "")])
def test_the_gate_passes_the_answer_of_the_command_line_on(
    tmp_path: Path, answer: int, says: str
) -> None:
    stand_in = tmp_path / "tessera"
    stand_in.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\nexit {answer}\n', "utf-8")
    stand_in.chmod(0o755)
    done = subprocess.run(
        [EXAMPLES / "ci" / "gate.sh", "orders.customers", "customers.json"],
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == answer
    assert says in done.stderr
    asked = (tmp_path / "asked").read_text(encoding="utf-8").strip()
    assert asked == "contract publish orders.customers customers.json --dry-run --gate"


# --- the receiver -------------------------------------------------------------------------------


def run_example(path: str) -> SimpleNamespace:
    source = text_of(path)
    names: dict[str, object] = {"__name__": "example"}
    exec(compile(source, path, "exec"), names)
    return SimpleNamespace(**names)


def signed(body: bytes = BODY, *, message_id: str = "msg_1", age: int = 0) -> dict[str, str]:
    timestamp = int(time.time()) - age
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(SECRET, message_id, timestamp, body),
    }


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def receiver_url(told: list[str]) -> Iterator[str]:
    example = run_example("examples/receiver.py")
    with example.receiver(SECRET, 0, told.append) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def posted(url: str, headers: Mapping[str, str], body: bytes = BODY) -> int:
    request = urllib.request.Request(url, body, {"Content-Type": "application/json", **headers})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=90) as answer:
            status: int = answer.status
            return status
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code


def test_the_receiver_takes_what_we_sign_and_tells_it_once(
    receiver_url: str, told: list[str]
) -> None:
    assert posted(receiver_url, signed()) == 204
    assert posted(receiver_url, signed()) == 204
    assert told == ["proposal.asked: marketing is asked."]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda headers: headers | {"webhook-signature": "v1,AAAA"},
        lambda headers: headers | {"webhook-id": "msg_2"},
        lambda headers: headers | {"webhook-timestamp": "yesterday"},
        lambda _: {},
        lambda _: signed(age=3600),
        lambda _: signed(age=-3600),
        lambda _: signed(b"another body"),
    ],
    ids=["signature", "id", "timestamp", "nothing", "old", "of the future", "other body"],
)
def test_the_receiver_refuses_what_is_not_genuine(
    receiver_url: str, told: list[str], spoil: Callable[[dict[str, str]], dict[str, str]]
) -> None:
    assert posted(receiver_url, spoil(signed())) == 401
    assert told == []


def test_the_receiver_refuses_a_genuine_message_that_is_no_event(receiver_url: str) -> None:
    assert posted(receiver_url, signed(b"[]"), b"[]") == 400


def test_the_receiver_takes_one_of_several_signatures(receiver_url: str, told: list[str]) -> None:
    headers = signed()
    headers["webhook-signature"] = f"v1,AAAA {headers['webhook-signature']}"
    assert posted(receiver_url, headers) == 204
    assert len(told) == 1


def test_the_receiver_agrees_with_the_library_of_the_specification() -> None:
    Webhook(SECRET).verify(BODY, signed())
    example = run_example("examples/receiver.py")
    assert example.is_genuine(SECRET, signed(), BODY, time.time())


def test_the_python_on_the_webhook_page_verifies_what_we_sign() -> None:
    found = re.search(
        r"```python\n(.*?)```", text_of("docs/operations/webhooks.md"), flags=re.DOTALL
    )
    assert found
    names: dict[str, object] = {}
    exec(compile(found.group(1), "webhooks.md", "exec"), names)
    verified = names["verified"]
    assert callable(verified)
    assert verified(SECRET, signed(), BODY)["type"] == "proposal.asked"
    for broken in (signed(b"another body"), {**signed(), "webhook-signature": "no comma"}, {}):
        with pytest.raises(WebhookVerificationError):
            verified(SECRET, broken, BODY)


# --- the gate without a server ------------------------------------------------------------------


def git(folder: Path, *arguments: str) -> None:
    names = {
        f"GIT_{role}_{what}": "x" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env={**os.environ, **names},
        check=True,
        capture_output=True,
    )


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A branch off `main`, where the customers' contract is at its first version."""
    (tmp_path / "contracts").mkdir()
    contract = tmp_path / "contracts" / "customers.json"
    contract.write_text((EXAMPLES / "contracts/customers/1.0.0.json").read_text("utf-8"), "utf-8")
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message=first")
    git(tmp_path, "switch", "--quiet", "--create=branch")
    return tmp_path


@pytest.mark.parametrize(("version", "answer"), [("1.1.0", 0), ("2.0.0", 4)])
def test_the_gate_without_a_server_compares_with_where_the_branch_began(
    checkout: Path, version: str, answer: int
) -> None:
    text = (EXAMPLES / "contracts" / "customers" / f"{version}.json").read_text("utf-8")
    (checkout / "contracts" / "customers.json").write_text(text, "utf-8")
    done = gated(checkout, "contracts/customers.json", "--brief")
    assert done.returncode == answer, done.stderr
    assert ("`email` is removed." in done.stdout) == (answer == 4)


def test_the_gate_without_a_server_passes_what_is_new(checkout: Path) -> None:
    (checkout / "new.json").write_text("{}", "utf-8")
    done = gated(checkout, "new.json")
    assert (done.returncode, done.stdout) == (0, "")
    assert "new.json is new" in done.stderr


def gated(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    programs = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        [EXAMPLES / "ci" / "diff.sh", "main", *arguments],
        cwd=folder,
        env={**os.environ, "PATH": programs},
        capture_output=True,
        text=True,
        check=False,
    )


# --- the batch on its page ------------------------------------------------------------------------


def test_the_batch_on_its_page_answers_what_stands_there(tmp_path: Path) -> None:
    page = text_of("docs/walkthroughs/diff.md")
    found = re.search(r"```bash\n(echo .*)\n```\n\n```json\n(.*)\n```", page)
    assert found
    programs = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-c", found.group(1)],
        cwd=tmp_path,
        env={**os.environ, "PATH": programs},
        capture_output=True,
        text=True,
        check=True,
    )
    assert {**json.loads(done.stdout), "why": "…"} == json.loads(found.group(2))


# --- Slack ---


@pytest.mark.parametrize("name", ["manifest.yaml", "manifest-socket.yaml"])
def test_a_manifest_of_the_slack_app_asks_for_what_is_used(name: str) -> None:
    found: Any = parse_yaml((ROOT / "examples/slack" / name).read_text(encoding="utf-8"))
    assert tuple(found["oauth_config"]["scopes"]["bot"]) == SCOPES
    socket = found["settings"]["socket_mode_enabled"]
    assert socket is ("socket" in name)
    command = found["features"]["slash_commands"][0]
    assert command["command"] == "/tessera"
    if not socket:
        host = "https://tessera.example.com"
        assert command["url"] == host + COMMANDS
        assert found["settings"]["interactivity"]["request_url"] == host + INTERACTIONS
        assert found["oauth_config"]["redirect_urls"] == [host + BACK]
