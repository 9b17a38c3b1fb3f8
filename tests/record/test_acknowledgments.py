"""A party's answer: what is taken, what is refused, and that it can be changed until the end."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from domain.acknowledgments import Response
from domain.errors import (
    AnswersClosed,
    InvalidRequest,
    NotAParty,
    NotFound,
    ProposalEnded,
    QuestionChanged,
    TesseraError,
)
from domain.events import EventType
from domain.proposals import Cause, ProposalStatus
from domain.teams import Team
from record import acknowledgments, proposals
from record.acknowledgments import NOTE_LIMIT, NewAnswer
from store.outbox import Wake
from store.rows import new_id
from store.transaction import Transaction
from tests.support.conductor import DAY, Conductor, breaking
from tests.support.facts import CALLER, Facts


async def party(conductor: Conductor, number: int = 0) -> Team:
    return (await conductor.facts.detail(conductor.proposal.id)).parties[number].team


async def signals(facts: Facts, conductor: Conductor) -> list[str]:
    """The wakes that wait for the relay."""

    async def work(tx: Transaction) -> list[str]:
        found = await tx.sql.execute(
            text("SELECT payload->>'signal' FROM outbox WHERE subject_id = :id ORDER BY id"),
            {"id": conductor.proposal.id},
        )
        return list(found.scalars())

    return await facts.database.run(work)


async def test_an_answer_is_a_fact_with_its_event_and_its_wake_and_decides_nothing(
    facts: Facts,
) -> None:
    conductor = await breaking(facts, "reader")
    await facts.answer(conductor.proposal, await party(conductor), Response.APPROVED, note="fine")
    detail = await facts.detail(conductor.proposal.id)
    acknowledgment = detail.parties[0].acknowledgment
    assert acknowledgment is not None
    assert (acknowledgment.response, acknowledgment.note) == (Response.APPROVED, "fine")
    assert acknowledgment.caller == CALLER
    assert detail.proposal.status is ProposalStatus.PENDING
    (payload,) = await facts.payloads(
        proposal_id=conductor.proposal.id, type=EventType.ACKNOWLEDGED
    )
    assert (payload["response"], payload["before"]) == ("approved", None)
    assert await signals(facts, conductor) == [Wake.REVISED, Wake.ANSWERED]


async def test_an_answer_can_be_changed_and_the_log_keeps_both(facts: Facts) -> None:
    conductor = await breaking(facts, "reader")
    team = await party(conductor)
    until = datetime.now(UTC) + 3 * DAY
    await facts.answer(conductor.proposal, team, Response.BLOCKED)
    await facts.answer(conductor.proposal, team, Response.MIGRATING, until=until)
    await facts.answer(conductor.proposal, team, Response.APPROVED)
    payloads = await facts.payloads(proposal_id=conductor.proposal.id, type=EventType.ACKNOWLEDGED)
    assert [each["response"] for each in payloads] == ["blocked", "migrating", "approved"]
    assert [each["before"] for each in payloads] == [
        None,
        *(each["after"] for each in payloads[:-1]),
    ]
    assert payloads[1]["after"] == {
        "response": "migrating",
        "note": None,
        "until": until.isoformat(),
        "revision": 1,
    }
    await conductor.carry_on()
    proposal = (await facts.detail(conductor.proposal.id)).proposal
    assert (proposal.status, proposal.cause) == (ProposalStatus.PUBLISHED, Cause.ALL_APPROVED)


async def test_who_is_not_asked_has_no_answer_to_give(facts: Facts) -> None:
    conductor = await breaking(facts, "reader")
    stranger = await facts.team("stranger")
    with pytest.raises(NotAParty, match=r"stranger-\w+ is not asked .* it asks reader-"):
        await facts.answer(conductor.proposal, stranger, Response.BLOCKED)


async def test_an_unknown_team_or_proposal_is_not_found(facts: Facts) -> None:
    conductor = await breaking(facts, "reader")
    answer = NewAnswer(team_id=new_id(), response=Response.APPROVED)
    for proposal_id in (conductor.proposal.id, new_id()):
        with pytest.raises(NotFound):
            await acknowledgments.acknowledge(facts.database, CALLER, proposal_id, answer)


async def test_after_the_end_no_answer_is_taken(facts: Facts) -> None:
    conductor = await breaking(facts, "reader")
    team = await party(conductor)
    await facts.answer(conductor.proposal, team, Response.BLOCKED)
    await conductor.carry_on()
    with pytest.raises(ProposalEnded) as refusal:
        await facts.answer(conductor.proposal, team, Response.APPROVED)
    assert refusal.value.extra == {"proposal_status": "rejected", "cause": "blocked"}


async def test_once_approved_answers_are_closed(facts: Facts) -> None:
    conductor = await breaking(facts, "reader", publish="on_demand")
    team = await party(conductor)
    await facts.answer(conductor.proposal, team, Response.APPROVED)
    await conductor.carry_on()
    with pytest.raises(AnswersClosed):
        await facts.answer(conductor.proposal, team, Response.BLOCKED)


@pytest.mark.parametrize(
    ("response", "days", "says"),
    [
        (Response.MIGRATING, None, "until when"),
        (Response.MIGRATING, -1, "in the past"),
        (Response.MIGRATING, 105, "no later than"),
        (Response.APPROVED, 3, "`migrating`"),
        (Response.BLOCKED, 3, "`migrating`"),
    ],
)
async def test_a_date_belongs_to_needing_time_and_lies_within_the_extension(
    facts: Facts, response: Response, days: int | None, says: str
) -> None:
    conductor = await breaking(facts, "reader")
    await conductor.carry_on()
    until = None if days is None else datetime.now(UTC) + days * DAY
    with pytest.raises(InvalidRequest, match=says) as refusal:
        await facts.answer(conductor.proposal, await party(conductor), response, until=until)
    assert refusal.value.extra["errors"] == [{"path": "until", "message": refusal.value.detail}]
    assert (await facts.detail(conductor.proposal.id)).parties[0].acknowledgment is None


async def test_the_furthest_date_counts_from_the_ask_even_if_nobody_has_asked_yet(
    facts: Facts,
) -> None:
    conductor = await breaking(facts, "reader")
    team, furthest = await party(conductor), datetime.now(UTC) + 104 * DAY
    with pytest.raises(InvalidRequest):
        await facts.answer(
            conductor.proposal, team, Response.MIGRATING, until=furthest + timedelta(minutes=5)
        )
    await facts.answer(
        conductor.proposal, team, Response.MIGRATING, until=furthest - timedelta(minutes=5)
    )


async def test_a_note_has_an_end(facts: Facts) -> None:
    conductor = await breaking(facts, "reader")
    team = await party(conductor)
    with pytest.raises(InvalidRequest, match="characters"):
        await facts.answer(conductor.proposal, team, Response.APPROVED, note="x" * (NOTE_LIMIT + 1))
    await facts.answer(conductor.proposal, team, Response.APPROVED, note="x" * NOTE_LIMIT)


async def test_a_refused_answer_leaves_no_trace(facts: Facts) -> None:
    conductor = await breaking(facts, "reader")
    before = await facts.events(proposal_id=conductor.proposal.id)
    with pytest.raises(TesseraError):
        await facts.answer(conductor.proposal, await party(conductor), Response.MIGRATING)
    assert await facts.events(proposal_id=conductor.proposal.id) == before
    assert await signals(facts, conductor) == [Wake.REVISED]


async def test_an_answer_after_a_recorded_withdrawal_is_taken_and_changes_nothing(
    facts: Facts,
) -> None:
    conductor = await breaking(facts, "reader")
    await proposals.withdraw(facts.database, CALLER, conductor.proposal.id, None)
    await facts.answer(conductor.proposal, await party(conductor), Response.APPROVED)
    await conductor.carry_on()
    status = (await facts.detail(conductor.proposal.id)).proposal.status
    assert status is ProposalStatus.WITHDRAWN


async def test_an_answer_to_what_was_shown_is_no_answer_to_something_else(facts: Facts) -> None:
    conductor = await breaking(facts, "reader")
    (asked,) = (await facts.detail(conductor.proposal.id)).parties
    right = NewAnswer(
        team_id=asked.team.id,
        response=Response.APPROVED,
        revision=asked.stored.revision,
        changes_hash=asked.stored.changes_hash,
    )
    for other in (replace(right, revision=2), replace(right, changes_hash="00" * 32)):
        with pytest.raises(QuestionChanged):
            await acknowledgments.acknowledge(facts.database, CALLER, conductor.proposal.id, other)
    assert (
        await facts.payloads(proposal_id=conductor.proposal.id, type=EventType.ACKNOWLEDGED) == []
    )
    await acknowledgments.acknowledge(facts.database, CALLER, conductor.proposal.id, right)
