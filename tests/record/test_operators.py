"""What operators do about a proposal: each once, each in the log, each by who may."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from domain.acknowledgments import Response
from domain.actors import Actor, ActorKind, Caller, Origin
from domain.api_keys import Scope
from domain.authorization import Principal, Requester, Role
from domain.errors import Forbidden, InvalidRequest, NotAParty, NotReady, ProposalEnded
from domain.events import EventType
from domain.parties import NoticeKind
from domain.proposals import Cause, ProposalStatus
from domain.steps import StepKind
from record import operators, proposals, registrations
from record.registrations import RegistrationChange
from record.rounds import PartyDetail
from store.transaction import Transaction
from tests.support.conductor import DAY, Conductor, breaking, revised
from tests.support.facts import CALLER, Facts, table


async def party_of(conductor: Conductor, place: int = 0) -> PartyDetail:
    return (await conductor.facts.detail(conductor.proposal.id)).parties[place]


async def end_of(conductor: Conductor) -> tuple[ProposalStatus, Cause | None]:
    proposal = (await conductor.facts.detail(conductor.proposal.id)).proposal
    return proposal.status, proposal.cause


async def asked_a_while_ago(facts: Facts, *names: str, **timeline: object) -> Conductor:
    conductor = await breaking(facts, *(names or ("reader",)), **timeline)
    await conductor.carry_on(-timedelta(minutes=5))
    return conductor


async def arrived(facts: Facts, event_id: object, conductor: Conductor) -> None:
    async def work(tx: Transaction) -> None:
        await tx.parties.mark_delivered(event_id, conductor.now)  # type: ignore[arg-type]

    await facts.database.run(work)


# --- asking again ---------------------------------------------------------------------------------


async def test_a_party_is_asked_again_out_of_turn(facts: Facts) -> None:
    conductor = await asked_a_while_ago(facts)
    party = await party_of(conductor)
    await operators.ask_again(facts.database, CALLER, conductor.proposal.id, party.team.id)

    (event,) = await facts.log(proposal_id=conductor.proposal.id, type=EventType.PROPOSAL_REMINDED)
    assert event.caller.actor == CALLER.actor
    assert event.payload["breaking"] == ["`email` is removed."]
    assert (await party_of(conductor)).party.count(NoticeKind.REMIND) == 1
    # and the reminder that was due goes out in its turn, with the next number
    await conductor.carry_on(2 * DAY + timedelta(minutes=6))
    assert (await party_of(conductor)).party.count(NoticeKind.REMIND) == 2


async def test_who_was_told_just_now_is_not_told_again(facts: Facts) -> None:
    conductor = await asked_a_while_ago(facts)
    party = await party_of(conductor)
    for _ in range(3):
        await operators.ask_again(facts.database, CALLER, conductor.proposal.id, party.team.id)
    types = await facts.events(proposal_id=conductor.proposal.id)
    assert types.count(EventType.PROPOSAL_REMINDED) == 1


async def test_what_is_asked_again_and_arrives_counts_as_reached(facts: Facts) -> None:
    conductor = await asked_a_while_ago(facts, on_deadline="approve")
    party = await party_of(conductor)
    await operators.ask_again(facts.database, CALLER, conductor.proposal.id, party.team.id)
    (event,) = await facts.log(proposal_id=conductor.proposal.id, type=EventType.PROPOSAL_REMINDED)
    await arrived(facts, event.id, conductor)
    await conductor.carry_on(15 * DAY)
    assert await end_of(conductor) == (ProposalStatus.PUBLISHED, Cause.DEADLINE)


async def test_nobody_is_asked_again_who_answered_or_is_not_asked(facts: Facts) -> None:
    conductor = await asked_a_while_ago(facts, "one", "two")
    one = (await party_of(conductor)).team
    await facts.answer(conductor.proposal, one, Response.APPROVED)
    stranger = await facts.team("stranger")
    for team, error in ((one, NotReady), (stranger, NotAParty)):
        with pytest.raises(error):
            await operators.ask_again(facts.database, CALLER, conductor.proposal.id, team.id)
    types = await facts.events(proposal_id=conductor.proposal.id)
    assert EventType.PROPOSAL_REMINDED not in types


# --- more time ------------------------------------------------------------------------------------


async def test_more_time_moves_what_is_due(facts: Facts) -> None:
    conductor = await asked_a_while_ago(facts)
    before = (await party_of(conductor)).due_at
    after = await operators.extend(
        facts.database, CALLER, conductor.proposal.id, 5 * DAY, "the holidays"
    )
    assert before is not None
    assert (await party_of(conductor)).due_at == before + 5 * DAY
    assert after.policy == conductor.proposal.policy
    (payload,) = await facts.payloads(proposal_id=after.id, type=EventType.EXTENDED)
    assert payload["reason"] == "the holidays"
    assert (payload["before"], payload["after"]) == (
        {"extended_by": "PT0S"},
        {"extended_by": "P5D"},
    )
    await conductor.carry_on(15 * DAY)
    assert (await end_of(conductor))[0] is ProposalStatus.PENDING
    # nothing was delivered, so what is left is as much time again
    assert (await conductor.carry_on(2 * 19 * DAY)).kind is StepKind.ENDED
    assert await end_of(conductor) == (ProposalStatus.EXPIRED, Cause.UNREACHABLE)


async def test_more_time_has_an_end(facts: Facts) -> None:
    conductor = await asked_a_while_ago(facts, max_extension="10d")
    for by, fits in ((6 * DAY, True), (5 * DAY, False), (4 * DAY, True), (DAY, False)):
        if fits:
            await operators.extend(facts.database, CALLER, conductor.proposal.id, by, None)
            continue
        with pytest.raises(InvalidRequest, match="in all"):
            await operators.extend(facts.database, CALLER, conductor.proposal.id, by, None)
    with pytest.raises(InvalidRequest, match="more than none"):
        await operators.extend(facts.database, CALLER, conductor.proposal.id, timedelta(0), None)
    assert (await facts.detail(conductor.proposal.id)).proposal.extended_by == 10 * DAY


async def test_a_date_may_be_named_within_the_time_that_was_given(facts: Facts) -> None:
    conductor = await asked_a_while_ago(facts, deadline="2d", max_extension="2d")
    party = await party_of(conductor)
    until = conductor.now + 5 * DAY
    with pytest.raises(InvalidRequest, match="no later"):
        await facts.answer(conductor.proposal, party.team, Response.MIGRATING, until=until)
    await operators.extend(facts.database, CALLER, conductor.proposal.id, 2 * DAY, None)
    await facts.answer(conductor.proposal, party.team, Response.MIGRATING, until=until)
    assert (await party_of(conductor)).due_at == until


# --- another team ---------------------------------------------------------------------------------


async def test_another_team_answers_in_the_place_of_one(facts: Facts) -> None:
    conductor = await asked_a_while_ago(facts)
    party, other = await party_of(conductor), await facts.team("other")
    await facts.answer(conductor.proposal, party.team, Response.BLOCKED)
    await operators.reassign(
        facts.database, CALLER, conductor.proposal.id, party.team.id, other.id, "it moved"
    )
    now = await party_of(conductor)
    assert (now.team.id, now.acknowledgment, now.party.asked_at) == (other.id, None, None)
    assert len((await facts.detail(conductor.proposal.id)).parties) == 1
    await conductor.carry_on(timedelta(minutes=5))
    await facts.answer(conductor.proposal, other, Response.APPROVED)
    await conductor.carry_on()
    assert await end_of(conductor) == (ProposalStatus.PUBLISHED, Cause.ALL_APPROVED)
    (payload,) = await facts.payloads(
        proposal_id=conductor.proposal.id, type=EventType.REGISTRATION_REASSIGNED
    )
    before, after = payload["before"], payload["after"]
    assert isinstance(before, dict)
    assert isinstance(after, dict)
    assert (before["team_id"], after["team_id"]) == (str(party.team.id), str(other.id))
    assert before["registration"] == after["registration"]


async def test_who_reads_it_already_reads_both(facts: Facts) -> None:
    asset = await facts.asset(await facts.team("owner"))
    await facts.publish(asset, table("id", "email", "phone"))
    one, two = await facts.team("one"), await facts.team("two")
    await facts.register(asset, one, ["email"])
    await facts.register(asset, two, ["phone"])
    conductor = Conductor(facts, await facts.proposed(asset, table("id", "phone")))
    await operators.reassign(
        facts.database, CALLER, conductor.proposal.id, one.id, two.id, "one team by now"
    )

    async def registered(tx: Transaction) -> dict[object, object]:
        found = await tx.registrations.of_asset(asset.id)
        return {each.consumer_team_id: each.fields for each in found}

    assert await facts.database.run(registered) == {two.id: ("email", "phone")}
    (party,) = (await facts.detail(conductor.proposal.id)).parties
    assert (party.team.id, party.stored.fields) == (two.id, ("email",))


async def test_who_has_answered_for_itself_has_not_for_both(facts: Facts) -> None:
    conductor = await asked_a_while_ago(facts, "one", "two")
    one, two = (await facts.detail(conductor.proposal.id)).parties
    await facts.answer(conductor.proposal, two.team, Response.APPROVED)
    await operators.reassign(
        facts.database, CALLER, conductor.proposal.id, one.team.id, two.team.id, "one by now"
    )
    now = await party_of(conductor)
    assert (now.team.id, now.acknowledgment, now.party.asked_at) == (two.team.id, None, None)
    await conductor.carry_on(timedelta(minutes=5))
    assert (await party_of(conductor)).party.asked_at is not None
    assert (await end_of(conductor))[0] is ProposalStatus.PENDING


async def test_what_it_answered_an_earlier_proposal_for_itself_is_not_recalled(
    facts: Facts,
) -> None:
    first = await asked_a_while_ago(facts, "one", "two")
    one, two = (await facts.detail(first.proposal.id)).parties
    await facts.answer(first.proposal, two.team, Response.APPROVED)
    await proposals.withdraw(facts.database, CALLER, first.proposal.id, None)
    await first.carry_on()
    await registrations.unregister(facts.database, CALLER, await registration_of(facts, first, two))
    asset = (await facts.detail(first.proposal.id)).asset
    conductor = Conductor(facts, await facts.proposed(asset, table("id")))
    await operators.reassign(
        facts.database, CALLER, conductor.proposal.id, one.team.id, two.team.id, "it moved"
    )
    now = await party_of(conductor)
    assert (now.team.id, now.acknowledgment) == (two.team.id, None)


@pytest.mark.parametrize("reads_both", [True, False])
async def test_nor_is_it_by_what_comes_after(facts: Facts, reads_both: bool) -> None:
    """Not by a revision that puts the same question again, and not by the next proposal."""
    first = await asked_a_while_ago(facts, "one", "two")
    one, two = (await facts.detail(first.proposal.id)).parties
    await facts.answer(first.proposal, two.team, Response.APPROVED)
    await proposals.withdraw(facts.database, CALLER, first.proposal.id, None)
    await first.carry_on()
    if not reads_both:
        registration = await registration_of(facts, first, two)
        await registrations.unregister(facts.database, CALLER, registration)
    asset = (await facts.detail(first.proposal.id)).asset
    second = Conductor(facts, await facts.proposed(asset, table("id")))
    await operators.reassign(
        facts.database, CALLER, second.proposal.id, one.team.id, two.team.id, "it moved"
    )
    for schema in (table("id", email={"type": "integer"}), table("id")):
        await revised(second, schema)
    assert (await party_of(second)).acknowledgment is None
    await proposals.withdraw(facts.database, CALLER, second.proposal.id, None)
    await second.carry_on()
    third = Conductor(facts, await facts.proposed(asset, table("id")))
    assert (await party_of(third)).acknowledgment is None
    await facts.answer(third.proposal, two.team, Response.APPROVED)
    await proposals.withdraw(facts.database, CALLER, third.proposal.id, None)
    await third.carry_on()
    fourth = Conductor(facts, await facts.proposed(asset, table("id")))
    assert (await party_of(fourth)).acknowledgment is not None, "that was for both"


async def test_nor_if_it_registers_anew_in_between(facts: Facts) -> None:
    """It spoke for both, and still does: dropping its registration does not undo that."""
    first = await asked_a_while_ago(facts, "one", "two")
    one, two = (await facts.detail(first.proposal.id)).parties
    await facts.answer(first.proposal, two.team, Response.APPROVED)
    await proposals.withdraw(facts.database, CALLER, first.proposal.id, None)
    await first.carry_on()
    asset = (await facts.detail(first.proposal.id)).asset
    second = Conductor(facts, await facts.proposed(asset, table("id")))
    await operators.reassign(
        facts.database, CALLER, second.proposal.id, one.team.id, two.team.id, "it moved"
    )
    await proposals.withdraw(facts.database, CALLER, second.proposal.id, None)
    await second.carry_on()
    dropped = await registration_of(facts, second, two)
    await registrations.unregister(facts.database, CALLER, dropped)
    await facts.register(asset, two.team, ["email"])
    third = Conductor(facts, await facts.proposed(asset, table("id")))
    assert (await party_of(third)).acknowledgment is None, "it was given for one of them alone"


async def test_nor_does_a_mark_of_before_touch_what_it_answers_since(facts: Facts) -> None:
    first = await asked_a_while_ago(facts, "one", "two")
    one, two = (await facts.detail(first.proposal.id)).parties
    await operators.reassign(
        facts.database, CALLER, first.proposal.id, one.team.id, two.team.id, "it moved"
    )
    await first.carry_on(timedelta(minutes=5))
    await facts.answer(first.proposal, two.team, Response.APPROVED, note="for both")
    await proposals.withdraw(facts.database, CALLER, first.proposal.id, None)
    await first.carry_on()
    asset = (await facts.detail(first.proposal.id)).asset
    await registrations.unregister(facts.database, CALLER, await registration_of(facts, first, two))
    await facts.register(asset, two.team, ["email"])
    second = Conductor(facts, await facts.proposed(asset, table("id")))
    assert (await party_of(second)).acknowledgment is not None


async def registration_of(facts: Facts, conductor: Conductor, party: PartyDetail) -> UUID:
    async def work(tx: Transaction) -> UUID:
        found = await tx.registrations.of_team(conductor.proposal.asset_id, party.team.id)
        assert found is not None
        return found.id

    return await facts.database.run(work)


async def test_a_pin_goes_over_only_if_both_have_the_same(facts: Facts) -> None:
    conductor = await asked_a_while_ago(facts, "one", "two")
    one, two = (await facts.detail(conductor.proposal.id)).parties
    change = RegistrationChange(change_pin=True, pinned_version="1.0.0")
    pinned = await registration_of(facts, conductor, two)
    await registrations.change(facts.database, CALLER, pinned, change)
    await operators.reassign(
        facts.database, CALLER, conductor.proposal.id, one.team.id, two.team.id, "one by now"
    )

    async def pin(tx: Transaction) -> str | None:
        found = await tx.registrations.of_team(conductor.proposal.asset_id, two.team.id)
        assert found is not None
        return found.pinned_version

    assert await facts.database.run(pin) is None


async def test_who_is_not_asked_cannot_be_replaced_and_nobody_by_itself(facts: Facts) -> None:
    conductor = await asked_a_while_ago(facts)
    party, other = await party_of(conductor), await facts.team("other")
    with pytest.raises(NotAParty):
        await operators.reassign(
            facts.database, CALLER, conductor.proposal.id, other.id, party.team.id, "it moved"
        )
    with pytest.raises(InvalidRequest, match="already"):
        await operators.reassign(
            facts.database, CALLER, conductor.proposal.id, party.team.id, party.team.id, "why"
        )
    with pytest.raises(InvalidRequest, match="needs a reason"):
        await operators.reassign(
            facts.database, CALLER, conductor.proposal.id, party.team.id, other.id, "  "
        )


# --- its end --------------------------------------------------------------------------------------


async def test_a_cancelled_proposal_ends_with_its_reason_in_the_log(facts: Facts) -> None:
    conductor = await asked_a_while_ago(facts)
    for _ in range(2):
        await operators.cancel(facts.database, CALLER, conductor.proposal.id, "by mistake")
    await conductor.carry_on()
    assert await end_of(conductor) == (ProposalStatus.REJECTED, Cause.CANCELLED)
    again = await operators.cancel(facts.database, CALLER, conductor.proposal.id, "by mistake")
    assert again.cause is Cause.CANCELLED
    (payload,) = await facts.payloads(
        proposal_id=conductor.proposal.id, type=EventType.CANCELLATION_RECORDED
    )
    assert payload["reason"] == "by mistake"


async def test_a_cancellation_wins_over_a_force_and_an_approval(facts: Facts) -> None:
    conductor = await breaking(facts, publish="on_demand")
    await conductor.carry_on()
    assert (await end_of(conductor))[0] is ProposalStatus.APPROVED
    await proposals.force(facts.database, CALLER, conductor.proposal.id, "now")
    await operators.cancel(facts.database, CALLER, conductor.proposal.id, "no")
    await conductor.carry_on()
    assert await end_of(conductor) == (ProposalStatus.REJECTED, Cause.CANCELLED)


async def test_after_the_end_an_operator_comes_too_late(facts: Facts) -> None:
    conductor = await breaking(facts)
    await conductor.carry_on()
    team = await facts.team("any")
    run, proposal_id = facts.database, conductor.proposal.id
    for late in (
        operators.ask_again(run, CALLER, proposal_id, team.id),
        operators.extend(run, CALLER, proposal_id, DAY, None),
        operators.reassign(run, CALLER, proposal_id, team.id, uuid4(), "why"),
        operators.cancel(run, CALLER, proposal_id, "why"),
    ):
        with pytest.raises(ProposalEnded):
            await late


async def test_what_is_approved_waits_for_nobody_who_could_be_asked(facts: Facts) -> None:
    conductor = await breaking(facts, publish="on_demand")
    await conductor.carry_on()
    team = await facts.team("any")
    run, proposal_id = facts.database, conductor.proposal.id
    for early in (
        operators.ask_again(run, CALLER, proposal_id, team.id),
        operators.extend(run, CALLER, proposal_id, DAY, None),
        operators.reassign(run, CALLER, proposal_id, team.id, uuid4(), "why"),
    ):
        with pytest.raises(NotReady, match="nobody is waited for"):
            await early


# --- two persons ----------------------------------------------------------------------------------


def admin(name: str, kind: ActorKind = ActorKind.PERSON) -> Caller:
    actor = Actor(kind=kind, name=name, id=uuid4())
    principal = Principal(actor=actor, role=Role.ADMIN, scope=Scope.ADMIN, user_id=actor.id)
    return Requester(actor=actor, origin=Origin.API, principal=principal)


async def force(conductor: Conductor, who: Caller, reason: str = "by law") -> None:
    await proposals.force(conductor.facts.database, who, conductor.proposal.id, reason)


async def test_it_takes_two_persons_where_the_policy_says_so(facts: Facts) -> None:
    conductor = await asked_a_while_ago(facts, force="two_persons")
    first = admin("first")
    await force(conductor, first)
    await force(conductor, first, "I insist")
    await conductor.carry_on()
    assert (await end_of(conductor))[0] is ProposalStatus.PENDING

    await force(conductor, admin("second"), "me too")
    await conductor.carry_on()
    assert await end_of(conductor) == (ProposalStatus.PUBLISHED, Cause.FORCED)
    told = await facts.log(proposal_id=conductor.proposal.id)
    words = [
        (event.type, event.caller.actor.name, event.payload["reason"])
        for event in told
        if event.type in (EventType.FORCE_REQUESTED, EventType.FORCE_RECORDED)
    ]
    assert words == [
        (EventType.FORCE_REQUESTED, "first", "by law"),
        (EventType.FORCE_RECORDED, "second", "me too"),
    ]


@pytest.mark.parametrize("kind", [ActorKind.KEY, ActorKind.BOT, ActorKind.ANONYMOUS])
async def test_who_is_no_person_is_neither_of_the_two(facts: Facts, kind: ActorKind) -> None:
    conductor = await asked_a_while_ago(facts, force="two_persons")
    with pytest.raises(Forbidden, match="two persons"):
        await force(conductor, admin("robot", kind))
    await force(conductor, admin("first"))
    with pytest.raises(Forbidden, match="two persons"):
        await force(conductor, admin("robot", kind))
    await conductor.carry_on()
    assert (await end_of(conductor))[0] is ProposalStatus.PENDING


async def test_a_looser_policy_does_not_reach_a_proposal_that_is_open(facts: Facts) -> None:
    conductor = await asked_a_while_ago(facts, force="two_persons")
    detail = await facts.detail(conductor.proposal.id)
    await facts.policy(detail.asset, timeline={"force": "one_person"})
    await force(conductor, admin("first"))
    await conductor.carry_on()
    assert (await end_of(conductor))[0] is ProposalStatus.PENDING


async def test_by_one_person_anybody_with_the_right_will_do(facts: Facts) -> None:
    conductor = await asked_a_while_ago(facts)
    await force(conductor, admin("robot", ActorKind.KEY))
    await conductor.carry_on()
    assert await end_of(conductor) == (ProposalStatus.PUBLISHED, Cause.FORCED)
    assert (await facts.detail(conductor.proposal.id)).proposal.force_requested is None


async def test_two_persons_at_once_are_a_first_and_a_second(facts: Facts) -> None:
    for _ in range(10):
        conductor = await breaking(facts, "reader", force="two_persons")
        who = [admin("first"), admin("second")]
        await asyncio.gather(*(force(conductor, each) for each in (*who, *who)))
        types = await facts.events(proposal_id=conductor.proposal.id)
        said = (EventType.FORCE_REQUESTED, EventType.FORCE_RECORDED)
        assert [kind for kind in types if kind in said] == list(said)


async def test_extensions_at_once_stay_within_what_the_policy_lets_be(facts: Facts) -> None:
    conductor = await asked_a_while_ago(facts, max_extension="10d")
    said = await asyncio.gather(
        *(
            operators.extend(facts.database, CALLER, conductor.proposal.id, 3 * DAY, None)
            for _ in range(6)
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(each, InvalidRequest) for each in said) == 3
    assert (await facts.detail(conductor.proposal.id)).proposal.extended_by == 9 * DAY
    types = await facts.events(proposal_id=conductor.proposal.id)
    assert types.count(EventType.EXTENDED) == 3


@pytest.mark.parametrize("confirmed", [True, False])
async def test_the_first_of_two_words_is_about_what_would_break_then(
    facts: Facts, confirmed: bool
) -> None:
    conductor = await asked_a_while_ago(facts, force="two_persons")
    asset = (await facts.detail(conductor.proposal.id)).asset
    await force(conductor, admin("first"))
    await facts.publish(asset, table("id", "email", "name"))
    await conductor.carry_on()  # it would now break `name` too
    if confirmed:
        await proposals.confirm(facts.database, CALLER, conductor.proposal.id)
        await conductor.carry_on()
    await force(conductor, admin("second"))
    await conductor.carry_on()
    assert (await end_of(conductor))[0] is ProposalStatus.PENDING
    await force(conductor, admin("third"))
    await conductor.carry_on()
    assert await end_of(conductor) == (ProposalStatus.PUBLISHED, Cause.FORCED)
