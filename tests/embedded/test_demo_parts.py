"""What the demo is made of, without its servers: the receiver, the schemas, the refusals."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest
from standardwebhooks import Webhook

from domain.compatibility import ChangeKind, diff
from domain.schemas import JSON_SCHEMA, Schema, parse
from embedded.demo.bill_of_materials import Schemas
from embedded.demo.cyclonedx import Bundle
from embedded.demo.mailbox import Letter, Mailbox
from embedded.ports import free_port


def message(summary: str = "shop.customers 2.0.0 is published.") -> str:
    return json.dumps({"type": "proposal.published", "data": {"summary": summary}})


async def send(mailbox: Mailbox, team: str, identity: str, body: str, secret: str = "") -> int:
    sent_at = datetime.now(UTC)
    signature = Webhook(secret or mailbox.secret).sign(identity, sent_at, body)
    headers = {
        "webhook-id": identity,
        "webhook-timestamp": str(int(sent_at.timestamp())),
        "webhook-signature": signature,
    }
    async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
        answer = await http.post(mailbox.url_of(team), content=body, headers=headers)
    return answer.status_code


# --- webhooks -------------------------------------------------------------------------------------


async def test_a_signed_webhook_arrives_at_its_team() -> None:
    async with Mailbox.open() as mailbox:
        assert await send(mailbox, "billing", "e1", message()) == 204
        assert await mailbox.arrives("billing", "proposal.published", within=60)
        assert mailbox.new() == [
            Letter("billing", "proposal.published", "shop.customers 2.0.0 is published.")
        ]
        assert not await mailbox.arrives("billing", "proposal.published", within=0.05)


async def test_a_webhook_with_another_signature_is_not_taken() -> None:
    async with Mailbox.open() as mailbox:
        other = "whsec_" + "c29tZWJvZHkgZWxzZSdzIHNlY3JldA=="
        assert await send(mailbox, "billing", "e1", message(), secret=other) == 401
        assert mailbox.new() == []


async def test_a_webhook_that_is_sent_twice_counts_once_for_each_team() -> None:
    async with Mailbox.open() as mailbox:
        for team in ("billing", "billing", "marketing"):
            assert await send(mailbox, team, "e1", message()) == 204
        assert [letter.team for letter in mailbox.new()] == ["billing", "marketing"]


async def test_what_is_signed_but_no_event_is_refused() -> None:
    async with Mailbox.open() as mailbox:
        for body in ("{", "[]", '{"type": "x"}'):
            assert await send(mailbox, "billing", body, body) == 400
        assert mailbox.new() == []


# --- real schemas ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def schemas() -> Schemas:
    return Schemas.read()


def parsed(bundle: Bundle) -> Schema:
    return parse(JSON_SCHEMA, documents=bundle.documents, root=bundle.root)


def test_every_bundle_holds_all_that_its_schema_refers_to(schemas: Schemas) -> None:
    for bundle in (schemas.v1_4, schemas.v1_5, schemas.v1_6, schemas.v1_7):
        parsed(bundle)
        assert len(bundle.documents) >= 3


def test_adding_citations_changes_nothing_else(schemas: Schemas) -> None:
    changes = diff(parsed(schemas.v1_6), parsed(schemas.v1_6_with_citations)).changes
    assert [(change.kind, change.path) for change in changes] == [
        (ChangeKind.FIELD_ADDED, "citations")
    ]


# --- refusals -------------------------------------------------------------------------------------


def demo(directory: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("TESSERA_") and name != "DATABASE_URL"
    }
    return subprocess.run(
        [sys.executable, "-m", "tessera_sdk", "demo"],
        cwd=directory,
        env=environment | settings,
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )


@pytest.fixture
def somebody_else() -> Iterator[int]:
    """The port of a server that is not Tessera's."""
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        serving = Thread(target=server.serve_forever)
        serving.start()
        yield server.server_address[1]
        server.shutdown()
        serving.join()


def test_a_named_server_that_does_not_answer_is_not_replaced(tmp_path: Path) -> None:
    ended = demo(tmp_path, TESSERA_URL=f"http://localhost:{free_port()}")
    assert ended.returncode == 3
    assert "No Tessera server answers" in ended.stdout
    assert not list(tmp_path.iterdir())


def test_a_port_that_somebody_else_uses_is_named(tmp_path: Path, somebody_else: int) -> None:
    ended = demo(tmp_path, TESSERA_PORT=str(somebody_else))
    assert ended.returncode == 1
    assert f"Port {somebody_else}, needed for the API, is in use" in ended.stdout
    assert "TESSERA_PORT" in ended.stdout
