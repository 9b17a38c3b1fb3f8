"""Who declares to read what, and that an open proposal follows it."""

import pytest

from domain.acknowledgments import Response
from domain.errors import InvalidRequest, NotFound, UnknownFields
from domain.events import EventType
from domain.proposals import ProposalStatus
from domain.registrations import Registration, UsedBy
from domain.steps import StepKind
from record import registrations
from record.registrations import NewRegistration, Registered, RegistrationChange
from store.rows import new_id
from tests.support.conductor import Conductor, breaking
from tests.support.facts import CALLER, Facts, table


async def register(facts: Facts, new: NewRegistration) -> Registered:
    return await registrations.register(facts.database, CALLER, new)


async def change(
    facts: Facts, registration: Registration, wanted: RegistrationChange
) -> Registration:
    return await registrations.change(facts.database, CALLER, registration.id, wanted)


async def parties(conductor: Conductor) -> list[str]:
    detail = await conductor.facts.detail(conductor.proposal.id)
    return sorted(party.team.name.rpartition("-")[0] for party in detail.parties)


# --- declaring ---


async def test_declaring_twice_unites_and_says_so_once(facts: Facts) -> None:
    asset = await facts.asset(await facts.team("owner"))
    await facts.publish(asset, table("id", "email", "phone"))
    team = await facts.team("reader")
    report, job = UsedBy(name="report"), UsedBy(name="job", link="https://jobs.example/1")
    first = await register(
        facts, NewRegistration(asset_id=asset.id, consumer_team_id=team.id, fields=("phone",))
    )
    assert first.created
    second = await register(
        facts,
        NewRegistration(
            asset_id=asset.id,
            consumer_team_id=team.id,
            fields=("email", "email"),
            pinned_version="1.0.0",
            used_by=(report, job),
        ),
    )
    assert not second.created
    assert second.registration.id == first.registration.id
    assert second.registration.fields == ("email", "phone")
    assert second.registration.pinned_version == "1.0.0"
    assert second.registration.used_by == (report, job)
    third = await register(
        facts, NewRegistration(asset_id=asset.id, consumer_team_id=team.id, fields=("email",))
    )
    assert third.registration == second.registration
    assert await facts.events(team_id=team.id) == [
        EventType.TEAM_CREATED,
        EventType.REGISTRATION_CREATED,
        EventType.REGISTRATION_CHANGED,
    ]


async def test_all_and_some_is_all(facts: Facts) -> None:
    asset = await facts.asset(await facts.team("owner"))
    await facts.publish(asset, table("id", "email"))
    team = await facts.team("reader")
    await facts.register(asset, team, ["id"])
    assert (await facts.register(asset, team)).fields is None


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        (("phone",), UnknownFields),
        (("email", "emial"), UnknownFields),
        (("address.city",), UnknownFields),
        ((), InvalidRequest),
        (("a..b",), InvalidRequest),
        (('"unclosed',), InvalidRequest),
    ],
)
async def test_fields_that_are_not_there_are_refused_by_name(
    facts: Facts, fields: tuple[str, ...], refusal: type[Exception]
) -> None:
    asset = await facts.asset(await facts.team("owner"))
    await facts.publish(asset, table("id", "email"))
    team = await facts.team("reader")
    new = NewRegistration(asset_id=asset.id, consumer_team_id=team.id, fields=fields)
    with pytest.raises(refusal):
        await register(facts, new)
    assert await facts.events(team_id=team.id) == [EventType.TEAM_CREATED]


async def test_a_consumer_may_come_before_the_first_contract(facts: Facts) -> None:
    asset = await facts.asset(await facts.team("owner"))
    registration = await facts.register(asset, await facts.team("early"), ["email"])
    assert registration.fields == ("email",)


async def test_a_pin_names_a_version_that_exists(facts: Facts) -> None:
    asset = await facts.asset(await facts.team("owner"))
    await facts.publish(asset, table("id"))
    team = await facts.team("reader")
    new = NewRegistration(asset_id=asset.id, consumer_team_id=team.id, pinned_version="7.0.0")
    with pytest.raises(InvalidRequest, match=r"no version 7\.0\.0"):
        await register(facts, new)


async def test_an_unknown_asset_or_team_is_not_found(facts: Facts) -> None:
    team = await facts.team("reader")
    asset = await facts.asset(team)
    for new in (
        NewRegistration(asset_id=new_id(), consumer_team_id=team.id),
        NewRegistration(asset_id=asset.id, consumer_team_id=new_id()),
    ):
        with pytest.raises(NotFound):
            await register(facts, new)


# --- changing ---


async def test_a_change_replaces_what_it_names_and_nothing_else(facts: Facts) -> None:
    asset = await facts.asset(await facts.team("owner"))
    await facts.publish(asset, table("id", "email"))
    standing = await facts.register(asset, await facts.team("reader"), ["id"])
    renamed = await change(facts, standing, RegistrationChange(used_by=(UsedBy(name="job"),)))
    assert (renamed.fields, renamed.used_by) == (("id",), (UsedBy(name="job"),))
    everything = await change(facts, standing, RegistrationChange(change_fields=True, fields=None))
    assert (everything.fields, everything.used_by) == (None, (UsedBy(name="job"),))
    pinned = await change(
        facts, standing, RegistrationChange(change_pin=True, pinned_version="1.0.0")
    )
    assert pinned.pinned_version == "1.0.0"
    unpinned = await change(facts, standing, RegistrationChange(change_pin=True))
    assert unpinned.pinned_version is None


