"""Teams that are renamed, deleted and restored, and what becomes of what they had."""

import pytest
from sqlalchemy import text

from domain.acknowledgments import Response
from domain.errors import Conflict, NotAParty, NotFound, TeamOwnsAssets
from domain.events import EventType
from domain.proposals import Cause, ProposalStatus
from domain.teams import Team
from record import registrations, team_lives, teams
from record.registrations import RegistrationChange
from store.outbox import Wake
from store.rows import new_id
from store.transaction import Transaction
from tests.support.conductor import Conductor, breaking
from tests.support.facts import CALLER, Facts, table


async def delete(facts: Facts, team: Team, reassign_to: Team | None = None) -> Team:
    to = None if reassign_to is None else reassign_to.id
    return await team_lives.delete(facts.database, CALLER, team.id, to)


async def restore(facts: Facts, team: Team, name: str | None = None) -> Team:
    return await team_lives.restore(facts.database, CALLER, team.id, name)


async def asked(conductor: Conductor) -> list[str]:
    detail = await conductor.facts.detail(conductor.proposal.id)
    return sorted(party.team.name.rpartition("-")[0] for party in detail.parties)


async def party_of(conductor: Conductor, name: str) -> Team:
    detail = await conductor.facts.detail(conductor.proposal.id)
    return next(each.team for each in detail.parties if each.team.name.startswith(name))


async def woken(conductor: Conductor, by: Wake = Wake.PARTIES_CHANGED) -> int:
    """How often the proposal's workflow is to be woken by this signal."""

    async def work(tx: Transaction) -> int:
        rows = await tx.sql.execute(
            text("SELECT payload->>'signal' FROM outbox WHERE subject_id = :id"),
            {"id": conductor.proposal.id},
        )
        return list(rows.scalars()).count(by.value)

    return await conductor.facts.database.read(work)


# --- renaming ---


async def test_a_team_is_renamed_and_its_old_name_is_free(facts: Facts) -> None:
    team = await facts.team("old")
    renamed = await team_lives.rename(facts.database, CALLER, team.id, f"{team.name}-new")
    assert renamed.name == f"{team.name}-new"
    again = await teams.create(facts.database, CALLER, team.name)
    with pytest.raises(Conflict) as refusal:
        await team_lives.rename(facts.database, CALLER, team.id, team.name)
    assert refusal.value.extra["existing_id"] == str(again.id)
    (told,) = await facts.payloads(team_id=team.id, type=EventType.TEAM_RENAMED)
    assert told == {
        "before": {"name": team.name, "deleted": False},
        "after": {"name": renamed.name, "deleted": False},
    }


# --- deleting ---


async def test_a_team_that_owns_assets_is_not_deleted(facts: Facts) -> None:
    team = await facts.team("owner")
    owned = [await facts.asset(team) for _ in range(7)]
    with pytest.raises(TeamOwnsAssets, match="owns 7 assets") as refusal:
        await delete(facts, team)
    assert refusal.value.extra["assets"] == 7
    first = refusal.value.extra["first"]
    assert isinstance(first, list)
    assert [each["id"] for each in first] == [str(asset.id) for asset in owned[:5]]
    assert await facts.events(team_id=team.id, type=EventType.TEAM_DELETED) == []


async def test_a_team_is_deleted_with_its_assets_given_away(facts: Facts) -> None:
    conductor = await breaking(facts, "reader")
    detail = await facts.detail(conductor.proposal.id)
    heir = await facts.team("heir")
    await delete(facts, detail.producer, heir)
    after = await facts.detail(conductor.proposal.id)
    assert (after.asset.owner_team_id, after.producer) == (heir.id, heir)
    (told,) = await facts.payloads(asset_id=detail.asset.id, type=EventType.ASSET_REASSIGNED)
    assert told["before"] == {
        "owner_team_id": str(detail.producer.id),
        "owner": detail.producer.name,
    }
    assert told["after"] == {"owner_team_id": str(heir.id), "owner": heir.name}
    with pytest.raises(NotFound):
        await facts.asset(detail.producer)


async def test_deleting_again_and_what_is_unknown(facts: Facts) -> None:
    team = await facts.team("gone")
    first = await delete(facts, team)
    assert first.deleted_at is not None
    assert await delete(facts, team) == first
    assert len(await facts.events(team_id=team.id, type=EventType.TEAM_DELETED)) == 1
    with pytest.raises(NotFound):
        await team_lives.delete(facts.database, CALLER, new_id())
    with pytest.raises(NotFound):
        await delete(facts, await facts.team("giver"), team)


