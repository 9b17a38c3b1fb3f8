"""What a repair wakes, one kind at a time, and what it leaves alone."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from temporalio.client import Client

from activities.payloads import RetirementInput
from domain.destinations import Pace
from examination import Repair, examine, mend
from patient import Patient
from record import destinations, proposals, windows
from record.comparison import Comparer
from store.database import Database
from store.health import PAGE
from store.outbox import OutboxItem, OutboxKind
from tests.doctor.test_record import (
    CARRIED,
    LATE_RETIREMENT,
    OLD,
    OLD_RETIREMENT,
    claimed,
    look,
    said,
)
from tests.record.test_digests import CHANNELS, due_now, listed, told
from tests.support.conductor import breaking
from tests.support.facts import Facts
from tests.support.window_keeper import replaced
from workflows.health import running_retirements
from workflows.namespace import ensure_search_attributes
from workflows.retirement import NAME


@pytest.fixture
def lonely(whole: Patient) -> Patient:
    """A patient whose Temporal is away: what a repair does, it does through the record."""
    return replace(whole, temporal_address="127.0.0.1:1")


@pytest.fixture
async def mailing(fresh_database_url: str, comparer: Comparer) -> AsyncIterator[Facts]:
    """A world that sends mail, in which a team may have its digest."""
    connecting = Database.connect(fresh_database_url, channels=CHANNELS)
    async with connecting.closing() as database:
        yield Facts(database, comparer)


async def mended(patient: Patient, facts: Facts) -> tuple[Repair, ...]:
    """Look, and do what can be done."""
    findings = await examine(patient, facts.database)
    return tuple([repair async for repair in mend(facts.database, findings)])


def woken(items: Sequence[OutboxItem]) -> list[tuple[object, str]]:
    return [(item.subject_id, item.payload["summary"]) for item in items]


async def test_a_stuck_proposal_is_woken_before_its_hour(lonely: Patient, facts: Facts) -> None:
    proposal = (await breaking(facts, "reader")).proposal
    await breaking(facts, "reader")
    await proposals.mark_stuck(facts.database, proposal.id, "defect: boom")
    await said(facts, CARRIED)
    done = await mended(lonely, facts)
    assert done == (Repair(done="1 proposal woken: it was stuck.", number=1),)
    assert woken(await claimed(facts)) == [(proposal.id, "woken: it was stuck")]
    assert await mended(lonely, facts) == ()


async def test_a_proposal_without_a_workflow_is_woken(
    whole: Patient, bare: Client, facts: Facts
) -> None:
    await ensure_search_attributes(bare)
    first = (await breaking(facts, "reader")).proposal
    second = (await breaking(facts, "reader")).proposal
    await said(facts, OLD, CARRIED, "UPDATE proposals SET next_review_at = now()")
    done = await mended(whole, facts)
    assert done == (Repair(done="2 proposals woken: no workflow was running.", number=2),)
    assert sorted(woken(await claimed(facts)), key=str) == sorted(
        ((each.id, "woken: no workflow was running") for each in (first, second)), key=str
    )
    assert await mended(whole, facts) == ()


async def copied(facts: Facts, times: int) -> None:
    """Open so many more proposals that are like the one that is there."""
    await said(
        facts,
        "WITH copies AS (INSERT INTO assets SELECT (jsonb_populate_record(a, jsonb_build_object("
        "'id', gen_random_uuid(), 'fqn', a.fqn || '_' || n))).* FROM assets a,"
        f" generate_series(1, {times}) n RETURNING id)"
        " INSERT INTO proposals SELECT (jsonb_populate_record(p, jsonb_build_object("
        "'id', gen_random_uuid(), 'asset_id', copies.id))).* FROM proposals p, copies",
    )


async def test_of_more_proposals_than_are_read_at_once_each_without_a_workflow_is_woken(
    whole: Patient, bare: Client, facts: Facts
) -> None:
    await ensure_search_attributes(bare)
    await breaking(facts, "reader")
    await copied(facts, PAGE)
    await said(facts, OLD, CARRIED, "UPDATE proposals SET next_review_at = now()")
    done = await mended(whole, facts)
    said_so = "1,001 proposals woken: no workflow was running."
    assert done == (Repair(done=said_so, number=PAGE + 1),)
    assert await mended(whole, facts) == ()


async def test_late_deliveries_are_carried_again(lonely: Patient, facts: Facts) -> None:
    await destinations.ensure_server_webhook(facts.database, "http://127.0.0.1:1/own", None)
    await (await breaking(facts, "reader")).carry_on()
    await said(facts, CARRIED)
    assert await mended(lonely, facts) == ()
    await said(facts, "UPDATE deliveries SET due_at = now() - interval '1 hour'")
    late = (await look(facts)).late_events
    (done,) = await mended(lonely, facts)
    assert done.number == late > 0
    assert done.done.endswith("on the way to their destinations again.")
    assert [item.kind for item in await claimed(facts)] == [OutboxKind.DELIVERY] * late
    assert (await look(facts)).late_events == 0
    assert await mended(lonely, facts) == ()


async def test_a_late_retirement_is_woken(lonely: Patient, facts: Facts) -> None:
    keeper = await replaced(facts, "reader")
    await said(facts, LATE_RETIREMENT, CARRIED)
    done = await mended(lonely, facts)
    assert done == (Repair(done="1 retirement woken: its review was overdue.", number=1),)
    (item,) = await claimed(facts)
    assert (item.kind, item.subject_id) == (OutboxKind.RETIREMENT, keeper.contract_id)
    assert await mended(lonely, facts) == ()


async def test_a_stuck_retirement_is_woken_before_its_hour(lonely: Patient, facts: Facts) -> None:
    keeper = await replaced(facts, "reader")
    await windows.mark_stuck(facts.database, keeper.contract_id, "defect: boom")
    await said(facts, CARRIED)
    done = await mended(lonely, facts)
    assert done == (Repair(done="1 retirement woken: it was stuck.", number=1),)
    (item,) = await claimed(facts)
    assert (item.kind, item.subject_id) == (OutboxKind.RETIREMENT, keeper.contract_id)
    assert item.payload == {"signal": "changed", "summary": "woken: it was stuck"}
    assert await mended(lonely, facts) == ()


async def test_of_two_retirements_the_one_without_a_workflow_is_woken(
    whole: Patient, bare: Client, facts: Facts
) -> None:
    await ensure_search_attributes(bare)
    lost, kept = [(await replaced(facts, name)).contract_id for name in ("one", "two")]
    await said(
        facts,
        *(CARRIED, OLD_RETIREMENT),
        "UPDATE retirements SET next_review_at = now() + interval '1 hour'",
    )
    given = RetirementInput(kept)
    await bare.start_workflow(NAME, given, id=f"retirement-{kept}", task_queue="nobody")
    async with asyncio.timeout(90):
        while await running_retirements(bare, [lost, kept]) != {kept}:  # noqa: ASYNC110  # nobody tells
            await asyncio.sleep(0.2)
    done = await mended(whole, facts)
    assert done == (Repair(done="1 retirement woken: no workflow was running.", number=1),)
    assert woken(await claimed(facts)) == [(lost, "woken: no workflow was running")]
    assert await mended(whole, facts) == ()


async def test_a_digest_that_its_schedule_left_behind_is_sent(
    lonely: Patient, mailing: Facts
) -> None:
    team = await listed(mailing, pace=Pace.DIGEST)
    await told(mailing, team, 3)
    await due_now(mailing)
    assert await mended(lonely, mailing) == ()
    await due_now(mailing, timedelta(minutes=6))
    assert (await look(mailing)).late_digests == 1
    done = await mended(lonely, mailing)
    assert done == (Repair(done="1 digest on the way.", number=1),)
    (item,) = await claimed(mailing)
    assert item.kind is OutboxKind.DELIVERY
    assert (await look(mailing)).late_digests == 0
    assert await mended(lonely, mailing) == ()