async def test_a_change_to_the_same_is_no_event(facts: Facts) -> None:
    asset = await facts.asset(await facts.team("owner"))
    await facts.publish(asset, table("id", "email"))
    team = await facts.team("reader")
    standing = await facts.register(asset, team, ["id"])
    await change(facts, standing, RegistrationChange(change_fields=True, fields=("id",)))
    assert (await facts.events(team_id=team.id)).count(EventType.REGISTRATION_CHANGED) == 0


async def test_a_change_to_unknown_fields_is_refused(facts: Facts) -> None:
    asset = await facts.asset(await facts.team("owner"))
    await facts.publish(asset, table("id"))
    standing = await facts.register(asset, await facts.team("reader"), ["id"])
    with pytest.raises(UnknownFields):
        await change(facts, standing, RegistrationChange(change_fields=True, fields=("email",)))


async def test_what_was_unregistered_is_not_found(facts: Facts) -> None:
    asset = await facts.asset(await facts.team("owner"))
    standing = await facts.register(asset, await facts.team("reader"))
    await registrations.unregister(facts.database, CALLER, standing.id)
    with pytest.raises(NotFound):
        await registrations.unregister(facts.database, CALLER, standing.id)
    with pytest.raises(NotFound):
        await change(facts, standing, RegistrationChange(used_by=()))


# --- an open proposal follows ---


async def test_who_registers_for_what_breaks_becomes_a_party_and_is_asked(facts: Facts) -> None:
    conductor = await breaking(facts, "first")
    await conductor.carry_on()
    asset = (await facts.detail(conductor.proposal.id)).asset
    await facts.register(asset, await facts.team("second"), ["email"])
    await facts.register(asset, await facts.team("other"), ["id"])
    assert await parties(conductor) == ["first", "second"]
    await conductor.carry_on()
    asked = await facts.payloads(proposal_id=conductor.proposal.id, type=EventType.PROPOSAL_ASKED)
    assert [payload["revision"] for payload in asked] == [1, 2]


async def test_the_last_party_that_leaves_lets_it_through(facts: Facts) -> None:
    conductor = await breaking(facts)
    asset = (await facts.detail(conductor.proposal.id)).asset
    standing = await facts.register(asset, await facts.team("leaving"), ["email"])
    assert (await conductor.carry_on()).kind is StepKind.WAIT
    await registrations.unregister(facts.database, CALLER, standing.id)
    assert await parties(conductor) == []
    assert EventType.PARTIES_CHANGED in await facts.events(proposal_id=conductor.proposal.id)
    assert (await conductor.carry_on()).kind is StepKind.ENDED


async def test_a_party_that_no_longer_reads_the_field_is_released(facts: Facts) -> None:
    conductor = await breaking(facts)
    asset = (await facts.detail(conductor.proposal.id)).asset
    standing = await facts.register(asset, await facts.team("moving"), ["email"])
    assert await parties(conductor) == ["moving"]
    await change(facts, standing, RegistrationChange(change_fields=True, fields=("id",)))
    assert await parties(conductor) == []


async def test_a_blocking_party_that_leaves_blocks_no_more(facts: Facts) -> None:
    conductor = await breaking(facts, "stays")
    asset = (await facts.detail(conductor.proposal.id)).asset
    team = await facts.team("blocks")
    standing = await facts.register(asset, team, ["email"])
    await facts.answer(conductor.proposal, team, Response.BLOCKED)
    await registrations.unregister(facts.database, CALLER, standing.id)
    assert (await conductor.carry_on()).kind is StepKind.WAIT


async def test_another_field_of_the_same_reader_asks_anew_only_if_it_breaks(facts: Facts) -> None:
    asset = await facts.asset(await facts.team("owner"))
    await facts.publish(asset, table("id", "email", "phone"))
    team = await facts.team("reader")
    standing = await facts.register(asset, team, ["email"])
    conductor = Conductor(facts, await facts.proposed(asset, table("id")))
    await facts.answer(conductor.proposal, team, Response.APPROVED)
    await change(facts, standing, RegistrationChange(change_fields=True, fields=("email", "id")))
    detail = await facts.detail(conductor.proposal.id)
    assert detail.parties[0].acknowledgment is not None
    await change(facts, standing, RegistrationChange(change_fields=True, fields=("email", "phone")))
    detail = await facts.detail(conductor.proposal.id)
    assert detail.parties[0].acknowledgment is None
    assert detail.proposal.revision == 2


async def test_an_approved_proposal_asks_nobody_new(facts: Facts) -> None:
    conductor = await breaking(facts, publish="on_demand")
    await conductor.carry_on()
    detail = await facts.detail(conductor.proposal.id)
    assert detail.proposal.status is ProposalStatus.APPROVED
    await facts.register(detail.asset, await facts.team("late"), ["email"])
    assert await parties(conductor) == []
