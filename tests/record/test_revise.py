"""Revising a proposal: whose changes are the same has answered, the others are asked anew."""

from dataclasses import replace

import pytest

from domain.acknowledgments import Response
from domain.errors import InvalidVersion, NotFound, NotReady, ProposalEnded, QuestionChanged
from domain.events import EventType
from domain.parties import NoticeKind
from domain.proposals import Cause, ProposalStatus
from domain.teams import Team
from record import acknowledgments, operators, proposals, revise
from record.acknowledgments import NewAnswer
from record.rounds import PartyDetail
from store.rows import new_id
from store.transaction import Transaction
from tests.record.test_operators import admin
from tests.support.conductor import DAY, Conductor, draft, revised
from tests.support.facts import CALLER, Facts, table

COLUMNS = ("id", "email", "phone", "fax")


async def proposed(facts: Facts, *columns: str, **timeline: object) -> tuple[Conductor, list[Team]]:
    """Propose a table of these columns where `email`, `phone` and `fax` have a reader each."""
    asset = await facts.asset(await facts.team("owner"), **timeline)
    await facts.publish(asset, table(*COLUMNS))
    readers = [await facts.team(name) for name in COLUMNS[1:]]
    for team, column in zip(readers, COLUMNS[1:], strict=True):
        await facts.register(asset, team, [column])
    conductor = Conductor(facts, await facts.proposed(asset, table(*columns)))
    await conductor.carry_on()
    return conductor, readers


async def party_of(conductor: Conductor, team: Team) -> PartyDetail | None:
    parties = (await conductor.facts.detail(conductor.proposal.id)).parties
    return next((each for each in parties if each.team.id == team.id), None)


async def end_of(conductor: Conductor) -> tuple[ProposalStatus, Cause | None]:
    await conductor.carry_on()
    proposal = (await conductor.facts.detail(conductor.proposal.id)).proposal
    return proposal.status, proposal.cause


async def test_the_same_changes_keep_their_answer_others_are_asked_and_the_rest_is_released(
    facts: Facts,
) -> None:
    conductor, (email, phone, fax) = await proposed(facts, "id", "fax")
    await facts.answer(conductor.proposal, email, Response.APPROVED)
    before = await party_of(conductor, email)
    after = await revised(conductor, table("id", "phone"))
    await conductor.carry_on()

    assert (after.revision, after.status) == (2, ProposalStatus.PENDING)
    assert await party_of(conductor, email) == before, "answer, notices and time stay"
    assert await party_of(conductor, phone) is None
    asked = await party_of(conductor, fax)
    assert asked is not None
    assert (asked.stored.revision, asked.party.count(NoticeKind.ASK)) == (2, 1)
    (payload,) = await facts.payloads(
        proposal_id=conductor.proposal.id, type=EventType.REVISION_RECORDED
    )
    assert payload["kept"] == [str(email.id)]
    assert payload["asked"] == [str(fax.id)]
    assert payload["released"] == [str(phone.id)]
    asks = await facts.payloads(proposal_id=conductor.proposal.id, type=EventType.PROPOSAL_ASKED)
    assert len(asks) == 3, "whose answer stays is not asked again"

    await facts.answer(conductor.proposal, fax, Response.APPROVED)
    assert await end_of(conductor) == (ProposalStatus.PUBLISHED, Cause.ALL_APPROVED)
    detail = await facts.detail(conductor.proposal.id)

    async def work(tx: Transaction) -> list[str]:
        contract = await tx.contracts.of_proposal(detail.proposal.id)
        return [] if contract is None else [field.path for field in contract.fields]

    assert await facts.database.run(work) == ["id", "phone"]


async def test_who_is_touched_otherwise_has_not_answered(facts: Facts) -> None:
    conductor, (email, *_) = await proposed(facts, "id", "phone", "fax")
    await facts.answer(conductor.proposal, email, Response.APPROVED)
    await revised(conductor, table("id", "phone", "fax", email={"type": "integer"}))
    party = await party_of(conductor, email)
    assert party is not None
    assert party.acknowledgment is None
    assert await end_of(conductor) == (ProposalStatus.PENDING, None)


