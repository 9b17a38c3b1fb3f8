"""Releases: what is published together, or not at all."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from domain.acknowledgments import Response
from domain.errors import InRelease, InvalidRequest, NotFound, ProposalEnded, ReleaseEnded
from domain.events import EventType
from domain.json_types import JsonObject
from domain.proposals import Cause, ProposalStatus
from domain.releases import Release, ReleaseStatus
from domain.steps import StepKind
from domain.timeline import Timeline
from record import asset_lives, contract_bulk, operators, proposals, releases
from record.comparison import Draft
from record.contract_bulk import Ready, Wanted
from record.releases import NewRelease
from record.settlement import Settled
from store.transaction import Transaction
from tests.support.conductor import DAY, Conductor, breaking
from tests.support.facts import CALLER, Facts, table


async def opened(facts: Facts, *members: Conductor, contracts: Sequence[Ready] = ()) -> Release:
    new = NewRelease(
        name=f"release {uuid4().hex[:8]}",
        proposal_ids=tuple(each.proposal.id for each in members),
        contracts=tuple(contracts),
    )
    return await releases.open_release(facts.database, CALLER, new, Timeline(), observe=False)


async def several(facts: Facts, count: int, **timeline: object) -> list[Conductor]:
    return [await breaking(facts, "reader", **timeline) for _ in range(count)]


async def approve(facts: Facts, *members: Conductor) -> None:
    for each in members:
        for party in (await facts.detail(each.proposal.id)).parties:
            await facts.answer(each.proposal, party.team, Response.APPROVED)


async def found(facts: Facts, release: Release) -> Release:
    async def work(tx: Transaction) -> Release:
        release_ = await tx.releases.get(release.id)
        assert release_ is not None
        return release_

    return await facts.database.read(work)


async def ends(facts: Facts, *members: Conductor) -> list[tuple[ProposalStatus, Cause | None]]:
    details = [(await facts.detail(each.proposal.id)).proposal for each in members]
    return [(each.status, each.cause) for each in details]


async def all_carry_on(*members: Conductor, after: timedelta = timedelta(0)) -> None:
    for each in members:
        await each.carry_on(after)


async def woken(facts: Facts) -> set[UUID]:
    async def work(tx: Transaction) -> set[UUID]:
        items = list(await tx.outbox.claim(1000, timedelta(minutes=5)))
        await tx.outbox.finish(items)
        return {item.subject_id for item in items}

    return await facts.database.run(work)


async def test_members_wait_for_each_other_and_are_published_together(facts: Facts) -> None:
    first, second = members = await several(facts, 2)
    release = await opened(facts, *members)
    await all_carry_on(*members)
    await approve(facts, first)
    step = await first.carry_on()
    assert step.kind is StepKind.WAIT
    assert await ends(facts, first) == [(ProposalStatus.APPROVED, Cause.ALL_APPROVED)]
    await approve(facts, second)
    await woken(facts)
    await second.carry_on()
    assert await ends(facts, *members) == [(ProposalStatus.PUBLISHED, Cause.ALL_APPROVED)] * 2
    assert (await found(facts, release)).status is ReleaseStatus.PUBLISHED
    assert await woken(facts) >= {first.proposal.id, second.proposal.id}
    for each in members:
        asset = (await facts.detail(each.proposal.id)).asset
        assert await facts.active_version(asset) == "2.0.0"
    transactions = {
        event.cursor.transaction
        for each in members
        for event in await facts.log(
            proposal_id=each.proposal.id, type=EventType.CONTRACT_PUBLISHED
        )
    }
    assert len(transactions) == 1


@pytest.mark.parametrize("how", ["blocked", "withdrawn", "silence", "deleted"])
async def test_one_that_ends_otherwise_ends_the_others(facts: Facts, how: str) -> None:
    first, second = members = await several(facts, 2)
    release = await opened(facts, *members)
    await all_carry_on(*members)
    await approve(facts, first)
    await first.carry_on()
    if how == "blocked":
        (party,) = (await facts.detail(second.proposal.id)).parties
        await facts.answer(second.proposal, party.team, Response.BLOCKED)
    elif how == "withdrawn":
        await proposals.withdraw(facts.database, CALLER, second.proposal.id, None)
    elif how == "deleted":
        await asset_lives.delete(facts.database, CALLER, second.proposal.asset_id)
    await woken(facts)
    await second.carry_on(40 * DAY if how == "silence" else timedelta(0))
    assert (await found(facts, release)).status is ReleaseStatus.FAILED
    assert (await found(facts, release)).failed_proposal_id == second.proposal.id
    assert first.proposal.id in await woken(facts)
    await first.carry_on()
    assert await ends(facts, first) == [(ProposalStatus.REJECTED, Cause.RELEASE_FAILED)]
    asset = (await facts.detail(first.proposal.id)).asset
    assert await facts.active_version(asset) == "1.0.0"


async def test_an_approved_member_waits_no_longer_than_any_approved_proposal(facts: Facts) -> None:
    first, second = members = await several(facts, 2, publish_within="3d", deadline="30d")
    await opened(facts, *members)
    await all_carry_on(*members)
    await approve(facts, first)
    await first.carry_on()
    await first.carry_on(4 * DAY)
    await second.carry_on(4 * DAY)
    assert await ends(facts, *members) == [
        (ProposalStatus.EXPIRED, Cause.NOT_PUBLISHED),
        (ProposalStatus.REJECTED, Cause.RELEASE_FAILED),
    ]


async def test_one_that_is_published_on_demand_is_waited_for(facts: Facts) -> None:
    first = await breaking(facts, "reader", publish="on_demand")
    second = await breaking(facts, "reader")
    await opened(facts, first, second)
    await all_carry_on(first, second)
    await approve(facts, first, second)
    await all_carry_on(first, second)
    assert [status for status, _ in await ends(facts, first, second)] == [
        ProposalStatus.APPROVED,
        ProposalStatus.APPROVED,
    ]
    await proposals.request_publication(facts.database, CALLER, first.proposal.id)
    await first.carry_on()
    assert [status for status, _ in await ends(facts, first, second)] == [
        ProposalStatus.PUBLISHED,
        ProposalStatus.PUBLISHED,
    ]


async def test_forcing_one_publishes_nothing_and_forcing_the_release_all(facts: Facts) -> None:
    members = await several(facts, 2)
    release = await opened(facts, *members)
    await all_carry_on(*members)
    await proposals.force(facts.database, CALLER, members[0].proposal.id, "by law")
    await members[0].carry_on()
    assert await ends(facts, members[0]) == [(ProposalStatus.APPROVED, Cause.FORCED)]
    await releases.force(facts.database, CALLER, release.id, "by law")
    await members[1].carry_on()
    assert await ends(facts, *members) == [(ProposalStatus.PUBLISHED, Cause.FORCED)] * 2


async def test_a_cancelled_release_publishes_nothing(facts: Facts) -> None:
    members = await several(facts, 2)
    release = await opened(facts, *members)
    await approve(facts, members[0])
    await members[0].carry_on()
    await releases.cancel(facts.database, CALLER, release.id, "not this year")
    await all_carry_on(*members)
    expected = (ProposalStatus.WITHDRAWN, Cause.RELEASE_CANCELLED)
    assert await ends(facts, *members) == [expected] * 2
    assert (await found(facts, release)).status is ReleaseStatus.CANCELLED
    with pytest.raises(ReleaseEnded):
        await releases.cancel(facts.database, CALLER, release.id, None)


async def test_members_come_and_go_while_it_is_open(facts: Facts) -> None:
    first, second, third = await several(facts, 3)
    release = await opened(facts, first, second)
    other = await opened(facts, third)
    with pytest.raises(InRelease):
        await releases.add(facts.database, CALLER, release.id, [third.proposal.id])
    with pytest.raises(InvalidRequest):
        await releases.remove(facts.database, CALLER, other.id, third.proposal.id)
    await releases.cancel(facts.database, CALLER, other.id, None)
    await third.carry_on()
    with pytest.raises(ProposalEnded):
        await releases.add(facts.database, CALLER, release.id, [third.proposal.id])
    fourth = await breaking(facts, "reader")
    await releases.add(facts.database, CALLER, release.id, [fourth.proposal.id])
    await releases.add(facts.database, CALLER, release.id, [fourth.proposal.id])
    await all_carry_on(first, second, fourth)
    await approve(facts, first, fourth)
    await all_carry_on(first, fourth)
    await woken(facts)
    await releases.remove(facts.database, CALLER, release.id, second.proposal.id)
    assert {each.proposal.id for each in (first, second, fourth)} <= await woken(facts)
    await first.carry_on()  # what held the others back is gone
    assert [status for status, _ in await ends(facts, first, fourth, second)] == [
        ProposalStatus.PUBLISHED,
        ProposalStatus.PUBLISHED,
        ProposalStatus.PENDING,
    ]
    await approve(facts, second)
    await second.carry_on()  # by itself
    assert (await ends(facts, second))[0][0] is ProposalStatus.PUBLISHED


async def test_a_moved_base_keeps_all_back_until_it_was_looked_at(facts: Facts) -> None:
    first, second = members = await several(facts, 2)
    await opened(facts, *members)
    await all_carry_on(*members)
    asset = (await facts.detail(first.proposal.id)).asset
    await approve(facts, *members)
    await first.carry_on()
    await facts.publish(asset, table("id", "email", "name"))
    await second.carry_on()
    assert [status for status, _ in await ends(facts, *members)] == [
        ProposalStatus.APPROVED,
        ProposalStatus.APPROVED,
    ]
    await first.carry_on()  # it would now break `name` too, which nobody was asked about
    await proposals.confirm(facts.database, CALLER, first.proposal.id)
    await all_carry_on(first)
    assert [status for status, _ in await ends(facts, *members)] == [
        ProposalStatus.PUBLISHED,
        ProposalStatus.PUBLISHED,
    ]


async def compared(facts: Facts, *wanted: tuple[UUID, JsonObject]) -> list[Ready]:
    drafts = [
        Wanted(
            asset_id=asset_id,
            draft=Draft(
                format="json_schema", schema=schema, documents=None, root=None, guarantees=None
            ),
        )
        for asset_id, schema in wanted
    ]
    found = await contract_bulk.compared(facts.database, facts.comparer, drafts)
    return [each for each in found if isinstance(each, Ready)]


async def test_contracts_are_proposed_with_it_those_that_break_nothing_too(facts: Facts) -> None:
    owner, reader = await facts.team("owner"), await facts.team("reader")
    broken, wider, same = [await facts.asset(owner) for _ in range(3)]
    for asset in (broken, wider, same):
        await facts.publish(asset, table("id", "email"))
        await facts.register(asset, reader, ["email"])
    ready = await compared(
        facts,
        (broken.id, table("id")),
        (wider.id, table("id", "email", "name")),
        (same.id, table("id", "email")),
    )
    release = await opened(facts, contracts=ready)

    async def members(tx: Transaction) -> list[UUID]:
        return list(await tx.releases.members(release.id))

    ids = await facts.database.read(members)
    conductors = [Conductor(facts, (await facts.detail(each)).proposal) for each in ids]
    assert {each.proposal.asset_id for each in conductors} == {broken.id, wider.id}
    await all_carry_on(*conductors)
    assert await facts.active_version(wider) == "1.0.0"
    await approve(facts, *conductors)
    await all_carry_on(*conductors)
    assert [await facts.active_version(each) for each in (broken, wider)] == ["2.0.0", "1.1.0"]


async def test_an_observing_asset_asks_nobody_in_a_release_either(facts: Facts) -> None:
    owner, reader = await facts.team("owner"), await facts.team("reader")
    asset = await facts.policy(await facts.asset(owner), observe=True)
    await facts.publish(asset, table("id", "email"))
    await facts.register(asset, reader, ["email"])
    await opened(facts, contracts=await compared(facts, (asset.id, table("id"))))
    (found_,) = await facts.database.read(lambda tx: tx.proposals.all_open_of([asset.id]))
    await facts.register(asset, await facts.team("late"), ["email"])
    assert (await facts.detail(found_.id)).parties == ()
    await Conductor(facts, found_).carry_on()
    assert await facts.active_version(asset) == "2.0.0"
    assert EventType.CONTRACT_OBSERVED in await facts.events(asset_id=asset.id)


async def test_a_release_of_nothing_or_of_what_is_not_there_is_refused(facts: Facts) -> None:
    with pytest.raises(InvalidRequest):
        await opened(facts)
    new = NewRelease(name="a", proposal_ids=(uuid4(),))
    with pytest.raises(NotFound):
        await releases.open_release(facts.database, CALLER, new, Timeline(), observe=False)


async def test_of_two_last_approvals_at_once_one_publishes_all(facts: Facts) -> None:
    for _ in range(10):
        members = await several(facts, 2)
        release = await opened(facts, *members)
        await all_carry_on(*members)
        await approve(facts, *members)
        await asyncio.gather(*(each.carry_on() for each in members))
        assert [status for status, _ in await ends(facts, *members)] == [
            ProposalStatus.PUBLISHED,
            ProposalStatus.PUBLISHED,
        ]
        assert (await found(facts, release)).status is ReleaseStatus.PUBLISHED


async def test_a_withdrawal_against_the_last_approval_ends_or_comes_too_late_for_all(
    facts: Facts,
) -> None:
    for _ in range(10):
        members = await several(facts, 2)
        release = await opened(facts, *members)
        await all_carry_on(*members)
        await approve(facts, *members)
        await members[0].carry_on()

        async def withdrawn(member: Conductor = members[0]) -> None:
            try:
                await proposals.withdraw(facts.database, CALLER, member.proposal.id, None)
            except ProposalEnded:
                return
            await member.carry_on()

        await asyncio.gather(withdrawn(), members[1].carry_on())
        await all_carry_on(*members)
        statuses = {status for status, _ in await ends(facts, *members)}
        ended = (await found(facts, release)).status
        if ended is ReleaseStatus.PUBLISHED:
            assert statuses == {ProposalStatus.PUBLISHED}
        else:
            assert statuses == {ProposalStatus.WITHDRAWN, ProposalStatus.REJECTED}
            assert ended is ReleaseStatus.FAILED


async def test_what_moved_on_is_looked_at_again(facts: Facts) -> None:
    members = await several(facts, 2)
    release = await opened(facts, *members)
    await all_carry_on(*members)
    assert await members[0].publish_release(release.id) is Settled.AGAIN
    await releases.cancel(facts.database, CALLER, release.id, None)
    assert await members[0].publish_release(release.id) is Settled.DONE


async def with_time(facts: Facts, at: datetime, **timeline: object) -> Conductor:
    """Propose what is to be published at a time."""
    asset = await facts.asset(await facts.team("owner"), **timeline)
    await facts.publish(asset, table("id", "email"))
    await facts.register(asset, await facts.team("reader"), ["email"])
    return Conductor(facts, await facts.proposed(asset, table("id"), at))


async def test_a_member_with_a_time_publishes_all_then_by_the_workflow_s_clock(
    facts: Facts,
) -> None:
    at = datetime.now(UTC) + 3 * DAY
    timed, other = members = [await with_time(facts, at), await breaking(facts, "reader")]
    await opened(facts, *members)
    await all_carry_on(*members)
    await approve(facts, *members)
    await all_carry_on(*members)
    step = await timed.carry_on()
    assert (step.kind, step.until) == (StepKind.WAIT, at)
    assert [status for status, _ in await ends(facts, *members)] == [ProposalStatus.APPROVED] * 2
    timed.now = at - timedelta(microseconds=1)
    assert (await timed.carry_on()).until == at
    timed.now = at  # Postgres' clock may say otherwise
    await timed.carry_on()
    assert [status for status, _ in await ends(facts, *members)] == [ProposalStatus.PUBLISHED] * 2
    assert other.now < at


async def test_members_wait_for_the_time_of_another_one(facts: Facts) -> None:
    at = datetime.now(UTC) + 20 * DAY
    timed, other = members = [
        await with_time(facts, at),
        await breaking(facts, "reader", publish_within="3d"),
    ]
    release = await opened(facts, *members)
    await all_carry_on(*members)
    await approve(facts, *members)
    await all_carry_on(*members)
    await other.carry_on(4 * DAY)
    assert [status for status, _ in await ends(facts, *members)] == [ProposalStatus.APPROVED] * 2
    await releases.remove(facts.database, CALLER, release.id, timed.proposal.id)
    await other.carry_on()
    assert (await ends(facts, other))[0][0] is ProposalStatus.PUBLISHED


async def test_members_wait_for_the_time_of_another_one_no_longer_than_they_may(
    facts: Facts,
) -> None:
    at = datetime.now(UTC) + 20 * DAY
    timed, other = members = [
        await with_time(facts, at, publish="on_demand"),
        await breaking(facts, "reader", publish_within="3d"),
    ]
    await opened(facts, *members)
    await all_carry_on(*members)
    await approve(facts, other)
    await other.carry_on()
    await other.carry_on(23 * DAY - timedelta(hours=1))
    assert (await ends(facts, other))[0][0] is ProposalStatus.APPROVED
    await other.carry_on(timedelta(hours=2))
    assert await ends(facts, other) == [(ProposalStatus.EXPIRED, Cause.NOT_PUBLISHED)]
    assert timed.now < at


@pytest.mark.parametrize("how", ["withdrawn", "cancelled", "deleted"])
async def test_the_others_wait_for_one_that_is_about_to_end(facts: Facts, how: str) -> None:
    first, second = members = await several(facts, 2)
    await opened(facts, *members)
    await all_carry_on(*members)
    await approve(facts, second)
    await second.carry_on()
    if how == "withdrawn":
        await proposals.withdraw(facts.database, CALLER, second.proposal.id, None)
    elif how == "cancelled":
        await operators.cancel(facts.database, CALLER, second.proposal.id, "by mistake")
    else:
        await asset_lives.delete(facts.database, CALLER, second.proposal.asset_id)
    await approve(facts, first)
    assert (await first.carry_on()).kind is StepKind.WAIT, "and does not try in vain"
    await second.carry_on()
    await first.carry_on()
    assert await ends(facts, first) == [(ProposalStatus.REJECTED, Cause.RELEASE_FAILED)]
