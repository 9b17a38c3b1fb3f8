"""What people read when the contracts of a repository are published at once."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from standin.http import Document, Json, Reply
from standin.server import StandIn
from standin.terminal import Outcome

Tessera = Callable[..., Outcome]
SCHEMA: Document = {"type": "object", "properties": {"id": {"type": "integer"}}}
PROPOSAL = "01939a10-0000-7000-8000-0000000000bb"


def written(folder: Path, **files: object) -> Path:
    for name, document in files.items():
        path = folder / name.replace("__", "/")
        path = path.with_name(f"{path.name}.json")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document))
    return folder


def outcome(fqn: str, word: str, **more: Json) -> Document:
    return {"asset": {"id": fqn, "fqn": fqn, "environment": "production"}, "outcome": word, **more}


def answer(*items: Document, **more: Json) -> Document:
    words = ("published", "unchanged", "proposed", "refused")
    counted = {word: sum(each["outcome"] == word for each in items) for word in words}
    return {"dry_run": False, "told_at": None, **counted, "items": [*items], **more}


def sent(server: StandIn) -> list[Document]:
    return [
        each.document for each in server.requests if each.path.endswith("/contracts/bulk/publish")
    ]


def test_the_place_of_a_file_is_its_assets_name(
    server: StandIn, tessera: Tessera, tmp_path: Path
) -> None:
    folder = written(
        tmp_path,
        orders__customers=SCHEMA,
        plain=SCHEMA,
        said={"asset": "billing.invoices", "schema": SCHEMA, "version": "2.0.0"},
    )
    (folder / "orders/customers.guarantees.json").write_text('{"unique": ["id"]}')
    (folder / ".hidden").mkdir()
    (folder / ".hidden/config.json").write_text("not read")
    names = ("orders.customers", "plain", "billing.invoices")
    server.tessera.bulk = answer(*(outcome(fqn, "unchanged") for fqn in names))
    run = tessera("publish", str(folder), "--environment", "staging")
    assert (run.exit_code, run.flat) == (0, "0 published, 0 proposed, 3 unchanged, 0 refused")
    assert sent(server) == [
        {
            "contracts": [
                {
                    "fqn": "orders.customers",
                    "schema": SCHEMA,
                    "guarantees": {"unique": ["id"]},
                    "environment": "staging",
                },
                {"fqn": "plain", "schema": SCHEMA, "environment": "staging"},
                {
                    "fqn": "billing.invoices",
                    "schema": SCHEMA,
                    "version": "2.0.0",
                    "environment": "staging",
                },
            ],
            "dry_run": False,
        }
    ]


def test_each_outcome_has_its_line_and_the_sum_is_the_last(
    server: StandIn, tessera: Tessera, tmp_path: Path
) -> None:
    written(tmp_path, a=SCHEMA, b=SCHEMA, c=SCHEMA, d=SCHEMA)
    change: Json = {"kind": "field_removed", "sentence": "`email` is removed.", "gating": True}
    told: Json = {"kind": "field_added", "sentence": "`nick` is added.", "gating": False}
    asked: Json = [{"team": {"id": "m", "name": "marketing"}, "reason": "reads `email`"}]
    server.tessera.bulk = answer(
        outcome("a", "published", version="1.1.0"),
        outcome("b", "unchanged", version="1.0.0"),
        outcome(
            "c",
            "proposed",
            version="2.0.0",
            changes=[change, told],
            asked=asked,
            proposal_id=PROPOSAL,
        ),
        {"asset": None, "outcome": "refused", "problem": {"detail": "There is no asset `d`."}},
        told_at="2030-01-01T00:00:00Z",
    )
    run = tessera("publish", str(tmp_path))
    assert run.exit_code == 1
    assert "✓ a is published as 1.1.0" in run.out.replace("`", "")
    assert "● c is proposed as 2.0.0: it is breaking" in run.out.replace("`", "")
    assert "`email` is removed." in run.out
    assert "`nick` is added." not in run.out
    assert "Asks: marketing" in run.out
    assert f"tessera proposal show {PROPOSAL}" in run.out
    assert "is refused: There is no asset `d`." in run.flat
    assert "1 published, 1 proposed, 1 unchanged, 1 refused" in run.flat
    assert "told in one message" in run.flat


@pytest.mark.parametrize(("flags", "code"), [((), 0), (("--gate",), 4)])
def test_the_gate_fails_while_anything_is_proposed(
    server: StandIn, tessera: Tessera, tmp_path: Path, flags: tuple[str, ...], code: int
) -> None:
    written(tmp_path, a=SCHEMA)
    would: Document = outcome("a", "proposed", version="2.0.0", proposal_id=PROPOSAL)
    server.tessera.bulk = answer(would, dry_run=True)
    run = tessera("publish", str(tmp_path), "--dry-run", *flags)
    assert run.exit_code == code
    assert "would be proposed as 2.0.0" in run.out
    assert "this was a dry run" in run.out
    assert "tessera proposal show" not in run.out
    assert sent(server)[0]["dry_run"] is True


def test_many_go_in_parts_that_are_told_of_together(
    server: StandIn, tessera: Tessera, tmp_path: Path
) -> None:
    written(tmp_path, **{f"t{number:03}": SCHEMA for number in range(120)})
    told_at = "2030-01-01T00:00:00Z"

    def part(count: int) -> Document:
        items = (outcome(f"t{number}", "published", version="1.0.0") for number in range(count))
        return answer(*items, told_at=told_at)

    server.tessera.bulks = [Reply(200, part(count)) for count in (50, 50, 20)]
    run = tessera("publish", str(tmp_path), "--idempotency-key", "mine")
    assert run.exit_code == 0, run.err
    counts = [str(each["contracts"]).count("'fqn'") for each in sent(server)]
    assert counts == [50, 50, 20]
    said = [each.get("told_at") for each in sent(server)]
    assert said[0] is None
    assert [str(each)[:19] for each in said[1:]] == [told_at[:19]] * 2
    keys = [each.headers["idempotency-key"] for each in server.requests]
    assert keys == ["mine-0", "mine-1", "mine-2"]
    assert "100 of 120" in run.err
    assert "120 published" in run.flat


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"asset": "a", "schema": {}, "owner": "me"}, "says owner"),
        ({"asset": "a"}, "needs either"),
    ],
)
def test_a_contract_file_that_cannot_be_read_is_named(
    tessera: Tessera, tmp_path: Path, document: Document, said: str
) -> None:
    written(tmp_path, wrong=document)
    run = tessera("publish", str(tmp_path))
    assert run.exit_code == 2
    assert said in run.flat_err


def test_an_empty_directory_is_wrong_usage(tessera: Tessera, tmp_path: Path) -> None:
    run = tessera("publish", str(tmp_path))
    assert run.exit_code == 2
    assert "no contract file" in run.flat_err
