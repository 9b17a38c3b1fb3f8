"""Answers against each other, against decrees and against time: the record decides, once.

The law behind all of them: what was answered with 2xx stands in the record and counted for the end,
what came too late was refused with 409 and left no trace.
"""

from datetime import timedelta

import httpx

from domain.events import EventType
from tests.races import workflow
from tests.races.arena import Arena, repeat
from tests.races.books import Books

DAY = timedelta(days=1)


def assert_refused(response: httpx.Response) -> None:
    assert response.status_code == 409, response.text


def assert_kept(books: Books, kind: EventType, *responses: httpx.Response, before: int = 0) -> None:
    """The record has exactly what was accepted."""
    for response in responses:
        if not response.is_success:
            assert_refused(response)
    assert books.count(kind) == before + sum(response.is_success for response in responses)


async def test_a_block_against_the_last_approval(arena: Arena) -> None:
    async def once() -> str:
        ground = await arena.grounds.proposed(2, ready=1)
        block, approval = await arena.race(
            ground, arena.answer(ground, 0, "blocked"), arena.answer(ground, 1, "approved")
        )
        books = await arena.books(ground.asset)
        assert_kept(books, EventType.ACKNOWLEDGED, block, approval, before=1)
        if block.is_success:
            assert books.end == ("rejected", "blocked")
            assert books.versions == ["1.0.0"]
            return "rejected"
        assert books.end == ("published", "all_approved")
        assert books.versions == ["1.0.0", "2.0.0"]
        return "published"

    await repeat(once, "rejected", "published")


async def test_both_answers_of_one_team(arena: Arena) -> None:
    """Two people of one team disagree: the last one that was taken is the team's answer."""

    async def once() -> str:
        ground = await arena.grounds.proposed(1)
        ready, block = await arena.race(
            ground, arena.answer(ground, 0, "approved"), arena.answer(ground, 0, "blocked")
        )
        books = await arena.books(ground.asset)
        assert_kept(books, EventType.ACKNOWLEDGED, ready, block)
        said = [each for each in books.events if each["type"] == EventType.ACKNOWLEDGED]
        last = said[-1]["payload"]["response"]
        status, _ = books.end
        assert status == {"approved": "published", "blocked": "rejected"}[last]
        return status

    await repeat(once, "rejected", "published")


async def test_a_withdrawal_against_the_last_approval(arena: Arena) -> None:
    async def once() -> str:
        ground = await arena.grounds.proposed(1)
        withdrawal, approval = await arena.race(
            ground, arena.say(ground, "withdraw"), arena.answer(ground, 0, "approved")
        )
        books = await arena.books(ground.asset)
        assert_kept(books, EventType.ACKNOWLEDGED, approval)
        assert_kept(books, EventType.WITHDRAWAL_RECORDED, withdrawal)
        if withdrawal.is_success:
            assert books.end == ("withdrawn", "withdrawn")
            assert books.versions == ["1.0.0"]
            return "withdrawn"
        assert books.end == ("published", "all_approved")
        return "published"

    await repeat(once, "withdrawn", "published")


async def test_a_force_against_a_block(arena: Arena) -> None:
    async def once() -> str:
        ground = await arena.grounds.proposed(2)
        force, block = await arena.race(
            ground,
            arena.say(ground, "force", reason="Agreed by telephone."),
            arena.answer(ground, 0, "blocked"),
        )
        books = await arena.books(ground.asset)
        assert_kept(books, EventType.ACKNOWLEDGED, block)
        assert_kept(books, EventType.FORCE_RECORDED, force)
        if force.is_success:
            assert books.end == ("published", "forced")
            return "forced"
        assert books.end == ("rejected", "blocked")
        assert books.versions == ["1.0.0"]
        return "rejected"

    await repeat(once, "forced", "rejected")


# --- against the deadline ---


async def test_an_approval_against_the_deadline_that_expires(arena: Arena) -> None:
    async def once() -> str:
        ground = await arena.grounds.on_the_eve()
        approval, _ = await arena.race(
            ground, arena.answer(ground, 0, "approved"), arena.look(ground), now=ground.deadline
        )
        books = await arena.books(ground.asset)
        assert_kept(books, EventType.ACKNOWLEDGED, approval)
        if approval.is_success:
            assert books.end == ("published", "all_approved")
            return "answered"
        assert books.end == ("expired", "silence")
        assert books.versions == ["1.0.0"]
        return "too late"

    await repeat(once, "answered", "too late")


async def test_a_block_against_the_deadline_that_approves(arena: Arena) -> None:
    async def once() -> str:
        ground = await arena.grounds.on_the_eve(on_deadline="approve")
        block, _ = await arena.race(
            ground, arena.answer(ground, 0, "blocked"), arena.look(ground), now=ground.deadline
        )
        books = await arena.books(ground.asset)
        assert_kept(books, EventType.ACKNOWLEDGED, block)
        if block.is_success:
            assert books.end == ("rejected", "blocked")
            assert books.versions == ["1.0.0"]
            return "answered"
        assert books.end == ("published", "deadline")
        return "too late"

    await repeat(once, "answered", "too late")


async def test_a_wish_for_time_against_the_deadline(arena: Arena) -> None:
    async def once() -> str:
        ground = await arena.grounds.on_the_eve()
        later = ground.deadline + DAY
        wish, _ = await arena.race(
            ground,
            arena.answer(ground, 0, "migrating", until=later.isoformat()),
            arena.look(ground),
            now=ground.deadline,
        )
        if wish.is_success:
            assert (await arena.books(ground.asset)).end == ("pending", None)
            await workflow.carry_on(arena.facts, ground.proposal.id, later, tells=True)
        else:
            assert_refused(wish)
        assert (await arena.books(ground.asset)).end == ("expired", "silence")
        return "answered" if wish.is_success else "too late"

    await repeat(once, "answered", "too late")