async def test_a_block_of_other_content_blocks_no_more_and_blocks_again_when_that_comes_back(
    facts: Facts,
) -> None:
    conductor, (email, *_) = await proposed(facts, "id", "phone", "fax")
    await facts.answer(conductor.proposal, email, Response.BLOCKED)
    await revised(conductor, table("id", "phone", "fax", email={"type": "integer"}))
    assert await end_of(conductor) == (ProposalStatus.PENDING, None)
    await revised(conductor, table("id", "phone", "fax"))
    assert await end_of(conductor) == (ProposalStatus.REJECTED, Cause.BLOCKED)


async def test_the_same_content_changes_nothing(facts: Facts) -> None:
    conductor, (email, *_) = await proposed(facts, "id", "phone", "fax")
    await facts.answer(conductor.proposal, email, Response.MIGRATING, until=conductor.now + DAY)
    before = await facts.detail(conductor.proposal.id)
    log = await facts.events(proposal_id=conductor.proposal.id)
    for _ in range(2):
        assert await revised(conductor, table("id", "phone", "fax")) == before.proposal
    after = await facts.detail(conductor.proposal.id)
    assert replace(after, read_at=before.read_at) == before
    assert await facts.events(proposal_id=conductor.proposal.id) == log


async def test_another_number_alone_asks_nobody_anew(facts: Facts) -> None:
    conductor, (email, *_) = await proposed(facts, "id", "phone", "fax")
    await facts.answer(conductor.proposal, email, Response.APPROVED)
    after = await revised(conductor, table("id", "phone", "fax"), "3.0.0")
    assert (after.version, after.requested_version) == ("3.0.0", "3.0.0")
    assert (await revised(conductor, table("id", "fax", "phone"))).version == "3.0.0"
    assert await end_of(conductor) == (ProposalStatus.PUBLISHED, Cause.ALL_APPROVED)
    with pytest.raises(InvalidVersion):
        await revised((await proposed(facts, "id"))[0], table("id", "fax"), "0.1.0")


async def test_nothing_that_breaks_is_left_to_ask_about_so_it_is_published(facts: Facts) -> None:
    conductor, _ = await proposed(facts, "id")
    after = await revised(conductor, table(*COLUMNS, "pager"))
    assert after.version == "1.1.0"
    assert await end_of(conductor) == (ProposalStatus.PUBLISHED, Cause.NO_PARTIES)


async def test_an_approved_proposal_is_pending_again(facts: Facts) -> None:
    conductor, readers = await proposed(facts, "id", "phone", "fax", publish="on_demand")
    await facts.answer(conductor.proposal, readers[0], Response.APPROVED)
    assert await end_of(conductor) == (ProposalStatus.APPROVED, Cause.ALL_APPROVED)
    await proposals.request_publication(facts.database, CALLER, conductor.proposal.id)
    after = await revised(conductor, table("id", "phone"))
    assert (after.status, after.cause, after.approved_at) == (ProposalStatus.PENDING, None, None)
    assert after.publish_requested is None, "it was other content that was to be published"
    assert await end_of(conductor) == (ProposalStatus.PENDING, None)
    await facts.answer(conductor.proposal, readers[2], Response.APPROVED)
    assert await end_of(conductor) == (ProposalStatus.APPROVED, Cause.ALL_APPROVED)


async def test_what_the_workflow_saw_before_is_not_settled(facts: Facts) -> None:
    conductor, readers = await proposed(facts, "id", "phone", "fax")
    await facts.answer(conductor.proposal, readers[0], Response.APPROVED)
    before = (await facts.detail(conductor.proposal.id)).proposal
    await revised(conductor, table("id", "phone"))
    await revised(conductor, table("id", "phone", "fax"))
    await conductor.settle(revision=before.revision, content_hash=before.content_hash)
    after = (await facts.detail(conductor.proposal.id)).proposal
    assert (after.status, after.revision) == (ProposalStatus.PENDING, 3)


