"""Asking, reminding and escalating: each notice once, however often it is carried out."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from domain.acknowledgments import Response
from domain.events import EventType
from domain.parties import NoticeKind
from domain.proposals import ProposalStatus
from domain.steps import Note, StepKind
from record import notices
from store.rows import new_id
from tests.support.conductor import DAY, Conductor, breaking
from tests.support.facts import Facts, table


async def note(conductor: Conductor, kind: NoticeKind, *notes: Note, revision: int = 1) -> int:
    return await notices.note(
        conductor.facts.database, conductor.proposal.id, revision, kind, notes, conductor.now
    )


async def team_ids(conductor: Conductor) -> list[UUID]:
    detail = await conductor.facts.detail(conductor.proposal.id)
    return [party.team.id for party in detail.parties]


async def types(conductor: Conductor) -> list[str]:
    return await conductor.facts.events(proposal_id=conductor.proposal.id)


async def test_carried_out_twice_it_is_told_once(facts: Facts) -> None:
    conductor = await breaking(facts, "one", "two")
    step = await conductor.review()
    assert step.kind is StepKind.ASK
    assert await conductor.note(step) == 2
    conductor.now += timedelta(minutes=5)
    assert await conductor.note(step) == 0
    assert (await types(conductor)).count(EventType.PROPOSAL_ASKED) == 2
    for party in (await facts.detail(conductor.proposal.id)).parties:
        assert party.party.asked_at == conductor.now - timedelta(minutes=5)


async def test_half_carried_out_it_tells_the_rest(facts: Facts) -> None:
    conductor = await breaking(facts, "one", "two")
    first, second = await team_ids(conductor)
    assert await note(conductor, NoticeKind.ASK, Note(team_id=first, ordinal=1)) == 1
    both = (Note(team_id=first, ordinal=1), Note(team_id=second, ordinal=1))
    assert await note(conductor, NoticeKind.ASK, *both) == 1


async def test_the_next_ordinal_is_another_notice(facts: Facts) -> None:
    conductor = await breaking(facts, "one")
    (team,) = await team_ids(conductor)
    for ordinal in (1, 2, 2):
        await note(conductor, NoticeKind.REMIND, Note(team_id=team, ordinal=ordinal))
    payloads = await facts.payloads(
        proposal_id=conductor.proposal.id, type=EventType.PROPOSAL_REMINDED
    )
    assert [payload["ordinal"] for payload in payloads] == [1, 2]


async def test_nobody_is_told_of_a_question_that_has_moved_on_or_ended(facts: Facts) -> None:
    conductor = await breaking(facts, "one")
    (team,) = await team_ids(conductor)
    ask = Note(team_id=team, ordinal=1)
    assert await note(conductor, NoticeKind.ASK, ask, revision=2) == 0
    await facts.answer(
        conductor.proposal,
        (await facts.detail(conductor.proposal.id)).parties[0].team,
        Response.BLOCKED,
    )
    await conductor.carry_on()
    assert (await facts.detail(conductor.proposal.id)).proposal.status is ProposalStatus.REJECTED
    assert await note(conductor, NoticeKind.ASK, ask) == 0
    assert EventType.PROPOSAL_ASKED not in await types(conductor)


async def test_who_is_no_party_is_not_told_and_the_others_are(facts: Facts) -> None:
    conductor = await breaking(facts, "one")
    (team,) = await team_ids(conductor)
    told = await note(
        conductor,
        NoticeKind.ASK,
        Note(team_id=new_id(), ordinal=1),
        Note(team_id=team, ordinal=1),
    )
    assert told == 1


async def test_an_unknown_proposal_tells_nobody(facts: Facts) -> None:
    conductor = await breaking(facts, "one")
    (team,) = await team_ids(conductor)
    gone = Conductor(facts, replace(conductor.proposal, id=new_id()))
    assert await note(gone, NoticeKind.ASK, Note(team_id=team, ordinal=1)) == 0


async def test_an_ask_says_why_what_breaks_and_until_when(facts: Facts) -> None:
    conductor = await breaking(facts, "one", deadline="5d")
    await conductor.carry_on()
    (payload,) = await facts.payloads(
        proposal_id=conductor.proposal.id, type=EventType.PROPOSAL_ASKED
    )
    assert payload["reason"] == "reads `email`"
    assert payload["breaking"] == ["`email` is removed."]
    assert payload["due_at"] == (conductor.now + 5 * DAY).isoformat()


async def test_each_team_is_told_of_its_own_breaks_only(facts: Facts) -> None:
    asset = await facts.asset(await facts.team("owner"))
    await facts.publish(asset, table("id", "email", "phone"))
    mail, phone = await facts.team("mail"), await facts.team("phone")
    await facts.register(asset, mail, ["email"])
    await facts.register(asset, phone, ["phone"])
    conductor = Conductor(facts, await facts.proposed(asset, table("id")))
    await conductor.carry_on()
    asked = {
        event.team_id: event.payload["breaking"]
        for event in await facts.log(
            proposal_id=conductor.proposal.id, type=EventType.PROPOSAL_ASKED
        )
    }
    assert asked == {mail.id: ["`email` is removed."], phone.id: ["`phone` is removed."]}


async def test_a_whole_silent_round_asks_reminds_escalates_and_expires(facts: Facts) -> None:
    conductor = await breaking(
        facts,
        "silent",
        remind_after="2d",
        remind_every="2d",
        escalate_after="5d",
        deadline="7d",
        max_extension="0s",
    )
    step = await conductor.carry_on()
    for _ in range(30):
        if step.kind is StepKind.ENDED:
            break
        assert step.until is not None
        step = await conductor.carry_on(after=step.until - conductor.now)
    told = [each for each in await types(conductor) if each != EventType.PROPOSAL_OPENED]
    assert told.count(EventType.PROPOSAL_ASKED) == 1
    assert told.count(EventType.PROPOSAL_REMINDED) == 3
    assert told.count(EventType.PROPOSAL_ESCALATED) == 1
    assert told[-1] == EventType.PROPOSAL_EXPIRED


async def test_after_an_outage_missed_reminders_are_one(facts: Facts) -> None:
    conductor = await breaking(facts, "silent")
    await conductor.carry_on()
    await conductor.carry_on(after=6.5 * DAY)
    assert (await types(conductor)).count(EventType.PROPOSAL_REMINDED) == 1