async def test_nobody_waits_for_a_team_that_is_deleted(facts: Facts) -> None:
    conductor = await breaking(facts, "leaver", "stayer")
    leaver, stayer = await party_of(conductor, "leaver"), await party_of(conductor, "stayer")
    await facts.answer(conductor.proposal, stayer, Response.APPROVED)
    await delete(facts, leaver)
    assert await asked(conductor) == ["stayer"]
    assert await woken(conductor) == 1
    assert EventType.PARTIES_CHANGED in await facts.events(proposal_id=conductor.proposal.id)
    with pytest.raises((NotFound, NotAParty)):
        await facts.answer(conductor.proposal, leaver, Response.BLOCKED)
    await conductor.carry_on()
    ended = (await facts.detail(conductor.proposal.id)).proposal
    assert (ended.status, ended.cause) == (ProposalStatus.PUBLISHED, Cause.ALL_APPROVED)


async def test_what_a_deleted_team_read_counts_no_more_and_is_not_to_be_seen(facts: Facts) -> None:
    asset = await facts.asset(await facts.team("owner"))
    await facts.publish(asset, table("id", "email"))
    team = await facts.team("reader")
    registration = await facts.register(asset, team, ["email"])
    await delete(facts, team)
    with pytest.raises(NotFound):
        await registrations.change(
            facts.database, CALLER, registration.id, RegistrationChange(pinned_version="1.0.0")
        )
    with pytest.raises(NotFound):
        await facts.register(asset, team)
    published = await facts.publish(asset, table("id"))
    assert published.asked == ()
    told = await facts.payloads(team_id=team.id, type=EventType.REGISTRATION_REMOVED)
    assert [each["after"] for each in told] == [None]


# --- restoring ---


async def test_a_restored_team_reads_what_it_read_and_is_asked_again(facts: Facts) -> None:
    conductor = await breaking(facts, "leaver", "stayer")
    leaver = await party_of(conductor, "leaver")
    await delete(facts, leaver)
    restored = await restore(facts, leaver)
    assert restored == leaver
    assert await asked(conductor) == ["leaver", "stayer"]
    assert (await restore(facts, leaver)) == leaver
    assert await facts.events(team_id=leaver.id) == [
        EventType.TEAM_CREATED,
        EventType.REGISTRATION_CREATED,
        EventType.REGISTRATION_REMOVED,
        EventType.TEAM_DELETED,
        EventType.REGISTRATION_CREATED,
        EventType.TEAM_RESTORED,
    ]


async def test_only_what_still_fits_comes_back(facts: Facts) -> None:
    asset = await facts.asset(await facts.team("owner"))
    await facts.publish(asset, table("id", "email", "phone"))
    part, whole = await facts.team("part"), await facts.team("whole")
    await facts.register(asset, part, ["email", "phone"])
    await facts.register(asset, whole, ["email"])
    await delete(facts, part)
    await delete(facts, whole)
    published = await facts.publish(asset, table("id", "phone"))
    await Conductor(facts, published.proposal).carry_on() if published.proposal else None
    assert await facts.active_version(asset) == "2.0.0"
    await restore(facts, part)
    await restore(facts, whole)

    async def read(tx: Transaction) -> dict[object, object]:
        return {
            each.consumer_team_id: each.fields for each in await tx.registrations.of_asset(asset.id)
        }

    assert await facts.database.run(read) == {part.id: ("phone",)}
    (told,) = await facts.payloads(team_id=whole.id, type=EventType.TEAM_RESTORED)
    assert told["not_restored"] == [{"asset_id": str(asset.id), "fields": ["email"]}]


async def test_a_name_that_is_taken_meanwhile_needs_another_one(facts: Facts) -> None:
    team = await facts.team("name")
    await delete(facts, team)
    heir = await teams.create(facts.database, CALLER, team.name)
    assert heir.id != team.id
    with pytest.raises(Conflict, match="another `name`") as refusal:
        await restore(facts, team)
    assert refusal.value.extra["existing_id"] == str(heir.id)
    assert (await restore(facts, team, f"{team.name}-b")).name == f"{team.name}-b"