async def test_a_moved_base_is_taken_up_and_needs_no_confirmation(facts: Facts) -> None:
    conductor, _ = await proposed(facts, "id", "phone", "fax")
    asset = (await facts.detail(conductor.proposal.id)).asset
    await facts.publish(asset, table(*COLUMNS, "pager"))
    await conductor.carry_on()
    assert (await facts.detail(conductor.proposal.id)).proposal.confirmation_asked_at is not None
    after = await revised(conductor, table("id", "phone"))
    assert (after.base_version, after.base_moved) == ("1.1.0", False)
    assert after.confirmation_asked_at is None
    assert {change.path for change in after.gating} == {"email", "fax", "pager"}
    await conductor.carry_on()
    assert (await facts.detail(conductor.proposal.id)).proposal.confirmation_asked_at is None


async def test_a_base_that_moves_during_the_comparison_is_compared_with_again(facts: Facts) -> None:
    conductor, _ = await proposed(facts, "id", "phone", "fax")
    asset = (await facts.detail(conductor.proposal.id)).asset
    revision = await revise.drafted(
        facts.database, facts.comparer, conductor.proposal.id, draft(table("id"))
    )
    await facts.publish(asset, table(*COLUMNS, "pager"))
    revised = await revise.revise(
        *(facts.database, facts.database, facts.comparer, CALLER, conductor.proposal.id, revision)
    )
    after = revised.after
    assert after.base_version == "1.1.0"
    assert "pager" in {change.path for change in after.gating}


async def test_what_was_withdrawn_or_forced_or_has_ended_takes_no_other_content(
    facts: Facts,
) -> None:
    conductor, _ = await proposed(facts, "id")
    await proposals.force(facts.database, CALLER, conductor.proposal.id, "by law")
    with pytest.raises(NotReady, match="forced already"):
        await revised(conductor, table("id", "fax"))
    await conductor.carry_on()
    with pytest.raises(ProposalEnded):
        await revised(conductor, table("id", "fax"))
    other, _ = await proposed(facts, "id")
    await proposals.withdraw(facts.database, CALLER, other.proposal.id, None)
    with pytest.raises(NotReady, match="withdrawn already"):
        await revised(other, table("id", "fax"))
    third, _ = await proposed(facts, "id")
    await operators.cancel(facts.database, CALLER, third.proposal.id, "by mistake")
    with pytest.raises(NotReady, match="cancelled already"):
        await revised(third, table("id", "fax"))
    with pytest.raises(NotFound):
        await revised(Conductor(facts, replace(other.proposal, id=new_id())), table("id"))


async def test_an_answer_to_what_was_shown_before_is_refused(facts: Facts) -> None:
    conductor, (email, phone, _) = await proposed(facts, "id", "fax")
    seen = await party_of(conductor, email)
    assert seen is not None
    content = (await facts.detail(conductor.proposal.id)).proposal.content_hash
    ready = NewAnswer(
        team_id=email.id, response=Response.APPROVED, changes_hash=seen.stored.changes_hash
    )
    await revised(conductor, table("id", "fax", email={"type": "integer"}))

    async def answer(given: NewAnswer) -> None:
        await acknowledgments.acknowledge(facts.database, CALLER, conductor.proposal.id, given)

    with pytest.raises(QuestionChanged):
        await answer(ready)
    with pytest.raises(QuestionChanged):
        await answer(replace(ready, team_id=phone.id, changes_hash=None, content_hash=content))
    await revised(conductor, table("id", "fax"))
    await answer(ready)
    await answer(replace(ready, team_id=phone.id, changes_hash=None, content_hash=content))
    assert await end_of(conductor) == (ProposalStatus.PUBLISHED, Cause.ALL_APPROVED)


async def test_the_first_of_two_words_to_force_was_of_other_content(facts: Facts) -> None:
    conductor, _ = await proposed(facts, "id", force="two_persons")
    one, two = admin("one"), admin("two")
    await proposals.force(facts.database, one, conductor.proposal.id, "by law")
    assert (await revised(conductor, table("id", "fax"))).force_requested is None
    forced = await proposals.force(facts.database, two, conductor.proposal.id, "by law")
    assert forced.forced is None
    assert forced.force_requested is not None
