"""Objections: heard from who is affected only downstream, told to the producer, and no veto."""

from uuid import UUID

import pytest
from sqlalchemy import text

from domain.acknowledgments import Response
from domain.errors import InvalidRequest, NotFound, NotInvolved, ProposalEnded
from domain.events import EventType
from domain.objections import MOST_OBJECTIONS, REASON_LIMIT, Objection
from domain.proposals import Cause, ProposalStatus
from domain.teams import Team
from record import comments, dependencies, objections, proposals
from record.comments import NewComment
from store.rows import new_id
from store.transaction import Transaction
from tests.support import webhooks
from tests.support.conductor import Conductor, breaking
from tests.support.facts import CALLER, Facts


async def downstream(facts: Facts) -> tuple[Conductor, Team]:
    """A proposal of which an asset of a team is made that reads nothing of it itself."""
    conductor = await breaking(facts, "reader")
    team = await facts.team("downstream")
    asset = (await facts.detail(conductor.proposal.id)).asset
    made = await facts.asset(team)
    await dependencies.put(facts.database, CALLER, made.id, asset.id)
    return conductor, team


async def objects(conductor: Conductor, team: Team, reason: str = "our report") -> Objection:
    return await objections.object_to(
        conductor.facts.database, CALLER, conductor.proposal.id, team.id, reason
    )


async def test_an_objection_is_told_to_the_producer_and_stops_nothing(facts: Facts) -> None:
    conductor, team = await downstream(facts)
    made = await objects(conductor, team, "  our report ")
    assert made.reason == "our report"
    (event,) = await facts.log(proposal_id=conductor.proposal.id, type=EventType.OBJECTED)
    assert (event.team_id, event.payload["reason"]) == (team.id, "our report")
    party = (await facts.detail(conductor.proposal.id)).parties[0]
    await facts.answer(conductor.proposal, party.team, Response.APPROVED)
    await conductor.carry_on()
    proposal = (await facts.detail(conductor.proposal.id)).proposal
    assert (proposal.status, proposal.cause) == (ProposalStatus.PUBLISHED, Cause.ALL_APPROVED)


async def told(facts: Facts, conductor: Conductor, type_: EventType) -> set[UUID]:
    """To the destinations of which teams an event of the proposal is delivered."""

    async def work(tx: Transaction) -> set[UUID]:
        rows = await tx.sql.execute(
            text(
                "SELECT d.team_id FROM deliveries JOIN destinations d ON d.id = destination_id "
                "JOIN events e ON e.id = event_id WHERE e.proposal_id = :id AND e.type = :type"
            ),
            {"id": conductor.proposal.id, "type": type_},
        )
        return set(rows.scalars())

    return await facts.database.run(work)


async def test_who_has_objected_or_commented_is_told_how_it_ends(facts: Facts) -> None:
    conductor, team = await downstream(facts)
    detail = await facts.detail(conductor.proposal.id)
    party, silent = detail.parties[0].team, await facts.team("says nothing")
    talks = await facts.team("talks")
    for each in (silent, talks):
        await dependencies.put(
            facts.database, CALLER, (await facts.asset(each)).id, detail.asset.id
        )
    for each in (team, talks, silent, party):
        await webhooks.set_webhook(
            facts.database, CALLER, each.id, "https://hooks.example.com/t", None
        )
    await objects(conductor, team)
    said = NewComment(team_id=talks.id, text="When?")
    await comments.comment(facts.database, CALLER, conductor.proposal.id, said)
    await facts.answer(conductor.proposal, party, Response.APPROVED)
    await conductor.carry_on()
    ended = await told(facts, conductor, EventType.PROPOSAL_PUBLISHED)
    assert ended == {team.id, talks.id, party.id}


async def test_the_same_said_again_is_one_objection_and_another_reason_another(
    facts: Facts,
) -> None:
    conductor, team = await downstream(facts)
    first = await objects(conductor, team)
    assert await objects(conductor, team) == first
    assert await objects(conductor, team, "and our forecast") != first
    types = await facts.events(proposal_id=conductor.proposal.id)
    assert types.count(EventType.OBJECTED) == 2


async def test_who_is_asked_or_has_nothing_to_do_with_it_is_not_heard_so(facts: Facts) -> None:
    conductor, team = await downstream(facts)
    detail = await facts.detail(conductor.proposal.id)
    with pytest.raises(NotInvolved, match="its answer is what counts"):
        await objects(conductor, detail.parties[0].team)
    for other in (await facts.team("stranger"), detail.producer):
        with pytest.raises(NotInvolved, match="Nothing that"):
            await objects(conductor, other)
    with pytest.raises(NotFound):
        await objections.object_to(facts.database, CALLER, new_id(), team.id, "why")
    assert await facts.events(proposal_id=conductor.proposal.id, type=EventType.OBJECTED) == []


async def test_after_the_end_it_comes_too_late(facts: Facts) -> None:
    conductor, team = await downstream(facts)
    await proposals.withdraw(facts.database, CALLER, conductor.proposal.id, None)
    await objects(conductor, team)
    await conductor.carry_on()
    with pytest.raises(ProposalEnded):
        await objects(conductor, team, "too late")


@pytest.mark.parametrize("reason", ["", " \n", "x" * (REASON_LIMIT + 1)])
async def test_an_objection_says_why_in_so_many_words(facts: Facts, reason: str) -> None:
    conductor, team = await downstream(facts)
    with pytest.raises(InvalidRequest):
        await objects(conductor, team, reason)


async def test_a_team_objects_so_often_at_most(facts: Facts) -> None:
    conductor, team = await downstream(facts)

    async def fill(tx: Transaction) -> None:
        for number in range(MOST_OBJECTIONS):
            await tx.objections.append(
                proposal_id=conductor.proposal.id,
                team_id=team.id,
                reason=f"{number}",
                caller=CALLER,
            )

    await facts.database.run(fill)
    with pytest.raises(InvalidRequest, match="at most"):
        await objects(conductor, team)
