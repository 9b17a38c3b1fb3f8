"""The end of an old version on a real Postgres; tests carry the workflow's steps out by hand."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from domain.contracts import ContractStatus
from domain.errors import InvalidRequest, NotAMover, NotDeprecated, RetirementEnded
from domain.events import EventType
from domain.retirements import RetirementStatus
from domain.steps import StepKind
from record import (
    asset_lives,
    merging,
    operators,
    registrations,
    retirements,
    team_lives,
    told,
    wakes,
    windows,
)
from record.registrations import NewRegistration, RegistrationChange
from record.settlement import Settled
from store.transaction import Transaction
from tests.support.conductor import DAY
from tests.support.facts import CALLER, Facts, table
from tests.support.window_keeper import Keeper, old, replaced, set_on


async def test_a_breaking_publication_sets_the_end_and_who_was_asked_is_to_move(
    facts: Facts,
) -> None:
    keeper = await replaced(facts, "one", "two")
    detail = await keeper.detail()
    assert detail.retirement.sunset_at == keeper.now + timedelta(days=30)
    assert [each.stored.reason for each in detail.movers] == ["reads `email`"] * 2
    step = await keeper.carry_on()
    assert (step.kind, step.until) == (StepKind.WAIT, keeper.now + timedelta(days=15))
    await keeper.moved()
    assert [each.name for each in (await keeper.detail()).window.pending] == [
        keeper.readers[1].name
    ]
    await keeper.carry_on(timedelta(days=29.5))
    await keeper.carry_on(timedelta(days=60))
    assert await keeper.status() is RetirementStatus.RETIRED
    assert await keeper.contract_status() is ContractStatus.RETIRED
    log = await keeper.log()
    assert log[:4] == [
        *("retirement.set", "retirement.asked", "retirement.asked", "retirement.moved"),
    ]
    assert log[-1] == "retirement.retired"
    (end,) = await facts.payloads(asset_id=keeper.asset.id, type=EventType.CONTRACT_RETIRED)
    assert end["still_on"] == [keeper.readers[1].name]


async def test_a_compatible_publication_and_a_window_of_nothing_set_no_end(facts: Facts) -> None:
    keeper = await replaced(facts, "one", window="0")
    await facts.policy(keeper.asset, timeline={"migration_window": "30d"})
    await facts.publish(keeper.asset, table("id", "phone"))
    assert await keeper.log() == []


async def test_the_timeline_is_frozen(facts: Facts) -> None:
    keeper = await replaced(facts, "one", max_extension="10d")
    await facts.policy(keeper.asset, timeline={"migration_window": "1d", "max_extension": "90d"})
    retirement = (await keeper.detail()).retirement
    assert retirement.latest_until - retirement.sunset_at == timedelta(days=10)
    await set_on(keeper, keeper.now + 60 * DAY)
    retirement = (await keeper.detail()).retirement
    assert retirement.latest_until - retirement.sunset_at == timedelta(days=10)


async def test_who_confirms_twice_has_confirmed_once_and_its_pin_is_gone(facts: Facts) -> None:
    keeper = await old(facts)
    await set_on(keeper, keeper.now + 20 * DAY)
    await keeper.moved()
    await keeper.moved()
    assert (await keeper.log()).count("retirement.moved") == 1

    async def work(tx: Transaction) -> str | None:
        found = await tx.registrations.of_team(keeper.asset.id, keeper.readers[0].id)
        assert found is not None
        return found.pinned_version

    assert await facts.database.run(work) is None
    assert await keeper.names() == [keeper.readers[0].name]


async def test_a_later_date_holds_the_version_and_is_bounded(facts: Facts) -> None:
    keeper = await replaced(facts, "one", max_extension="10d")
    sunset = (await keeper.detail()).retirement.sunset_at
    await keeper.carry_on()
    for wrong in (sunset, sunset + timedelta(days=10, seconds=1)):
        with pytest.raises(InvalidRequest, match="date"):
            await keeper.extended(wrong)
    await keeper.extended(sunset + 10 * DAY)
    await keeper.extended(sunset + 10 * DAY)
    assert (await keeper.log()).count("retirement.extended") == 1
    await keeper.carry_on(timedelta(days=39))
    assert await keeper.status() is RetirementStatus.OPEN
    await keeper.carry_on(timedelta(days=1))
    assert await keeper.status() is RetirementStatus.RETIRED


async def test_who_moves_after_it_asked_for_longer_lets_the_version_end_on_its_day(
    facts: Facts,
) -> None:
    keeper = await replaced(facts, "one")
    await keeper.extended((await keeper.detail()).retirement.sunset_at + 20 * DAY)
    await keeper.moved()
    await keeper.carry_on(timedelta(days=30))
    assert await keeper.status() is RetirementStatus.RETIRED


async def test_who_asks_for_longer_after_it_moved_has_not_moved(facts: Facts) -> None:
    keeper = await replaced(facts, "one")
    await keeper.moved()
    assert (await keeper.detail()).window.pending == ()
    await keeper.extended((await keeper.detail()).retirement.sunset_at + 20 * DAY)
    assert len((await keeper.detail()).window.pending) == 1


async def test_after_the_end_nothing_more_is_taken_but_what_was_said_already(facts: Facts) -> None:
    keeper = await replaced(facts, "one", "two", max_extension="0")
    await keeper.moved()
    await keeper.carry_on()
    await keeper.carry_on(timedelta(days=30))
    assert await keeper.status() is RetirementStatus.RETIRED
    await keeper.moved()
    with pytest.raises(RetirementEnded):
        await keeper.moved(1)
    with pytest.raises(RetirementEnded):
        await keeper.extended(datetime.now(UTC) + 60 * DAY, 1)
    with pytest.raises(RetirementEnded):
        await set_on(keeper, datetime.now(UTC) + 60 * DAY)
    assert await keeper.settle() is Settled.DONE
    change = RegistrationChange(change_pin=True, pinned_version="1.0.0")
    with pytest.raises(InvalidRequest, match="retired"):
        await registrations.change(facts.database, CALLER, await registration_of(keeper, 1), change)


async def registration_of(keeper: Keeper, place: int) -> UUID:
    async def work(tx: Transaction) -> UUID:
        found = await tx.registrations.of_team(keeper.asset.id, keeper.readers[place].id)
        assert found is not None
        return found.id

    return await keeper.facts.database.run(work)


async def test_only_who_is_on_it_confirms(facts: Facts) -> None:
    keeper = await replaced(facts, "one")
    stranger = await facts.team("stranger")
    with pytest.raises(NotAMover, match="asked is one"):
        await retirements.move(facts.database, CALLER, keeper.contract_id, stranger.id, None)


async def test_an_owner_sets_an_end_for_a_deprecated_version_and_the_pinned_are_asked(
    facts: Facts,
) -> None:
    keeper = await old(facts)
    with pytest.raises(InvalidRequest, match="minimum_notice"):
        await set_on(keeper, keeper.now + timedelta(hours=1))
    await set_on(keeper, keeper.now + 20 * DAY, "too dear to keep")
    await set_on(keeper, keeper.now + 20 * DAY, "too dear to keep")
    assert (await keeper.log()).count("retirement.set") == 1
    assert [each.stored.reason for each in (await keeper.detail()).movers] == ["is pinned to 1.0.0"]
    await keeper.carry_on()
    assert (await keeper.log())[-1] == "retirement.asked"


async def test_the_active_version_is_not_retired(facts: Facts) -> None:
    keeper = await old(facts)

    async def work(tx: Transaction) -> UUID:
        active = await tx.contracts.active_id(keeper.asset.id)
        assert active is not None
        return active

    keeper.contract_id = await facts.database.run(work)
    with pytest.raises(NotDeprecated):
        await set_on(keeper, keeper.now + 20 * DAY)


async def test_a_new_date_is_told_to_who_is_still_on_it_and_never_earlier_while_they_are(
    facts: Facts,
) -> None:
    keeper = await replaced(facts, "one", "two")
    sunset = (await keeper.detail()).retirement.sunset_at
    await keeper.carry_on()
    await keeper.moved()
    with pytest.raises(InvalidRequest, match="still on"):
        await set_on(keeper, sunset - 5 * DAY)
    await set_on(keeper, sunset + 5 * DAY)
    await keeper.carry_on()
    assert (await keeper.log()).count("retirement.asked") == 3
    await keeper.moved(1)
    await set_on(keeper, sunset - 5 * DAY)
    await keeper.carry_on(timedelta(days=25))
    assert await keeper.status() is RetirementStatus.RETIRED


async def test_what_was_reviewed_before_the_date_moved_changes_nothing(facts: Facts) -> None:
    keeper = await replaced(facts, "one")
    step, _ = await windows.review(facts.database, keeper.contract_id, keeper.now)
    await set_on(keeper, keeper.now + 60 * DAY)
    assert await keeper.note(step, revision=1) == 0
    keeper.now += 31 * DAY
    assert await keeper.settle(revision=1) is Settled.AGAIN
    assert await keeper.status() is RetirementStatus.OPEN
    await keeper.moved()
    keeper.now += 60 * DAY
    assert await keeper.settle(revision=1) is Settled.AGAIN
    assert await keeper.settle() is Settled.DONE


async def test_a_retirement_that_is_cancelled_ends_and_can_be_set_again(facts: Facts) -> None:
    keeper = await replaced(facts, "one")
    for _ in range(2):
        await retirements.cancel(facts.database, CALLER, keeper.contract_id, "a partner needs it")
    assert (await keeper.log()).count("retirement.cancelled") == 1
    assert (await keeper.carry_on(60 * DAY)).kind is StepKind.ENDED
    assert await keeper.contract_status() is ContractStatus.DEPRECATED
    with pytest.raises(RetirementEnded):
        await keeper.moved()
    await set_on(keeper, datetime.now(UTC) + 10 * DAY)
    assert await keeper.status() is RetirementStatus.OPEN


async def test_movers_follow_the_registrations(facts: Facts) -> None:
    keeper = await replaced(facts, "one")
    pinned = await facts.team("pinned")
    new = NewRegistration(
        asset_id=keeper.asset.id, consumer_team_id=pinned.id, pinned_version="1.0.0"
    )
    pin = (await registrations.register(facts.database, CALLER, new)).registration
    assert sorted(await keeper.names()) == sorted([keeper.readers[0].name, pinned.name])
    change = RegistrationChange(change_pin=True, pinned_version="2.0.0")
    await registrations.change(facts.database, CALLER, pin.id, change)
    assert await keeper.names() == [keeper.readers[0].name]
    own = await registration_of(keeper, 0)
    await registrations.change(facts.database, CALLER, own, change)
    assert await keeper.names() == []
    follows = RegistrationChange(change_pin=True, pinned_version=None)
    await registrations.change(facts.database, CALLER, own, follows)
    assert await keeper.names() == [keeper.readers[0].name]
    await registrations.unregister(facts.database, CALLER, own)
    assert await keeper.names() == []
    assert (await keeper.log()).count("retirement.movers_changed") == 5


async def test_who_has_moved_and_is_pinned_again_has_to_move_again(facts: Facts) -> None:
    keeper = await old(facts)
    await set_on(keeper, keeper.now + 20 * DAY)
    await keeper.moved()
    change = RegistrationChange(change_pin=True, pinned_version="1.0.0")
    await registrations.change(facts.database, CALLER, await registration_of(keeper, 0), change)
    assert [each.name for each in (await keeper.detail()).window.pending] == [
        keeper.readers[0].name
    ]


async def test_a_merged_team_s_part_goes_to_who_goes_on(facts: Facts) -> None:
    keeper = await replaced(facts, "one")
    target = await facts.team("target")
    until = (await keeper.detail()).retirement.sunset_at + 5 * DAY
    await keeper.extended(until)
    await merging.merge(facts.database, CALLER, keeper.readers[0].id, target.id)
    (mover,) = (await keeper.detail()).movers
    assert mover.team.id == target.id
    assert mover.stored.extension is not None
    assert mover.stored.extension.until == until


async def test_where_both_were_asked_the_one_that_goes_on_has_moved_only_if_both_have(
    facts: Facts,
) -> None:
    keeper = await replaced(facts, "one", "two")
    await keeper.moved(1)
    await merging.merge(facts.database, CALLER, keeper.readers[0].id, keeper.readers[1].id)
    (mover,) = (await keeper.detail()).movers
    assert (mover.team.id, mover.stored.moved) == (keeper.readers[1].id, None)


async def test_where_both_need_longer_the_version_stays_for_the_later_one(facts: Facts) -> None:
    keeper = await replaced(facts, "one", "two")
    sunset = (await keeper.detail()).retirement.sunset_at
    await keeper.extended(sunset + 9 * DAY, 0)
    await keeper.extended(sunset + 2 * DAY, 1)
    await merging.merge(facts.database, CALLER, keeper.readers[0].id, keeper.readers[1].id)
    assert (await keeper.detail()).ends_at == sunset + 9 * DAY


async def test_who_reads_in_the_place_of_another_moves_in_its_place(facts: Facts) -> None:
    keeper = await replaced(facts, "one")
    pinned, other = await facts.team("pinned"), await facts.team("other")
    new = NewRegistration(
        asset_id=keeper.asset.id, consumer_team_id=pinned.id, pinned_version="1.0.0"
    )
    await registrations.register(facts.database, CALLER, new)
    proposal = await facts.proposed(keeper.asset, table())
    await facts.register(keeper.asset, keeper.readers[0], ["id"])
    for gone in (keeper.readers[0], pinned):
        to = await facts.team("heir") if gone is pinned else other
        await operators.reassign(facts.database, CALLER, proposal.id, gone.id, to.id, "it moved")
        assert gone.name not in await keeper.names()
        assert to.name in await keeper.names()
    await facts.register(keeper.asset, other, ["id"])
    await facts.register(keeper.asset, await facts.team("new"), ["id"])
    assert len(await keeper.names()) == 2


async def test_an_end_that_is_set_again_is_for_who_is_on_it_now(facts: Facts) -> None:
    keeper = await replaced(facts, "gone", "merged", "back")
    gone, merged, back = keeper.readers
    await keeper.moved(2)
    await retirements.cancel(facts.database, CALLER, keeper.contract_id, None)
    await registrations.unregister(facts.database, CALLER, await registration_of(keeper, 0))
    change = RegistrationChange(change_pin=True, pinned_version="1.0.0")
    await registrations.change(facts.database, CALLER, await registration_of(keeper, 2), change)
    target = await facts.team("target")
    await merging.merge(facts.database, CALLER, merged.id, target.id)
    await set_on(keeper, datetime.now(UTC) + 10 * DAY)
    pending = (await keeper.detail()).window.pending
    assert {each.name for each in pending} == {target.name, back.name}
    assert gone.name not in await keeper.names()


async def test_a_deleted_team_is_waited_for_no_more(facts: Facts) -> None:
    keeper = await replaced(facts, "one")
    await team_lives.delete(facts.database, CALLER, keeper.readers[0].id)
    assert await keeper.names() == []


async def test_a_deleted_asset_ends_its_retirements(facts: Facts) -> None:
    keeper = await replaced(facts, "one")
    await asset_lives.delete(facts.database, CALLER, keeper.asset.id)
    await keeper.carry_on()
    assert await keeper.status() is RetirementStatus.CANCELLED
    assert await keeper.contract_status() is ContractStatus.DEPRECATED


async def test_an_ask_to_who_has_moved_meanwhile_is_stale(facts: Facts) -> None:
    keeper = await replaced(facts, "one", "two")
    await keeper.carry_on()
    asks = await facts.log(asset_id=keeper.asset.id, type=EventType.RETIREMENT_ASKED)
    gone = next(each for each in asks if each.team_id == keeper.readers[0].id)
    await keeper.moved()

    async def work(tx: Transaction) -> set[UUID]:
        return set(await told.still_true(tx, [each.id for each in asks]))

    assert await facts.database.run(work) == {each.id for each in asks} - {gone.id}


async def test_notices_are_written_once(facts: Facts) -> None:
    keeper = await replaced(facts, "one")
    step, _ = await windows.review(facts.database, keeper.contract_id, keeper.now)
    assert [await keeper.note(step) for _ in range(2)] == [1, 0]
    assert (await keeper.log()).count("retirement.asked") == 1


async def test_who_has_moved_meanwhile_is_told_nothing(facts: Facts) -> None:
    keeper = await replaced(facts, "one")
    step, _ = await windows.review(facts.database, keeper.contract_id, keeper.now)
    await keeper.moved()
    assert await keeper.note(step) == 0
    assert "retirement.asked" not in await keeper.log()


async def forget(tx: Transaction) -> None:
    """Take what was to reach Temporal out of the outbox, as if it had."""
    await tx.outbox.write()
    await tx.outbox.finish(await tx.outbox.claim(100, timedelta(seconds=30)))


async def test_one_that_was_looked_at_is_left_until_then(lonely: Facts) -> None:
    keeper = await replaced(lonely, "one")
    await keeper.carry_on()
    await lonely.database.run(forget)
    assert await wakes.wake_overdue_retirements(lonely.database, timedelta(0)) == 0


async def test_an_open_retirement_that_nobody_looks_after_is_woken(lonely: Facts) -> None:
    keeper = await replaced(lonely, "one")
    assert await wakes.wake_overdue_retirements(lonely.database, timedelta(0)) == 0
    await lonely.database.run(forget)
    await keeper.carry_on(-30 * DAY)
    assert await wakes.wake_overdue_retirements(lonely.database, timedelta(0)) == 1
    assert await wakes.wake_overdue_retirements(lonely.database, timedelta(0)) == 0


async def test_one_that_was_set_aside_lately_does_not_hide_the_rest(
    lonely: Facts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wakes, "_BATCH", 1)
    first = await replaced(lonely, "one")
    items = await lonely.database.run(lambda tx: tx.outbox.claim(100, timedelta(seconds=30)))
    for item in items:
        await wakes.park(lonely.database, item, "the summary is too long")
    second = await replaced(lonely, "two")
    await lonely.database.run(forget)
    for keeper in (first, second):
        await keeper.carry_on(-30 * DAY)
    assert first.contract_id < second.contract_id
    assert await wakes.wake_overdue_retirements(lonely.database, timedelta(0)) == 1
    assert await lonely.database.run(lambda tx: tx.outbox.waiting_for([second.contract_id])) == {
        second.contract_id
    }


async def test_a_stuck_retirement_says_so_once_and_moves_again(facts: Facts) -> None:
    keeper = await replaced(facts, "one")
    for error in ("the disk is full", "the disk is full", None, None):
        await windows.mark_stuck(facts.database, keeper.contract_id, error)
    log = await keeper.log()
    assert [each for each in log if "stuck" in each] == ["retirement.stuck", "retirement.unstuck"]
