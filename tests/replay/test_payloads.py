"""What goes over the wire stays readable: fields may only be added, each with a default.

`python -m tests.replay.test_payloads` adds new fields to the lock; it never takes one out.
"""

import dataclasses
import inspect
import json
from pathlib import Path

import pytest

from activities import payloads
from activities.payloads import ActivityName
from store.outbox import Wake
from workflows import delivery, proposal, seals, watch

LOCK = Path(__file__).parent / "payloads.lock.json"
Fields = dict[str, dict[str, object]]


def fields_of(kind: type) -> Fields:
    return {
        field.name: {
            "type": inspect.formatannotation(field.type),
            "default": field.default is not dataclasses.MISSING
            or field.default_factory is not dataclasses.MISSING,
        }
        for field in dataclasses.fields(kind)
    }


def current() -> dict[str, Fields]:
    return {
        name: fields_of(kind)
        for name, kind in inspect.getmembers(payloads, dataclasses.is_dataclass)
        if inspect.isclass(kind)
    }


def locked() -> dict[str, Fields]:
    if not LOCK.exists():
        return {}
    found: dict[str, Fields] = json.loads(LOCK.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("name", sorted(current()))
def test_a_payload_keeps_its_fields_and_new_ones_have_a_default(name: str) -> None:
    now, before = current()[name], locked().get(name)
    assert before is not None, f"{name} is not in {LOCK.name}: run this module."
    for field, was in before.items():
        assert now.get(field) == was, f"{name}.{field} is on the wire and cannot change."
    for field in now.keys() - before.keys():
        assert now[field]["default"], f"{name}.{field} is new and needs a default."
        pytest.fail(f"{name}.{field} is not in {LOCK.name}: run this module.")


def test_no_payload_is_taken_away() -> None:
    assert locked().keys() <= current().keys()


@pytest.mark.parametrize("kind", [k for _, k in inspect.getmembers(payloads, inspect.isclass)])
def test_payloads_carry_ids_names_and_dates_only(kind: type) -> None:
    if dataclasses.is_dataclass(kind) and kind.__module__ == payloads.__name__:
        types = " ".join(str(field["type"]) for field in fields_of(kind).values())
        assert not any(word in types for word in ("Schema", "Any", "dict", "Mapping", "object"))


def test_names_that_stand_in_histories_stay() -> None:
    assert {name.value for name in ActivityName} >= {
        "review_proposal",
        "note_parties",
        "rebase_proposal",
        "settle_proposal",
        "answer_by_hand",
        "mark_proposal_stuck",
        "deliver",
        "record_attempt",
        "give_up_delivery",
        "watch",
        "seal_log",
    }
    assert (proposal.NAME, delivery.NAME, watch.NAME, seals.NAME) == (
        "ProposalWorkflow",
        "DeliveryWorkflow",
        "WatchWorkflow",
        "SealWorkflow",
    )
    handlers = {name for name, _ in inspect.getmembers(proposal.ProposalWorkflow)}
    assert {signal.value for signal in Wake} <= handlers


def main() -> None:
    before = locked()
    merged = {name: {**fields, **before.get(name, {})} for name, fields in current().items()}
    LOCK.write_text(json.dumps(before | merged, indent=2, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
