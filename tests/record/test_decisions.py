"""What the log keeps of decisions is enough to take each again."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from domain.acknowledgments import Response
from domain.decisions import MEMBER, Decision
from domain.events import EventType
from domain.proposals import Cause
from domain.timeline import Timeline
from notify.messages import About, Message, webhook_body
from record import decisions, proposals
from store.transaction import Transaction
from tests.support.conductor import DAY, breaking
from tests.support.facts import CALLER, Facts


async def play(facts: Facts) -> None:
    """Decisions of several kinds, by the steps of the workflow."""
    conductor = await breaking(facts, "reader")
    party = (await facts.detail(conductor.proposal.id)).parties[0]
    await facts.answer(conductor.proposal, party.team, Response.APPROVED)
    await conductor.carry_on()
    await (await breaking(facts)).carry_on()
    silent = await breaking(facts, "silent", deadline="1d", max_extension="0s")
    await silent.carry_on()
    await silent.carry_on(after=30 * DAY)
    waits = await breaking(facts, publish="on_demand")
    await waits.carry_on()
    await proposals.request_publication(facts.database, CALLER, waits.proposal.id)
    await waits.carry_on()
    withdrawn = await breaking(facts, "reader")
    await proposals.withdraw(facts.database, CALLER, withdrawn.proposal.id, None)
    await withdrawn.carry_on()


async def test_every_decision_of_a_log_is_the_same_again(lonely: Facts) -> None:
    await play(lonely)
    outcome = await decisions.recompute(lonely.database)
    assert (outcome.same, outcome.different, outcome.without_facts) == (6, 0, 0)
    assert outcome.sound


async def test_other_rules_are_noticed_and_named(
    lonely: Facts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here a release forgets how long a deadline is."""
    await play(lonely)
    with monkeypatch.context() as patch:
        read = decisions.from_wire

        def misread(written: object) -> Decision:
            found = read(written)
            timeline = replace(found.round.timeline, deadline=timedelta(days=90))
            return replace(found, round=replace(found.round, timeline=timeline))

        patch.setattr(decisions, "from_wire", misread)
        outcome = await decisions.recompute(lonely.database)
    (differing,) = outcome.differing
    assert (outcome.same, outcome.different, outcome.sound) == (5, 1, False)
    assert f"the log says settle expired ({Cause.UNREACHABLE.value})" in differing.difference


async def test_what_cannot_be_read_and_what_kept_nothing_is_told(lonely: Facts) -> None:
    await play(lonely)

    async def tamper(tx: Transaction) -> None:
        await tx.sql.execute(text("SET LOCAL session_replication_role = replica"), {})
        for statement in (
            "UPDATE events SET payload = payload - 'decision' WHERE type = 'proposal.withdrawn'",
            "UPDATE events SET payload = jsonb_set(payload, '{decision,now}', '\"soon\"')"
            " WHERE type = 'proposal.expired'",
        ):
            await tx.sql.execute(text(statement), {})

    await lonely.database.run(tamper)
    outcome = await decisions.recompute(lonely.database)
    assert (outcome.same, outcome.different, outcome.without_facts) == (4, 1, 1)
    assert outcome.differing[0].difference.startswith("what was known cannot be read: now: ")


async def test_what_a_decision_rests_on_is_sent_to_nobody(facts: Facts) -> None:
    conductor = await breaking(facts, "reader")
    await proposals.withdraw(facts.database, CALLER, conductor.proposal.id, None)
    await conductor.carry_on()
    (event,) = await facts.log(proposal_id=conductor.proposal.id, type=EventType.PROPOSAL_WITHDRAWN)
    assert event.payload[MEMBER]["round"]["withdrawn"] is True
    body = webhook_body(Message(event=event, about=About()), "http://localhost")
    assert b'"cause"' in body
    assert b'"round"' not in body


async def test_defaults_are_kept_too_since_they_may_be_others_one_day(facts: Facts) -> None:
    conductor = await breaking(facts)
    await conductor.carry_on()
    (payload,) = await facts.payloads(
        proposal_id=conductor.proposal.id, type=EventType.PROPOSAL_PUBLISHED
    )
    written = payload[MEMBER]
    assert isinstance(written, dict)
    assert written["round"]["timeline"] == Timeline().to_wire()
