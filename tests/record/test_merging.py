"""A team that is merged into another one: everything goes over, and nobody has agreed by it."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from domain.acknowledgments import Response
from domain.errors import NotAParty, NotFound, TeamMerged
from domain.events import EventType
from domain.members import TeamRole
from domain.proposals import Cause, ProposalStatus
from domain.registrations import Registration
from domain.steps import StepKind
from domain.teams import Team
from record import merging, proposals, registrations, team_lives, users
from record.rounds import PartyDetail
from record.users import NewUser
from store.destinations import Owner
from store.transaction import Transaction
from tests.record.test_team_lives import asked, party_of, woken
from tests.support import webhooks
from tests.support.conductor import DAY, Conductor, breaking
from tests.support.facts import CALLER, Facts, table

URL = "https://hooks.example.com"


async def merge(facts: Facts, team: Team, into: Team) -> Team:
    return await merging.merge(facts.database, CALLER, team.id, into.id)


async def only_party(conductor: Conductor) -> PartyDetail:
    (party,) = (await conductor.facts.detail(conductor.proposal.id)).parties
    return party


async def readers(facts: Facts, conductor: Conductor) -> list[Registration]:
    async def work(tx: Transaction) -> list[Registration]:
        return list(await tx.registrations.of_asset(conductor.proposal.asset_id))

    return await facts.database.run(work)


async def test_assets_and_their_open_proposals_go_over(facts: Facts) -> None:
    conductor, target = await breaking(facts, "reader"), await facts.team("target")
    detail = await facts.detail(conductor.proposal.id)
    merged = await merge(facts, detail.producer, target)
    assert (merged.merged_into, merged.deleted_at is not None) == (target.id, True)
    after = await facts.detail(conductor.proposal.id)
    assert (after.asset.owner_team_id, after.producer.id) == (target.id, target.id)
    (told,) = await facts.payloads(team_id=merged.id, type=EventType.TEAM_MERGED)
    assert told["after"] == {
        "name": merged.name,
        "deleted": True,
        "merged_into": str(target.id),
        "merged_into_name": target.name,
    }
    assert told["assets"] == 1


async def test_a_role_that_groups_gave_stays_theirs_in_the_other_team(facts: Facts) -> None:
    team, target = await facts.team("team"), await facts.team("target")
    made = [
        await users.create(
            facts.database, CALLER, NewUser(name=name, email=f"{name}-{uuid4().hex}@example.com")
        )
        for name in ("new", "raised", "standing")
    ]

    async def work(tx: Transaction) -> None:
        for user, role, in_target in zip(
            made,
            (TeamRole.MEMBER, TeamRole.OWNER, TeamRole.MEMBER),
            (None, TeamRole.VIEWER, TeamRole.OWNER),
            strict=True,
        ):
            await tx.members.put(team.id, user.id, role, by_groups=True)
            if in_target is not None:
                await tx.members.put(target.id, user.id, in_target)

    await facts.database.run(work)
    await merge(facts, team, target)

    async def there(tx: Transaction) -> dict[str, tuple[TeamRole, bool]]:
        found = await tx.members.all_of(target.id)
        assert await tx.members.all_of(team.id) == ()
        return {each.user.name: (each.role, each.by_groups) for each in found}

    assert await facts.database.run(there) == {
        "new": (TeamRole.MEMBER, True),
        "raised": (TeamRole.OWNER, True),
        "standing": (TeamRole.OWNER, False),
    }


async def test_a_merged_team_is_not_restored_and_merging_it_again_changes_nothing(
    facts: Facts,
) -> None:
    team, target, other = [await facts.team(name) for name in ("team", "target", "other")]
    merged = await merge(facts, team, target)
    assert await merge(facts, team, target) == merged
    assert len(await facts.events(team_id=team.id, type=EventType.TEAM_MERGED)) == 1
    for refused in (
        team_lives.restore(facts.database, CALLER, team.id),
        merge(facts, team, other),
    ):
        with pytest.raises(TeamMerged, match=target.name) as refusal:
            await refused
        assert refusal.value.extra["merged_into"] == str(target.id)
    with pytest.raises(NotFound):
        await merge(facts, other, team)


async def test_who_was_asked_alone_goes_on_as_far_as_it_has_come(facts: Facts) -> None:
    conductor, target = await breaking(facts, "source"), await facts.team("target")
    await conductor.carry_on()
    source = await party_of(conductor, "source")
    await facts.answer(conductor.proposal, source, Response.APPROVED)
    before = await only_party(conductor)
    await merge(facts, source, target)
    after = await only_party(conductor)
    assert after.team.id == target.id
    assert after.party.notices == before.party.notices
    assert after.acknowledgment is not None
    assert after.acknowledgment.response is Response.APPROVED
    assert await woken(conductor) == 1
    with pytest.raises((NotFound, NotAParty)):
        await facts.answer(conductor.proposal, source, Response.BLOCKED)
    await conductor.carry_on()
    ended = (await facts.detail(conductor.proposal.id)).proposal
    assert (ended.status, ended.cause) == (ProposalStatus.PUBLISHED, Cause.ALL_APPROVED)


@pytest.mark.parametrize("ready", ["source", "target"])
async def test_the_answer_of_one_of_two_is_not_the_answer_of_both(facts: Facts, ready: str) -> None:
    conductor = await breaking(facts, "source", "target")
    await conductor.carry_on()
    source, target = [await party_of(conductor, name) for name in ("source", "target")]
    await facts.answer(conductor.proposal, await party_of(conductor, ready), Response.APPROVED)
    await merge(facts, source, target)
    party = await only_party(conductor)
    assert (party.team.id, party.acknowledgment) == (target.id, None)
    assert (await conductor.carry_on()).kind is StepKind.WAIT
    await facts.answer(conductor.proposal, target, Response.APPROVED)
    await conductor.carry_on()
    assert (await facts.detail(conductor.proposal.id)).proposal.status is ProposalStatus.PUBLISHED


@pytest.mark.parametrize("blocker", ["source", "target"])
async def test_a_block_of_one_of_two_stays_a_block(facts: Facts, blocker: str) -> None:
    conductor = await breaking(facts, "source", "target")
    source, target = [await party_of(conductor, name) for name in ("source", "target")]
    for team in (source, target):
        blocks = team.name.startswith(blocker)
        await facts.answer(
            conductor.proposal, team, Response.BLOCKED if blocks else Response.APPROVED
        )
    await merge(facts, source, target)
    await conductor.carry_on()
    ended = (await facts.detail(conductor.proposal.id)).proposal
    assert (ended.status, ended.cause) == (ProposalStatus.REJECTED, Cause.BLOCKED)


async def ready_for_their_parts(facts: Facts, **timeline: object) -> tuple[Conductor, Team, Team]:
    """Two teams that read a field each of what is proposed to go, both ready."""
    asset = await facts.asset(await facts.team("owner"), **timeline)
    await facts.publish(asset, table("id", "email", "phone"))
    source, target = await facts.team("source"), await facts.team("target")
    await facts.register(asset, source, ["email"])
    await facts.register(asset, target, ["phone"])
    conductor = Conductor(facts, await facts.proposed(asset, table("id")))
    await conductor.carry_on()
    for team in (source, target):
        await facts.answer(conductor.proposal, team, Response.APPROVED)
    return conductor, source, target


async def test_two_that_are_ready_for_their_parts_are_ready_for_the_whole(facts: Facts) -> None:
    conductor, source, target = await ready_for_their_parts(facts)
    await merge(facts, source, target)
    party = await only_party(conductor)
    assert party.stored.fields == ("email", "phone")
    assert not party.party.pending
    (registration,) = await readers(facts, conductor)
    assert (registration.consumer_team_id, registration.fields) == (target.id, ("email", "phone"))


async def test_an_approved_proposal_is_decided_and_asks_nobody_again(facts: Facts) -> None:
    conductor, source, target = await ready_for_their_parts(facts, publish="on_demand")
    await conductor.carry_on()
    before = (await facts.detail(conductor.proposal.id)).proposal
    assert before.status is ProposalStatus.APPROVED
    await merge(facts, source, target)
    party = await only_party(conductor)
    assert (party.team.id, party.party.pending) == (target.id, False)
    assert (await facts.detail(conductor.proposal.id)).proposal == before


async def test_what_the_other_team_once_answered_alone_does_not_answer_for_both(
    facts: Facts,
) -> None:
    """It read all of it then, so that the question of both is the one that it had answered."""
    asset = await facts.asset(await facts.team("owner"))
    await facts.publish(asset, table("id", "email", "phone"))
    source, target = await facts.team("source"), await facts.team("target")
    whole = await facts.register(asset, target, ["email", "phone"])
    first = Conductor(facts, await facts.proposed(asset, table("id")))
    await facts.answer(first.proposal, target, Response.APPROVED)
    await proposals.withdraw(facts.database, CALLER, first.proposal.id, None)
    await first.carry_on()
    await registrations.unregister(facts.database, CALLER, whole.id)
    await facts.register(asset, target, ["email"])
    await facts.register(asset, source, ["phone"])
    conductor = Conductor(facts, await facts.proposed(asset, table("id")))
    await merge(facts, source, target)
    party = await only_party(conductor)
    assert (party.stored.fields, party.acknowledgment) == (("email", "phone"), None)


async def test_of_two_that_need_time_the_later_date_counts(facts: Facts) -> None:
    conductor = await breaking(facts, "source", "target")
    await conductor.carry_on()
    source, target = [await party_of(conductor, name) for name in ("source", "target")]
    now = datetime.now(UTC)
    for team, days in ((source, 9), (target, 5)):
        until = now + days * DAY
        await facts.answer(conductor.proposal, team, Response.MIGRATING, until=until)
    await merge(facts, source, target)
    answer = (await only_party(conductor)).acknowledgment
    assert answer is not None
    assert answer.until == now + 9 * DAY


async def test_what_only_the_merged_one_reads_is_read_by_the_other(facts: Facts) -> None:
    conductor = await breaking(facts, "source", "stranger")
    source, target = await party_of(conductor, "source"), await facts.team("target")
    (before,) = [
        each for each in await readers(facts, conductor) if each.consumer_team_id == source.id
    ]
    await merge(facts, source, target)
    (after,) = [
        each for each in await readers(facts, conductor) if each.consumer_team_id == target.id
    ]
    assert (after.id, after.fields) == (before.id, before.fields)
    assert await asked(conductor) == ["stranger", "target"]


async def test_a_webhook_goes_over_where_there_is_none(facts: Facts) -> None:
    target = await facts.team("target")
    first, second = await facts.team("first"), await facts.team("second")
    for team, path in ((first, "first"), (second, "second")):
        await webhooks.set_webhook(facts.database, CALLER, team.id, f"{URL}/{path}", None)
    for team in (first, second):
        await merge(facts, team, target)
    kept = await webhooks.webhook_of(facts.database, target.id)
    assert kept.address == f"{URL}/first"
    assert await facts.events(team_id=second.id, type=EventType.DESTINATION_REMOVED) != []
    left = await facts.database.read(lambda tx: tx.destinations.of_owner(Owner(second.id)))
    assert list(left) == []


async def test_what_the_other_team_had_said_before_does_not_come_back(facts: Facts) -> None:
    """It was ready once, then read nothing any more: the merged one's question is not answered."""
    conductor = await breaking(facts, "source", "target")
    source, target = [await party_of(conductor, name) for name in ("source", "target")]
    await facts.answer(conductor.proposal, target, Response.APPROVED)
    for each in await readers(facts, conductor):
        if each.consumer_team_id == target.id:
            await registrations.unregister(facts.database, CALLER, each.id)
    await merge(facts, source, target)
    assert (await only_party(conductor)).acknowledgment is None
