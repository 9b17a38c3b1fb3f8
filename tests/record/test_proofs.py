"""The proof of a proposal: everything that the record says of it, on one snapshot."""

from datetime import timedelta

from sqlalchemy import text

from domain.acknowledgments import Response
from domain.events import EventType
from domain.inclusion import root_over
from domain.parties import NoticeKind
from domain.proofs import Standing
from record import proofs
from record.proofs import Proof
from store.transaction import Transaction
from tests.support.conductor import DAY, Conductor, breaking
from tests.support.facts import Facts
from tests.support.sealing import sealed_up_to_now


async def proof_of(conductor: Conductor) -> Proof:
    async def work(tx: Transaction) -> Proof:
        return await proofs.read(tx, conductor.proposal.id)

    return await conductor.facts.database.snapshot(work)


async def test_every_notice_and_answer_stands_beside_its_event(facts: Facts) -> None:
    conductor = await breaking(facts, "marketing", "billing")
    await conductor.carry_on()
    await conductor.carry_on(timedelta(days=3))
    first, second = (await facts.detail(conductor.proposal.id)).parties
    until = conductor.now + 2 * DAY
    await facts.answer(conductor.proposal, first.team, Response.MIGRATING, until=until)
    await facts.answer(conductor.proposal, first.team, Response.APPROVED, note="moved")
    await facts.answer(conductor.proposal, second.team, Response.APPROVED)
    await conductor.carry_on()

    proof = await proof_of(conductor)
    events = {each.event.id: each.event for each in proof.events}
    assert len(proof.asked) == 2
    for asked in proof.asked:
        assert (asked.count(NoticeKind.ASK), asked.count(NoticeKind.REMIND)) == (1, 1)
        for told in asked.told:
            assert told.event_id is not None
            assert events[told.event_id].team_id == asked.question.team.id
            assert told.said["reason"] == "reads `email`"
            assert told.said["breaking"] == ["`email` is removed."]
    given = [(each.team.id, each.acknowledgment.response, each.standing) for each in proof.answers]
    assert given == [
        (first.team.id, Response.MIGRATING, Standing.CHANGED),
        (first.team.id, Response.APPROVED, Standing.COUNTS),
        (second.team.id, Response.APPROVED, Standing.COUNTS),
    ]
    for answered in proof.answers:
        assert answered.event_id is not None
        event = events[answered.event_id]
        assert (event.team_id, event.payload["response"], event.payload["note"]) == (
            answered.team.id,
            answered.acknowledgment.response.value,
            answered.acknowledgment.note,
        )
    assert proof.events[0].event.type is EventType.PROPOSAL_OPENED
    assert proof.base is not None
    assert proof.base.version == conductor.proposal.base_version
    assert proof.unsealed == len(proof.events)
    assert proof.seals == ()


async def test_each_event_leads_to_the_root_of_its_seal(lonely: Facts) -> None:
    conductor = await breaking(lonely, "marketing")
    await conductor.carry_on()
    (party,) = (await lonely.detail(conductor.proposal.id)).parties
    count = len(await lonely.log())
    await sealed_up_to_now(lonely.database, count, 3)
    await lonely.answer(conductor.proposal, party.team, Response.APPROVED)

    proof = await proof_of(conductor)
    assert proof.unsealed == 1
    assert proof.events[-1].place is None
    assert proof.head == proof.seals[-1]
    seals = {each.number: each for each in proof.seals}
    assert len(seals) == 2, "the events lie in two seals of those that there are"
    for logged in proof.events[:-1]:
        assert logged.place is not None
        assert logged.place.intact
        seal = seals[logged.place.seal]
        assert seal.start <= logged.event.cursor < seal.end
        assert logged.place.of == seal.events
        assert root_over(logged.hash, logged.place.way) == seal.root
        assert seal.computed_hash() == seal.hash


async def test_an_event_that_was_changed_after_it_was_sealed_is_not_intact(lonely: Facts) -> None:
    conductor = await breaking(lonely, "marketing")
    await sealed_up_to_now(lonely.database, len(await lonely.log()), 100)

    async def tamper(tx: Transaction) -> None:
        await tx.sql.execute(text("ALTER TABLE events DISABLE TRIGGER USER"))
        changed = text("UPDATE events SET summary = 'Nothing.' WHERE type = 'proposal.opened'")
        await tx.sql.execute(changed)

    await lonely.database.run(tamper)
    (logged,) = (await proof_of(conductor)).events
    assert logged.place is not None
    assert not logged.place.intact
