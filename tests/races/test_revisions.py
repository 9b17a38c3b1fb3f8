"""Revisions against all that is said of a proposal: nothing is published that nobody answered.

An answer that names the content that it was given to counts for that and for nothing else.
"""

from domain.events import EventType
from domain.json_types import JsonObject
from tests.races.arena import Arena, Racer, is_problem, repeat
from tests.races.books import Books
from tests.races.grounds import MILDER, Ground
from tests.races.test_answers import assert_kept
from tests.support.facts import content, table

MILDER_HASH = content(MILDER).content_hash
OTHER = table("id", email={"type": "boolean"})


def revise(arena: Arena, ground: Ground, schema: JsonObject = MILDER) -> Racer:
    return arena.say(ground, "revise", schema=schema)


def published(books: Books) -> str:
    """The content of the last version."""
    told = [each for each in books.events if each["type"] == EventType.CONTRACT_PUBLISHED]
    return str(told[-1]["payload"]["after"]["content_hash"])


def answers(books: Books) -> list[str | None]:
    return list(books.proposal["asked"].values())


async def test_a_revision_against_an_answer_that_names_what_it_saw(arena: Arena) -> None:
    async def once() -> str:
        ground = await arena.grounds.proposed(1)
        seen = ground.proposal.content_hash
        revision, answer = await arena.race(
            ground,
            revise(arena, ground),
            arena.answer(ground, 0, "approved", content_hash=seen),
        )
        books = await arena.books(ground.asset)
        assert_kept(books, EventType.REVISION_RECORDED, revision)
        assert_kept(books, EventType.ACKNOWLEDGED, answer)
        if not revision.is_success:
            assert books.end == ("published", "all_approved")
            assert published(books) == seen
            return "answered"
        assert books.end == ("pending", None)
        assert answers(books) == [None], "it was not an answer to what is asked now"
        assert answer.is_success or is_problem(answer, "question_changed")
        return "revised"

    await repeat(once, "answered", "revised")


async def test_a_revision_against_the_last_approval(arena: Arena) -> None:
    """Who names nothing answers what is asked at that moment, whichever that is."""

    async def once() -> str:
        ground = await arena.grounds.proposed(2, ready=1)
        revision, approval = await arena.race(
            ground, revise(arena, ground), arena.answer(ground, 1, "approved")
        )
        books = await arena.books(ground.asset)
        assert_kept(books, EventType.REVISION_RECORDED, revision)
        assert_kept(books, EventType.ACKNOWLEDGED, approval, before=1)
        if not revision.is_success:
            assert is_problem(revision, "proposal_ended")
            assert books.end == ("published", "all_approved")
            assert published(books) == ground.proposal.content_hash
            return "published"
        assert books.end == ("pending", None), "the one who was ready is asked something else"
        assert set(answers(books)) <= {None, "approved"}
        assert answers(books).count(None) >= 1
        return "revised"

    await repeat(once, "published", "revised")


async def test_a_revision_against_a_withdrawal(arena: Arena) -> None:
    async def once() -> str:
        ground = await arena.grounds.proposed(1)
        revision, withdrawal = await arena.race(
            ground, revise(arena, ground), arena.say(ground, "withdraw")
        )
        books = await arena.books(ground.asset)
        assert withdrawal.is_success
        assert_kept(books, EventType.REVISION_RECORDED, revision)
        assert books.end == ("withdrawn", "withdrawn")
        assert books.versions == ["1.0.0"]
        return "revised before" if revision.is_success else "too late"

    await repeat(once, "revised before", "too late")


async def test_a_revision_against_a_force(arena: Arena) -> None:
    """A force is of the content that stands then: after it nothing else is put in its place."""

    async def once() -> str:
        ground = await arena.grounds.proposed(1)
        revision, force = await arena.race(
            ground, revise(arena, ground), arena.say(ground, "force", reason="By law.")
        )
        books = await arena.books(ground.asset)
        assert force.is_success
        assert_kept(books, EventType.REVISION_RECORDED, revision)
        assert books.end == ("published", "forced")
        if revision.is_success:
            assert published(books) == MILDER_HASH
            return "revised before"
        assert published(books) == ground.proposal.content_hash
        return "too late"

    await repeat(once, "revised before", "too late")


async def test_two_revisions(arena: Arena) -> None:
    """One after the other: the second is what is asked, and the number says that there were two."""

    async def once() -> str:
        ground = await arena.grounds.proposed(1)
        both = await arena.race(ground, revise(arena, ground), revise(arena, ground, OTHER))
        books = await arena.books(ground.asset)
        assert all(each.is_success for each in both)
        assert_kept(books, EventType.REVISION_RECORDED, *both)
        said = [each for each in books.events if each["type"] == EventType.REVISION_RECORDED]
        assert [each["payload"]["after"]["revision"] for each in said] == [2, 3]
        shown = await arena.got(ground.path)
        assert shown["content_hash"] == said[-1]["payload"]["after"]["content_hash"]
        assert shown["revision"] == 3
        return "milder last" if shown["content_hash"] == MILDER_HASH else "other last"

    await repeat(once, "milder last", "other last")


async def test_two_revisions_to_the_same(arena: Arena) -> None:
    async def once() -> str:
        ground = await arena.grounds.proposed(1)
        both = await arena.race(ground, *[revise(arena, ground)] * 2)
        assert all(each.is_success for each in both)
        books = await arena.books(ground.asset)
        assert books.count(EventType.REVISION_RECORDED) == 1
        assert (await arena.got(ground.path))["revision"] == 2
        return "one"

    await repeat(once, "one")


async def test_a_revision_against_a_base_that_moves(arena: Arena) -> None:
    """Whatever is active at the revision is what it is meant against; what comes later is asked."""

    async def once() -> str:
        ground = await arena.grounds.proposed(1)
        revision, wider = await arena.race(
            ground,
            revise(arena, ground),
            arena.publish(ground.asset, table("id", "email", "phone")),
        )
        assert revision.is_success
        assert wider.status_code == 201
        await arena.carry_on(ground.proposal.id)
        books = await arena.books(ground.asset)
        assert books.end == ("pending", None)
        if books.proposal["confirmation_needed"]:
            return "revised first"
        assert books.proposal["base_version"] == "1.1.0"
        return "published first"

    await repeat(once, "revised first", "published first")
