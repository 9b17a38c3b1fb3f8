"""Answers against each other, against decrees and against time: the record decides, once.

The law behind all of them: what was answered with 2xx stands in the record and counted for the end,
what came too late was refused with 409 and left no trace.
"""

from datetime import UTC, datetime, timedelta

import httpx

from domain.events import EventType
from store.transaction import Transaction
from tests.races.arena import OF_A_VARIANT, Arena, Ground, repeat
from tests.races.books import Books, check_books

DAY = timedelta(days=1)


async def ended(arena: Arena, ground: Ground) -> tuple[str, str]:
    shown = await arena.got(ground.path)
    return shown["status"], shown["cause"]


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
        ground = await arena.ground(2)
        assert (await arena.answer(ground, 0, "approved")()).is_success
        block, approval = await arena.race(
            ground, arena.answer(ground, 0, "blocked"), arena.answer(ground, 1, "approved")
        )
        books = await check_books(arena, ground.asset)
        assert_kept(books, EventType.ACKNOWLEDGED, block, approval, before=1)
        if block.is_success:
            assert await ended(arena, ground) == ("rejected", "blocked")
            assert books.versions == ["1.0.0"]
            return "rejected"
        assert await ended(arena, ground) == ("published", "all_approved")
        assert books.versions == ["1.0.0", "2.0.0"]
        return "published"

    await repeat(once, "rejected", "published")


async def test_both_answers_of_one_team(arena: Arena) -> None:
    """Two people of one team disagree: the last one that was taken is the team's answer."""

    async def once() -> str:
        ground = await arena.ground(1)
        ready, block = await arena.race(
            ground, arena.answer(ground, 0, "approved"), arena.answer(ground, 0, "blocked")
        )
        books = await check_books(arena, ground.asset)
        assert_kept(books, EventType.ACKNOWLEDGED, ready, block)
        said = [event for event in books.events if event.type is EventType.ACKNOWLEDGED]
        last = said[-1].payload["response"]
        status, _ = await ended(arena, ground)
        assert status == {"approved": "published", "blocked": "rejected"}[last]
        return status

    await repeat(once, "rejected", "published", times=OF_A_VARIANT)


async def test_a_withdrawal_against_the_last_approval(arena: Arena) -> None:
    async def once() -> str:
        ground = await arena.ground(1)
        withdrawal, approval = await arena.race(
            ground, arena.say(ground, "withdraw"), arena.answer(ground, 0, "approved")
        )
        books = await check_books(arena, ground.asset)
        assert_kept(books, EventType.ACKNOWLEDGED, approval)
        assert_kept(books, EventType.WITHDRAWAL_RECORDED, withdrawal)
        if withdrawal.is_success:
            assert await ended(arena, ground) == ("withdrawn", "withdrawn")
            assert books.versions == ["1.0.0"]
            return "withdrawn"
        assert await ended(arena, ground) == ("published", "all_approved")
        return "published"

    await repeat(once, "withdrawn", "published")


async def test_a_force_against_a_block(arena: Arena) -> None:
    async def once() -> str:
        ground = await arena.ground(2)
        force, block = await arena.race(
            ground,
            arena.say(ground, "force", reason="Agreed by telephone."),
            arena.answer(ground, 0, "blocked"),
        )
        books = await check_books(arena, ground.asset)
        assert_kept(books, EventType.ACKNOWLEDGED, block)
        assert_kept(books, EventType.FORCE_RECORDED, force)
        if force.is_success:
            assert await ended(arena, ground) == ("published", "forced")
            return "forced"
        assert await ended(arena, ground) == ("rejected", "blocked")
        assert books.versions == ["1.0.0"]
        return "rejected"

    await repeat(once, "forced", "rejected")


# --- against the deadline ---


async def on_the_eve(arena: Arena, **timeline: object) -> tuple[Ground, datetime]:
    """A proposal whose one reader was asked, once and for all, and reached; its deadline."""
    silent = {"remind_after": "30d", "escalate_after": "30d"}
    ground = await arena.ground(1, **silent, **timeline)
    asked = datetime.now(UTC)
    await arena.carry_on(ground.proposal.id, asked, tells=True)
    (ask,) = await arena.facts.log(proposal_id=ground.proposal.id, type=EventType.PROPOSAL_ASKED)

    async def arrive(tx: Transaction) -> None:
        await tx.parties.mark_delivered(ask.id, asked)

    await arena.facts.database.run(arrive)
    return ground, asked + 14 * DAY


async def test_an_approval_against_the_deadline_that_expires(arena: Arena) -> None:
    async def once() -> str:
        ground, deadline = await on_the_eve(arena)
        approval, _ = await arena.race(
            ground, arena.answer(ground, 0, "approved"), arena.look(ground), now=deadline
        )
        books = await check_books(arena, ground.asset)
        assert_kept(books, EventType.ACKNOWLEDGED, approval)
        if approval.is_success:
            assert await ended(arena, ground) == ("published", "all_approved")
            return "answered"
        assert await ended(arena, ground) == ("expired", "silence")
        assert books.versions == ["1.0.0"]
        return "too late"

    await repeat(once, "answered", "too late")


async def test_a_block_against_the_deadline_that_approves(arena: Arena) -> None:
    async def once() -> str:
        ground, deadline = await on_the_eve(arena, on_deadline="approve")
        block, _ = await arena.race(
            ground, arena.answer(ground, 0, "blocked"), arena.look(ground), now=deadline
        )
        books = await check_books(arena, ground.asset)
        assert_kept(books, EventType.ACKNOWLEDGED, block)
        if block.is_success:
            assert await ended(arena, ground) == ("rejected", "blocked")
            assert books.versions == ["1.0.0"]
            return "answered"
        assert await ended(arena, ground) == ("published", "deadline")
        return "too late"

    await repeat(once, "answered", "too late", times=OF_A_VARIANT)


async def test_a_wish_for_time_against_the_deadline(arena: Arena) -> None:
    async def once() -> str:
        ground, deadline = await on_the_eve(arena)
        until = (deadline + DAY).isoformat()
        wish, _ = await arena.race(
            ground,
            arena.answer(ground, 0, "migrating", until=until),
            arena.look(ground),
            now=deadline,
        )
        if wish.is_success:
            assert (await arena.got(ground.path))["status"] == "pending"
            await arena.carry_on(ground.proposal.id, deadline + DAY, tells=True)
            assert await ended(arena, ground) == ("expired", "silence")
            return "answered"
        assert_refused(wish)
        assert await ended(arena, ground) == ("expired", "silence")
        return "too late"

    await repeat(once, "answered", "too late", times=OF_A_VARIANT)
