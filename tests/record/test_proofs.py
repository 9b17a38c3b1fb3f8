"""The proof of a proposal: everything that the record says of it, on one snapshot."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from api.ui.words import NOTICE
from domain.acknowledgments import Response
from domain.events import EventType
from domain.inclusion import root_over
from domain.members import TeamRole
from domain.parties import NoticeKind
from domain.proofs import ENDS, NOTICES, Standing
from record import comments, proofs
from record.comments import NewComment
from record.proofs import Proof
from store.transaction import Transaction
from tests.record.test_audiences import person
from tests.record.test_objections import downstream, objects
from tests.support.conductor import DAY, Conductor, breaking
from tests.support.facts import CALLER, Facts
from tests.support.sealing import sealed_up_to_now
from tests.support.window_keeper import Keeper, replaced


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


async def test_what_was_told_of_a_team_to_others_stands_beside_its_event(facts: Facts) -> None:
    conductor = await breaking(facts, "silent")
    (party,) = (await facts.detail(conductor.proposal.id)).parties
    await person(facts, "boss", party.team, TeamRole.OWNER)
    await conductor.carry_on()
    for _ in range(10):
        await conductor.carry_on(DAY)
    (asked,) = (await proof_of(conductor)).asked
    assert {NoticeKind.ESCALATE, NoticeKind.ESCALATE_OWNERS} <= {each.kind for each in asked.told}
    assert all(each.event_id is not None for each in asked.told)


def test_every_kind_of_notice_has_an_event_and_a_word() -> None:
    assert {*NOTICES.values()} == {*NOTICE} == {*NoticeKind}


async def test_objections_and_comments_stand_beside_their_events(facts: Facts) -> None:
    conductor, team = await downstream(facts)
    await objects(conductor, team, "our report")
    proposal_id = conductor.proposal.id
    new = NewComment(team_id=team.id, text="why now?")
    first = await comments.comment(facts.database, CALLER, proposal_id, new)
    answer = NewComment(team_id=team.id, text="by law", reply_to=first.id)
    await comments.comment(facts.database, CALLER, proposal_id, answer)
    proof = await proof_of(conductor)
    said = [
        (each.text, each.team.id, each.reply_to) for each in (*proof.objections, *proof.comments)
    ]
    assert said == [
        ("our report", team.id, None),
        ("why now?", team.id, None),
        ("by law", team.id, first.id),
    ]
    types = {each.event.id: each.event.type for each in proof.events}
    told = [
        types.get(each.event_id) for each in (*proof.objections, *proof.comments) if each.event_id
    ]
    assert told == [EventType.OBJECTED, EventType.COMMENTED, EventType.COMMENTED]


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


async def test_the_end_of_the_version_that_it_replaced_is_sealed_with_it(lonely: Facts) -> None:
    keeper = await replaced(lonely, "marketing")
    await keeper.carry_on()
    other = await replaced(lonely, "billing")
    await other.carry_on()
    await keeper.moved()
    await sealed_up_to_now(lonely.database, len(await lonely.log()), 100)
    proposal_id = await published_by(keeper)

    async def work(tx: Transaction) -> Proof:
        return await proofs.read(tx, proposal_id)

    proof = await lonely.database.snapshot(work)
    ends = [each for each in proof.events if each.event.type in ENDS]
    assert [each.event.type for each in ends] == [
        EventType.RETIREMENT_SET,
        EventType.RETIREMENT_ASKED,
        EventType.MOVED,
    ]
    assert {each.event.asset_id for each in ends} == {keeper.asset.id}
    assert proof.events == tuple(sorted(proof.events, key=lambda each: each.event.cursor))
    (seal,) = proof.seals
    for logged in ends:
        assert logged.place is not None
        assert logged.place.intact
        assert root_over(logged.hash, logged.place.way) == seal.root


async def published_by(keeper: Keeper) -> UUID:
    """The proposal that replaced a version."""

    async def work(tx: Transaction) -> UUID:
        active = await tx.contracts.active(keeper.asset.id)
        assert active is not None
        assert active.proposal_id is not None
        return active.proposal_id

    return await keeper.facts.database.read(work)
