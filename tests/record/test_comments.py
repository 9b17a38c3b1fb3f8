"""Comments: by those who are involved, in threads, told to those in them, kept after the end."""

from uuid import UUID

import pytest
from sqlalchemy import text

from domain.comments import MOST_COMMENTS, TEXT_LIMIT, Comment
from domain.errors import InvalidRequest, NotFound, NotInvolved
from domain.events import EventType
from domain.pages import PageRequest
from domain.proposals import ProposalStatus
from domain.teams import Team
from record import comments, dependencies, proposals, registrations
from record.comments import NewComment
from store.rows import new_id
from store.transaction import Transaction
from tests.support import webhooks
from tests.support.conductor import Conductor, breaking
from tests.support.facts import CALLER, Facts


async def says(
    conductor: Conductor, team: Team, words: str = "well", reply_to: UUID | None = None
) -> Comment:
    new = NewComment(team_id=team.id, text=words, reply_to=reply_to)
    return await comments.comment(conductor.facts.database, CALLER, conductor.proposal.id, new)


async def told(facts: Facts, made: Comment, *teams: Team) -> set[str]:
    """Which of these teams, each with a destination, the comment is delivered to."""

    async def work(tx: Transaction) -> set[UUID]:
        rows = await tx.sql.execute(
            text(
                "SELECT d.team_id FROM deliveries JOIN destinations d ON d.id = destination_id "
                "JOIN events e ON e.id = event_id WHERE e.payload ->> 'comment_id' = :id"
            ),
            {"id": str(made.id)},
        )
        return set(rows.scalars())

    found = await facts.database.run(work)
    return {team.name for team in teams if team.id in found}


async def reached(facts: Facts, *teams: Team) -> None:
    for team in teams:
        await webhooks.set_webhook(
            facts.database, CALLER, team.id, "https://hooks.example.com/t", None
        )


async def test_a_thread_is_told_to_the_parties_and_then_to_those_in_it(facts: Facts) -> None:
    conductor = await breaking(facts, "one", "two", "three")
    detail = await facts.detail(conductor.proposal.id)
    owner, (one, two, three) = detail.producer, (each.team for each in detail.parties)
    everybody = (owner, one, two, three)
    await reached(facts, *everybody)

    first = await says(conductor, one, "When does it go?")
    assert (first.thread_id, first.reply_to) == (first.id, None)
    assert await told(facts, first, *everybody) == {owner.name, two.name, three.name}
    answer = await says(conductor, owner, "In May.", first.id)
    assert (answer.thread_id, answer.reply_to) == (first.id, first.id)
    assert await told(facts, answer, *everybody) == {one.name}
    third = await says(conductor, two, "Good.", answer.id)
    assert (third.thread_id, third.reply_to) == (first.id, answer.id)
    assert await told(facts, third, *everybody) == {owner.name, one.name}


async def test_those_who_are_involved_may_speak_and_nobody_else(facts: Facts) -> None:
    conductor = await breaking(facts, "reader")
    detail = await facts.detail(conductor.proposal.id)
    reader, told_only = detail.parties[0].team, await facts.team("told")
    await facts.register(detail.asset, told_only, ["id"])
    downstream = await facts.team("downstream")
    made = await facts.asset(downstream)
    await dependencies.put(facts.database, CALLER, made.id, detail.asset.id)
    for team in (detail.producer, reader, told_only, downstream):
        await says(conductor, team)
    with pytest.raises(NotInvolved):
        await says(conductor, await facts.team("stranger"))
    standing = await facts.register(detail.asset, reader, ["email"])
    await registrations.unregister(facts.database, CALLER, standing.id)
    await says(conductor, reader, "We were asked once.")


async def test_comments_are_read_newest_first_page_by_page_and_stay_after_the_end(
    facts: Facts,
) -> None:
    conductor = await breaking(facts)
    owner = (await facts.detail(conductor.proposal.id)).producer
    await proposals.withdraw(facts.database, CALLER, conductor.proposal.id, None)
    await conductor.carry_on()
    proposal = (await facts.detail(conductor.proposal.id)).proposal
    assert proposal.status is not ProposalStatus.PENDING
    made = [await says(conductor, owner, f"{number}") for number in range(5)]

    async def page(cursor: str | None) -> tuple[list[Comment], str | None]:
        async def work(tx: Transaction) -> tuple[list[Comment], str | None]:
            found = await tx.comments.page(PageRequest(limit=2, cursor=cursor), proposal.id)
            return list(found.items), found.next

        return await facts.database.read(work)

    read, cursor = await page(None)
    while cursor is not None:
        more, cursor = await page(cursor)
        read += more
    assert read == made[::-1]


async def test_what_is_no_comment_is_refused(facts: Facts) -> None:
    conductor, other = await breaking(facts), await breaking(facts)
    owner = (await facts.detail(conductor.proposal.id)).producer
    elsewhere = await says(other, (await facts.detail(other.proposal.id)).producer)
    for words in ("", " \n ", "x" * (TEXT_LIMIT + 1)):
        with pytest.raises(InvalidRequest):
            await says(conductor, owner, words)
    for reply_to in (elsewhere.id, new_id()):
        with pytest.raises(InvalidRequest, match="no such comment"):
            await says(conductor, owner, "well", reply_to)
    new = NewComment(team_id=owner.id, text="well")
    with pytest.raises(NotFound):
        await comments.comment(facts.database, CALLER, new_id(), new)
    types = await facts.events(proposal_id=conductor.proposal.id)
    assert EventType.COMMENTED not in types


async def test_a_proposal_has_so_many_comments_at_most(facts: Facts) -> None:
    conductor = await breaking(facts)
    owner = (await facts.detail(conductor.proposal.id)).producer
    await says(conductor, owner)

    async def fill(tx: Transaction) -> None:
        await tx.sql.execute(
            text(
                "INSERT INTO comments (id, proposal_id, thread_id, team_id, text, caller) "
                "SELECT gen_random_uuid(), proposal_id, thread_id, team_id, text, caller "
                "FROM comments, generate_series(2, :most) WHERE proposal_id = :id"
            ),
            {"most": MOST_COMMENTS, "id": conductor.proposal.id},
        )

    await facts.database.run(fill)
    with pytest.raises(InvalidRequest, match="at most"):
        await says(conductor, owner)
